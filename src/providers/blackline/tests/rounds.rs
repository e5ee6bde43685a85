//! Calls and rounds of a verified removal: `docs.md` has them, with their reasons.

use std::{cell::Cell, rc::Rc, time::Duration};

use crate::{
    contract::types::Outcome,
    fake::{FakeTransport, Reaction},
};

use super::{Instance, Shared, by_id, options, pair, request, send};

const LATENCY: Duration = Duration::from_millis(100);
/// One for each product.
const PRODUCTS: usize = 101;

fn holding() -> Shared {
    let rows: Vec<(&'static str, &'static str, String)> = (0..PRODUCTS)
        .map(|n| {
            let product: &'static str = format!("P{n}").leak();
            ("5", product, pair("5", "Reviewer", product))
        })
        .collect();
    let rows: Vec<_> = rows
        .iter()
        .map(|(role, product, row)| (*role, *product, row.as_str()))
        .collect();
    Instance::holding(&rows)
}

/// Calls and rounds for so many pairs, the one for the token included in both.
fn cost(settings: &str, count: usize) -> (usize, u128) {
    let instance = holding();
    let far_end = Rc::clone(&instance);
    let transport =
        FakeTransport::new(move |seen| Reaction::After(LATENCY, Box::new(far_end.borrow_mut().react(seen))));
    let roles = (0..count).map(|n| by_id(&format!("5:P{n}"))).collect();
    let success = send(&transport, settings, request(roles), options()).unwrap();
    assert!(success.outcomes.iter().all(|entry| entry.outcome == Outcome::Removed));
    assert_eq!(instance.borrow().pairs.len(), PRODUCTS - count);
    let calls = transport.seen.borrow().len();
    (calls, transport.elapsed().as_millis() / LATENCY.as_millis())
}

#[test]
fn pairs_are_removed_eight_at_once_between_one_round_of_reads_and_another() {
    for (count, rounds) in [(1, 4), (10, 5), (50, 10), (100, 16)] {
        // Token; user, pairs, teams and entities; user and pairs.
        assert_eq!(cost("{}", count), (7 + count, rounds), "{count}");
    }
}

#[test]
fn a_spelling_that_does_not_exist_is_tried_once() {
    let settings = r#"{"paths": {"user_roles": ["/v1/users/{user_id}/other", "/v1/users/{user_id}/roles-products"]}}"#;
    assert_eq!(cost(settings, 1), (9, 5));
}

#[test]
fn a_new_set_takes_one_write_and_the_read_before_it() {
    let settings = r#"{"strategy": "replace_set"}"#;
    let (calls, _) = cost(settings, 1);
    for count in [10, 100] {
        assert_eq!(cost(settings, count).0, calls, "{count}");
    }
}

#[test]
fn a_wait_that_the_read_before_a_new_set_is_told_is_kept() {
    let instance = holding();
    let far_end = Rc::clone(&instance);
    let reads = Cell::new(0);
    let transport = FakeTransport::new(move |seen| {
        if seen.method == "GET" && seen.url.ends_with("/roles-products") && reads.replace(reads.get() + 1) == 1 {
            return Reaction::Answer(429, vec![("retry-after", String::from("60"))], String::from("{}"));
        }
        far_end.borrow_mut().react(seen)
    });
    let settings = r#"{"strategy": "replace_set"}"#;
    let failure = send(&transport, settings, request(vec![by_id("5:P0")]), options()).unwrap_err();
    assert_eq!((failure.status, failure.retry_after), (429, Some(60)), "{failure:?}");
    assert!(instance.borrow().writes.is_empty());
}
