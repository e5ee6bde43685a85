//! The harness itself: what a component can reach, and what goes wrong on the way when a test says so.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::any};
use bytes::Bytes;
use host::{
    egress::Egress,
    network::{Fault, Network, Rule},
    typed::types::Outcome,
};
use http_body_util::{BodyExt, Empty, Full};
use sandboxes::crowdstrike::DEMO_HOME_CID;
use tokio::time::{Instant, timeout};
use wasmtime_wasi_http::{Error, WasiBody, WasiHttpHooks};

use crate::fixture::{ANN, World, by_id, outcomes};

const ANSWER: &str = r#"{"answer":"of the sandbox"}"#;

/// A network with one sandbox, which counts what reaches it.
struct Reach {
    network: Network,
    reached: Arc<AtomicUsize>,
}

impl Reach {
    fn new() -> Self {
        let reached = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&reached);
        let network = Network::default();
        let count = move || {
            counter.fetch_add(1, Ordering::SeqCst);
            async { ANSWER }
        };
        network.route("sandbox.example", Router::new().fallback(any(count)));
        Self { network, reached }
    }

    /// With a fault for the next request.
    fn with(fault: Fault) -> Self {
        let reach = Self::new();
        reach.network.inject(Rule::once("/", fault));
        reach
    }

    /// As a component sends it: through the hook.
    async fn send(&self, url: &str) -> Result<http::Response<WasiBody>, Error> {
        let body = Full::new(Bytes::from_static(b"question")).map_err(|never| match never {});
        let request = http::Request::post(url).body(body.boxed_unsync()).unwrap();
        let processed = Box::new(std::future::ready(Ok(())));
        let sent = Box::into_pin(Egress::from(&self.network).send_request(request, None, processed));
        sent.await.map(|(response, _)| response)
    }

    async fn ask(&self) -> Result<http::Response<WasiBody>, Error> {
        self.send("https://sandbox.example/path?query").await
    }

    fn reached(&self) -> usize {
        self.reached.load(Ordering::SeqCst)
    }

    /// The statuses in the journal.
    fn statuses(&self) -> Vec<Option<u16>> {
        self.network.calls().iter().map(|call| call.status).collect()
    }
}

async fn text(response: http::Response<WasiBody>) -> Result<String, Error> {
    let bytes = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What can be read of a body until it ends, breaks or stops for an hour.
async fn begun(mut body: WasiBody, enough: usize) -> (Vec<u8>, &'static str) {
    let mut bytes = Vec::new();
    while bytes.len() < enough {
        match timeout(Duration::from_secs(3600), body.frame()).await {
            Err(_) => return (bytes, "stopped"),
            Ok(None) => return (bytes, "ended"),
            Ok(Some(Err(_))) => return (bytes, "broke"),
            Ok(Some(Ok(frame))) => bytes.extend_from_slice(frame.data_ref().unwrap()),
        }
    }
    (bytes, "goes on")
}

#[tokio::test(start_paused = true)]
async fn a_routed_authority_answers_and_the_journal_shows_the_whole_request() {
    let reach = Reach::new();
    assert_eq!(text(reach.ask().await.unwrap()).await.unwrap(), ANSWER);
    let calls = reach.network.calls();
    let [call] = calls.as_slice() else { panic!("{calls:?}") };
    assert_eq!(
        (
            &*call.method,
            &*call.authority,
            &*call.path_and_query,
            &*call.body,
            call.status
        ),
        (
            "POST",
            "sandbox.example",
            "/path?query",
            b"question".as_slice(),
            Some(200)
        )
    );
}

#[tokio::test(start_paused = true)]
async fn every_other_authority_refuses_the_connection() {
    let reach = Reach::new();
    for url in [
        "https://example.com/",
        "https://sandbox.example:8443/",
        "https://sub.sandbox.example/",
        "http://127.0.0.1:9/",
    ] {
        assert!(matches!(reach.send(url).await, Err(Error::ConnectionRefused)), "{url}");
    }
    assert_eq!((reach.reached(), reach.statuses()), (0, vec![None; 4]));
}

#[tokio::test(start_paused = true)]
async fn refused_and_reset_differ_in_what_the_sandbox_saw() {
    for (fault, reached) in [(Fault::Refused, 0), (Fault::ResetBefore, 0), (Fault::ResetAfter, 1)] {
        let reach = Reach::with(fault.clone());
        let error = reach.ask().await.unwrap_err();
        let is_refused = matches!(error, Error::ConnectionRefused);
        assert_eq!(
            (is_refused, reach.reached()),
            (matches!(fault, Fault::Refused), reached),
            "{fault:?}"
        );
        assert_eq!(reach.statuses(), [None], "{fault:?}");
        // It was for one request.
        assert_eq!(reach.ask().await.unwrap().status(), 200);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_never_answers() {
    for reaches in [false, true] {
        let reach = Reach::with(Fault::Silence { reaches });
        assert!(timeout(Duration::from_secs(3600), reach.ask()).await.is_err());
        assert_eq!((reach.reached(), reach.statuses()), (usize::from(reaches), vec![None]));
    }
}

#[tokio::test(start_paused = true)]
async fn another_answer_keeps_the_request_from_the_sandbox_and_another_body_does_not() {
    let location = vec![("location", String::from("https://elsewhere.example/"))];
    let reach = Reach::with(Fault::Answer(302, location, String::from("moved")));
    let response = reach.ask().await.unwrap();
    assert_eq!((response.status().as_u16(), reach.reached()), (302, 0));
    assert_eq!(response.headers()["location"], "https://elsewhere.example/");
    assert_eq!(text(response).await.unwrap(), "moved");

    let reach = Reach::with(Fault::Body("text/html", Bytes::from_static(b"<html>")));
    let response = reach.ask().await.unwrap();
    assert_eq!((response.status().as_u16(), reach.reached()), (200, 1));
    assert_eq!(response.headers()["content-type"], "text/html");
    assert!(!response.headers().contains_key("content-length"));
    assert_eq!(text(response).await.unwrap(), "<html>");
}

#[tokio::test(start_paused = true)]
async fn bodies_break_stop_and_never_end() {
    let half = ANSWER.len() / 2;
    for (fault, length, end) in [
        (Fault::CutOff, half, "broke"),
        (Fault::Stalls, half, "stopped"),
        (Fault::Endless, 1 << 20, "goes on"),
        (Fault::Drip(Duration::from_secs(1)), ANSWER.len(), "ended"),
    ] {
        let reach = Reach::with(fault.clone());
        let started = Instant::now();
        let response = reach.ask().await.unwrap();
        assert_eq!((response.status().as_u16(), reach.reached()), (200, 1), "{fault:?}");
        let (bytes, ended) = begun(response.into_body(), 1 << 20).await;
        assert_eq!(ended, end, "{fault:?}");
        assert!(
            bytes.starts_with(&ANSWER.as_bytes()[..half]) && bytes.len() >= length,
            "{fault:?}"
        );
        if let Fault::Drip(pause) = fault {
            assert_eq!(started.elapsed().as_secs(), (pause * 27).as_secs(), "a byte a second");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_lets_some_pass_and_ends_when_it_is_used_up_or_taken_back() {
    let reach = Reach::new();
    reach.network.inject(Rule::once("/path", Fault::Refused).after(1));
    reach.network.inject(Rule::always("/other", Fault::Refused));
    let mut passed = Vec::new();
    for _ in 0..3 {
        passed.push(reach.ask().await.is_ok());
    }
    assert_eq!(passed, [true, false, true]);
    assert!(reach.send("https://sandbox.example/other").await.is_err());
    reach.network.heal();
    assert!(reach.send("https://sandbox.example/other").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_gate_opens_for_requests_that_are_under_way_together() {
    let reach = Reach::new();
    reach
        .network
        .hold_until(3, |call| call.path_and_query.starts_with("/path"));
    let two = async { tokio::join!(reach.ask(), reach.ask()) };
    assert!(
        timeout(Duration::from_secs(3600), two).await.is_err(),
        "two are not enough"
    );
    assert_eq!(reach.reached(), 0);
    assert!(
        reach.send("https://sandbox.example/other").await.is_ok(),
        "this one does not fit"
    );

    let reach = Reach::new();
    reach.network.hold_until(3, |_| true);
    let (a, b, c) = tokio::join!(reach.ask(), reach.ask(), reach.ask());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(reach.network.most_under_way(), 3);
    assert!(reach.ask().await.is_ok(), "once open, it stays open");
}

#[tokio::test(start_paused = true)]
async fn every_exchange_takes_the_latency_of_virtual_time() {
    let reach = Reach::new();
    reach.network.latency(Duration::from_secs(60));
    let (started, real) = (Instant::now(), std::time::Instant::now());
    reach.ask().await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 60);
    assert!(real.elapsed() < Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_while_the_journal_is_started_anew_leaves_no_status_on_another() {
    let reach = Reach::new();
    reach.network.latency(Duration::from_secs(60));
    let second = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        reach.network.forget_calls();
        reach.network.inject(Rule::once("/", Fault::Refused));
        reach.ask().await
    };
    let (first, second) = tokio::join!(reach.ask(), second);
    assert!(first.is_ok() && second.is_err());
    assert_eq!(reach.statuses(), [None]);
}

#[tokio::test(start_paused = true)]
async fn a_component_finds_nobody_where_nothing_is_routed() {
    let mut world = World::new();
    world.network = Network::default();
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
}

#[tokio::test(start_paused = true)]
async fn a_component_meets_an_injected_fault() {
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
    assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}

#[tokio::test]
async fn real_sockets_are_for_plain_http_to_loopback_alone() {
    for (url, is_prohibited) in [
        ("http://192.0.2.1:443/", true),
        ("http://example.com/", true),
        ("http://localhost:80/", true),
        ("http://10.0.0.1:80/", true),
        ("http://[2001:db8::1]:80/", true),
        ("http://0.0.0.0:80/", true),
        ("https://127.0.0.1:443/", false),
    ] {
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        let request = http::Request::builder().uri(url).body(body).unwrap();
        let error = host::wire::send(request, drop).await.err().unwrap();
        let expected = if is_prohibited {
            matches!(error, Error::DestinationIpProhibited)
        } else {
            matches!(error, Error::TlsProtocolError)
        };
        assert!(expected, "{url}: {error}");
    }
}
