//! The organization behaves as Slack documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_TEAMS, DEMO_TOKEN, Slack};
use crate::Clock;

async fn remove(demo: &Slack, body: Value) -> Value {
    let request = Request::builder()
        .method("POST")
        .uri("https://slack.com/api/admin.roles.removeAssignments")
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
