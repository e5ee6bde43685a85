//! Several calls of one instance that need one account's token.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use futures_util::future::{join, join_all};

use super::fake::{FakeTransport, Reaction, Seen};
use crate::{
    account::secret::Secret,
    client::{AccountKey, Answer, CachedToken, Caches, Call, Client, Deadline, RateLimitPolicy, send_with_token},
    error::{FaultKind, ProviderFault},
};

const SECOND: Duration = Duration::from_secs(1);

/// Answers 401 to every token but this one.
fn only(good: &'static str) -> FakeTransport {
    FakeTransport::new(move |seen: &Seen| {
        let is_good = seen.headers.iter().any(|(_, value)| *value == format!("Bearer {good}"));
        Reaction::Answer(if is_good { 200 } else { 401 }, Vec::new(), String::from("{}"))
    })
}

fn key() -> AccountKey {
    AccountKey::of(["account"])
}

fn token(text: impl Into<String>) -> CachedToken {
    CachedToken {
        token: Secret::new(text),
        expires: Duration::from_secs(3_600),
    }
}

/// One operation of its own: it starts after a while, has a deadline, and gets its token from `fresh`.
async fn operation(
    transport: &FakeTransport,
    caches: &Caches,
    start: Duration,
    deadline: Duration,
    fresh: impl AsyncFn(&Client<'_>) -> Result<CachedToken, ProviderFault>,
) -> Result<Answer, ProviderFault> {
    use crate::transport::Transport;
    transport.sleep(start).await;
    let deadline = Deadline::starting_now(transport, deadline);
    let client = Client::new(transport, deadline, [], RateLimitPolicy::default());
    let call = Call::get("https://api.test/things");
    send_with_token(&client, caches, key(), &call, async || fresh(&client).await).await
}

fn run(transport: &FakeTransport, caches: &Caches, calls: usize) -> (Vec<u16>, u32) {
    let issued = Cell::new(0);
    let fresh = async |client: &Client<'_>| {
        issued.set(issued.get() + 1);
        let issued = issued.get();
        client.transport().sleep(Duration::from_millis(100)).await;
        Ok(token(format!("token-{issued}")))
    };
    let calls = (0..calls).map(|_| operation(transport, caches, Duration::ZERO, 25 * SECOND, fresh));
    let statuses = transport.run(join_all(calls));
    let statuses = statuses.into_iter().map(|answer| answer.unwrap().status).collect();
    (statuses, issued.get())
}

#[test]
fn calls_that_start_together_get_one_token() {
    let (statuses, issued) = run(&only("token-1"), &Caches::default(), 5);
    assert_eq!((statuses, issued), (vec![200; 5], 1));
}

#[test]
fn a_kept_token_that_is_refused_is_renewed_once_for_all() {
    let caches = Caches::default();
    caches.keep_token(key(), token("old"));
    let (statuses, issued) = run(&only("token-1"), &caches, 5);
    assert_eq!((statuses, issued), (vec![200; 5], 1));
}

#[test]
fn a_new_token_that_is_refused_is_not_renewed_again() {
    let (statuses, issued) = run(&only("none"), &Caches::default(), 1);
    assert_eq!((statuses, issued), (vec![401], 1));
}

#[test]
fn a_token_request_that_hangs_holds_nobody_up_for_longer_than_five_seconds() {
    let (transport, caches) = (only("good"), Caches::default());
    let hung = operation(&transport, &caches, Duration::ZERO, 120 * SECOND, async |client| {
        client.transport().sleep(100 * SECOND).await;
        Ok(token("good"))
    });
    let answered = RefCell::new(Vec::new());
    let others = join_all((1..=3).map(|second| {
        let (transport, caches, answered) = (&transport, &caches, &answered);
        async move {
            use crate::transport::Transport;
            let fresh = async |_: &Client<'_>| Ok(token("good"));
            let answer = operation(transport, caches, second * SECOND, 25 * SECOND, fresh).await;
            answered.borrow_mut().push(transport.monotonic());
            answer
        }
    }));
    let (first, others) = transport.run(join(hung, others));
    assert_eq!(first.unwrap().status, 200);
    assert!(others.into_iter().all(|answer| answer.unwrap().status == 200));
    // The first of them asks for itself after five seconds, and the others take what it got.
    assert!(
        answered.borrow().iter().all(|at| *at <= Duration::from_millis(6_100)),
        "{answered:?}"
    );
}

#[test]
fn a_short_deadline_holds_while_another_call_gets_the_token() {
    let (transport, caches) = (only("good"), Caches::default());
    let hung = operation(&transport, &caches, Duration::ZERO, 120 * SECOND, async |client| {
        client.transport().sleep(60 * SECOND).await;
        Ok(token("good"))
    });
    let short = async {
        use crate::transport::Transport;
        let fresh = async |_: &Client<'_>| Ok(token("good"));
        let answer = operation(&transport, &caches, SECOND, SECOND, fresh).await;
        (answer, transport.monotonic())
    };
    let (_, (answer, at)) = transport.run(join(hung, short));
    let fault = answer.unwrap_err();
    assert_eq!((fault.kind, fault.sent), (FaultKind::TimedOut, false));
    assert_eq!(at, 2 * SECOND);
}

#[test]
fn a_token_request_that_fails_ends_its_own_call_only() {
    let (transport, caches) = (only("good"), Caches::default());
    let failed = operation(&transport, &caches, Duration::ZERO, 25 * SECOND, async |client| {
        client.transport().sleep(SECOND).await;
        Err(ProviderFault::new(FaultKind::Unreachable, "refused"))
    });
    let other = operation(&transport, &caches, SECOND / 2, 25 * SECOND, async |_| {
        Ok(token("good"))
    });
    let (failed, other) = transport.run(join(failed, other));
    assert_eq!(failed.unwrap_err().kind, FaultKind::Unreachable);
    assert_eq!(other.unwrap().status, 200);
    assert!(transport.elapsed() < 2 * SECOND);
}

#[test]
fn a_call_that_is_dropped_while_it_gets_the_token_gives_the_turn_back() {
    use crate::transport::Transport;
    let (transport, caches) = (only("good"), Caches::default());
    let dropped = async {
        let hung = operation(&transport, &caches, Duration::ZERO, 25 * SECOND, async |_| {
            std::future::pending().await
        });
        let patience = transport.sleep(SECOND);
        futures_util::future::select(std::pin::pin!(hung), patience).await;
    };
    let other = operation(&transport, &caches, SECOND / 2, 25 * SECOND, async |_| {
        Ok(token("good"))
    });
    let ((), other) = transport.run(join(dropped, other));
    assert_eq!(other.unwrap().status, 200);
    assert!(
        transport.elapsed() < Duration::from_millis(1_100),
        "{:?}",
        transport.elapsed()
    );
}

#[test]
fn a_401_in_between_is_renewed_by_each_call_without_undoing_what_another_got() {
    // The kept token is refused; the second call is refused while the first one's new token is on its way.
    let (transport, caches) = (only("token-1"), Caches::default());
    caches.keep_token(key(), token("old"));
    let issued = Cell::new(0);
    let fresh = async |client: &Client<'_>| {
        issued.set(issued.get() + 1);
        let issued = issued.get();
        client.transport().sleep(SECOND).await;
        Ok(token(format!("token-{issued}")))
    };
    let calls = [0, 300, 900, 1_500]
        .map(|start| operation(&transport, &caches, Duration::from_millis(start), 25 * SECOND, fresh));
    let answers = transport.run(join_all(calls));
    assert!(answers.into_iter().all(|answer| answer.unwrap().status == 200));
    assert_eq!(issued.get(), 1);
}

#[test]
fn a_write_that_depends_on_a_read_is_not_sent_again_with_a_new_token() {
    use crate::{client::Repeat, transport::Method};
    for (repeat, sent) in [(Repeat::Replay, 2), (Repeat::Reread, 1)] {
        let (transport, caches) = (only("new"), Caches::default());
        caches.keep_token(key(), token("old"));
        let deadline = Deadline::starting_now(&transport, 25 * SECOND);
        let client = Client::new(&transport, deadline, [], RateLimitPolicy::default());
        let call = Call::write(Method::Put, "https://api.test/things", None, repeat);
        let send = || {
            transport.run(send_with_token(&client, &caches, key(), &call, async || {
                Ok(token("new"))
            }))
        };
        let answer = send();
        assert_eq!(transport.seen.borrow().len(), sent, "{repeat:?}");
        if repeat == Repeat::Replay {
            assert_eq!(answer.unwrap().status, 200);
            continue;
        }
        assert_eq!(answer.unwrap_err().kind, FaultKind::TokenRefused);
        assert_eq!(send().unwrap().status, 200, "the refused token is forgotten");
        // Once it was tried, a 401 is a refusal.
        client.stop_renewing_token();
        caches.forget_token(key(), &Secret::new("new"));
        caches.keep_token(key(), token("old"));
        assert_eq!(send().unwrap().status, 401);
    }
}

#[test]
fn a_call_whose_token_request_fails_was_not_sent() {
    use crate::{client::Repeat, transport::Method};
    for kept in [None, Some("old")] {
        let (transport, caches) = (only("new"), Caches::default());
        if let Some(kept) = kept {
            caches.keep_token(key(), token(kept));
        }
        let deadline = Deadline::starting_now(&transport, 25 * SECOND);
        let client = Client::new(&transport, deadline, [], RateLimitPolicy::default());
        let call = Call::write(Method::Post, "https://api.test/things", None, Repeat::Replay);
        let fresh = async || Err(ProviderFault::new(FaultKind::ServerError, "503"));
        let fault = transport.run(send_with_token(&client, &caches, key(), &call, fresh));
        let fault = fault.unwrap_err();
        assert_eq!((fault.kind, fault.sent), (FaultKind::ServerError, false), "{kept:?}");
    }
}
