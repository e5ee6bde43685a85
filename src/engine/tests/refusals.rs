//! A refusal, and reads after it that do not show what was refused: one of them may be stale.

use crate::fake::Reaction;

use super::{
    fake::WINDOW,
    world::{Case, Read, Revoke, entries, outcomes, status},
};

/// A refusal of the removal of `a`; `reads` follow the first read.
fn refused(reads: impl FnOnce() -> Vec<Read>) -> Case {
    Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.revokes = vec![Revoke::Instead(status(422))];
        world.reads = std::iter::once(Read::Good).chain(reads()).collect();
    })
}

fn reason(answer: &Result<crate::contract::types::Success, crate::contract::types::Failure>) -> Option<&str> {
    entries(answer)[0].reason.as_deref()
}

#[test]
fn a_stale_read_after_a_refusal_proves_no_removal() {
    // The read that the refusal is held against, and the first read-backs.
    let case = refused(|| (0..3).map(|_| Read::Without("a@o1")).collect());
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["refused"], "{answer:?}");
    assert_eq!(reason(&answer), Some("provider_refused"));
    let message = entries(&answer)[0].message.as_deref().unwrap_or_default();
    assert!(
        message.contains("revoke refused"),
        "the provider's own words: {message}"
    );
    assert_eq!(
        (case.held(), case.writes_seen()),
        (vec!["a@o1".into(), "b@o1".into()], 1)
    );
}

#[test]
fn what_a_refusal_and_a_read_agree_on_is_not_waited_for() {
    let case = refused(|| vec![Read::Without("a@o1")]);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["refused"], "{answer:?}");
    let seen = case.transport.seen.borrow();
    assert!(seen.last().unwrap().at - seen[0].at < WINDOW, "one read-back is enough");
}

#[test]
fn what_somebody_else_took_is_gone_once_no_read_can_be_stale() {
    let case = refused(|| (0..100).map(|_| Read::Without("a@o1")).collect());
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
    assert!(!entries(&answer)[0].grants[0].acknowledged);
    let seen = case.transport.seen.borrow();
    assert!(seen.last().unwrap().at - seen[0].at >= WINDOW);
}

#[test]
fn a_refusal_that_no_later_read_confirms_is_unknown() {
    let gone = || Read::Without("a@o1");
    let case = refused(|| {
        let broken = || Read::Instead(Reaction::Answer(403, Vec::new(), String::from("{}")));
        std::iter::once(gone()).chain((0..100).map(|_| broken())).collect()
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unknown"], "{answer:?}");
    assert_eq!(reason(&answer), Some("concurrent_change"));
}

#[test]
fn what_vanished_while_a_rate_limit_was_waited_out_is_gone_once_no_read_can_be_stale() {
    let limited = |reads: usize| {
        let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
            world.revokes = vec![Revoke::Instead(status(429))];
            let gone = (0..reads).map(|_| Read::Without("a@o1"));
            world.reads = std::iter::once(Read::Good).chain(gone).collect();
        });
        case.provider.repeat = crate::client::Repeat::Reread;
        case
    };
    let answer = limited(100).ask(&["a"]);
    assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
    // Nothing was ever taken, and the last read shows it.
    let case = limited(3);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["not_attempted"], "{answer:?}");
    assert_eq!(case.held(), ["a@o1", "b@o1"]);
}
