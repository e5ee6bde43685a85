use std::time::Duration;

use crate::{
    account::secret::Secret,
    client::{Call, Client, Deadline, Elements, RateLimitPolicy, Repeat, USER_AGENT},
    error::{FaultKind, ProviderFault},
    fake::{FakeTransport, Reaction, Seen},
    transport::{Method, TransportError},
};

use super::super::Answer;

fn send(transport: &FakeTransport, call: &Call) -> Result<Answer, ProviderFault> {
    let client = Client::new(
        transport,
        Deadline::starting_now(transport, Duration::from_secs(25)),
        [Secret::new("client-secret")],
        RateLimitPolicy::default(),
    );
    let token = Secret::new("access-token");
    transport.run(client.send_authorized(call, ("authorization", "Bearer", &token)))
}

fn get() -> Call {
    Call::get("https://api.test/things?email=ann@example.com")
}

fn put() -> Call {
    Call::write(
        Method::Put,
        "https://api.test/things",
        Some(b"{}".to_vec()),
        Repeat::Reread,
    )
}

fn answer(status: u16, body: &str) -> Reaction {
    Reaction::Answer(status, Vec::new(), body.to_owned())
}

/// Answers with these in turn, then with 200.
fn script(reactions: Vec<Reaction>) -> FakeTransport {
    let mut reactions = reactions.into_iter();
    FakeTransport::new(move |_: &Seen| reactions.next().unwrap_or_else(|| answer(200, "{}")))
}

#[test]
fn every_request_names_product_and_version() {
    let transport = script(Vec::new());
    send(&transport, &get()).unwrap();
    let seen = transport.seen.borrow();
    let header = |name: &str| {
        seen[0]
            .headers
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(header("user-agent"), Some(USER_AGENT));
    assert_eq!(header("authorization"), Some("Bearer access-token"));
    assert_eq!(header("accept"), Some("application/json"));
    assert!(seen[0].timeouts.connect > Duration::ZERO && seen[0].url.starts_with("https://api.test/"));
}

#[test]
fn a_read_is_sent_again_after_faults_that_may_pass() {
    let transport = script(vec![
        Reaction::Fail(TransportError::NotSent(String::from("refused"))),
        answer(503, "busy"),
        Reaction::CutOff(200, vec![b"{".to_vec()]),
    ]);
    assert_eq!(send(&transport, &get()).unwrap().status, 200);
    assert_eq!(transport.seen.borrow().len(), 4);
}

#[test]
fn the_number_of_attempts_is_bounded_and_the_last_answer_stands() {
    let transport = script((0..9).map(|_| answer(500, "broken")).collect());
    assert_eq!(send(&transport, &get()).unwrap().status, 500);
    assert_eq!(transport.seen.borrow().len(), 4);
}

#[test]
fn a_write_of_the_reread_class_is_sent_once_whatever_happens() {
    for reaction in [
        answer(429, ""),
        answer(503, ""),
        Reaction::Fail(TransportError::NotSent(String::from("refused"))),
        Reaction::Fail(TransportError::NoAnswer(String::from("reset"))),
        Reaction::CutOff(200, Vec::new()),
    ] {
        let transport = script(vec![reaction]);
        let _ = send(&transport, &put());
        assert_eq!(transport.seen.borrow().len(), 1);
    }
}

#[test]
fn the_wait_that_a_provider_asks_for_is_kept() {
    let limited = Reaction::Answer(429, vec![("retry-after", String::from("2"))], String::new());
    let transport = script(vec![limited]);
    send(&transport, &get()).unwrap();
    assert_eq!(transport.elapsed(), Duration::from_secs(2));
}

#[test]
fn redirects_are_not_followed() {
    for (location, kind, named) in [
        (
            "https://eu.test/things?email=ann",
            FaultKind::Redirected,
            "https://eu.test ",
        ),
        ("//eu.test/things", FaultKind::Redirected, "https://eu.test "),
        (
            "https://ann:secret@eu.test:8443#x",
            FaultKind::Redirected,
            "https://eu.test:8443 ",
        ),
        ("http://api.test/things", FaultKind::Redirected, "http://api.test "),
        ("https://API.test/login", FaultKind::BadAnswer, "(308)"),
        ("https://api.test:443/login", FaultKind::BadAnswer, "(308)"),
        (
            "https://api.test:8443/login",
            FaultKind::Redirected,
            "https://api.test:8443 ",
        ),
        ("/login", FaultKind::BadAnswer, "(308)"),
        ("", FaultKind::BadAnswer, "(308)"),
    ] {
        let elsewhere = vec![("location", location.to_owned())];
        let transport = script(vec![Reaction::Answer(308, elsewhere, String::new())]);
        let fault = send(&transport, &get()).unwrap_err();
        assert_eq!(fault.kind, kind, "{location}");
        assert!(fault.message.contains(named), "{}", fault.message);
        assert!(!fault.message.contains("ann"), "{}", fault.message);
        assert_eq!(transport.seen.borrow().len(), 1);
    }
}

#[test]
fn a_secret_in_a_redirect_is_masked_whatever_its_letters() {
    let elsewhere = vec![("location", String::from("https://Mixed-Case-Secret.eu.test/x"))];
    let transport = script(vec![Reaction::Answer(308, elsewhere, String::new())]);
    let deadline = Deadline::starting_now(&transport, Duration::from_secs(25));
    let secrets = [Secret::new("Mixed-Case-Secret")];
    let client = Client::new(&transport, deadline, secrets, RateLimitPolicy::default());
    let fault = transport.run(client.send(&get())).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Redirected);
    let shown = format!("{fault:?}").to_lowercase();
    assert!(!shown.contains("mixed-case") && shown.contains(".eu.test"), "{shown}");
}

#[test]
fn a_host_that_the_runtime_does_not_allow_is_named_and_not_asked_again() {
    let transport = script(vec![Reaction::Fail(TransportError::NotAllowed)]);
    let fault = send(&transport, &get()).unwrap_err();
    assert_eq!((fault.kind, fault.sent), (FaultKind::NotAllowed, false));
    assert!(fault.message.contains("api.test"), "{}", fault.message);
    assert_eq!(transport.seen.borrow().len(), 1);
}

#[test]
fn a_long_error_text_of_the_host_is_cut() {
    let backtrace = "at src/lib.rs:1\n".repeat(10_000);
    let transport = script(vec![Reaction::Fail(TransportError::NoAnswer(backtrace))]);
    let fault = send(&transport, &put()).unwrap_err();
    assert!(fault.message.len() <= 1_024, "{}", fault.message.len());
}

#[test]
fn a_body_without_end_is_cut() {
    let piece = vec![b' '; 1 << 20];
    let transport = script(vec![Reaction::CutOff(200, vec![piece; 9])]);
    let fault = send(&transport, &get()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::BadAnswer);
    assert!(fault.message.contains("longer than"), "{}", fault.message);
}

#[test]
fn the_answer_to_a_write_is_a_short_one_or_none() {
    let piece = vec![b' '; 1 << 20];
    for (pieces, is_read) in [(1, true), (2, false)] {
        let body = String::from_utf8(piece.repeat(pieces)).unwrap();
        let reaction = Reaction::Answer(200, Vec::new(), body);
        let answer = send(&script(vec![reaction]), &put());
        assert_eq!(answer.is_ok(), is_read);
        if let Err(fault) = answer {
            assert_eq!((fault.kind, fault.sent), (FaultKind::BadAnswer, true));
        }
    }
}

#[test]
fn silence_ends_at_the_time_out_and_counts_as_sent() {
    let transport = script(vec![Reaction::Silence]);
    let fault = send(&transport, &put()).unwrap_err();
    assert_eq!((fault.kind, fault.sent), (FaultKind::TimedOut, true));
    assert!(transport.elapsed() <= Duration::from_secs(10));
}

#[test]
fn neither_secrets_nor_queries_are_in_faults_and_evidence() {
    let transport = script(vec![
        answer(400, "client-secret access-token"),
        Reaction::Fail(TransportError::NoAnswer(String::from("access-token"))),
    ]);
    let evidence = send(&transport, &get()).unwrap().evidence(None);
    assert_eq!(evidence.body, "[REDACTED] [REDACTED]");
    let fault = send(&transport, &put()).unwrap_err();
    assert!(!format!("{fault:?}").contains("access-token"), "{fault:?}");
    let refused = (0..4)
        .map(|_| Reaction::Fail(TransportError::NotSent(String::from("refused"))))
        .collect();
    let fault = send(&script(refused), &get()).unwrap_err();
    assert!(
        fault.message.contains("/things") && !fault.message.contains("ann@"),
        "{}",
        fault.message
    );
}

#[test]
fn calls_and_answers_show_no_credentials() {
    let call = Call::read(
        Method::Post,
        "https://p.test/token?key=hidden",
        Some(b"client_secret=hidden".to_vec()),
    )
    .header("x-api-key", "hidden");
    let answer = Answer {
        body: b"hidden".to_vec(),
        ..Answer::of_headers(vec![(String::from("set-cookie"), String::from("hidden"))])
    };
    for shown in [format!("{call:?}"), format!("{answer:?}")] {
        let bytes = format!("{:?}", b"hidden");
        assert!(
            !shown.contains("hidden") && !shown.contains(bytes.trim_matches(['[', ']'])),
            "{shown}"
        );
    }
}

#[test]
fn a_document_that_is_not_understood_is_not_carried_along() {
    let answer = |status| Answer {
        status,
        body: br#"[{"apiKeyHash": "hidden"}]"#.to_vec(),
        ..Answer::of_headers(Vec::new())
    };
    let document = answer(200).json::<String>("the users").unwrap_err();
    assert!(
        document.answer.is_none() && !document.message.contains("hidden"),
        "{document:?}"
    );
    // An error page is.
    assert!(answer(503).fault(FaultKind::ServerError, "no").answer.is_some());
}

#[test]
fn a_write_that_was_not_sent_takes_back_no_other_write() {
    let transport = FakeTransport::new(|seen: &Seen| {
        if seen.url.ends_with("/late") {
            let refused = Reaction::Fail(TransportError::NotSent(String::from("refused")));
            Reaction::After(Duration::from_secs(1), Box::new(refused))
        } else {
            Reaction::Answer(200, Vec::new(), String::from("{}"))
        }
    });
    let client = Client::new(
        &transport,
        Deadline::starting_now(&transport, Duration::from_secs(25)),
        [],
        RateLimitPolicy::default(),
    );
    let write = |path: &str| Call::write(Method::Post, format!("https://p.test/{path}"), None, Repeat::Reread);
    let (late, soon) = (write("late"), write("soon"));
    let (refused, done) = transport.run(futures_util::future::join(client.send(&late), client.send(&soon)));
    assert!(refused.is_err() && done.is_ok());
    assert!(client.wrote());
}

#[test]
fn a_part_of_an_answer_is_no_answer_to_a_read() {
    for (status, kind) in [
        (202, FaultKind::ServerError),
        (206, FaultKind::BadAnswer),
        (207, FaultKind::BadAnswer),
        (208, FaultKind::BadAnswer),
        (226, FaultKind::BadAnswer),
        (409, FaultKind::ServerError),
    ] {
        let transport = script(vec![answer(status, "{}")]);
        let fault = send(&transport, &get()).unwrap_err();
        assert_eq!((fault.kind, transport.seen.borrow().len()), (kind, 1), "{status}");
        assert!(fault.message.contains("/things"), "{}", fault.message);
        // What a write did is not in its answer alone.
        let transport = script(vec![answer(status, "{}")]);
        assert_eq!(send(&transport, &put()).unwrap().status, status);
    }
    for status in [200, 201, 203, 204, 404] {
        assert_eq!(
            send(&script(vec![answer(status, "{}")]), &get()).unwrap().status,
            status
        );
    }
}

#[test]
fn what_stands_beside_the_error_of_such_an_answer_is_not_passed_on() {
    let record = r#"{"apiKey": "k-1", "access_token": "t-1", "resources": [{"id": "eve"}]"#;
    for (status, error, shown) in [
        (202, "}", "{}"),
        (200, r#", "code": 409}"#, r#"{"code":409}"#),
        (409, r#", "message": "wait"}"#, r#"{"message":"wait"}"#),
    ] {
        let transport = script(vec![answer(status, &format!("{record}{error}"))]);
        let fault = send(&transport, &get()).unwrap_err();
        assert_eq!(fault.answer.as_ref().unwrap().body, shown, "{status}");
    }
    // It is no object.
    let fault = send(&script(vec![answer(202, r#"[{"id": "eve"}]"#)]), &get()).unwrap_err();
    assert_eq!(fault.answer.as_ref().unwrap().body, "");
}

#[test]
fn a_part_of_a_list_is_not_folded() {
    for (status, is_whole) in [(200, true), (202, false), (206, false), (207, false), (409, false)] {
        let transport = FakeTransport::new(move |_| answer(status, r#"{"rows": [1, 2]}"#));
        let deadline = Deadline::starting_now(&transport, Duration::from_secs(25));
        let client = Client::new(&transport, deadline, [], RateLimitPolicy::default());
        let (call, secret) = (get(), Secret::new("access-token"));
        let count = |count: &mut usize, _: &[u8]| {
            *count += 1;
            Ok(())
        };
        let folded = client.fold_elements(&call, ("authorization", "Bearer", &secret), "rows", count);
        let folded = transport.run(folded);
        assert_eq!(
            matches!(folded, Ok(Elements::Whole(2))),
            is_whole,
            "{status}: {folded:?}"
        );
        assert_eq!(folded.is_ok(), is_whole, "{status}");
    }
}
