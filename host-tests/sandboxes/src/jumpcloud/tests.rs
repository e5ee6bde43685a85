//! The organization behaves as JumpCloud documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_ADMINS, DEMO_KEY, DEMO_USERS, JumpCloud};
use crate::Clock;

async fn call(demo: &JumpCloud, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("https://console.jumpcloud.com{path}"))
        .header("x-api-key", DEMO_KEY)
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    let (head, body) = demo.router().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_put_replaces_the_set_and_takes_nothing_else() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let path = format!("/api/users/{}", DEMO_ADMINS[0]);
    assert_eq!(call(&demo, "PUT", &path, json!({"roleNames": []})).await.0, 400);
    assert_eq!(
        call(&demo, "PUT", &path, json!({"roleNames": ["Manager"], "email": "x"}))
            .await
            .0,
        400
    );
    assert_eq!(
        call(&demo, "PUT", &path, json!({"roleNames": ["Nothing"]})).await.0,
        400
    );
    let all_but_one = json!({"roleNames": ["Manager", "Help Desk", "Command Runner"]});
    assert_eq!(call(&demo, "PUT", &path, all_but_one).await.0, 200);
    assert_eq!(
        demo.roles_of(DEMO_ADMINS[0]).unwrap(),
        ["Manager", "Help Desk", "Command Runner"]
    );
}

#[tokio::test(start_paused = true)]
async fn deleting_an_administrator_keeps_the_system_user() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    assert_eq!(
        call(&demo, "DELETE", &format!("/api/users/{}", DEMO_ADMINS[1]), Value::Null)
            .await
            .0,
        200
    );
    let (status, user) = call(
        &demo,
        "GET",
        &format!("/api/systemusers/{}", DEMO_USERS[1].0),
        Value::Null,
    )
    .await;
    assert_eq!((status, &user["admin"]), (200, &Value::Null));
}
