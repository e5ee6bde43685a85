//! A host's log can refuse a line: a closed standard error, a full disk. By then the provider may have been written to.

use host::service::Service;
use sandboxes::crowdstrike::DEMO_HOME_CID;
use serde_json::json;

use crate::{
    fixture::{ACCOUNT, ANN, Post, World, account, tokens},
    on_both,
};

on_both! {
    async fn a_log_that_takes_no_more_does_not_cost_the_caller_the_outcomes(artifact) {
        let ask = || Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]}));
        let world = World::new();
        let service = world.service(artifact);
        ask().to(&service).await;
        let intent = service.log()[0].len() + 1;

        // There is room for the record before the write, and none for the record after it.
        let world = World::new();
        let service = Service::builder(artifact, &world.network, world.clock)
            .tokens(&tokens())
            .account(ACCOUNT, account())
            .secret("crowdstrike", "demo-secret")
            .log_limit(intent + 1)
            .start()
            .unwrap();
        let answer = ask().to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
        assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
    }
}
