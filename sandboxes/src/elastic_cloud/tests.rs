//! The organization behaves as Elastic documents it.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{DEMO_KEY, DEMO_ORGANIZATION, ElasticCloud};
use crate::Clock;

async fn remove(demo: &ElasticCloud, body: Value) -> u16 {
    let request = Request::builder()
        .method("DELETE")
        .uri("https://api.elastic-cloud.com/api/v1/users/1001/role_assignments")
        .header("authorization", format!("ApiKey {DEMO_KEY}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    demo.router().oneshot(request).await.unwrap().status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn a_body_is_a_set_to_subtract_and_must_be_as_documented() {
    let demo = ElasticCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let item = |rest: Value| {
        let mut item = json!({"organization_id": DEMO_ORGANIZATION, "role_id": "deployment-editor"});
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({"deployment": [item]})
    };
    for bad in [
        json!({}),
        json!({"platform": []}),
        item(json!({"all": true, "deployment_ids": ["d1"]})),
        item(json!({"all": false})),
        item(json!({"project_ids": ["d1"]})),
    ] {
        assert_eq!(remove(&demo, bad.clone()).await, 400, "{bad}");
    }
    assert_eq!(
        remove(&demo, item(json!({"all": false, "deployment_ids": ["d1"]}))).await,
        200
    );
    assert!(
        !demo.holds("1001", "deployment-editor", Some("d1")) && demo.holds("1001", "deployment-editor", Some("d2"))
    );
    demo.hide("d2");
    assert_eq!(
        remove(&demo, item(json!({"all": false, "deployment_ids": ["d2"]}))).await,
        403
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_goes_only_by_the_spelling_that_is_shown() {
    let demo = ElasticCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    demo.spell_bare();
    let body = |role: &str| json!({"project": {"security": [{"organization_id": DEMO_ORGANIZATION, "role_id": role, "project_ids": ["p2"]}]}});
    for (role, is_left) in [("security-t1-analyst", true), ("t1_analyst", false)] {
        assert_eq!(remove(&demo, body(role)).await, 200);
        assert_eq!(demo.holds("1001", "security-t1-analyst", Some("p2")), is_left, "{role}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_null_or_empty_counts_as_absent() {
    let demo = ElasticCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let item = json!({
        "organization_id": DEMO_ORGANIZATION, "role_id": "deployment-viewer", "all": true, "deployment_ids": null, "application_roles": null,
    });
    let body = json!({"deployment": [item], "organization": null, "platform": null});
    assert_eq!(remove(&demo, body).await, 200);
    assert!(!demo.holds("1001", "deployment-viewer", Some("*")));
    let item = json!({"organization_id": DEMO_ORGANIZATION, "role_id": "billing-admin", "application_roles": []});
    assert_eq!(
        remove(&demo, json!({"organization": [item], "platform": [], "project": null})).await,
        200
    );
    assert!(!demo.holds("1001", "billing-admin", None));
}

#[tokio::test(start_paused = true)]
async fn a_predefined_role_can_stand_inside_a_project() {
    let demo = ElasticCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let assignment = super::Assignment::new("elasticsearch", "elasticsearch-viewer", Some("p5"));
    demo.assign("1001", assignment.custom(&["admin", "marketing-reader"]));
    let body = |roles: Value| {
        let item = json!({
            "organization_id": DEMO_ORGANIZATION, "role_id": "elasticsearch-viewer", "project_ids": ["p5"], "application_roles": roles,
        });
        json!({"project": {"elasticsearch": [item], "observability": null, "security": []}})
    };
    // Another set of roles inside is another assignment.
    for (roles, is_left) in [
        (json!(null), true),
        (json!(["admin"]), true),
        (json!(["marketing-reader", "admin"]), false),
    ] {
        assert_eq!(remove(&demo, body(roles.clone())).await, 200);
        assert_eq!(
            demo.holds("1001", "elasticsearch-viewer", Some("p5")),
            is_left,
            "{roles}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_have_a_charset_or_none_and_reads_no_type() {
    let demo = ElasticCloud::demo(Clock::starting_at(Duration::from_secs(1_769_851_800)));
    let item = json!({"organization_id": DEMO_ORGANIZATION, "role_id": "billing-admin"});
    let body = json!({ "organization": [item] }).to_string();
    let send = async |method: &str, path: &str, content_type: Option<&str>, body: &str| {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("https://api.elastic-cloud.com/api/v1/{path}"))
            .header("authorization", format!("apiKey {DEMO_KEY}"));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        demo.router().oneshot(request).await.unwrap()
    };
    let members = format!("organizations/{DEMO_ORGANIZATION}/members");
    assert_eq!(send("GET", &members, None, "").await.status(), 200);
    let path = "users/1001/role_assignments";
    assert_eq!(send("DELETE", path, None, &body).await.status(), 415);
    assert_eq!(send("DELETE", path, Some("application/json"), "").await.status(), 400);
    assert_eq!(
        send("DELETE", path, Some("application/json; charset=utf-8"), &body)
            .await
            .status(),
        200
    );
    assert!(!demo.holds("1001", "billing-admin", None));
    assert_eq!(send("POST", path, Some("application/json"), &body).await.status(), 200);
    assert!(demo.holds("1001", "billing-admin", None));
    demo.drop_delete_bodies();
    let refused = send("DELETE", path, Some("application/json"), &body).await;
    assert_eq!(
        (
            refused.status().as_u16(),
            refused.headers().contains_key("x-cloud-error-codes")
        ),
        (400, true)
    );
    assert!(demo.holds("1001", "billing-admin", None));
}
