//! Elastic Cloud through the typed export: what is said is what the organization holds.

mod custom;
mod scopes;
mod visibility;

use std::time::Duration;

use host::{
    demo,
    network::{Fault, Rule},
    typed::types::{self, Outcome, Provider, SideEffect, ViaKind},
};
use sandboxes::elastic_cloud::{Assignment, DEMO_KEY, DEMO_ORGANIZATION, DEMO_USERS, ElasticCloud};

use crate::{
    fixture::{START, by_id, by_name, dry, in_workspace, options, outcomes},
    typed_world,
};

const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ROOT: &str = DEMO_USERS[3].0;

type World = typed_world::World<ElasticCloud>;

impl World {
    fn new() -> Self {
        Self::of(Provider::ElasticCloud, ElasticCloud::demo, ElasticCloud::router)
    }
}

fn account(settings: &str) -> types::Account {
    types::Account {
        settings: settings.to_owned(),
        ..demo::account(Provider::ElasticCloud)
    }
}

/// The reasons of the entries that did not succeed.
fn reasons(failure: &types::Failure) -> Vec<Option<&str>> {
    failure.outcomes.iter().map(|entry| entry.reason.as_deref()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_scope_goes_in_one_request_with_exactly_what_was_asked_for() {
    let world = World::new();
    let roles = [
        by_id("billing-admin"),
        in_workspace(by_id("deployment-editor"), "d1"),
        by_id("elasticsearch-developer"),
        by_name("tier 1 ANALYST"),
        by_name("marketing-reader"),
        in_workspace(by_id("deployment-viewer"), "*"),
    ];
    let answer = world.call(ANN, &roles).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 6], "{answer:?}");
    assert_eq!(world.demo.writes(), 1);
    assert_eq!(
        world.demo.assignments(ANN),
        [Assignment::new("deployment", "deployment-editor", Some("d2"))]
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_without_a_place_goes_from_every_place() {
    let world = World::new();
    assert!(
        world
            .call("Ann.Lee@example.com", &[by_id("deployment-editor")])
            .await
            .is_ok()
    );
    assert!(
        world
            .demo
            .assignments(ANN)
            .iter()
            .all(|held| held.role != "deployment-editor")
    );
}

#[tokio::test(start_paused = true)]
async fn an_assignment_for_all_is_never_widened_or_narrowed() {
    let world = World::new();
    let failure = world
        .call(SAM, &[in_workspace(by_id("deployment-admin"), "d1")])
        .await
        .unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.via[0].kind),
        (Outcome::Inherited, ViaKind::WiderScope)
    );
    assert_eq!((failure.status, world.demo.writes()), (422, 0));
    world
        .demo
        .assign(SAM, Assignment::new("deployment", "deployment-admin", Some("d1")));
    let failure = world
        .call(SAM, &[in_workspace(by_id("deployment-admin"), "d1")])
        .await
        .unwrap_err();
    assert!(failure.outcomes[0].grants.iter().any(|grant| grant.changed));
    assert_eq!(
        world.demo.assignments(SAM),
        [Assignment::new("deployment", "deployment-admin", Some("*"))]
    );
}

#[tokio::test(start_paused = true)]
async fn absent_unknown_and_invisible() {
    let world = World::new();
    let answer = world
        .call(SAM, &[by_id("billing-admin"), by_name("No such role")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent, Outcome::NotFound]);
    assert_eq!(
        world.call("4711", &[by_id("billing-admin")]).await.unwrap_err().status,
        404
    );
    let blind = |clock| ElasticCloud::new(clock, DEMO_ORGANIZATION, DEMO_KEY);
    let world = World::of(Provider::ElasticCloud, blind, ElasticCloud::router);
    world.demo.add_member("1", "Only One", "one@example.com");
    let failure = world.call("1", &[by_id("billing-admin")]).await.unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_stays_unless_allowed() {
    let world = World::new();
    let failure = world.call(ROOT, &[by_id("organization-admin")]).await.unwrap_err();
    assert!(failure.message.contains("last-administrator"), "{}", failure.message);
    let allowed = types::Options {
        allow: vec![SideEffect::LastAdministrator],
        ..options()
    };
    assert!(
        world
            .call_with(ROOT, &[by_id("organization-admin")], allowed)
            .await
            .is_ok()
    );
    assert!(!world.demo.holds(ROOT, "organization-admin", None));
}

#[tokio::test(start_paused = true)]
async fn one_hidden_deployment_does_not_block_the_rest() {
    let world = World::new();
    world.demo.hide("d2");
    let answer = world
        .call(
            ANN,
            &[
                in_workspace(by_id("deployment-editor"), "d2"),
                by_id("billing-admin"),
                in_workspace(by_id("deployment-editor"), "d1"),
            ],
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Refused, Outcome::Removed, Outcome::Removed],
        "{answer:?}"
    );
    assert!(
        world.demo.holds(ANN, "deployment-editor", Some("d2"))
            && !world.demo.holds(ANN, "deployment-editor", Some("d1"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_members_list_of_fifty_thousand_is_scanned() {
    let world = World::new();
    for n in 0..50_000 {
        world
            .demo
            .add_member(&format!("m{n}"), "Some Body", &format!("m{n}@example.com"));
    }
    world.demo.add_member("last", "Last One", "last@example.com");
    world
        .demo
        .assign("last", Assignment::new("organization", "billing-admin", None));
    let answer = world.call("last@example.com", &[by_id("billing-admin")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let size = answer.unwrap().user.remote_data.unwrap().len();
    assert!(size < 2_000, "the member's own element and nobody else's: {size}");
}

#[tokio::test(start_paused = true)]
async fn a_members_list_that_is_cut_off_proves_nothing() {
    let world = World::new();
    world
        .network
        .inject(Rule::always("/api/v1/organizations", Fault::CutOff).after(3));
    let failure = world.call(ANN, &[by_id("billing-admin")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Unverified, "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_stale_and_omitted() {
    let world = World::new();
    world.demo.acknowledge_but_keep("billing-admin");
    let failure = world.call(ANN, &[by_id("billing-admin")]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert!(
        world.call(KIM, &[by_id("observability-editor")]).await.is_ok(),
        "applied late, and waited for"
    );
    assert!(!world.demo.holds(KIM, "observability-editor", Some("p4")));
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(5));
    assert!(world.call(ANN, &[by_id("billing-admin")]).await.is_ok());
    assert!(world.clock.unix() >= START + Duration::from_secs(5));
    let world = World::new();
    world.demo.acknowledge_but_keep("billing-admin");
    for role in ["billing-admin", "deployment-editor"] {
        world.demo.omit_from_reads(role, 1, 90);
    }
    let failure = world.call(ANN, &[by_id("billing-admin")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn limits_and_credentials() {
    let world = World::new();
    world.demo.rate_limit_next(2);
    assert!(world.call(ANN, &[by_id("billing-admin")]).await.is_ok());
    world.demo.refuse_key();
    let failure = world.call(ANN, &[by_id("deployment-editor")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains(DEMO_KEY));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_body_and_changes_nothing() {
    let world = World::new();
    let success = world
        .call_with(ANN, &[by_id("deployment-editor"), by_name("marketing-reader")], dry())
        .await
        .unwrap();
    let body: serde_json::Value = serde_json::from_str(success.planned_requests[0].body.as_deref().unwrap()).unwrap();
    let expected = serde_json::json!({
        "deployment": [{"organization_id": DEMO_ORGANIZATION, "role_id": "deployment-editor", "all": false, "deployment_ids": ["d1", "d2"]}],
        "project": {"elasticsearch": [{
            "organization_id": DEMO_ORGANIZATION, "role_id": "elasticsearch-viewer", "application_roles": ["marketing-reader"],
            "all": false, "project_ids": ["p3"],
        }]},
    });
    assert_eq!(body, expected);
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let success = world.call(KIM, &[by_id("observability-editor")]).await.unwrap();
    assert_eq!(success.outcomes[0].warnings, [""; 0]);
    let user = success.user;
    assert_eq!((user.id.as_str(), user.name.as_deref()), (KIM, Some("Kim Park")));
    assert_eq!(
        (user.first_name.as_deref(), user.last_name.as_deref()),
        (Some("Kim"), Some("Park"))
    );
    assert_eq!(
        (user.username.as_deref(), user.status.as_deref()),
        (Some("kim.park@example.com"), Some("active"))
    );
    assert_eq!(user.created_at.as_deref(), Some("2025-01-02T03:04:05Z"));
    assert_eq!(user.organizations[0].id.as_deref(), Some(DEMO_ORGANIZATION));
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref(), role.organization.as_deref()))
        .collect();
    assert_eq!(
        roles,
        [(Some("billing-admin"), Some("Billing admin"), Some(DEMO_ORGANIZATION))]
    );
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_the_answer_are_a_request_for_all_of_them() {
    let every = |mode| types::Options {
        mode,
        allow: vec![SideEffect::LastAdministrator],
        ..options()
    };
    for (user, _) in DEMO_USERS {
        for is_bare in [false, true] {
            let world = World::new();
            if is_bare {
                world.demo.spell_bare();
            }
            let viewer = |place| Assignment::new("elasticsearch", "elasticsearch-viewer", Some(place));
            for more in [
                viewer("p3"),
                viewer("p3").custom(&["alpha"]),
                viewer("*").custom(&["alpha", "a+b"]),
                Assignment::new("deployment", "deployment-admin", Some("d5")).custom(&["kibana_user"]),
                Assignment::new("observability", "observability-made-later", Some("p6")),
            ] {
                world.demo.assign(user, more);
            }
            let first = world
                .call_with(user, &[by_id("billing-admin")], every(types::Mode::Plan))
                .await;
            let shown = first.unwrap().user.roles;
            assert_eq!(shown.len(), world.demo.assignments(user).len(), "{user}");
            for (mode, expected) in [
                (types::Mode::Plan, Outcome::Planned),
                (types::Mode::Revoke, Outcome::Removed),
            ] {
                let answer = world.call_with(user, &shown, every(mode)).await;
                assert_eq!(outcomes(&answer), vec![expected; shown.len()], "{user}: {answer:?}");
            }
            assert_eq!(world.demo.assignments(user), []);
        }
    }
}
