//! The organization behaves as Slack documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_TEAMS, DEMO_TOKEN, Kind, Slack};
use crate::Clock;

async fn remove(demo: &Slack, body: Value) -> Value {
    post(demo, "admin.roles.removeAssignments", body).await
}

async fn post(demo: &Slack, method: &str, body: Value) -> Value {
    let request = Request::builder()
        .method("POST")
        .uri(format!("https://slack.com/api/{method}"))
        .header("authorization", format!("Bearer {DEMO_TOKEN}"))
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (head, body) = demo.router().oneshot(request).await.unwrap().into_parts();
    assert_eq!(head.status, 200, "Slack says no with 200");
    serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_partial_or_refused_with_200() {
    let demo = Slack::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.reject("E0ACME", "cannot_modify_role_admin");
    let answer = remove(
        &demo,
        json!({"role_id": "Rl0C", "entity_ids": [DEMO_TEAMS[0], "E0ACME"], "user_ids": ["U0ANN"]}),
    )
    .await;
    assert_eq!(answer["error"], "failed_for_some_entities");
    assert!(!demo.is_assigned("U0ANN", "Rl0C", DEMO_TEAMS[0]) && demo.is_assigned("U0ANN", "Rl0C", "E0ACME"));
    let many: Vec<String> = (0..11).map(|n| format!("T{n}")).collect();
    let answer = remove(
        &demo,
        json!({"role_id": "Rl0C", "entity_ids": many, "user_ids": ["U0ANN"]}),
    )
    .await;
    assert_eq!(answer["error"], "too_many_entities");
    let answer = remove(
        &demo,
        json!({"role_id": "Rl99", "entity_ids": ["T1"], "user_ids": ["U0ANN"]}),
    )
    .await;
    assert_eq!(answer, json!({"ok": false, "error": "invalid_role_id"}));
}

#[tokio::test(start_paused = true)]
async fn what_a_user_is_in_the_organization_goes_there_alone() {
    let demo = Slack::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.set_kind("U0SAM", "E0ACME", Kind::Admin);
    let at = |team: &str| json!({"team_id": team, "user_id": "U0SAM"});
    let answer = post(&demo, "admin.users.setRegular", at(DEMO_TEAMS[0])).await;
    assert_eq!(answer["error"], "cannot_set_org_admin_to_regular_at_workspace_level");
    demo.fail_on_workspaces(1);
    let answer = post(&demo, "admin.users.setRegular", at("E0ACME")).await;
    assert_eq!(answer["error"], "failed_to_set_regular_on_workspaces");
    assert_eq!(
        (demo.kind("U0SAM", "E0ACME"), demo.kind("U0SAM", DEMO_TEAMS[0])),
        (Kind::Member, Kind::Owner)
    );
    assert_eq!(
        post(&demo, "admin.users.setRegular", at("E0ACME")).await,
        json!({"ok": true})
    );
    assert_eq!(demo.kind("U0SAM", DEMO_TEAMS[0]), Kind::Member);
}
