//! Pauses between the attempts at one call.

use std::{rc::Rc, time::Duration};

use super::fake::{FakeTransport, Reaction, Seen};
use crate::{
    client::{Call, Client, Deadline, RateLimitPolicy, Repeat},
    transport::{Method, TransportError},
};

/// The moments at which a call was sent, in milliseconds, if it is answered with these in turn and then with 200.
fn sent_at(policy: RateLimitPolicy, call: &Call, reactions: Vec<Reaction>) -> Vec<u128> {
    let mut reactions = reactions.into_iter();
    let transport = FakeTransport::new(move |_: &Seen| {
        reactions
            .next()
            .unwrap_or_else(|| Reaction::Answer(200, Vec::new(), String::new()))
    });
    let deadline = Deadline::starting_now(&transport, Duration::from_secs(25));
    let client = Client::new(&transport, deadline, [], policy);
    let _ = transport.run(client.send(call));
    let seen = transport.seen.borrow();
    seen.iter()
        .map(|seen| (seen.at - super::fake::START).as_millis())
        .collect()
}

fn read(reactions: Vec<Reaction>) -> Vec<u128> {
    sent_at(
        RateLimitPolicy::default(),
        &Call::get("https://api.test/things"),
        reactions,
    )
}

fn answer(status: u16, retry_after: Option<&str>) -> Reaction {
    let headers = retry_after.map(|value| ("retry-after", value.to_owned()));
    Reaction::Answer(status, headers.into_iter().collect(), String::new())
}

#[test]
fn a_readable_wait_is_kept_to_the_moment() {
    assert_eq!(read(vec![answer(429, Some("2"))]), [0, 2_000]);
    assert_eq!(read(vec![answer(429, Some("2.5"))]), [0, 2_500]);
    assert_eq!(
        read(vec![answer(503, Some("Sat, 31 Jan 2026 09:30:04 GMT"))]),
        [0, 4_000]
    );
}

#[test]
fn an_unreadable_wait_grows_from_the_least_one() {
    for value in [
        None,
        Some("0"),
        Some("-1"),
        Some("soon"),
        Some("Sat, 31 Jan 2026 09:00:00 GMT"),
        Some("1e99"),
    ] {
        let sent = read((0..3).map(|_| answer(429, value)).collect());
        let waits: Vec<u128> = sent.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(waits.len(), 3, "{value:?}: {sent:?}");
        for (wait, least) in waits.iter().zip([1_000, 2_000, 4_000]) {
            assert!((least..=2 * least).contains(wait), "{value:?}: {waits:?}");
        }
    }
}

#[test]
fn the_provider_has_a_least_wait_of_its_own() {
    let policy = RateLimitPolicy {
        least_wait: Duration::from_secs(5),
        ..RateLimitPolicy::default()
    };
    let call = Call::get("https://api.test/things");
    let sent = sent_at(policy, &call, vec![answer(429, Some("1"))]);
    assert!(sent[1] >= 5_000, "{sent:?}");
}

#[test]
fn no_attempt_follows_another_without_a_pause() {
    let refused = || Reaction::Fail(TransportError::NotSent(String::from("refused")));
    for reactions in [vec![refused(), refused()], vec![answer(500, None), answer(502, None)]] {
        let sent = read(reactions);
        assert_eq!(sent.len(), 3);
        assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= 200), "{sent:?}");
    }
}

#[test]
fn a_wait_that_outlasts_the_deadline_is_not_begun() {
    assert_eq!(read(vec![answer(429, Some("3600"))]), [0]);
    assert_eq!(read(vec![answer(429, Some("24.5"))]), [0]);
}

#[test]
fn an_error_inside_a_success_has_the_meaning_of_its_code() {
    let inside = |code: &str| Reaction::Answer(200, Vec::new(), code.to_owned());
    let policy = RateLimitPolicy {
        status_of: Rc::new(|answer| String::from_utf8_lossy(&answer.body).parse().unwrap_or(answer.status)),
        ..RateLimitPolicy::default()
    };
    let call = Call::get("https://api.test/things");
    assert_eq!(
        sent_at(policy.clone(), &call, vec![inside("429"), inside("503")]).len(),
        3
    );
    assert_eq!(sent_at(policy.clone(), &call, vec![inside("404")]).len(), 1);
    let write = Call::write(Method::Post, "https://api.test/things", None, Repeat::Replay);
    let transport_call = write.clone();
    assert_eq!(sent_at(policy, &transport_call, vec![inside("503")]).len(), 2);
    // What the first attempt did is not known, whatever the second was answered.
    assert!(write.may_have_landed.get());
}
