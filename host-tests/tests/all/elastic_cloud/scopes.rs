//! Scopes that fit, that do not, and that are wider than what is asked.

use host::typed::types::{self, Outcome, ViaKind};
use sandboxes::elastic_cloud::{Assignment, DEMO_ORGANIZATION};

use super::{ANN, KIM, SAM, World, account, reasons};
use crate::fixture::{by_id, by_name, in_organization, in_workspace, options, outcomes, request};

fn in_group(role: types::Role, group: &str) -> types::Role {
    types::Role {
        group: Some(group.to_owned()),
        ..role
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_of_the_organization_is_wider_than_every_place() {
    for place in ["d1", "*"] {
        let world = World::new();
        let request = types::Request {
            workspace_id: types::Narrowing::Only(place.to_owned()),
            ..request(KIM, &[by_id("billing-admin")])
        };
        let failure = world.ask(&world.account, &request, &options()).await.unwrap_err();
        let grant = &failure.outcomes[0].grants[0];
        assert_eq!(
            (grant.outcome, grant.via[0].kind, failure.sent),
            (Outcome::Inherited, ViaKind::WiderScope, false)
        );
        assert!(world.demo.holds(KIM, "billing-admin", None));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wider_grant_is_meant_only_by_who_names_the_place() {
    let world = World::new();
    let answer = world
        .call(
            ANN,
            &[
                in_workspace(by_id("deployment-editor"), "d1"),
                by_id("deployment-viewer"),
            ],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert!(!world.demo.holds(ANN, "deployment-viewer", Some("*")));
}

#[tokio::test(start_paused = true)]
async fn a_place_that_may_be_another_spelling_or_a_name_is_no_proof() {
    let world = World::new();
    for place in ["D1", "My deployment"] {
        let failure = world
            .call(ANN, &[in_workspace(by_id("deployment-editor"), place)])
            .await
            .unwrap_err();
        assert_eq!(reasons(&failure), [Some("ambiguous")], "{place}");
    }
    for (place, warning) in [("d9", "workspace_not_checked:d9"), ("*", "held_at_single_places")] {
        let success = world
            .call(ANN, &[in_workspace(by_id("deployment-editor"), place)])
            .await
            .unwrap();
        assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
        assert_eq!(success.outcomes[0].warnings, [warning]);
    }
    let nowhere = world
        .call(SAM, &[in_workspace(by_id("deployment-editor"), "D1")])
        .await
        .unwrap();
    assert_eq!(nowhere.outcomes[0].warnings, [""; 0], "it is held nowhere");
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_of_another_kind_of_project_is_refused() {
    let world = World::new();
    let roles = [
        in_group(by_id("elasticsearch-viewer"), "security"),
        in_group(by_id("billing-admin"), "security"),
        in_group(by_name("Developer"), "security"),
    ];
    let failure = world.call(ANN, &roles).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous"); 3]);
    assert_eq!((failure.status, world.demo.writes()), (422, 0));
}

#[tokio::test(start_paused = true)]
async fn another_organization_is_not_visible_and_the_one_that_was_read_is_done() {
    let world = World::new();
    let answer = world
        .call(
            ANN,
            &[
                in_organization("billing-admin", DEMO_ORGANIZATION),
                in_organization("deployment-editor", "4711"),
            ],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed, Outcome::Unknown], "{answer:?}");
    let organization = |id: &str| types::OrganizationSelector::Id(id.to_owned());
    let request = types::Request {
        organizations: vec![organization(DEMO_ORGANIZATION), organization("4711")],
        ..request(ANN, &[by_id("deployment-editor")])
    };
    let failure = world.ask(&world.account, &request, &options()).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("not_visible")]);
    assert_eq!(failure.outcomes[0].grants.len(), 2);
    assert!(
        world
            .demo
            .assignments(ANN)
            .iter()
            .all(|held| *held != Assignment::new("deployment", "deployment-editor", Some("d1")))
    );
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_the_key_does_not_know() {
    let world = World::new();
    let failure = world
        .ask(
            &account(r#"{"organization_id": "4711"}"#),
            &request(ANN, &[by_id("billing-admin")]),
            &options(),
        )
        .await
        .unwrap_err();
    assert_eq!(
        (failure.status, failure.field.as_deref(), failure.sent),
        (500, Some("settings.organization_id"), false)
    );
    assert!(failure.message.contains("4711"), "{}", failure.message);
    let failure = world
        .call(ANN, &[in_organization("billing-admin", "4711")])
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.sent), (422, false), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_held_at_a_place_tells_which_of_the_roles_of_one_name_is_meant() {
    let world = World::new();
    let all = |kind: &str, role: &str| Assignment::new(kind, role, Some("*"));
    world.demo.assign(ANN, all("observability", "observability-editor"));
    world.demo.assign(ANN, all("cloud_connected_resource", "linked-editor"));
    let editor = in_workspace(by_name("Editor"), "d1");
    // Then nothing tells any more whether an assignment for all projects reaches it.
    for expected in [Outcome::Removed, Outcome::Refused] {
        let answer = world.call(ANN, std::slice::from_ref(&editor)).await;
        assert_eq!(outcomes(&answer), [expected], "{answer:?}");
        assert!(!world.demo.holds(ANN, "deployment-editor", Some("d1")));
    }
    assert!(world.demo.holds(ANN, "deployment-editor", Some("d2")));
    assert!(world.demo.holds(ANN, "observability-editor", Some("*")));
    // Nothing is held there any more: no role of that name is, of whichever kind the place is.
    let world = World::new();
    for expected in [Outcome::Removed, Outcome::AlreadyAbsent] {
        let answer = world.call(ANN, std::slice::from_ref(&editor)).await;
        assert_eq!(outcomes(&answer), [expected], "{answer:?}");
    }
    let failure = world
        .call(ANN, &[in_workspace(by_name("Editor"), "*")])
        .await
        .unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous")]);
}
