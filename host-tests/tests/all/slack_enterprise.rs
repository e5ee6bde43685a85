//! Slack Enterprise through the typed export: what is said is what the organization holds.

mod answers;
mod demotions;
mod readings;
mod visibility;

use std::time::Duration;

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome, Provider, SideEffect, ViaKind},
};
use sandboxes::slack_enterprise::{DEMO_ENTERPRISE as ORG, DEMO_TEAMS, DEMO_TOKEN, DEMO_USERS, Kind, Slack, User};

use crate::{
    fixture::{START, allowing, by_id, by_name, dry, in_organization, in_workspace, options, outcomes},
    typed_world,
};

const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ROOT: &str = DEMO_USERS[3].0;
const NORTH: &str = DEMO_TEAMS[0];
const SOUTH: &str = DEMO_TEAMS[1];

type World = typed_world::World<Slack>;

impl World {
    fn new() -> Self {
        Self::of(Provider::SlackEnterprise, Slack::demo, Slack::router)
    }
}

/// Asks for Sam's ownership of the workspace, with leave to demote an owner.
async fn demote_sam(world: &World) -> Result<types::Success, types::Failure> {
    world
        .call_with(
            SAM,
            &[in_workspace(by_id("owner"), NORTH)],
            allowing(&[SideEffect::DemoteOwner]),
        )
        .await
}

/// Somebody who has an id of the organization, too, and one role there.
fn add_eve(world: &World) {
    world.demo.add_user(User {
        id: String::from("U0EVE"),
        enterprise_user: Some(String::from("W0EVE")),
        teams: vec![NORTH.to_owned()],
        ..User::default()
    });
    world.demo.assign("U0EVE", "Rl05", ORG);
}

#[tokio::test(start_paused = true)]
async fn roles_by_id_by_every_spelling_and_at_every_scope() {
    let world = World::new();
    let channel = types::Role {
        group: Some(String::from("C0GENERAL")),
        ..by_name("Channel Manager")
    };
    let answer = world
        .call(
            ANN,
            &[
                by_name("audit log admin"),
                by_name("Channels Admin"),
                channel,
                by_id("RlCUSTOM1"),
            ],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 4], "{answer:?}");
    for (role, entity) in [
        ("Rl0C", NORTH),
        ("Rl0C", ORG),
        ("Rl01", SOUTH),
        ("Rl0A", "C0GENERAL"),
        ("RlCUSTOM1", ORG),
    ] {
        assert!(!world.demo.is_assigned(ANN, role, entity), "{role} {entity}");
    }
    assert_eq!(world.demo.writes(), 4, "one call for each role, its entities together");
    assert!(world.demo.is_assigned(SAM, "Rl03", ORG));
    let warnings = &answer.unwrap().outcomes[3].warnings;
    assert_eq!(warnings, &["idp_inheritance_not_visible", "custom_role_not_checked"]);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_narrows_the_role() {
    let world = World::new();
    assert!(
        world
            .call("Ann.Lee@example.com", &[in_workspace(by_id("Rl0C"), NORTH)])
            .await
            .is_ok()
    );
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl0C", ORG));
    let mut world = World::new();
    world.workspace_id = types::Narrowing::Only(NORTH.to_owned());
    assert!(world.call(ANN, &[by_id("Rl0C")]).await.is_ok());
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl0C", ORG));
}

#[tokio::test(start_paused = true)]
async fn entities_go_in_tens_and_every_page_is_read() {
    let world = World::new();
    for n in 0..25 {
        world.demo.assign(SAM, "Rl05", &format!("T{n:03}"));
    }
    for n in 0..500 {
        world.demo.assign(ROOT, "Rl0B", &format!("T{n:03}"));
    }
    world.demo.assign(SAM, "Rl0D", ORG);
    let answer = world.call(SAM, &[by_id("Rl05"), by_id("Rl0D")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(world.demo.writes(), 4);
    assert!(world.demo.is_assigned(ROOT, "Rl0B", "T499"));
}

#[tokio::test(start_paused = true)]
async fn absent_unknown_and_malformed() {
    let world = World::new();
    let answer = world
        .call(SAM, &[by_id("Rl0J"), by_id("RlCUSTOM2"), by_id("Rl0CS")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::NotFound, Outcome::NotFound]
    );
    assert!(world.demo.is_assigned(ANN, "Rl0C", NORTH));
    for user in ["U0NOBODY", "nobody@example.com"] {
        assert_eq!(
            world.call(user, &[by_id("Rl0C")]).await.unwrap_err().status,
            404,
            "{user}"
        );
    }
    world.network.forget_calls();
    for (user, role, field) in [
        ("../U1", by_id("Rl0C"), "id"),
        (ANN, by_id("member"), "roles[0].id"),
        (ANN, by_id("multi_channel_guest"), "roles[0].id"),
        (ANN, in_workspace(by_id("Rl0C"), ORG), "roles[0].workspace"),
    ] {
        let failure = world.call(user, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some(field)));
    }
    assert!(world.network.calls().is_empty());
}
