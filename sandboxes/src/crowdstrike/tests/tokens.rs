//! Tokens: how they are asked for, what they may see, and when they end.

use std::time::Duration;

use serde_json::Value;

use super::{ACTIONS, FORM_HEADERS, bearer, call, grants_of, revoke, send, tenant, token};
use crate::crowdstrike::{DEMO_CHILD_CID, DEMO_HOME_CID, DEMO_USERS, Role, User};

const STRANGER: &str = "00000000000000000000000000000000";

#[tokio::test(start_paused = true)]
async fn the_form_is_checked() {
    let tenant = tenant();
    for (form, status, message) in [
        (
            "client_id=nobody&client_secret=demo-secret",
            400,
            "Failed to generate access token for clientID=nobody",
        ),
        (
            "client_id=demo-client&client_secret=wrong",
            403,
            "Failed to issue access token - Client authentication failed",
        ),
        ("client_id=demo-client", 400, ""),
        ("client_id=demo-client&client_secret=demo-secret&scope=all", 400, ""),
        (
            "client_id=demo-client&client_secret=demo-secret&client_id=demo-client",
            400,
            "",
        ),
        (
            "client_id=demo-client&client_secret=demo-secret&grant_type=password",
            400,
            "",
        ),
        (
            "client_id=demo-client&client_secret=demo-secret&member_cid=child",
            400,
            "",
        ),
    ] {
        let answer = send(&tenant, "POST", "/oauth2/token", &FORM_HEADERS, form.to_owned()).await;
        assert_eq!(answer.status, status, "{form}");
        assert_eq!(answer.body["meta"]["powered_by"], "csam");
        assert!(answer.message().contains(message), "{form}: {}", answer.message());
    }
    let stranger = token(&tenant, &format!("&member_cid={STRANGER}")).await;
    assert_eq!(
        (stranger.status, stranger.message()),
        (403, "access denied, authorization failed")
    );
    let json = [("content-type", "application/json")];
    let form = "client_id=demo-client&client_secret=demo-secret";
    assert_eq!(
        send(&tenant, "POST", "/oauth2/token", &json, form.to_owned())
            .await
            .status,
        400
    );
    assert_eq!(
        send(
            &tenant,
            "POST",
            "/oauth2/token?client_id=a",
            &FORM_HEADERS,
            form.to_owned()
        )
        .await
        .status,
        400
    );
    assert_eq!(tenant.tokens_issued(), 0);
    assert_eq!(token(&tenant, "&grant_type=client_credentials").await.status, 201);
    assert_eq!(tenant.tokens_issued(), 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_can_be_expired_and_be_short() {
    let tenant = tenant();
    let path = grants_of(DEMO_USERS[0].0);
    let first = bearer(&tenant).await;
    tenant.expire_tokens();
    let answer = call(&tenant, &first, "GET", &path, Value::Null).await;
    assert_eq!(
        (answer.status, answer.message()),
        (401, "access denied, invalid bearer token")
    );
    tenant.token_lifetime(Duration::from_secs(5));
    let answer = token(&tenant, "").await;
    assert_eq!(answer.body["expires_in"], 5);
    let second = answer.body["access_token"].as_str().unwrap();
    assert_eq!(call(&tenant, second, "GET", &path, Value::Null).await.status, 200);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(call(&tenant, second, "GET", &path, Value::Null).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn a_locked_token_acts_on_its_child_alone() {
    let tenant = tenant();
    let answer = token(&tenant, &format!("&member_cid={DEMO_CHILD_CID}")).await;
    let locked = answer.body["access_token"].as_str().unwrap();
    let read = call(&tenant, locked, "GET", &grants_of(DEMO_USERS[0].0), Value::Null).await;
    assert_eq!(read.body["meta"]["pagination"]["total"], 1);
    assert_eq!(read.body["resources"][0]["cid"], DEMO_CHILD_CID);
    let home = call(&tenant, locked, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"])).await;
    assert_eq!(
        (home.status, home.message()),
        (403, "access denied, authorization failed")
    );
    let child = call(&tenant, locked, "POST", ACTIONS, revoke(DEMO_CHILD_CID, &["help_desk"])).await;
    assert_eq!(child.status, 200);
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    assert!(!tenant.holds(DEMO_USERS[0].0, DEMO_CHILD_CID, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn a_client_without_the_write_scope_reads() {
    let tenant = tenant();
    tenant.read_only_client("demo-client");
    let bearer = bearer(&tenant).await;
    let answer = call(&tenant, &bearer, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"])).await;
    assert_eq!(
        (answer.status, answer.message()),
        (403, "access denied, authorization failed")
    );
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    let path = grants_of(DEMO_USERS[0].0);
    assert_eq!(call(&tenant, &bearer, "GET", &path, Value::Null).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn another_tenant_is_neither_seen_nor_touched() {
    let tenant = tenant();
    tenant.add_user(User {
        uuid: String::from("stranger"),
        uid: String::from("stranger@example.org"),
        cid: STRANGER.to_owned(),
        ..User::default()
    });
    tenant.add_role(Role {
        id: String::from("22222222222222222222222222222222"),
        display_name: String::from("Theirs"),
        cid: Some(STRANGER.to_owned()),
    });
    tenant.grant("stranger", STRANGER, "help_desk");
    let bearer = bearer(&tenant).await;
    let grants = call(&tenant, &bearer, "GET", &grants_of("stranger"), Value::Null).await;
    assert_eq!(
        (grants.status, grants.message()),
        (400, "invalid user uuid='stranger' specified")
    );
    let path = "/user-management/queries/users/v1?filter=uid%3A%27stranger%40example.org%27";
    let found = call(&tenant, &bearer, "GET", path, Value::Null).await;
    assert_eq!(found.body["meta"]["pagination"]["total"], 0);
    let mut body = revoke(STRANGER, &["help_desk"]);
    body["uuid"] = "stranger".into();
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, body).await.status, 403);
    let custom = revoke(DEMO_HOME_CID, &["22222222222222222222222222222222"]);
    let custom = call(&tenant, &bearer, "POST", ACTIONS, custom).await;
    assert_eq!(
        custom.message(),
        "invalid roleID='22222222222222222222222222222222' specified"
    );
    assert!(tenant.holds("stranger", STRANGER, "help_desk"));
}
