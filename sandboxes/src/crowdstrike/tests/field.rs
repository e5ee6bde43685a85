//! What the field has seen: users of partner CIDs, temporary grants, nulls, errors inside a 200, lists that change while they are read.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ACTIONS, Answer, bearer, call, grants_of, revoke, tenant};
use crate::crowdstrike::{CrowdStrike, DEMO_CHILD_CID, DEMO_EXTERNAL, DEMO_HOME_CID, DEMO_USERS};

const NEW_ACTIONS: &str = "/user-management/entities/user-role-actions/v2";
const EVE: &str = DEMO_EXTERNAL.0;

async fn get(tenant: &CrowdStrike, path: &str) -> Answer {
    let bearer = bearer(tenant).await;
    call(tenant, &bearer, "GET", path, Value::Null).await
}

async fn post(tenant: &CrowdStrike, path: &str, body: Value) -> Answer {
    let bearer = bearer(tenant).await;
    call(tenant, &bearer, "POST", path, body).await
}

#[tokio::test(start_paused = true)]
async fn a_user_of_a_partner_cid_is_known_to_the_newer_calls_only() {
    let tenant = tenant();
    let filter = "filter=uid%3A%27eve.ross%40partner.example%27";
    let path = |version: u8| format!("/user-management/queries/users/v{version}?{filter}");
    assert_eq!(get(&tenant, &path(1)).await.body["resources"], json!([]));
    assert_eq!(get(&tenant, &path(2)).await.body["resources"], json!([EVE]));
    let ids = json!({"ids": [EVE, DEMO_USERS[0].0]});
    let old = post(&tenant, "/user-management/entities/users/GET/v1", ids.clone()).await;
    assert_eq!(old.body["resources"].as_array().unwrap().len(), 1);
    let new = post(&tenant, "/user-management/entities/users/GET/v2", ids).await;
    let types: Vec<_> = new.body["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| &user["user_type"])
        .collect();
    assert_eq!(types, ["internal", "external"]);
    assert_eq!(get(&tenant, &grants_of(EVE)).await.status, 400);
    let grants = grants_of(EVE).replace("/v2?", "/v3?");
    assert_eq!(get(&tenant, &grants).await.body["meta"]["pagination"]["total"], 2);
    let body = |action: &str| json!({"action": action, "cid": DEMO_HOME_CID, "uuid": EVE, "role_ids": ["event_viewer"], "expires_at": null});
    assert_eq!(post(&tenant, ACTIONS, body("revoke")).await.status, 400);
    assert_eq!(post(&tenant, ACTIONS, body("remove-role")).await.status, 400);
    assert_eq!(post(&tenant, NEW_ACTIONS, body("remove-role")).await.status, 200);
    assert!(!tenant.holds(EVE, DEMO_HOME_CID, "event_viewer"));
    assert_eq!(post(&tenant, NEW_ACTIONS, body("assign-role")).await.status, 200);
    assert!(tenant.holds(EVE, DEMO_HOME_CID, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn external_users_can_be_listed_apart_and_only_with_a_role() {
    let tenant = tenant();
    let path = |user_type: &str| format!("/user-management/queries/users/v2?user_type={user_type}");
    assert_eq!(get(&tenant, &path("external")).await.body["resources"], json!([EVE]));
    assert_eq!(
        get(&tenant, &path("internal")).await.body["meta"]["pagination"]["total"],
        3
    );
    let roles =
        json!({"action": "revoke", "cid": DEMO_HOME_CID, "uuid": EVE, "role_ids": ["event_viewer", "dashboard_admin"]});
    assert_eq!(post(&tenant, NEW_ACTIONS, roles).await.status, 200);
    assert_eq!(get(&tenant, &path("external")).await.body["resources"], json!([]));
    let by_id = post(&tenant, "/user-management/entities/users/GET/v2", json!({"ids": [EVE]})).await;
    assert_eq!(by_id.body["resources"][0]["uuid"], EVE);
}

#[tokio::test(start_paused = true)]
async fn a_temporary_grant_ends_or_is_revoked() {
    let tenant = tenant();
    let kim = DEMO_USERS[2].0;
    let grant = |role: &str, end: Value| json!({"action": "grant", "cid": DEMO_HOME_CID, "uuid": kim, "role_ids": [role], "expires_at": end});
    assert_eq!(
        post(&tenant, ACTIONS, grant("help_desk", json!("soon"))).await.status,
        400
    );
    let end = json!("2026-01-31T10:30:00Z");
    assert_eq!(
        post(&tenant, ACTIONS, grant("help_desk", end.clone())).await.status,
        200
    );
    tenant.grant_until(kim, DEMO_HOME_CID, "dashboard_admin", "2026-01-31T11:30:00Z");
    let rows = get(&tenant, &grants_of(kim)).await.body["resources"].clone();
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["role_id"] == "help_desk")
        .unwrap();
    assert_eq!((&row["expires_at"], &row["grant_type"]), (&end, &json!("direct")));
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert!(!tenant.holds(kim, DEMO_HOME_CID, "help_desk") && tenant.holds(kim, DEMO_HOME_CID, "dashboard_admin"));
    let body = json!({"action": "revoke", "cid": DEMO_HOME_CID, "uuid": kim, "role_ids": ["dashboard_admin"]});
    assert_eq!(post(&tenant, ACTIONS, body).await.status, 200);
    assert!(!tenant.holds(kim, DEMO_HOME_CID, "dashboard_admin"));
}

#[tokio::test(start_paused = true)]
async fn a_list_without_rows_can_be_null() {
    let tenant = tenant();
    tenant.null_lists(true);
    let path = "/user-management/queries/users/v1?filter=uid%3A%27nobody%27";
    assert_eq!(get(&tenant, path).await.body.get("resources"), Some(&Value::Null));
    let found = get(&tenant, &grants_of(DEMO_USERS[0].0)).await;
    assert_eq!(found.body["resources"].as_array().unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_200_has_a_code_and_changes_nothing() {
    let tenant = tenant();
    tenant.errors_inside("user-role-actions", 429, 1);
    let body = revoke(DEMO_HOME_CID, &["help_desk"]);
    let answer = post(&tenant, ACTIONS, body.clone()).await;
    assert_eq!((answer.status, &answer.body["errors"][0]["code"]), (200, &json!(429)));
    assert!(tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
    assert_eq!(post(&tenant, ACTIONS, body).await.body["errors"], json!([]));
    assert!(!tenant.holds(DEMO_USERS[0].0, DEMO_HOME_CID, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn calls_about_a_cid_can_be_refused() {
    let tenant = tenant();
    let ann = grants_of(DEMO_USERS[0].0);
    tenant.refuse_cid(DEMO_HOME_CID, 403, "access denied, authorization failed");
    assert_eq!(get(&tenant, &ann).await.status, 403);
    assert_eq!(
        post(&tenant, ACTIONS, revoke(DEMO_HOME_CID, &["help_desk"]))
            .await
            .status,
        403
    );
    assert_eq!(get(&tenant, &format!("{ann}&cid={DEMO_CHILD_CID}")).await.status, 200);
    tenant.refuse_cid(DEMO_CHILD_CID, 409, "conflict");
    let child = get(&tenant, &format!("{ann}&cid={DEMO_CHILD_CID}")).await;
    assert_eq!((child.status, child.message()), (409, "conflict"));
}

#[tokio::test(start_paused = true)]
async fn a_list_can_change_between_its_pages() {
    let tenant = tenant();
    let (ann, path) = (DEMO_USERS[0].0, format!("{}&limit=3", grants_of(DEMO_USERS[0].0)));
    tenant.revoke_after_reads(1, ann, DEMO_HOME_CID, "dashboard_admin");
    tenant.grant_after_reads(2, ann, DEMO_HOME_CID, "quarantine_manager");
    for total in [6, 5, 6] {
        assert_eq!(get(&tenant, &path).await.body["meta"]["pagination"]["total"], total);
    }
    tenant.miscount_grants(-1);
    assert_eq!(get(&tenant, &path).await.body["meta"]["pagination"]["total"], 5);
}

#[tokio::test(start_paused = true)]
async fn rows_can_lack_a_name_and_have_an_empty_group() {
    let tenant = tenant();
    tenant.names_missing_in_grants(true);
    tenant.empty_groups_in_grants(true);
    let rows = get(&tenant, &grants_of(DEMO_USERS[1].0)).await.body["resources"].clone();
    assert_eq!(
        (rows[0].get("role_name"), &rows[0]["user_group_id"]),
        (None, &json!(""))
    );
    assert_eq!(
        (&rows[0]["grant_type"], &rows[1]["user_group_name"]),
        (&json!("direct"), &json!("Blue Team"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_revoked_token_ends() {
    let tenant = tenant();
    let bearer = bearer(&tenant).await;
    let form = format!("token={bearer}");
    let answer = super::send(&tenant, "POST", "/oauth2/revoke", &super::FORM_HEADERS, form).await;
    assert_eq!(answer.status, 200);
    let path = grants_of(DEMO_USERS[0].0);
    assert_eq!(call(&tenant, &bearer, "GET", &path, Value::Null).await.status, 401);
}

#[tokio::test(start_paused = true)]
async fn users_are_filtered_and_sorted_by_what_is_published() {
    let tenant = tenant();
    for (query, uuids) in [
        (
            "sort=uid%7Cdesc",
            vec![DEMO_USERS[1].0, DEMO_USERS[2].0, DEMO_USERS[0].0],
        ),
        (
            "sort=last_name",
            vec![DEMO_USERS[1].0, DEMO_USERS[0].0, DEMO_USERS[2].0],
        ),
        ("filter=first_name%3A%27Kim%27", vec![DEMO_USERS[2].0]),
        ("filter=name%3A%27Ann%20Lee%27", vec![DEMO_USERS[0].0]),
    ] {
        let path = format!("/user-management/queries/users/v1?{query}");
        assert_eq!(get(&tenant, &path).await.body["resources"], json!(uuids), "{query}");
    }
    let child = format!("assigned_cids%3A%27{DEMO_CHILD_CID}%27");
    let path = format!("/user-management/queries/users/v1?filter={child}");
    assert_eq!(get(&tenant, &path).await.body["resources"], json!([DEMO_USERS[0].0]));
    let by_query = get(&tenant, "/user-management/entities/roles/v1?ids=help_desk&ids=unknown").await;
    assert_eq!(by_query.body["resources"][0]["display_name"], "Help Desk");
}
