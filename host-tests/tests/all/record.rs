//! The record against its schema, and what else its page promises.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::{
    fixture::{ACCOUNT, ANN, Post, World},
    on_both,
};

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../docs/record.schema.json")).unwrap());

/// Every line of every test goes through here. The schema uses no more of JSON Schema than this.
pub fn fits_its_schema(line: &str) {
    // A line that a full log has cut is none.
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line) else {
        return;
    };
    for required in SCHEMA["required"].as_array().unwrap() {
        assert!(
            fields.contains_key(required.as_str().unwrap()),
            "{required} is missing: {line}"
        );
    }
    for (name, value) in &fields {
        let schema = &SCHEMA["properties"][name];
        assert!(schema.is_object(), "`{name}` is not in the schema: {line}");
        if let Some(constant) = schema.get("const") {
            assert_eq!(value, constant, "{name}: {line}");
        }
        if let Some(words) = schema.get("enum") {
            assert!(words.as_array().unwrap().contains(value), "{name}: {line}");
        }
        let is_of = |kind: &str| match kind {
            "string" => value.is_string(),
            "integer" => value.is_u64(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            other => panic!("{other}"),
        };
        match &schema["type"] {
            Value::String(kind) => assert!(is_of(kind), "{name}: {line}"),
            Value::Array(kinds) => assert!(kinds.iter().any(|kind| is_of(kind.as_str().unwrap())), "{name}: {line}"),
            _ => {}
        }
    }
}

fn lines(service: &host::service::Service, event: &str) -> Vec<Value> {
    let parsed = service
        .log()
        .into_iter()
        .map(|line| serde_json::from_str(&line).unwrap());
    parsed.filter(|line: &Value| line["event"] == event).collect()
}

on_both! {
    async fn a_refused_call_leaves_a_line_and_above_ten_a_second_only_a_count(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        for _ in 0..25 {
            let mut post = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]}));
            post.path = post.path.replace(ACCOUNT, "no-such-account");
            assert_eq!(post.to(&service).await.status, 404);
        }
        let denied = lines(&service, "denied");
        // A host that starts an instance for each call cannot count across them.
        assert!((10..=25).contains(&denied.len()), "{denied:?}");
        assert_eq!((&denied[0]["error_code"], &denied[0]["status"]), (&json!("unknown_account"), &json!(404)));
        assert_eq!(denied[0]["token"], "tests");
    }
}

on_both! {
    async fn it_says_what_was_asked_for_what_it_cost_and_under_which_trace(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut post = Post::json(&json!({
            "id": ANN, "roles": [{"id": "event_viewer"}], "options": {"reference": "CHG-1042"},
        }));
        post.headers.push(("traceparent", trace.to_owned()));
        assert_eq!(post.to(&service).await.status, 200);
        let results = lines(&service, "result");
        let result = &results[0];
        assert_eq!(result["mode"], "revoke");
        assert_eq!(result["reference"], "CHG-1042");
        assert_eq!(result["traceparent"], trace);
        assert_eq!(result["requested"]["roles"][0]["id"], "event_viewer");
        assert!(result["provider_calls"].as_u64().unwrap() >= 4, "{result}");
        assert!(result["outcomes"][0]["grants"][0]["verified_at"].is_string(), "{result}");
        let intents = lines(&service, "intent");
        assert_eq!(intents[0]["request_id"], result["request_id"]);
    }
}
