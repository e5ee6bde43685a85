//! JumpCloud through the typed export: what is said is what the organization holds.

mod account;
mod directory;
mod faults;
mod people;
mod rows;
mod scopes;

use std::time::Duration;

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome, Provider, SideEffect},
};
use sandboxes::jumpcloud::{Administrator, DEMO_ADMINS, DEMO_ROLES, DEMO_USERS, JumpCloud};

use crate::{
    fixture::{START, allowing, by_id, by_name, dry, options, outcomes, says},
    typed_world,
};

const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ANN_ADMIN: &str = DEMO_ADMINS[0];
const SAM_ADMIN: &str = DEMO_ADMINS[1];
const KIM_ADMIN: &str = DEMO_ADMINS[2];
const OWNER: &str = DEMO_ADMINS[3];

type World = typed_world::World<JumpCloud>;

impl World {
    fn new() -> Self {
        Self::of(Provider::Jumpcloud, JumpCloud::demo, JumpCloud::router)
    }

    /// Linked to the two organizations, or narrowed to them.
    fn at(organization: &str) -> Self {
        let mut world = Self::new();
        world.organizations = vec![types::OrganizationSelector::Id(organization.to_owned())];
        world
    }

    fn roles(&self, administrator: &str) -> Vec<String> {
        self.demo.roles_of(administrator).unwrap_or_default()
    }
}

/// Asks for the one role that Sam has, with leave to delete the administrator.
async fn take_the_last_role(world: &World) -> Result<types::Success, types::Failure> {
    world
        .call_with(
            SAM,
            &[by_name("Help Desk")],
            allowing(&[SideEffect::DeleteAdministrator]),
        )
        .await
}

/// The fault for every read of the address from the one after `skip` on.
fn reads(path: &'static str, skip: usize, fault: Fault) -> Rule {
    Rule {
        fits: std::sync::Arc::new(move |call| call.method == "GET" && call.path_and_query.starts_with(path)),
        skip,
        times: usize::MAX,
        fault,
    }
}

fn reason(failure: &types::Failure, entry: usize) -> (Outcome, &str) {
    let entry = &failure.outcomes[entry];
    (entry.outcome, entry.reason.as_deref().unwrap_or_default())
}

fn group(text: &str) -> types::Role {
    types::Role {
        id: None,
        group: Some(text.to_owned()),
        ..by_id("")
    }
}

#[tokio::test(start_paused = true)]
async fn several_roles_by_name_and_id_go_in_one_put() {
    let world = World::new();
    let answer = world.call(ANN, &[by_name("help desk"), by_id(DEMO_ROLES[3].0)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(
        (world.roles(ANN_ADMIN), world.demo.writes()),
        (vec![String::from("Manager"), String::from("Command Runner")], 1)
    );
    assert!(
        world.clock.unix() >= START + Duration::from_secs(2),
        "only a later read proves it"
    );
}

#[tokio::test(start_paused = true)]
async fn already_absent_and_unknown_roles() {
    let world = World::new();
    let answer = world
        .call(SAM, &[by_name("Manager"), by_id(DEMO_ROLES[1].0), by_name("Nothing")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::AlreadyAbsent, Outcome::NotFound]
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_role_deletes_the_administrator_only_if_allowed() {
    let world = World::new();
    let failure = world.call(SAM, &[by_name("Help Desk")]).await.unwrap_err();
    assert!(failure.message.contains("delete-administrator"), "{}", failure.message);
    assert_eq!(world.roles(SAM_ADMIN), ["Help Desk"]);
    let answer = take_the_last_role(&world).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.roles_of(SAM_ADMIN), None);
    let answer = world.call(SAM, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_stays_unless_allowed() {
    let world = World::new();
    let failure = world
        .call(OWNER, &[by_name("administrator with billing")])
        .await
        .unwrap_err();
    assert!(failure.message.contains("last-administrator"), "{}", failure.message);
    assert_eq!(world.demo.writes(), 0);
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000aa"),
        email: String::from("second@example.com"),
        roles: vec![String::from("Administrator With Billing")],
    });
    // The key is the owner's own.
    let failure = world
        .call(OWNER, &[by_name("administrator with billing")])
        .await
        .unwrap_err();
    assert!(failure.message.contains("remove-own-access"), "{}", failure.message);
    let answer = world
        .call_with(
            OWNER,
            &[by_name("administrator with billing")],
            allowing(&[SideEffect::RemoveOwnAccess]),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_changes_before_the_write_is_not_overwritten() {
    let world = World::new();
    // The second read is the one directly before the PUT; the change comes behind the first.
    world
        .demo
        .change_after_reads(ANN_ADMIN, 1, &["Manager", "Help Desk", "Administrator With Billing"]);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        world.roles(ANN_ADMIN),
        ["Manager", "Administrator With Billing"],
        "somebody's grant is still there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_set_that_keeps_changing_is_reported() {
    let world = World::new();
    for (reads, roles) in [
        (1, ["Manager", "Help Desk"]),
        (3, ["Read Only", "Help Desk"]),
        (5, ["Command Runner", "Help Desk"]),
    ] {
        world.demo.change_after_reads(ANN_ADMIN, reads, &roles);
    }
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("concurrent_change"));
    assert_eq!((world.demo.writes(), failure.sent), (0, false));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_becomes_the_last_one_meanwhile_does_not_delete_the_administrator() {
    let world = World::new();
    world.demo.change_after_reads(KIM_ADMIN, 1, &["Manager"]);
    let answer = world.call(KIM, &[by_name("Manager")]).await;
    assert!(answer.is_err());
    assert_eq!(world.roles(KIM_ADMIN), ["Manager"]);
    // Allowed, but no guard has seen it: a repetition shows what it takes.
    let world = World::new();
    let allowed = || allowing(&[SideEffect::DeleteAdministrator]);
    world.demo.change_after_reads(KIM_ADMIN, 1, &["Manager"]);
    let failure = world
        .call_with(KIM, &[by_name("Manager")], allowed())
        .await
        .unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::NotAttempted, "concurrent_change"));
    assert_eq!((world.demo.writes(), failure.sent), (0, false));
    let answer = world.call_with(KIM, &[by_name("Manager")], allowed()).await.unwrap();
    assert_eq!(answer.outcomes[0].grants[0].side_effects.len(), 1);
    assert_eq!(world.demo.roles_of(KIM_ADMIN), None);
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_gives_back_no_role_that_this_call_took() {
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(5));
    world.network.inject(Rule {
        fits: std::sync::Arc::new(|call| call.method == "PUT"),
        skip: 0,
        times: 1,
        fault: says(400, serde_json::json!({"message": "Bad Request"})),
    });
    let answer = world.call(ANN, &[by_name("Help Desk"), by_name("Manager")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(world.roles(ANN_ADMIN), ["Read Only", "Command Runner"]);
    assert_eq!(world.demo.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_the_answer_are_a_request_for_all_of_them() {
    // Ann is linked to organizations, which go with the administrator.
    let every = |mode| types::Options {
        mode,
        allow: vec![
            SideEffect::DeleteAdministrator,
            SideEffect::RemoveOrganizationAccess,
            SideEffect::LastAdministrator,
            SideEffect::RemoveOwnAccess,
        ],
        ..options()
    };
    for (user, administrator) in [(ANN, ANN_ADMIN), (SAM, SAM_ADMIN), (KIM, KIM_ADMIN), (OWNER, OWNER)] {
        for shows_directory in [true, false] {
            let world = World::new();
            if !shows_directory {
                world
                    .network
                    .inject(reads("/api/v2/roles", 0, says(403, serde_json::json!({}))));
            }
            let shown = match world
                .call_with(user, &[by_name("Manager")], every(types::Mode::Plan))
                .await
            {
                Ok(success) => success.user.roles,
                Err(failure) => failure.user.map(|user| user.roles).unwrap_or_default(),
            };
            assert_eq!(shown.len(), world.roles(administrator).len(), "{user}");
            for (mode, expected) in [
                (types::Mode::Plan, Outcome::Planned),
                (types::Mode::Revoke, Outcome::Removed),
            ] {
                let answer = world.call_with(user, &shown, every(mode)).await;
                assert_eq!(outcomes(&answer), vec![expected; shown.len()], "{user}: {answer:?}");
            }
            assert_eq!(world.demo.roles_of(administrator), None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_comes_back_is_removed_again() {
    let world = World::new();
    world.demo.bring_back("Help Desk", Duration::from_secs(1), 1);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.writes(), 2);
    let world = World::new();
    world.demo.bring_back("Help Desk", Duration::from_secs(1), 50);
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("concurrent_change"));
    assert_eq!((world.demo.writes(), failure.status), (3, 422));
}

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_and_omitted() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Help Desk");
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert_eq!(world.demo.writes(), 1);
    let world = World::new();
    let answer = world.call(ANN, &[by_name("Command Runner")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed],
        "applied late, and waited for: {answer:?}"
    );
    assert_eq!(world.roles(ANN_ADMIN).len(), 3);
    let world = World::new();
    world.demo.acknowledge_but_keep("Help Desk");
    for role in ["Help Desk", "Manager"] {
        world.demo.omit_from_reads(role, 2, 90);
    }
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn a_put_without_an_answer_is_read_before_it_is_repeated() {
    for fault in [Fault::ResetBefore, Fault::ResetAfter] {
        let world = World::new();
        let put = Rule {
            fits: std::sync::Arc::new(|call| call.method == "PUT"),
            skip: 0,
            times: 1,
            fault,
        };
        world.network.inject(put);
        let answer = world.call(ANN, &[by_name("Help Desk")]).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert_eq!(world.demo.writes(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_put_and_changes_nothing() {
    let world = World::new();
    let success = world
        .call_with(ANN, &[by_name("Help Desk"), by_name("Manager")], dry())
        .await
        .unwrap();
    assert_eq!(success.planned_requests.len(), 1);
    assert_eq!(
        success.planned_requests[0].body.as_deref(),
        Some(r#"{"roleNames":["Read Only","Command Runner"]}"#)
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_somebody_else_takes_first_is_gone_without_a_write() {
    let world = World::new();
    world
        .demo
        .change_after_reads(ANN_ADMIN, 1, &["Manager", "Read Only", "Command Runner"]);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.writes(), 0);
}
