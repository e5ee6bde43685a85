use std::{cell::Cell, time::Duration};

use futures_util::future::join_all;

use crate::{
    client::{AccountKey, CachedToken, Caches, Call, Client, Deadline, RateLimitPolicy, send_with_token},
    fake::{FakeTransport, Reaction, Seen},
    secret::Secret,
};

/// Answers 401 to every token but this one.
fn only(good: &'static str) -> FakeTransport {
    FakeTransport::new(move |seen: &Seen| {
        let is_good = seen.headers.iter().any(|(_, value)| *value == format!("Bearer {good}"));
        Reaction::Answer(if is_good { 200 } else { 401 }, Vec::new(), String::from("{}"))
    })
}

fn run(transport: &FakeTransport, caches: &Caches, calls: usize) -> (Vec<u16>, u32) {
    let deadline = Deadline::starting_now(transport, Duration::from_secs(25));
    let client = Client::new(transport, deadline, [], RateLimitPolicy::default());
    let issued = Cell::new(0);
    let key = AccountKey::of(["account"]);
    let call = Call::get("https://api.test/things");
    let statuses = transport.run(join_all((0..calls).map(|_| async {
        let fresh = async || {
            issued.set(issued.get() + 1);
            client.transport().sleep(Duration::from_millis(100)).await;
            Ok(CachedToken {
                token: Secret::new(format!("token-{}", issued.get())),
                expires: Duration::from_secs(3_600),
            })
        };
        send_with_token(&client, caches, key, &call, fresh)
            .await
            .unwrap()
            .status
    })));
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
    let old = CachedToken {
        token: Secret::new("old"),
        expires: Duration::from_secs(3_600),
    };
    caches.keep_token(AccountKey::of(["account"]), old);
    let (statuses, issued) = run(&only("token-1"), &caches, 5);
    assert_eq!((statuses, issued), (vec![200; 5], 1));
}

#[test]
fn a_new_token_that_is_refused_is_not_renewed_again() {
    let (statuses, issued) = run(&only("none"), &Caches::default(), 1);
    assert_eq!((statuses, issued), (vec![401], 1));
}
