//! What one operation reads is bounded.

use std::time::Duration;

use futures_util::future::{join, join_all};

use super::fake::{FakeTransport, Reaction, Seen};
use crate::{
    account::secret::Secret,
    client::{Call, Client, Deadline, Elements, RateLimitPolicy, Repeat},
    error::{FaultKind, ProviderFault},
    transport::{Method, TransportError},
};

fn client(transport: &FakeTransport, seconds: u64) -> Client<'_> {
    let deadline = Deadline::starting_now(transport, Duration::from_secs(seconds));
    Client::new(transport, deadline, [], RateLimitPolicy::default())
}

fn read() -> Call {
    Call::get("https://api.test/things")
}

fn body(text: String) -> Reaction {
    Reaction::Answer(200, Vec::new(), text)
}

#[test]
fn eight_reads_are_under_way_at_once() {
    let transport =
        FakeTransport::new(|_: &Seen| Reaction::After(Duration::from_secs(1), Box::new(body(String::new()))));
    let client = client(&transport, 25);
    let call = read();
    let answers = transport.run(join_all((0..100).map(|_| client.send(&call))));
    assert!(answers.iter().all(Result::is_ok));
    let seen = transport.seen.borrow();
    let in_first_second = seen
        .iter()
        .filter(|seen| seen.at < super::fake::START + Duration::from_secs(1));
    assert_eq!((in_first_second.count(), seen.len()), (8, 100));
    assert!(
        transport.elapsed() < Duration::from_secs(14),
        "{:?}",
        transport.elapsed()
    );
}

#[test]
fn a_read_that_never_gets_its_turn_ends_with_the_deadline() {
    let transport = FakeTransport::new(|_: &Seen| Reaction::Silence);
    let client = client(&transport, 2);
    let call = read();
    let answers = transport.run(join_all((0..20).map(|_| client.send(&call))));
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap_err().kind == FaultKind::TimedOut)
    );
    assert!(!answers.last().unwrap().as_ref().unwrap_err().sent);
    assert_eq!(transport.seen.borrow().len(), 8);
    assert_eq!(transport.elapsed(), Duration::from_secs(2));
}

#[test]
fn a_read_that_is_dropped_gives_its_turn_to_another() {
    let transport = FakeTransport::new(|seen: &Seen| {
        if seen.url.ends_with("slow") {
            Reaction::Silence
        } else {
            body(String::new())
        }
    });
    let client = client(&transport, 25);
    let (slow, quick) = (Call::get("https://api.test/slow"), read());
    let dropped = async {
        let reads = join_all((0..8).map(|_| client.send(&slow)));
        let patience = client.transport().sleep(Duration::from_secs(1));
        futures_util::future::select(reads, patience).await;
    };
    let (answer, ()) = transport.run(join(
        async {
            client.transport().sleep(Duration::from_millis(1)).await;
            client.send(&quick).await
        },
        dropped,
    ));
    assert!(answer.is_ok());
    assert!(transport.elapsed() < Duration::from_millis(1_100));
}

#[test]
fn answers_that_are_held_are_bounded_in_each_round_and_a_write_is_still_answered() {
    let transport = FakeTransport::new(|seen: &Seen| {
        let is_write = seen.url.ends_with("/write");
        body(" ".repeat(if is_write { 1 << 20 } else { 7 << 20 }))
    });
    let client = client(&transport, 25);
    let call = read();
    let round = async || {
        let mut count = 0;
        loop {
            match client.send(&call).await {
                Ok(_) => count += 1,
                Err(fault) => return (count, fault.kind),
            }
        }
    };
    assert_eq!(transport.run(round()), (9, FaultKind::TooLarge));
    let write = Call::write(Method::Post, "https://api.test/write", None, Repeat::Reread);
    assert!(transport.run(client.send(&write)).is_ok());
    client.budget().release();
    assert_eq!(transport.run(round()), (9, FaultKind::TooLarge));
}

/// Counts the `members` of these answers in turn; and how often it was sent.
fn count(reactions: Vec<Reaction>) -> (Result<usize, FaultKind>, usize) {
    let mut reactions = reactions.into_iter();
    let transport = FakeTransport::new(move |_: &Seen| reactions.next().unwrap_or(Reaction::Silence));
    let client = client(&transport, 25);
    let result = transport.run(fold(&client));
    let sent = transport.seen.borrow().len();
    (result.map_err(|fault| fault.kind), sent)
}

async fn fold(client: &Client<'_>) -> Result<usize, ProviderFault> {
    let (call, token) = (read(), Secret::new("token"));
    let authorization = ("authorization", "Bearer", &token);
    let each = |count: &mut usize, _: &[u8]| {
        *count += 1;
        Ok(())
    };
    match client.fold_elements(&call, authorization, "members", each).await? {
        Elements::Whole(count) => Ok(count),
        Elements::Refused(answer) => Err(client.refusal(&answer, "refused")),
    }
}

#[test]
fn a_long_list_that_breaks_off_is_folded_afresh() {
    let list = || body(String::from(r#"{"members": [1, 2, 3]}"#));
    let busy = || Reaction::Answer(503, Vec::new(), String::new());
    let lost = || Reaction::Fail(TransportError::NoAnswer(String::from("reset")));
    let cut = || Reaction::CutOff(200, vec![br#"{"members": [1, 2"#.to_vec()]);
    assert_eq!(count(vec![busy(), lost(), cut(), list()]), (Ok(3), 4));
    assert_eq!(count(vec![cut(), cut(), cut(), cut()]), (Err(FaultKind::NoAnswer), 4));
    let forbidden = Reaction::Answer(403, Vec::new(), String::new());
    assert_eq!(count(vec![forbidden]), (Err(FaultKind::Forbidden), 1));
}

#[test]
fn lists_that_are_passed_through_are_bounded_in_all() {
    let list = r#"{"members": [1, 2, 3]}"#;
    let transport = FakeTransport::new(move |_: &Seen| body(list.to_owned()));
    let client = client(&transport, 25);
    client.budget().receive((512 << 20) - list.len()).unwrap();
    assert_eq!(transport.run(fold(&client)).unwrap(), 3);
    assert_eq!(transport.run(fold(&client)).unwrap_err().kind, FaultKind::TooLarge);
}

#[test]
fn a_list_that_is_passed_through_tells_the_providers_clock_too() {
    let transport = FakeTransport::new(move |_: &Seen| {
        let date = vec![("date", String::from("Fri, 30 Jan 2026 10:00:00 GMT"))];
        Reaction::Answer(200, date, String::from(r#"{"members": [1]}"#))
    });
    let client = client(&transport, 25);
    assert_eq!(transport.run(fold(&client)).unwrap(), 1);
    assert_eq!(client.provider_clock(), Some(Duration::from_secs(1_769_767_200)));
}

#[test]
fn the_providers_clock_is_told_by_a_long_date_and_by_the_last_one_that_is_a_date() {
    let mut dates = vec![format!("2026-01-30T10:00:00.{}Z", "0".repeat(60)), String::from("soon")].into_iter();
    let transport = FakeTransport::new(move |_: &Seen| {
        let date = vec![("date", dates.next().unwrap())];
        Reaction::Answer(200, date, String::from(r#"{"members": [1]}"#))
    });
    let client = client(&transport, 25);
    for _ in 0..2 {
        assert_eq!(transport.run(fold(&client)).unwrap(), 1);
        assert_eq!(client.provider_clock(), Some(Duration::from_secs(1_769_767_200)));
    }
}

#[test]
fn a_read_that_decides_nothing_takes_nothing_from_the_others() {
    let transport = FakeTransport::new(|_: &Seen| body(format!("[{}]", " ".repeat(7 << 20))));
    let client = client(&transport, 25);
    let (aside, call) = (read().aside(), read());
    let reads = |call: &Call| {
        let answers = (0..20).map(|_| transport.run(client.send(call)));
        answers.take_while(Result::is_ok).count()
    };
    assert_eq!((reads(&aside), reads(&call)), (2, 9));
    let elements = transport.run(client.fold_elements(
        &aside,
        ("authorization", "Bearer", &Secret::new("token")),
        "mappings",
        |(): &mut (), _| Ok(()),
    ));
    assert_eq!(elements.unwrap_err().kind, FaultKind::TooLarge);
}
