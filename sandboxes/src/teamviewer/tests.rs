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

#[tokio::test(start_paused = true)]
async fn a_user_is_changed_by_fields_in_any_case() {
    let company = company();
    let (help, unused) = (DEMO_ROLES[1].0, DEMO_ROLES[5].0);
    let body = json!({"unassignUserRoleIds": [help], "AssignUserRoleIds": [unused], "name": null});
    assert_eq!(call(&company, "PUT", "/users/u202", body).await.0, 204);
    assert!(!company.is_assigned("u202", help) && company.is_assigned("u202", unused));
    assert_eq!(call(&company, "PUT", "/users/u202", json!({"roles": []})).await.0, 400);
    assert_eq!(
        call(&company, "PUT", "/users/u999", json!({"active": true})).await.0,
        404
    );
}

#[tokio::test(start_paused = true)]
async fn several_members_leave_by_a_delete_with_a_list() {
    let company = company();
    let path = "/usergroups/1001/members";
    assert_eq!(call(&company, "DELETE", path, Value::Null).await.0, 400);
    assert_eq!(call(&company, "DELETE", path, json!(["u202"])).await.0, 400);
    assert!(company.is_member(1001, "u202"));
    assert_eq!(call(&company, "DELETE", path, json!([202, 999])).await.0, 204);
    assert!(!company.is_member(1001, "u202"));
}

#[tokio::test(start_paused = true)]
async fn roles_are_given_to_users_and_groups() {
    let company = company();
    let unused = DEMO_ROLES[5].0;
    let body = json!({"UserIds": ["u203"], "UserRoleId": unused.to_uppercase()});
    assert_eq!(call(&company, "POST", "/userroles/assign/account", body).await.0, 204);
    assert!(company.is_assigned("u203", unused));
    let body = json!({"UserGroupId": 1001, "UserRoleId": unused});
    assert_eq!(call(&company, "POST", "/userroles/assign/usergroup", body).await.0, 204);
    assert_eq!(company.role_of_group(1001).as_deref(), Some(unused));
    let (_, group) = call(&company, "GET", "/usergroups/1001", Value::Null).await;
    assert_eq!(group["id"], 1001);
}

#[tokio::test(start_paused = true)]
async fn rows_can_be_spelled_otherwise_and_roles_hidden() {
    let company = company();
    let help = DEMO_ROLES[1].0;
    for row in [json!("U202"), json!("account:202"), Value::Null] {
        let company = self::company();
        company.spell_user("u202", row.clone());
        let path = format!("/userroles/assignments/account?userRoleId={help}");
        let (_, list) = call(&company, "GET", &path, Value::Null).await;
        assert!(list["AssignedToUsers"].as_array().unwrap().contains(&row), "{list}");
    }
    company.group_ids_as_text();
    let role = company.role_of_group(1001).unwrap();
    let path = format!("/userroles/assignments/usergroups?userRoleId={role}");
    let (_, list) = call(&company, "GET", &path, Value::Null).await;
    assert_eq!(list["AssignedToGroups"][0], "1001");
    company.hide_role(help);
    let (_, list) = call(&company, "GET", "/userroles", Value::Null).await;
    assert_eq!(list["Roles"].as_array().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_403_is_a_rate_limit_or_a_missing_permission() {
    let company = company();
    company.refuse_next(1, "invalid_permission");
    let (status, body) = call(&company, "GET", "/userroles", Value::Null).await;
    assert_eq!((status, &body["error"]), (403, &json!("invalid_permission")));
    assert_eq!(call(&company, "GET", "/userroles", Value::Null).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn somebody_else_unassigns_between_two_reads() {
    let company = company();
    let help = DEMO_ROLES[1].0;
    company.unassign_after_reads(2, "u202", help);
    for is_left in [true, false] {
        assert_eq!(call(&company, "GET", "/users/u202/userroles", Value::Null).await.0, 200);
        assert_eq!(company.is_assigned("u202", help), is_left);
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_tells_whether_the_token_is_valid() {
    let company = company();
    assert_eq!(
        call(&company, "GET", "/ping", Value::Null).await.1,
        json!({"token_valid": true})
    );
    company.refuse_tokens();
    assert_eq!(
        call(&company, "GET", "/ping", Value::Null).await.1,
        json!({"token_valid": false})
    );
}
