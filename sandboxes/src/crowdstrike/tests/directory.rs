//! Users and roles.

use serde_json::{Value, json};

use super::{bearer, call, grants_of, tenant};
use crate::{
    Clock,
    crowdstrike::{CrowdStrike, DEMO_CHILD_CID, DEMO_USERS, User, demo_summary},
};

const ROLE_IDS: &str = "/user-management/queries/roles/v1";
const ROLES: &str = "/user-management/entities/roles/GET/v2";
const CUSTOM: &str = "fac7c47add5242538f592946747a7191";

#[tokio::test(start_paused = true)]
async fn available_roles_are_not_those_that_are_held() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let all = call(&tenant, &bearer, "GET", ROLE_IDS, Value::Null).await;
    assert_eq!(all.body["resources"].as_array().unwrap().len(), 10);
    let path = format!("{ROLE_IDS}?user_uuid={}", DEMO_USERS[1].0);
    let available = call(&tenant, &bearer, "GET", &path, Value::Null).await;
    assert_eq!(available.body["resources"], all.body["resources"]);
    let path = format!("{ROLE_IDS}?cid={DEMO_CHILD_CID}");
    let child = call(&tenant, &bearer, "GET", &path, Value::Null).await;
    assert!(!child.body["resources"].as_array().unwrap().contains(&json!(CUSTOM)));
    let path = format!("{ROLE_IDS}?user_uuid=nobody");
    assert_eq!(call(&tenant, &bearer, "GET", &path, Value::Null).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn roles_are_described_in_their_cid_alone() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ids = json!({"ids": [CUSTOM, "help_desk", "unknown"]});
    let answer = call(&tenant, &bearer, "POST", ROLES, ids.clone()).await;
    let described: Vec<_> = answer.body["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["display_name"].as_str().unwrap(), role["type"].as_str().unwrap()))
        .collect();
    assert_eq!(described, [("Help Desk", "default"), ("Night Shift", "custom")]);
    let child = call(&tenant, &bearer, "POST", &format!("{ROLES}?cid={DEMO_CHILD_CID}"), ids).await;
    assert_eq!(child.body["resources"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_user_is_unknown() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let sam = DEMO_USERS[1].0;
    tenant.delete_user(sam);
    let path = "/user-management/entities/users/GET/v1";
    let answer = call(&tenant, &bearer, "POST", path, json!({"ids": [sam]})).await;
    assert_eq!((answer.status, &answer.body["resources"]), (200, &json!([])));
    assert_eq!(
        call(&tenant, &bearer, "GET", &grants_of(sam), Value::Null).await.status,
        400
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_is_looked_up_in_lower_case_and_escaped() {
    let tenant = tenant();
    tenant.add_user(User {
        uuid: String::from("oneil"),
        uid: String::from("Pat.O'Neil@Example.com"),
        cid: crate::crowdstrike::DEMO_HOME_CID.to_owned(),
        ..User::default()
    });
    let bearer = bearer(&tenant).await;
    for (filter, status, found) in [
        ("uid%3A%27pat.o%5C%27neil%40example.com%27", 200, json!(["oneil"])),
        ("uid%3A%27Pat.O%5C%27Neil%40Example.com%27", 200, json!([])),
        ("uid%3A%27pat.o%27neil%40example.com%27", 400, Value::Null),
        ("uid%3A%27%27", 200, json!([])),
        ("", 400, Value::Null),
    ] {
        let path = format!("/user-management/queries/users/v1?filter={filter}");
        let answer = call(&tenant, &bearer, "GET", &path, Value::Null).await;
        assert_eq!((answer.status, &answer.body["resources"]), (status, &found), "{filter}");
    }
    let path = "/user-management/queries/users/v1?limit=1&offset=1";
    let page = call(&tenant, &bearer, "GET", path, Value::Null).await;
    assert_eq!(
        page.body["meta"]["pagination"],
        json!({"limit": 1, "offset": 1, "total": 4})
    );
    // Keys without a value are absent.
    let path = "/user-management/entities/users/GET/v1";
    let answer = call(&tenant, &bearer, "POST", path, json!({"ids": ["oneil"]})).await;
    let user = answer.body["resources"][0].as_object().unwrap();
    assert_eq!(user.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_empty_tenant_knows_nobody() {
    let tenant = CrowdStrike::new(Clock::starting_at(std::time::Duration::ZERO));
    assert!(tenant.grants(DEMO_USERS[0].0).is_empty());
    assert_eq!(super::token(&tenant, "").await.status, 400);
    assert_eq!(demo_summary(), DEMO_USERS);
}
