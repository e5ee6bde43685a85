//! The answer that the README prints is the real one.

use serde_json::{Value, json};

use crate::{
    fixture::{Post, SAM, World},
    on_both,
};

/// The first JSON block behind the curl.
fn printed() -> Value {
    let readme = include_str!("../../../README.md");
    let after = readme.split_once("```json\n").map_or("", |(_, after)| after);
    let block = after.split("\n```").next().unwrap_or_default();
    serde_json::from_str(block).expect("the README's answer is JSON")
}

on_both! {
    async fn the_answer_in_the_readme_is_the_real_one(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let body = json!({"id": SAM, "roles": [{"id": "event_viewer"}]});
        let answer = Post::json(&body).query("&truto_ignore_remote_data=true").to(&service).await;
        // The test's clock stands at the time that the README shows.
        assert_eq!(answer.body, printed());
    }
}
