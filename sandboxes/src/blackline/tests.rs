//! The instance behaves as integrators report.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::BlackLine;
use crate::Clock;

async fn send(instance: &BlackLine, method: &str, path: &str, authorization: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("https://us2.api.blackline.com{path}"))
        .header("authorization", authorization)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let (head, body) = instance.router().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

async fn bearer(instance: &BlackLine) -> String {
    let basic = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";
    let form = "grant_type=password&username=demo-api&password=demo-key&scope=bl.users+instance_0f8c";
    let (_, token) = send(instance, "POST", "/authorize/connect/token", basic, form).await;
    format!("Bearer {}", token["access_token"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_list_of_users_heeds_a_page_size_and_the_link_keeps_what_was_asked() {
    let instance = BlackLine::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    instance.uncertain(|uncertain| uncertain.ignores_filters = true);
    let bearer = bearer(&instance).await;
    let path = "/v1/users?pageSize=2&filter=id%20eq%20301";
    let (_, page) = send(&instance, "GET", path, &bearer, "").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    let link = page["nextLink"].as_str().unwrap();
    assert!(link.contains("pageSize=2") && link.contains("filter=id"), "{link}");
    let next = link.strip_prefix("https://us2.api.blackline.com").unwrap();
    let (_, page) = send(&instance, "GET", next, &bearer, "").await;
    assert_eq!(page["items"][0]["id"], 303);
    // Nothing shows that other lists heed it.
    let (_, page) = send(&instance, "GET", "/v1/roles?pageSize=2", &bearer, "").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_set_without_a_locked_role_is_refused_as_a_whole() {
    let instance = BlackLine::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    instance.uncertain(|uncertain| uncertain.post_replaces = true);
    instance.lock(9);
    let bearer = bearer(&instance).await;
    let path = "/v1/users/301/roles-products";
    assert_eq!(send(&instance, "POST", path, &bearer, "[]").await.0, 409);
    assert_eq!(instance.pairs(301).len(), 5);
    let rest = r#"[{"roleId": 9, "productId": "A"}]"#;
    assert_eq!(send(&instance, "POST", path, &bearer, rest).await.0, 200);
    assert_eq!(instance.writes(), 1);
    // What the set names and the user does not hold is assigned.
    let more = r#"[{"roleId": 9, "productId": "A"}, {"roleId": 3, "productId": "J"}]"#;
    assert_eq!(send(&instance, "POST", path, &bearer, more).await.0, 200);
    assert!(instance.holds(301, 3, "J"));
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_removed_by_role_and_product_and_a_missing_one_is_refused() {
    let instance = BlackLine::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let basic = "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=";
    let form = "grant_type=password&username=demo-api&password=demo-key&scope=bl.users+instance_0f8c";
    let (status, token) = send(&instance, "POST", "/authorize/connect/token", basic, form).await;
    assert_eq!(status, 200);
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let path = "/v1/users/301/roles-products?roleId=5&productId=A";
    assert_eq!(send(&instance, "DELETE", path, &bearer, "").await.0, 204);
    assert!(!instance.holds(301, 5, "A") && instance.holds(301, 5, "J"));
    assert_eq!(send(&instance, "DELETE", path, &bearer, "").await.0, 404);
    assert_eq!(
        send(&instance, "GET", "/v1/users/301/role-products", &bearer, "")
            .await
            .0,
        404
    );
    assert_eq!(
        send(&instance, "GET", "/v1/users/301/roles-products", "Bearer x", "")
            .await
            .0,
        401
    );
    assert_eq!(
        send(&instance, "POST", "/authorize/connect/token", "Basic x", form)
            .await
            .0,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_named_in_any_order_and_by_nothing_else() {
    let instance = BlackLine::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let bearer = bearer(&instance).await;
    let path = |query: &str| format!("/v1/users/301/roles-products?{query}");
    for (query, status) in [
        ("productId=A", 400),
        ("productId=A&roleId=5&force=true", 400),
        ("productId=A&productId=J", 400),
        ("productId=A&roleId=5", 204),
    ] {
        assert_eq!(
            send(&instance, "DELETE", &path(query), &bearer, "{}").await.0,
            status,
            "{query}"
        );
    }
    assert!(!instance.holds(301, 5, "A") && instance.holds(301, 5, "J"));
}

#[tokio::test(start_paused = true)]
async fn rows_can_call_a_role_otherwise_than_the_directory() {
    let instance = BlackLine::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    instance.name_in_rows(5, "Reviewer (GL)");
    let bearer = bearer(&instance).await;
    let (_, rows) = send(&instance, "GET", "/v1/users/301/roles-products", &bearer, "").await;
    let names: Vec<&str> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["role"]["name"].as_str())
        .collect();
    assert!(
        names.contains(&"Reviewer (GL)") && !names.contains(&"Reviewer"),
        "{names:?}"
    );
    let (_, roles) = send(&instance, "GET", "/v1/roles", &bearer, "").await;
    assert_eq!(roles["items"][2]["name"], "Reviewer");
}

#[tokio::test(start_paused = true)]
async fn an_ended_session_can_be_told_by_400_and_a_text() {
    let instance = BlackLine::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    instance.uncertain(|uncertain| uncertain.expiry_is_400 = true);
    let bearer = bearer(&instance).await;
    instance.expire_tokens();
    let (status, answer) = send(&instance, "GET", "/v1/roles", &bearer, "").await;
    assert_eq!(
        (status, answer["message"].as_str()),
        (400, Some("Authentication failed"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_client_stands_in_the_form_where_the_instance_is_saviynts() {
    let instance = BlackLine::saviynt_demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let form = "client_id=demo-client&grant_type=password&client_secret=demo-secret&scope=bl.users+instance_0f8c&username=demo-api&password=demo-key";
    let (status, token) = send(&instance, "POST", "/connect/token", "", form).await;
    assert_eq!(status, 200);
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let path = "/v1/users?pageSize=10000&filter=isActive%20eq%20true";
    let (_, users) = send(&instance, "GET", path, &bearer, "").await;
    assert_eq!(users["items"].as_array().unwrap().len(), 3);
    let (_, teams) = send(&instance, "GET", "/v1/teams", &bearer, "").await;
    assert_eq!(teams["items"][0]["name"], "Close team");
    assert_eq!(
        send(&instance, "POST", "/v1/users/302/teams", &bearer, "[71]").await.0,
        200
    );
    let path = "/v1/users/302/teams/71";
    assert_eq!(send(&instance, "DELETE", path, &bearer, "").await.0, 204);
    assert_eq!(send(&instance, "DELETE", path, &bearer, "").await.0, 404);
}
