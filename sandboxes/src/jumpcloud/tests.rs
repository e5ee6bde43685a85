//! The organization behaves as JumpCloud documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_ADMINS, DEMO_GROUP, DEMO_KEY, DEMO_ORGANIZATION, DEMO_ORGANIZATIONS, DEMO_USERS, JumpCloud};
use crate::Clock;

async fn call(demo: &JumpCloud, method: &str, path: &str, body: Value) -> (u16, Value) {
    call_in(demo, None, method, path, body).await
}

async fn call_in(demo: &JumpCloud, organization: Option<&str>, method: &str, path: &str, body: Value) -> (u16, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut request = Request::builder();
    if let Some(organization) = organization {
        request = request.header("x-org-id", organization);
    }
    let request = request
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
async fn a_put_replaces_the_set_and_changes_what_it_names() {
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
    let renamed = json!({"roleNames": null, "email": "ann@example.com"});
    assert_eq!(call(&demo, "PUT", &path, renamed).await.1["email"], "ann@example.com");
    assert_eq!(demo.roles_of(DEMO_ADMINS[0]).unwrap().len(), 4);
    let all_but_one = json!({"roleNames": ["Manager", "Help Desk", "Command Runner"]});
    assert_eq!(call(&demo, "PUT", &path, all_but_one).await.0, 200);
    assert_eq!(
        demo.roles_of(DEMO_ADMINS[0]).unwrap(),
        ["Manager", "Help Desk", "Command Runner"]
    );
    // Older clients know a single role.
    assert_eq!(call(&demo, "PUT", &path, json!({"roleName": "Manager"})).await.0, 200);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(demo.roles_of(DEMO_ADMINS[0]).unwrap(), ["Manager"]);
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

#[tokio::test(start_paused = true)]
async fn the_calls_about_several_organizations_take_no_organization() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.require_organization(DEMO_ORGANIZATION);
    let links = format!("/api/v2/administrators/{}/organizationlinks", DEMO_ADMINS[0]);
    for (path, organization, status) in [
        ("/api/users", None, 401),
        ("/api/users", Some("north"), 400),
        ("/api/users", Some(DEMO_ADMINS[0]), 404),
        ("/api/users", Some(DEMO_ORGANIZATION), 200),
        ("/api/organizations", None, 200),
        ("/api/organizations", Some(DEMO_ORGANIZATION), 403),
        (links.as_str(), None, 200),
        (links.as_str(), Some(DEMO_ORGANIZATION), 403),
    ] {
        let answer = call_in(&demo, organization, "GET", path, Value::Null).await;
        assert_eq!(answer.0, status, "{path} {organization:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn links_and_memberships_are_kept_or_go_late_where_told() {
    let clock = Clock::starting_at(Duration::from_secs(1_769_851_800));
    let demo = JumpCloud::demo(clock);
    let [(north, _), (south, _)] = DEMO_ORGANIZATIONS;
    demo.acknowledge_but_keep(north);
    demo.apply_after(DEMO_GROUP.0, Duration::from_secs(5));
    for organization in [north, south] {
        let path = format!(
            "/api/v2/administrators/{}/organizationlinks/{organization}",
            DEMO_ADMINS[0]
        );
        assert_eq!(call(&demo, "DELETE", &path, Value::Null).await.0, 204);
    }
    assert!(demo.is_linked(DEMO_ADMINS[0], north) && !demo.is_linked(DEMO_ADMINS[0], south));
    let path = format!("/api/v2/usergroups/{}/members", DEMO_GROUP.0);
    let leave = json!({"op": "remove", "type": "user", "id": DEMO_USERS[0].0});
    assert_eq!(call(&demo, "POST", &path, leave).await.0, 204);
    assert!(demo.is_member(DEMO_GROUP.0, DEMO_USERS[0].0));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(!demo.is_member(DEMO_GROUP.0, DEMO_USERS[0].0));
}

#[tokio::test(start_paused = true)]
async fn a_page_can_be_short_and_not_the_last() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    for number in 0..120 {
        demo.add_group(&format!("group{number}"), "Twins", &[]);
    }
    demo.skip_rows("group3");
    demo.null_rows("group4");
    let path = "/api/v2/usergroups?filter=name:eq:Twins&limit=100";
    let request = Request::builder()
        .uri(format!("https://console.jumpcloud.com{path}"))
        .header("x-api-key", DEMO_KEY)
        .body(Body::empty())
        .unwrap();
    let answer = demo.router().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["x-total-count"], "120");
    let (_, first) = call(&demo, "GET", path, Value::Null).await;
    let (_, rest) = call(&demo, "GET", &format!("{path}&skip=100"), Value::Null).await;
    assert_eq!(
        (first.as_array().unwrap().len(), rest.as_array().unwrap().len()),
        (99, 20)
    );
    assert_eq!((&first[2]["id"], &first[3]), (&json!("group2"), &Value::Null));
    demo.ignore_filters();
    let (_, first) = call(&demo, "GET", path, Value::Null).await;
    assert_eq!(first[0]["name"], DEMO_GROUP.1);
}

#[tokio::test(start_paused = true)]
async fn a_key_tells_whose_it_is() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.require_organization(DEMO_ORGANIZATION);
    let (status, own) = call(&demo, "GET", "/api/users/getSelf", Value::Null).await;
    assert_eq!((status, &own["_id"]), (200, &json!(DEMO_ADMINS[3])));
    demo.set_key_owner(None);
    assert_eq!(call(&demo, "GET", "/api/users/getSelf", Value::Null).await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn a_role_beside_the_lists_is_held_whatever_they_say() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.contradict(DEMO_ADMINS[1], "Manager");
    let path = format!("/api/users/{}", DEMO_ADMINS[1]);
    let (_, record) = call(&demo, "PUT", &path, json!({"roleNames": ["Read Only"]})).await;
    assert_eq!(
        (&record["roleName"], &record["roleNames"]),
        (&json!("Manager"), &json!(["Read Only"]))
    );
    assert_eq!(demo.roles_of(DEMO_ADMINS[1]).unwrap(), ["Read Only", "Manager"]);
}

#[tokio::test(start_paused = true)]
async fn a_body_has_its_type_and_reads_need_none() {
    let demo = JumpCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let path = format!(
        "https://console.jumpcloud.com/api/v2/usergroups/{}/members",
        DEMO_GROUP.0
    );
    let body = json!({"op": "remove", "type": "user", "id": DEMO_USERS[0].0, "attributes": null}).to_string();
    for (method, content_type, organization, status) in [
        ("POST", None, None, 415),
        ("POST", Some("text/plain"), None, 415),
        ("POST", Some("application/json; charset=utf-8"), Some(""), 204),
        ("GET", None, Some(DEMO_ORGANIZATION), 200),
    ] {
        let mut request = Request::builder()
            .method(method)
            .uri(&path)
            .header("x-api-key", DEMO_KEY);
        for (name, value) in [("content-type", content_type), ("x-org-id", organization)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let request = request.body(Body::from(body.clone())).unwrap();
        let answer = demo.router().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), status, "{method} {content_type:?}");
    }
    assert!(!demo.is_member(DEMO_GROUP.0, DEMO_USERS[0].0));
}
