//! What is not shown, or not understood, is never taken for absent.

use host::{
    network::{Fault, Rule},
    typed::types::{FailureKind, Outcome},
};
use sandboxes::elastic_cloud::Assignment;

use super::{ANN, KIM, World, reasons};
use crate::fixture::{by_id, by_name, outcomes};

const MEMBERS: &str = "/api/v1/organizations/198583657190/members";

fn json(status: u16, body: &str) -> Fault {
    Fault::Answer(
        status,
        vec![("content-type", String::from("application/json"))],
        body.to_owned(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_read_may_hold_the_role() {
    let world = World::new();
    world.demo.assign(
        ANN,
        Assignment::new("cloud_connected_resource", "cloud-connected-admin", Some("*")),
    );
    for role in [by_id("cloud-connected-admin"), by_id("cloud-connected-viewer")] {
        let failure = world.call(ANN, &[role]).await.unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, Outcome::Unknown, "{failure:?}");
    }
    assert!(world.call(ANN, &[by_id("billing-admin")]).await.is_ok());
    assert!(world.demo.holds(ANN, "cloud-connected-admin", Some("*")));
}

#[tokio::test(start_paused = true)]
async fn a_role_of_another_kind_keeps_no_custom_role_of_another_name() {
    let world = World::new();
    let viewer = || Assignment::new("cloud_connected_resource", "cloud-connected-viewer", Some("*"));
    world.demo.assign(ANN, viewer());
    let answer = world.call(ANN, &[by_name("marketing-reader"), by_name("gamma")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::AlreadyAbsent],
        "{answer:?}"
    );
    world.demo.assign(ANN, viewer().custom(&["delta"]));
    world.demo.assign(
        ANN,
        Assignment::new("cloud_connected_resource", "linked-editor", Some("*")),
    );
    for name in ["delta", "Cloud connected viewer", "Some other role"] {
        let failure = world.call(ANN, &[by_name(name)]).await.unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, Outcome::Unknown, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_of_another_shape_leaves_open_what_it_may_hold() {
    let admin = r#"{"user_id": "1", "role_assignments": {"organization": [{"role_id": "organization-admin"}]}}"#;
    let answer_with = async |member: &str| {
        let world = World::new();
        let list = format!(r#"{{"members": [{admin}, {member}]}}"#);
        world.network.inject(Rule::always(MEMBERS, json(200, &list)));
        world.call(ANN, &[by_id("deployment-editor")]).await
    };
    for member in [
        r#"{"user_id": "1001", "role_assignments": []}"#,
        r#"{"user_id": "1001", "role_assignments": null}"#,
        r#"{"user_id": "1001", "role_assignments": {"project": []}}"#,
        r#"{"user_id": "1001", "role_assignments": {"deployment": null}}"#,
        r#"{"user_id": "1001", "role_assignments": {"deployment": [{"role_id": "deployment-editor"}]}}"#,
        r#"{"user_id": "1001", "role_assignments": {}}, {"email": "ann.lee@example.com"}"#,
    ] {
        let failure = answer_with(member).await.unwrap_err();
        assert_eq!(reasons(&failure), [Some("not_visible")], "{member}");
        assert_eq!((failure.status, failure.sent), (403, false), "{member}: {failure:?}");
    }
    let answer = answer_with(r#"{"user_id": "1001", "role_assignments": {}}, null"#).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent],
        "one element a member: {answer:?}"
    );
    let failure = answer_with("null").await.unwrap_err();
    assert_eq!((failure.status, failure.kind), (502, FailureKind::ProviderError));
}

#[tokio::test(start_paused = true)]
async fn a_read_back_that_shows_less_than_the_first_read_settles_nothing() {
    let lacking = World::new();
    lacking.demo.lose_assignments(KIM, 1, 2);
    let without_owner = World::new();
    without_owner.demo.omit_from_reads("organization-admin", 1, 90);
    for (world, outcome) in [(lacking, Outcome::Failed), (without_owner, Outcome::Unverified)] {
        world.demo.acknowledge_but_keep("billing-admin");
        world.demo.acknowledge_but_keep("observability-editor");
        let failure = world
            .call(KIM, &[by_id("billing-admin"), by_id("observability-editor")])
            .await
            .unwrap_err();
        let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
        assert_eq!(said, [outcome; 2], "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_last_roles_went_may_have_no_list_of_assignments_any_more() {
    let world = World::new();
    world.demo.lose_assignments(KIM, 1, 90);
    let roles = [by_id("billing-admin"), by_id("observability-editor")];
    let answer = world.call(KIM, &roles).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert!(world.demo.assignments(KIM).is_empty());
    // Where something should remain, that is what is missing.
    let world = World::new();
    world.demo.lose_assignments(KIM, 1, 90);
    let answer = world.call(KIM, &roles[..1]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unverified], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn role_mappings_of_single_sign_on_may_bring_a_role_back() {
    let world = World::new();
    let mapped = |role: &str, place: &str| Assignment::new("deployment", role, Some(place));
    world.demo.map_at_login(mapped("deployment-editor", "d1"), true);
    world.demo.map_at_login(mapped("deployment-viewer", "*"), false);
    let success = world
        .call(ANN, &[by_id("deployment-editor"), by_id("deployment-viewer")])
        .await
        .unwrap();
    let warned: Vec<Vec<&str>> = success.outcomes[0]
        .grants
        .iter()
        .chain(&success.outcomes[1].grants)
        .map(|grant| grant.warnings.iter().map(String::as_str).collect())
        .collect();
    assert_eq!(warned, [vec!["may_return_at_sso_login"], vec![], vec![]]);
    let again = world.call(ANN, &[by_id("deployment-editor")]).await.unwrap();
    assert_eq!(again.outcomes[0].warnings, ["may_return_at_sso_login"]);
}

#[tokio::test(start_paused = true)]
async fn role_mappings_that_cannot_be_read_are_said_and_keep_nothing() {
    let hidden = World::new();
    hidden.demo.hide_mappings();
    let faulty = |fault: Fault| {
        let world = World::new();
        let path = "/api/v1/organizations/198583657190/role_mappings";
        world.network.inject(Rule::always(path, fault));
        world
    };
    for world in [
        hidden,
        faulty(json(404, "{}")),
        faulty(json(200, r#"{"mappings": [{"enabled": true}]}"#)),
        faulty(Fault::Silence { reaches: true }),
    ] {
        let success = world.call(ANN, &[by_id("billing-admin")]).await.unwrap();
        assert_eq!(success.outcomes[0].outcome, Outcome::Removed);
        assert_eq!(success.outcomes[0].warnings, ["sso_not_checked"]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invitation_is_said_and_its_token_is_not() {
    let world = World::new();
    world.demo.invite("new@example.com", false, false);
    world.demo.invite("late@example.com", true, false);
    world.demo.invite("former@example.com", false, true);
    for (email, word) in [("NEW@example.com", "pending"), ("late@example.com", "expired")] {
        let failure = world.call(email, &[by_id("billing-admin")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (404, false));
        assert!(failure.message.contains(word), "{}", failure.message);
        assert!(!format!("{failure:?}").contains("secret-invitation-token"));
    }
    for email in ["former@example.com", "nobody@example.com"] {
        let failure = world.call(email, &[by_id("billing-admin")]).await.unwrap_err();
        assert_eq!(failure.status, 404);
        assert!(!failure.message.contains("invitation"), "{}", failure.message);
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_authentication_is_credentials_refused_whatever_the_status() {
    let world = World::new();
    let refusal = r#"{"errors": [{"code": "root.invalid_authentication", "message": "no"}]}"#;
    world.network.inject(Rule::always(MEMBERS, json(403, refusal)));
    let failure = world.call(ANN, &[by_name("marketing-reader")]).await.unwrap_err();
    assert_eq!((failure.status, failure.kind), (401, FailureKind::Unauthenticated));
    assert_eq!(reasons(&failure), [None; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_denied_for_one_is_tried_one_by_one() {
    let world = World::new();
    let denied = r#"{"errors": [{"code": "root.permission_denied", "message": "[u:/deployments/d2]"}]}"#;
    world.network.inject(Rule::once("/api/v1/users", json(403, denied)));
    let answer = world
        .call(ANN, &[by_id("billing-admin"), by_id("deployment-editor")])
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(world.demo.writes(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_in_a_good_answer_is_no_acknowledgement() {
    let world = World::new();
    let error = br#"{"errors": [{"code": "role_assignments.invalid_config", "message": "no"}]}"#;
    let body = Fault::Body("application/json", error.as_slice().into());
    world.network.inject(Rule::once("/api/v1/users", body));
    let success = world.call(ANN, &[by_id("billing-admin")]).await.unwrap();
    let grant = &success.outcomes[0].grants[0];
    assert_eq!((grant.outcome, grant.acknowledged), (Outcome::Removed, false));
}
