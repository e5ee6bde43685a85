//! The organization behaves as Slack documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_TEAMS, DEMO_TOKEN, Kind, Slack};
use crate::Clock;

async fn remove(demo: &Slack, body: Value) -> Value {
    post(demo, "admin.roles.removeAssignments", body).await
}

async fn post(demo: &Slack, method: &str, body: Value) -> Value {
    let request = Request::builder()
        .method("POST")
        .uri(format!("https://slack.com/api/{method}"))
        .header("authorization", format!("Bearer {DEMO_TOKEN}"))
        .header("content-type", "application/json; charset=utf-8")
        .body(Body::from(body.to_string()))
        .unwrap();
    let (head, body) = demo.router().oneshot(request).await.unwrap().into_parts();
    assert_eq!(head.status, 200, "Slack says no with 200");
    serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_partial_or_refused_with_200() {
    let demo = Slack::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.reject("E0ACME", "cannot_modify_role_admin");
    let answer = remove(
        &demo,
        json!({"role_id": "Rl0C", "entity_ids": [DEMO_TEAMS[0], "E0ACME"], "user_ids": ["U0ANN"]}),
    )
    .await;
    assert_eq!(answer["error"], "failed_for_some_entities");
    assert!(!demo.is_assigned("U0ANN", "Rl0C", DEMO_TEAMS[0]) && demo.is_assigned("U0ANN", "Rl0C", "E0ACME"));
    let many: Vec<String> = (0..11).map(|n| format!("T{n}")).collect();
    let answer = remove(
        &demo,
        json!({"role_id": "Rl0C", "entity_ids": many, "user_ids": ["U0ANN"]}),
    )
    .await;
    assert_eq!(answer["error"], "too_many_entities");
    let answer = remove(
        &demo,
        json!({"role_id": "Rl99", "entity_ids": ["T1"], "user_ids": ["U0ANN"]}),
    )
    .await;
    assert_eq!(answer, json!({"ok": false, "error": "invalid_role_id"}));
}

#[tokio::test(start_paused = true)]
async fn what_a_user_is_in_the_organization_goes_there_alone() {
    let demo = Slack::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.set_kind("U0SAM", "E0ACME", Kind::Admin);
    let at = |team: &str| json!({"team_id": team, "user_id": "U0SAM"});
    let answer = post(&demo, "admin.users.setRegular", at(DEMO_TEAMS[0])).await;
    assert_eq!(answer["error"], "cannot_set_org_admin_to_regular_at_workspace_level");
    demo.fail_on_workspaces(1);
    let answer = post(&demo, "admin.users.setRegular", at("E0ACME")).await;
    assert_eq!(answer["error"], "failed_to_set_regular_on_workspaces");
    assert_eq!(
        (demo.kind("U0SAM", "E0ACME"), demo.kind("U0SAM", DEMO_TEAMS[0])),
        (Kind::Member, Kind::Owner)
    );
    assert_eq!(
        post(&demo, "admin.users.setRegular", at("E0ACME")).await,
        json!({"ok": true})
    );
    assert_eq!(demo.kind("U0SAM", DEMO_TEAMS[0]), Kind::Member);
}

/// A call in any encoding.
async fn send(demo: &Slack, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("https://slack.com/api/{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (head, body) = demo.router().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

fn demo() -> Slack {
    Slack::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)))
}

const BEARER: (&str, &str) = ("authorization", "Bearer xoxp-demo-token");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test(start_paused = true)]
async fn arguments_come_in_a_query_a_form_or_json() {
    let json_type = ("content-type", "application/json;charset=utf-8");
    let role = r#"{"role_id": "Rl0C", "entity_ids": ["T0NORTH"], "user_ids": ["U0ANN"], "note": null}"#;
    for (headers, path, body) in [
        (vec![BEARER, FORM], "", "role_id=Rl0C&entity_ids=T0NORTH&user_ids=U0ANN"),
        (
            vec![BEARER, FORM],
            "",
            "role_id=Rl0C&entity_ids=%5B%22T0NORTH%22%5D&user_ids=%5B%22U0ANN%22%5D&_x=1",
        ),
        (
            vec![FORM],
            "",
            "token=xoxp-demo-token&role_id=Rl0C&entity_ids=T0NORTH&user_ids=U0ANN",
        ),
        (vec![BEARER, FORM], "?role_id=Rl0C&entity_ids=T0NORTH", "user_ids=U0ANN"),
        (vec![BEARER], "?role_id=Rl0C&entity_ids=T0NORTH&user_ids=U0ANN", ""),
        (vec![BEARER, json_type], "", role),
        (vec![BEARER, ("content-type", "application/json")], "", role),
    ] {
        let demo = demo();
        let path = format!("admin.roles.removeAssignments{path}");
        let (_, answer) = send(&demo, "POST", &path, &headers, body).await;
        assert_eq!(answer, json!({"ok": true}), "{headers:?} {path} {body}");
        assert!(!demo.is_assigned("U0ANN", "Rl0C", "T0NORTH") && demo.is_assigned("U0ANN", "Rl0C", "E0ACME"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_documented_to_be_refused_is_refused() {
    let json_type = ("content-type", "application/json; charset=utf-8");
    for (headers, method, path, body, error) in [
        (vec![FORM], "POST", "auth.test", "", "not_authed"),
        (vec![FORM], "POST", "auth.test", "token=wrong", "invalid_auth"),
        (vec![BEARER], "POST", "users.info", "user=U0ANN", "missing_post_type"),
        (
            vec![BEARER, ("content-type", "text/plain")],
            "POST",
            "users.info",
            "user=U0ANN",
            "invalid_post_type",
        ),
        (vec![BEARER, json_type], "POST", "auth.test", "[]", "json_not_object"),
        // Only some methods take JSON.
        (
            vec![BEARER, json_type],
            "POST",
            "users.info",
            r#"{"user": "U0ANN"}"#,
            "user_not_found",
        ),
        (
            vec![BEARER],
            "GET",
            "admin.roles.listAssignments?cursor=",
            "",
            "invalid_cursor",
        ),
        (
            vec![BEARER],
            "GET",
            "admin.roles.listAssignments?limit=201",
            "",
            "invalid_arguments",
        ),
        (
            vec![BEARER],
            "GET",
            "admin.users.setRegular?team_id=T0NORTH&user_id=U0ANN",
            "",
            "unknown_method",
        ),
        (vec![BEARER], "GET", "admin.roles.list", "", "unknown_method"),
    ] {
        let (_, answer) = send(&demo(), method, path, &headers, body).await;
        assert_eq!(answer["error"], error, "{path} {body}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_is_narrowed_by_roles_and_entities_and_has_pages_of_200() {
    let demo = demo();
    demo.assign_to_crowd("Rl0K", 12_000);
    let list = |query: &str| format!("admin.roles.listAssignments?{query}");
    let (_, first) = send(&demo, "GET", &list(""), &[BEARER], "").await;
    assert_eq!(first["role_assignments"].as_array().unwrap().len(), 200);
    assert_eq!(first["response_metadata"]["next_cursor"], "c=200");
    for (query, rows) in [
        ("role_ids=Rl0C", 2),
        ("role_ids=Rl0C&entity_ids=E0ACME", 1),
        ("role_ids=Rl0C,Rl01", 4),
    ] {
        let (_, narrowed) = send(&demo, "GET", &list(query), &[BEARER], "").await;
        assert_eq!(narrowed["role_assignments"].as_array().unwrap().len(), rows, "{query}");
        assert_eq!(narrowed["response_metadata"]["next_cursor"], "");
    }
    demo.enforce_tiers();
    for call in 0..51 {
        let (status, _) = send(&demo, "GET", &list(""), &[BEARER], "").await;
        assert_eq!(status, if call < 50 { 200 } else { 429 });
    }
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(send(&demo, "GET", &list(""), &[BEARER], "").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn one_person_has_an_id_in_the_workspace_and_one_in_the_organization() {
    let demo = demo();
    demo.add_user(super::User {
        id: String::from("U0EVE"),
        enterprise_user: Some(String::from("W0EVE")),
        email: String::from("eve@example.com"),
        teams: vec![DEMO_TEAMS[0].to_owned()],
        ..super::User::default()
    });
    for id in ["U0EVE", "W0EVE"] {
        let (_, answer) = send(&demo, "GET", &format!("users.info?user={id}"), &[BEARER], "").await;
        assert_eq!(
            (&answer["user"]["id"], &answer["user"]["enterprise_user"]["id"]),
            (&json!("U0EVE"), &json!("W0EVE"))
        );
    }
    demo.show_enterprise_users();
    let (_, answer) = send(&demo, "GET", "users.info?user=U0EVE", &[BEARER], "").await;
    assert_eq!(answer["user"]["id"], "W0EVE");
}

#[tokio::test(start_paused = true)]
async fn a_workspace_can_be_refused_without_the_others() {
    let demo = demo();
    demo.hide_team(DEMO_TEAMS[0], "feature_not_enabled");
    for (team, error) in [
        (DEMO_TEAMS[0], json!("feature_not_enabled")),
        (DEMO_TEAMS[1], Value::Null),
    ] {
        let path = format!("admin.teams.owners.list?team_id={team}");
        assert_eq!(
            send(&demo, "GET", &path, &[BEARER], "").await.1["error"],
            error,
            "{team}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn members_are_listed_with_what_they_are_and_promoted() {
    let demo = demo();
    demo.set_kind_after_reads(1, "U0ANN", DEMO_TEAMS[0], Kind::Owner);
    let north = format!("team_id={}&limit=100", DEMO_TEAMS[0]);
    let (_, answer) = send(&demo, "POST", "admin.users.list", &[BEARER, FORM], &north).await;
    let row = |answer: &Value| {
        answer["users"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == "U0ANN")
            .cloned()
            .unwrap()
    };
    assert_eq!(
        (&row(&answer)["is_admin"], &row(&answer)["is_owner"]),
        (&json!(true), &json!(false))
    );
    let (_, answer) = send(&demo, "POST", "admin.users.list", &[BEARER, FORM], &north).await;
    assert_eq!(row(&answer)["is_owner"], true);
    let at = |team: &str| format!("team_id={team}&user_id=U0KIM");
    let (_, answer) = send(
        &demo,
        "POST",
        "admin.users.setAdmin",
        &[BEARER, FORM],
        &at(DEMO_TEAMS[1]),
    )
    .await;
    assert_eq!(
        (answer, demo.kind("U0KIM", DEMO_TEAMS[1])),
        (json!({"ok": true}), Kind::Admin)
    );
    let (_, answer) = send(&demo, "POST", "admin.users.setOwner", &[BEARER, FORM], &at("E0ACME")).await;
    assert_eq!(
        (answer, demo.kind("U0KIM", DEMO_TEAMS[1])),
        (json!({"ok": true}), Kind::Owner)
    );
}
