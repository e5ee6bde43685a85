//! Reads of grants: what a row says, in which order, and what can be kept from it.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ACTIONS, bearer, call, grants_of, revoke, tenant};
use crate::crowdstrike::{CrowdStrike, DEMO_HOME_CID, DEMO_USERS, ErrorsField};

async fn roles(tenant: &CrowdStrike, bearer: &str, path: &str) -> Vec<String> {
    let answer = call(tenant, bearer, "GET", path, Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.message());
    let rows = answer.body["resources"].as_array().unwrap();
    rows.iter()
        .map(|row| row["role_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn an_inherited_grant_says_so_and_is_not_revoked() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let sam = DEMO_USERS[1].0;
    let path = grants_of(sam);
    let answer = call(&tenant, &bearer, "GET", &path, Value::Null).await;
    let row = &answer.body["resources"][1];
    assert_eq!(
        (&row["role_id"], &row["user_group_name"]),
        (&json!("vulnerability_manager"), &json!("Blue Team"))
    );
    assert_ne!(row["grant_type"], "direct");
    assert_eq!(answer.body["resources"][0]["grant_type"], "direct");
    assert_eq!(
        roles(&tenant, &bearer, &format!("{path}&direct_only=true")).await,
        ["event_viewer"]
    );
    assert_eq!(
        roles(&tenant, &bearer, &format!("{path}&direct_only=false"))
            .await
            .len(),
        2
    );
    let body = json!({"action": "revoke", "cid": DEMO_HOME_CID, "uuid": sam, "role_ids": ["vulnerability_manager"]});
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, body).await.status, 200);
    assert!(tenant.holds_inherited(sam, DEMO_HOME_CID, "vulnerability_manager"));
    assert!(!tenant.holds(sam, DEMO_HOME_CID, "vulnerability_manager"));
}

#[tokio::test(start_paused = true)]
async fn rows_are_sorted_filtered_and_paged() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ann = grants_of(DEMO_USERS[0].0);
    let all = roles(&tenant, &bearer, &ann).await;
    let mut paged = Vec::new();
    for offset in [0, 2, 4, 6] {
        paged.extend(roles(&tenant, &bearer, &format!("{ann}&limit=2&offset={offset}")).await);
    }
    assert_eq!((all.len(), &paged), (6, &all));
    let mut descending = roles(&tenant, &bearer, &format!("{ann}&sort=role_name%7Cdesc")).await;
    descending.reverse();
    assert_eq!(descending, all);
    assert_eq!(
        roles(&tenant, &bearer, &format!("{ann}&filter=role_id%3A%27help_desk%27")).await,
        ["help_desk"]
    );
    let by_name = format!("{ann}&filter=role_name%3A%27Night%20Shift%27");
    assert_eq!(
        roles(&tenant, &bearer, &by_name).await,
        ["fac7c47add5242538f592946747a7191"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_page_has_a_hundred_rows_unless_told() {
    let tenant = tenant();
    let sam = DEMO_USERS[1].0;
    for number in 0..600 {
        tenant.grant(sam, DEMO_HOME_CID, &format!("role_{number}"));
    }
    let bearer = bearer(&tenant).await;
    assert_eq!(roles(&tenant, &bearer, &grants_of(sam)).await.len(), 100);
    assert_eq!(
        roles(&tenant, &bearer, &format!("{}&limit=500&offset=500", grants_of(sam)))
            .await
            .len(),
        102
    );
}

#[tokio::test(start_paused = true)]
async fn optional_keys_can_be_missing() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    tenant.cid_missing_in_grants(true);
    let path = grants_of(DEMO_USERS[0].0);
    let bare = call(&tenant, &bearer, "GET", &path, Value::Null).await;
    let row = bare.body["resources"][0].as_object().unwrap();
    assert_eq!(row.keys().collect::<Vec<_>>(), ["role_id", "role_name"]);
    tenant.cid_missing_in_grants(false);
    let full = call(&tenant, &bearer, "GET", &path, Value::Null).await;
    assert_eq!(full.body["resources"][0]["cid"], DEMO_HOME_CID);
}

#[tokio::test(start_paused = true)]
async fn errors_are_spelled_in_three_ways() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    for (field, spelled) in [
        (ErrorsField::Empty, Some(json!([]))),
        (ErrorsField::Null, Some(Value::Null)),
        (ErrorsField::Absent, None),
    ] {
        tenant.errors_field(field);
        let answer = call(&tenant, &bearer, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"])).await;
        assert_eq!((answer.status, answer.body.get("errors")), (200, spelled.as_ref()));
    }
}

#[tokio::test(start_paused = true)]
async fn an_untouched_role_is_omitted_for_some_reads() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ann = grants_of(DEMO_USERS[0].0);
    tenant.omit_from_reads("help_desk", 1, 2);
    for shown in [6, 5, 5, 6] {
        assert_eq!(roles(&tenant, &bearer, &ann).await.len(), shown);
        assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    }
    // Setting it anew counts from the start.
    tenant.omit_from_reads("help_desk", 0, 1);
    assert_eq!(roles(&tenant, &bearer, &ann).await.len(), 5);
    assert_eq!(roles(&tenant, &bearer, &ann).await.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn reads_that_are_behind_miss_grants_and_removals_alike() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ann = grants_of(DEMO_USERS[0].0);
    let before = roles(&tenant, &bearer, &ann).await;
    tenant.stale_reads(Duration::from_secs(30));
    let mut grant = revoke(DEMO_HOME_CID, &["quarantine_manager", "help_desk"]);
    assert_eq!(
        call(&tenant, &bearer, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"]))
            .await
            .status,
        200
    );
    tokio::time::sleep(Duration::from_secs(20)).await;
    grant["action"] = json!("grant");
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, grant).await.status, 200);
    assert_eq!(roles(&tenant, &bearer, &ann).await, before);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(roles(&tenant, &bearer, &ann).await.len(), 5);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(roles(&tenant, &bearer, &ann).await.len(), 7);
}
