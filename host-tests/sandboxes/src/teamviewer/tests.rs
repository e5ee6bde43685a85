//! The company behaves as TeamViewer documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_ROLES, DEMO_TOKEN, TeamViewer};
use crate::Clock;

async fn call(company: &TeamViewer, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = Request::builder()
        .method(method)
        .uri(format!("https://webapi.teamviewer.com/api/v1{path}"))
        .header("authorization", format!("Bearer {DEMO_TOKEN}"))
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(body))
        .unwrap();
    let (head, body) = company.router().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

fn company() -> TeamViewer {
    TeamViewer::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)))
}

#[tokio::test(start_paused = true)]
async fn a_users_list_shows_distinct_roles_direct_and_by_group() {
    let (status, body) = call(&company(), "GET", "/users/u202/userroles", Value::Null).await;
    assert_eq!((status, body["assignedRoleIds"].as_array().unwrap().len()), (200, 2));
    let company = company();
    company.add_user("u204", "New Joiner", "new@example.com");
    for without in ["u204", "u999"] {
        let (status, body) = call(&company, "GET", &format!("/users/{without}/userroles"), Value::Null).await;
        assert_eq!((status, body.get("assignedRoleIds")), (200, Some(&Value::Null)));
    }
}

#[tokio::test(start_paused = true)]
async fn unassigning_takes_the_direct_assignment_alone() {
    let company = company();
    let help = DEMO_ROLES[1].0;
    let body = json!({"UserIds": ["u202"], "UserRoleId": help});
    assert_eq!(call(&company, "POST", "/userroles/unassign/account", body).await.0, 204);
    assert!(!company.is_assigned("u202", help) && company.has("u202", help));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_documented_is_refused() {
    let company = company();
    let path = "/userroles/unassign/account";
    for body in [
        json!({"UserIds": ["u202"], "RoleId": DEMO_ROLES[1].0}),
        json!({"UserIds": ["202"], "UserRoleId": DEMO_ROLES[1].0}),
        json!({"UserIds": [], "UserRoleId": DEMO_ROLES[1].0}),
        json!({"UserGroupId": 1001, "UserRoleId": DEMO_ROLES[1].0}),
    ] {
        assert_eq!(call(&company, "POST", path, body).await.0, 400);
    }
    assert_eq!(
        call(&company, "GET", "/users/u202?full_list=true", Value::Null).await.0,
        400
    );
    assert_eq!(call(&company, "GET", "/devices", Value::Null).await.0, 404);
    company.rate_limit_next(1);
    let (status, body) = call(&company, "GET", "/userroles", Value::Null).await;
    assert_eq!((status, &body["error"]), (403, &json!("rate_limit_reached")));
    company.refuse_tokens();
    assert_eq!(call(&company, "GET", "/userroles", Value::Null).await.0, 401);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_held_is_acknowledged_or_refused() {
    let company = company();
    let body = json!({"UserIds": ["u202"], "UserRoleId": DEMO_ROLES[5].0});
    let path = "/userroles/unassign/account";
    assert_eq!(call(&company, "POST", path, body.clone()).await.0, 204);
    company.refuse_what_is_not_held();
    assert_eq!(call(&company, "POST", path, body).await.0, 400);
    company.overtake_next_write();
    let held = json!({"UserIds": ["u202"], "UserRoleId": DEMO_ROLES[1].0});
    assert_eq!(call(&company, "POST", path, held).await.0, 400);
    assert!(!company.is_assigned("u202", DEMO_ROLES[1].0));
    company.overtake_next_write();
    let left = call(&company, "DELETE", "/usergroups/1001/members/202", Value::Null).await;
    assert_eq!((left.0, company.is_member(1001, "u202")), (404, false));
}
