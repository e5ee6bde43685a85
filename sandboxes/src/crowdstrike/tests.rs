//! The tenant behaves as CrowdStrike documents it.

mod directory;
mod edge;
mod field;
mod reads;
mod tokens;
mod writes;

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{CrowdStrike, DEMO_CHILD_CID, DEMO_HOME_CID, DEMO_USERS, EpochUnit};
use crate::Clock;

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

impl Answer {
    fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or_default()
    }
}

fn tenant() -> CrowdStrike {
    CrowdStrike::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)))
}

async fn send(tenant: &CrowdStrike, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("https://api.crowdstrike.com{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = tenant
        .router()
        .oneshot(request.body(Body::from(body)).unwrap())
        .await
        .unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap(),
    }
}

async fn token(tenant: &CrowdStrike, extra: &str) -> Answer {
    let form = format!("client_id=demo-client&client_secret=demo-secret{extra}");
    send(tenant, "POST", "/oauth2/token", &FORM_HEADERS, form).await
}

async fn call(tenant: &CrowdStrike, bearer: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {bearer}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(tenant, method, path, &headers, body).await
}

async fn bearer(tenant: &CrowdStrike) -> String {
    token(tenant, "").await.body["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn revoke(cid: &str, roles: &[&str]) -> Value {
    json!({"action": "revoke", "cid": cid, "uuid": DEMO_USERS[0].0, "role_ids": roles})
}

const FORM_HEADERS: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];
const ACTIONS: &str = "/user-management/entities/user-role-actions/v1";

fn grants_of(uuid: &str) -> String {
    format!("/user-management/combined/user-roles/v2?user_uuid={uuid}")
}

#[tokio::test(start_paused = true)]
async fn tokens_are_201_and_end() {
    let tenant = tenant();
    let answer = token(&tenant, "").await;
    assert_eq!((answer.status, &answer.body["expires_in"]), (201, &json!(1799)));
    assert!(answer.headers.contains_key("x-cs-traceid"));
    let bearer = answer.body["access_token"].as_str().unwrap();
    let path = grants_of(DEMO_USERS[0].0);
    assert_eq!(call(&tenant, bearer, "GET", &path, Value::Null).await.status, 200);
    tokio::time::sleep(Duration::from_secs(1_800)).await;
    let late = call(&tenant, bearer, "GET", &path, Value::Null).await;
    assert_eq!(
        (late.status, late.message()),
        (401, "access denied, invalid bearer token")
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_documented_is_refused() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    for (method, path, body, status) in [
        ("GET", "/user-management/unknown", Value::Null, 404),
        ("GET", ACTIONS, Value::Null, 404),
        ("POST", ACTIONS, json!({"action": "revoke", "force": true}), 400),
        (
            "POST",
            ACTIONS,
            revoke("0123456789ABCDEF0123456789ABCDEF", &["help_desk"]),
            400,
        ),
        (
            "POST",
            ACTIONS,
            revoke("00000000000000000000000000000000", &["help_desk"]),
            403,
        ),
        ("POST", ACTIONS, json!("text"), 400),
    ] {
        assert_eq!(
            call(&tenant, &bearer, method, path, body).await.status,
            status,
            "{method} {path}"
        );
    }
    let path = format!("{}&limit=501", grants_of(DEMO_USERS[0].0));
    assert_eq!(call(&tenant, &bearer, "GET", &path, Value::Null).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_an_unknown_role_changes_nothing() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let answer = call(
        &tenant,
        &bearer,
        "POST",
        ACTIONS,
        revoke(DEMO_HOME_CID, &["help_desk", "nope"]),
    )
    .await;
    assert_eq!(
        (answer.status, answer.message()),
        (400, "invalid roleID='nope' specified")
    );
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    let answer = call(&tenant, &bearer, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"])).await;
    assert_eq!((answer.status, &answer.body["errors"]), (200, &json!([])));
    assert!(!tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_CHILD_CID, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn reads_show_the_cid_in_view_or_the_one_named_page_by_page() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ann = grants_of(DEMO_USERS[0].0);
    let page = call(&tenant, &bearer, "GET", &format!("{ann}&limit=4&offset=4"), Value::Null).await;
    assert_eq!(
        page.body["meta"]["pagination"],
        json!({"limit": 4, "offset": 4, "total": 6})
    );
    assert_eq!(page.body["resources"].as_array().unwrap().len(), 2);
    let child = call(
        &tenant,
        &bearer,
        "GET",
        &format!("{ann}&cid={DEMO_CHILD_CID}"),
        Value::Null,
    )
    .await;
    assert_eq!(child.body["resources"][0]["role_id"], "help_desk");
    let locked = token(&tenant, &format!("&member_cid={DEMO_CHILD_CID}")).await;
    let locked = locked.body["access_token"].as_str().unwrap();
    let home = call(
        &tenant,
        locked,
        "GET",
        &format!("{ann}&cid={DEMO_HOME_CID}"),
        Value::Null,
    )
    .await;
    assert_eq!(home.status, 403);
    let unknown = call(&tenant, &bearer, "GET", &grants_of("nobody"), Value::Null).await;
    assert_eq!(
        (unknown.status, unknown.message()),
        (400, "invalid user uuid='nobody' specified")
    );
}

#[tokio::test(start_paused = true)]
async fn users_are_found_by_id_and_by_login() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let path = "/user-management/entities/users/GET/v1";
    let answer = call(
        &tenant,
        &bearer,
        "POST",
        path,
        json!({"ids": [DEMO_USERS[1].0, "nobody"]}),
    )
    .await;
    assert_eq!(answer.body["resources"].as_array().unwrap().len(), 1);
    assert_eq!(answer.body["resources"][0]["uid"], DEMO_USERS[1].1);
    let path = "/user-management/queries/users/v1?filter=uid%3A%27sam.hill%40example.com%27";
    assert_eq!(
        call(&tenant, &bearer, "GET", path, Value::Null).await.body["resources"],
        json!([DEMO_USERS[1].0])
    );
    let path = "/user-management/queries/users/v1?filter=uid%3A%27o%27neil%27";
    assert_eq!(call(&tenant, &bearer, "GET", path, Value::Null).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn writes_can_land_late_stay_out_or_show_late() {
    let tenant = tenant();
    let (ann, home) = (DEMO_USERS[0].0, DEMO_HOME_CID);
    tenant.apply_after("help_desk", Duration::from_secs(40));
    tenant.acknowledge_but_keep("event_viewer");
    tenant.stale_reads(Duration::from_secs(10));
    let bearer = bearer(&tenant).await;
    let roles = revoke(home, &["help_desk", "event_viewer", "dashboard_admin"]);
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, roles).await.status, 200);
    assert!(tenant.holds(ann, home, "help_desk") && !tenant.holds(ann, home, "dashboard_admin"));
    let shown = |answer: Answer| answer.body["meta"]["pagination"]["total"].as_u64().unwrap();
    assert_eq!(
        shown(call(&tenant, &bearer, "GET", &grants_of(ann), Value::Null).await),
        6
    );
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(
        shown(call(&tenant, &bearer, "GET", &grants_of(ann), Value::Null).await),
        5
    );
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert!(!tenant.holds(ann, home, "help_desk") && tenant.holds(ann, home, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_says_until_when() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    tenant.rate_limit_next(1, Duration::from_secs(3), EpochUnit::Milliseconds);
    let answer = call(&tenant, &bearer, "GET", &grants_of(DEMO_USERS[0].0), Value::Null).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["x-ratelimit-retryafter"], "1769851803000");
    assert_eq!(
        call(&tenant, &bearer, "GET", &grants_of(DEMO_USERS[0].0), Value::Null)
            .await
            .status,
        200
    );
}
