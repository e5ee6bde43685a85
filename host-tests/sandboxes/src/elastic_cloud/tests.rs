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
