//! What a request must look like.

use serde_json::{Value, json};

use super::{ACTIONS, bearer, call, grants_of, revoke, send, tenant};
use crate::crowdstrike::{DEMO_HOME_CID, DEMO_USERS};

const USERS: &str = "/user-management/entities/users/GET/v1";

#[tokio::test(start_paused = true)]
async fn every_refusal_has_the_error_document() {
    let tenant = tenant();
    let answer = send(&tenant, "GET", "/", &[], String::new()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.body["errors"],
        json!([{"code": 401, "message": "access denied, invalid bearer token"}])
    );
    for key in ["query_time", "powered_by", "trace_id"] {
        assert!(!answer.body["meta"][key].is_null(), "{key}");
    }
    assert_eq!(
        answer.headers["x-cs-traceid"],
        answer.body["meta"]["trace_id"].as_str().unwrap()
    );
    for name in ["x-cs-region", "x-ratelimit-limit", "x-ratelimit-remaining"] {
        assert!(answer.headers.contains_key(name), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bearer_is_needed_once_and_a_body_needs_its_type() {
    let tenant = tenant();
    let bearer = format!("Bearer {}", bearer(&tenant).await);
    let path = grants_of(DEMO_USERS[0].0);
    let json = ("content-type", "application/json");
    let token = ("authorization", bearer.as_str());
    let bare = bearer.trim_start_matches("Bearer ");
    for (headers, status) in [
        (vec![token, json], 200),
        (vec![token, ("content-type", "application/json; charset=utf-8")], 200),
        // A read without a body needs no type, and whatever stands there is not looked at.
        (vec![token], 200),
        (vec![token, ("content-type", "text/plain")], 200),
        (vec![json], 401),
        (vec![("authorization", "Bearer nonsense"), json], 401),
        (vec![("authorization", bare), json], 401),
        (vec![token, token, json], 401),
    ] {
        let answer = send(&tenant, "GET", &path, &headers, String::new()).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
    let body = json!({"ids": [DEMO_USERS[0].0]}).to_string();
    for (headers, status) in [
        (vec![token, json], 200),
        (vec![token, ("content-type", "application/json;charset=UTF-8")], 200),
        (vec![token], 400),
        (vec![token, ("content-type", "text/plain")], 400),
        (vec![token, json, json], 400),
    ] {
        let answer = send(&tenant, "POST", USERS, &headers, body.clone()).await;
        assert_eq!(answer.status, status, "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn deprecated_and_dangerous_calls_do_not_exist() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    for (method, path) in [
        ("DELETE", "/user-roles/entities/user-roles/v1?user_uuid=a&ids=b"),
        ("GET", "/users/entities/users/v1?ids=a"),
        ("GET", "/user-management/combined/user-roles/v1?user_uuid=a"),
        ("DELETE", "/mssp/entities/mssp-roles/v1"),
        ("DELETE", "/user-management/entities/users/v1?user_uuid=a"),
        ("PUT", ACTIONS),
        ("GET", USERS),
        ("POST", "/user-management/entities/user-role-actions/v1/"),
        ("GET", "/oauth2/token"),
    ] {
        assert_eq!(
            call(&tenant, &bearer, method, path, Value::Null).await.status,
            404,
            "{method} {path}"
        );
    }
    assert_eq!(tenant.grants(DEMO_USERS[0].0).len(), 7);
}

#[tokio::test(start_paused = true)]
async fn unknown_parameters_and_fields_are_refused() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ann = grants_of(DEMO_USERS[0].0);
    for query in [
        "&page=1",
        "&cid=&cid=",
        "&limit=0",
        "&limit=501",
        "&limit=-1",
        "&offset=x",
        "&offset=",
        "&direct_only=yes",
        "&sort=role_id%7Casc",
        "&sort=role_name%7C",
        "&filter=role_id",
    ] {
        let answer = call(&tenant, &bearer, "GET", &format!("{ann}{query}"), Value::Null).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    let ids = json!({"ids": ["a"]});
    for (method, path, body) in [
        ("GET", ann.as_str(), json!({})),
        ("POST", "/user-management/entities/users/GET/v1?limit=1", ids.clone()),
        (
            "POST",
            "/user-management/entities/roles/GET/v2?user_uuid=a",
            ids.clone(),
        ),
        ("GET", "/user-management/queries/roles/v1?limit=1", Value::Null),
        ("GET", "/user-management/queries/users/v1?sort=uuid", Value::Null),
        (
            "GET",
            "/user-management/queries/users/v1?user_type=external",
            Value::Null,
        ),
        ("GET", "/user-management/queries/users/v2?user_type=other", Value::Null),
        ("GET", "/user-management/entities/roles/v1", Value::Null),
        ("GET", "/user-management/entities/roles/v1?ids=a&limit=1", Value::Null),
        ("POST", USERS, json!({"ids": ["a"], "limit": 1})),
        ("POST", USERS, json!({"ids": "a"})),
        ("POST", USERS, json!({"ids": [1]})),
        ("POST", USERS, json!({"ids": []})),
        ("POST", USERS, json!({"ids": vec!["a"; 5_001]})),
        ("POST", USERS, json!({})),
        ("POST", USERS, json!(["a"])),
        ("POST", USERS, Value::Null),
    ] {
        assert_eq!(
            call(&tenant, &bearer, method, path, body).await.status,
            400,
            "{method} {path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_revokes_change_nothing() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let with = |key: &str, value: Value| {
        let mut body = revoke(DEMO_HOME_CID, &["help_desk"]);
        body[key] = value;
        body
    };
    for body in [
        with("force", json!(true)),
        with("expires_at", json!("2027-01-01T00:00:00Z")),
        with("action", json!("remove")),
        with("action", json!(1)),
        with("cid", Value::Null),
        with("cid", json!("")),
        with("cid", json!(format!("{DEMO_HOME_CID}-5C"))),
        with("cid", json!(DEMO_HOME_CID.to_uppercase())),
        with("uuid", Value::Null),
        with("uuid", json!(DEMO_USERS[0].1)),
        with("role_ids", json!([])),
        with("role_ids", json!("help_desk")),
        with("role_ids", json!(["help_desk", 1])),
        with("role_ids", json!(["help_desk", "Help Desk"])),
    ] {
        let text = body.to_string();
        assert_eq!(
            call(&tenant, &bearer, "POST", ACTIONS, body).await.status,
            400,
            "{text}"
        );
    }
    let query = format!("{ACTIONS}?cid={DEMO_HOME_CID}");
    let body = revoke(DEMO_HOME_CID, &["help_desk"]);
    assert_eq!(call(&tenant, &bearer, "POST", &query, body).await.status, 400);
    assert_eq!(tenant.grants(DEMO_USERS[0].0).len(), 7);
    assert!(tenant.revocations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_no_json_or_too_large_are_400() {
    let tenant = tenant();
    let bearer = format!("Bearer {}", bearer(&tenant).await);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let large = json!({"ids": ["a".repeat(1_100_000)]}).to_string();
    for body in ["{", "", "{} {}", large.as_str()] {
        let answer = send(&tenant, "POST", USERS, &headers, body.to_owned()).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["code"]), (400, &json!(400)));
    }
}
