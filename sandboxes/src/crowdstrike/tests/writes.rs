//! Writes: what is acknowledged, and what really happens.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ACTIONS, bearer, call, grants_of, revoke, tenant};
use crate::crowdstrike::{DEMO_CHILD_CID, DEMO_HOME_CID, DEMO_USERS, EpochUnit, Revocation};

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_held_is_acknowledged_unless_told() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let absent = || revoke(DEMO_HOME_CID, &["quarantine_manager", "help_desk"]);
    tenant.revoke_refuses_absent(true);
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, absent()).await.status, 400);
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    assert!(tenant.revocations().is_empty());
    tenant.revoke_refuses_absent(false);
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, absent()).await.status, 200);
    assert!(!tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    assert_eq!(
        tenant.revocations(),
        [Revocation {
            user: DEMO_USERS[0].0.to_owned(),
            cid: DEMO_HOME_CID.to_owned(),
            roles: ["quarantine_manager", "help_desk"].map(str::to_owned).to_vec(),
            at: Duration::from_secs(1_769_851_800),
        }]
    );
}

#[tokio::test(start_paused = true)]
async fn every_role_can_be_revoked() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let ann = DEMO_USERS[0].0;
    for cid in [DEMO_HOME_CID, DEMO_CHILD_CID] {
        let grants = tenant.grants(ann);
        let roles: Vec<&str> = grants
            .iter()
            .filter(|(at, ..)| at == cid)
            .map(|(_, role, _)| role.as_str())
            .collect();
        let answer = call(&tenant, &bearer, "POST", ACTIONS, revoke(cid, &roles)).await;
        assert_eq!(answer.body["meta"]["writes"]["resources_affected"], 1);
    }
    assert!(tenant.grants(ann).is_empty());
    let read = call(&tenant, &bearer, "GET", &grants_of(ann), Value::Null).await;
    assert_eq!((read.status, &read.body["resources"]), (200, &json!([])));
}

#[tokio::test(start_paused = true)]
async fn a_success_with_errors_changes_nothing() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    tenant.success_with_errors(1);
    let answer = call(&tenant, &bearer, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"])).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.message().is_empty());
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    assert!(tenant.revocations().is_empty());
    let answer = call(&tenant, &bearer, "POST", ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"])).await;
    assert_eq!((answer.status, &answer.body["errors"]), (200, &json!([])));
    assert!(!tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn kims_role_goes_eight_seconds_later() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let kim = DEMO_USERS[2].0;
    let body = json!({"action": "revoke", "cid": DEMO_HOME_CID, "uuid": kim, "role_ids": ["quarantine_manager"]});
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, body.clone()).await.status, 200);
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(tenant.holds(kim, DEMO_HOME_CID, "quarantine_manager"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!tenant.holds(kim, DEMO_HOME_CID, "quarantine_manager"));
    assert!(tenant.holds(kim, DEMO_HOME_CID, "event_viewer"));
    // The delay can be set anew.
    tenant.grant(kim, DEMO_HOME_CID, "quarantine_manager");
    tenant.apply_after("quarantine_manager", Duration::ZERO);
    assert_eq!(call(&tenant, &bearer, "POST", ACTIONS, body).await.status, 200);
    assert!(!tenant.holds(kim, DEMO_HOME_CID, "quarantine_manager"));
}

#[tokio::test(start_paused = true)]
async fn a_grant_has_to_fit_the_user() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let grant =
        |cid: &str, role: &str| json!({"action": "grant", "cid": cid, "uuid": DEMO_USERS[1].0, "role_ids": [role]});
    for _ in 0..2 {
        let answer = call(&tenant, &bearer, "POST", ACTIONS, grant(DEMO_HOME_CID, "help_desk")).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(tenant.grants(DEMO_USERS[1].0).len(), 3);
    let custom = "fac7c47add5242538f592946747a7191";
    let answer = call(&tenant, &bearer, "POST", ACTIONS, grant(DEMO_CHILD_CID, custom)).await;
    assert_eq!(answer.message(), format!("invalid roleID='{custom}' specified"));
    assert!(tenant.revocations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn rate_limits_are_in_either_unit_and_run_out() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let body = || revoke(DEMO_HOME_CID, &["help_desk"]);
    tenant.rate_limit_next(2, Duration::from_secs(3), EpochUnit::Seconds);
    for _ in 0..2 {
        let answer = call(&tenant, &bearer, "POST", ACTIONS, body()).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["code"]), (429, &json!(429)));
        assert_eq!(answer.headers["x-ratelimit-retryafter"], "1769851803");
        assert!(answer.body.get("resources").is_none());
    }
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    let answer = call(&tenant, &bearer, "POST", ACTIONS, body()).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("x-ratelimit-retryafter"));
}
