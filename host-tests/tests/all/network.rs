//! The harness itself: what a component can reach, and what it cannot.

use harness::{
    network::{Fault, Network, Rule},
    typed::types::Outcome,
};
use sandboxes::crowdstrike::DEMO_HOME_CID;

use crate::fixture::{ANN, World, by_id, outcomes};

#[tokio::test(start_paused = true)]
async fn what_has_no_route_is_unreachable() {
    let mut world = World::new();
    world.network = Network::default();
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
}

#[tokio::test(start_paused = true)]
async fn an_injected_fault_is_met_and_the_journal_shows_every_call() {
    let world = World::new();
    world.network.inject(Rule::once(
        "/oauth2/token",
        Fault::Answer(503, Vec::new(), String::from("busy")),
    ));
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    let calls = world.network.calls();
    let tokens: Vec<_> = calls
        .iter()
        .filter(|call| call.path_and_query == "/oauth2/token")
        .map(|call| call.status)
        .collect();
    assert_eq!(tokens, [Some(503), Some(201)]);
    assert!(!world.tenant.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}

#[tokio::test]
async fn real_sockets_are_for_loopback_alone() {
    for authority in ["192.0.2.1:443", "example.com"] {
        let body = http_body_util::BodyExt::boxed_unsync(http_body_util::BodyExt::map_err(
            http_body_util::Empty::<bytes::Bytes>::new(),
            |never| match never {},
        ));
        let request = http::Request::builder()
            .uri(format!("http://{authority}/"))
            .body(body)
            .unwrap();
        let error = harness::wire::send(request).await.err().unwrap();
        assert!(
            matches!(error, wasmtime_wasi_http::Error::DestinationIpProhibited),
            "{authority}: {error}"
        );
    }
}
