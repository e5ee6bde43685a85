//! Slack Enterprise through the typed export: what is said is what the organization holds.

mod answers;
mod demotions;
mod readings;
mod visibility;

use std::time::Duration;

use host::{
    network::{Fault, Network, Rule},
    typed::{
        self,
        types::{self, Outcome, SideEffect, ViaKind},
    },
};
use sandboxes::{
    Clock,
    slack_enterprise::{DEMO_ENTERPRISE as ORG, DEMO_TEAMS, DEMO_TOKEN, DEMO_USERS, Kind, Slack, User},
};

use crate::fixture::{START, by_id, by_name, in_organization, options, outcomes, request};

const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ROOT: &str = DEMO_USERS[3].0;
const NORTH: &str = DEMO_TEAMS[0];
const SOUTH: &str = DEMO_TEAMS[1];

struct World {
    clock: Clock,
    network: Network,
    demo: Slack,
    workspace_id: Option<String>,
    organizations: Vec<&'static str>,
    settings: Option<String>,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(START);
        let demo = Slack::demo(clock);
        let network = Network::default();
        network.route("slack.com", demo.router());
        Self {
            clock,
            network,
            demo,
            workspace_id: None,
            organizations: Vec::new(),
            settings: None,
        }
    }

    async fn call(&self, user: &str, roles: &[types::Role]) -> Result<types::Success, types::Failure> {
        self.call_with(user, roles, options()).await
    }

    async fn call_with(
        &self,
        user: &str,
        roles: &[types::Role],
        options: types::Options,
    ) -> Result<types::Success, types::Failure> {
        let account = types::Account {
            provider: types::Provider::SlackEnterprise,
            base_url: types::Endpoint::ProviderDefault,
            credentials: types::Credentials::BearerToken(String::from(DEMO_TOKEN)),
            settings: self.settings.clone().unwrap_or_else(|| String::from("{}")),
        };
        let request = types::Request {
            organizations: self
                .organizations
                .iter()
                .map(|id| types::OrganizationSelector::Id((*id).to_owned()))
                .collect(),
            workspace_id: self.workspace_id.clone().into(),
            ..request(user, roles)
        };
        typed::call(&self.network, self.clock, &account, &request, &options)
            .await
            .unwrap()
    }
}

fn at(role: types::Role, workspace: &str) -> types::Role {
    types::Role {
        workspace: Some(workspace.to_owned()),
        ..role
    }
}

fn allowing(effects: &[SideEffect]) -> types::Options {
    types::Options {
        allow: effects.to_vec(),
        ..options()
    }
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
            .call("Ann.Lee@example.com", &[at(by_id("Rl0C"), NORTH)])
            .await
            .is_ok()
    );
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl0C", ORG));
    let mut world = World::new();
    world.workspace_id = Some(NORTH.to_owned());
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
        (ANN, at(by_id("Rl0C"), ORG), "roles[0].workspace"),
    ] {
        let failure = world.call(user, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some(field)));
    }
    assert!(world.network.calls().is_empty());
}
