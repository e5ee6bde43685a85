//! Whatever the far end does: nothing is said to be gone that is held, and nothing goes that was not asked for.

use std::time::Duration;

use proptest::prelude::*;

use crate::{client::Repeat, fake::Reaction, transport::TransportError};

use super::world::{Case, Read, Revoke, outcomes, status};

const GRANTS: [&str; 5] = ["a@o1", "a@o2", "b@o1", "c@o1", "d@o1"];
const ROLES: [&str; 4] = ["a", "b", "c", "d"];

fn no_answer() -> Reaction {
    Reaction::Fail(TransportError::NoAnswer(String::from("reset")))
}

fn revoke(kind: u8) -> Revoke {
    match kind % 9 {
        0 => Revoke::Instead(no_answer()),
        1 => Revoke::Then(no_answer()),
        2 => Revoke::Instead(status(500)),
        3 => Revoke::Then(status(500)),
        4 => Revoke::Instead(status(403)),
        5 => Revoke::Instead(status(429)),
        6 => Revoke::Then(Reaction::Silence),
        7 => Revoke::Instead(status(400)),
        _ => Revoke::Then(status(200)),
    }
}

/// A read that omits an untouched grant; one that omits a grant which was to go could not be told from the truth.
fn read(kind: u8, asked: &[&str]) -> Read {
    match kind % 6 {
        1 if asked.contains(&"b") => Read::Good,
        2 if asked.contains(&"a") => Read::Good,
        0 => Read::Instead(status(500)),
        1 => Read::Without("b@o1"),
        2 => Read::Without("a@o2"),
        3 => Read::Instead(Reaction::Silence),
        _ => Read::Good,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_is_so(
        held in proptest::sample::subsequence(GRANTS.to_vec(), 0..=GRANTS.len()),
        asked in proptest::sample::subsequence(ROLES.to_vec(), 1..=ROLES.len()),
        keeps in proptest::sample::subsequence(ROLES.to_vec(), 0..=2),
        revokes in proptest::collection::vec(any::<u8>(), 0..5),
        reads in proptest::collection::vec(any::<u8>(), 0..6),
        stale in 0_u64..40,
        (probe, batch, reread) in any::<(bool, bool, bool)>(),
    ) {
        let mut case = Case::holding(&held).with(|world| {
            world.keeps.clone_from(&keeps);
            world.revokes = revokes.iter().copied().map(revoke).collect();
            // The first read is good: absence that is proven by a read cannot be better than that read.
            world.reads = std::iter::once(Read::Good).chain(reads.iter().copied().map(|kind| read(kind, &asked))).collect();
            world.stale_for = Duration::from_secs(stale);
        });
        case.provider.probe = probe;
        case.provider.batch = batch;
        if reread {
            case.provider.repeat = Repeat::Reread;
            case.provider.verification.rounds = 3;
            case.provider.verification.earliest = Duration::from_secs(if probe { 2 } else { 0 });
        }
        let answer = case.ask(&asked);
        let now = case.held();
        for (role, outcome) in asked.iter().zip(outcomes(&answer)) {
            let still = now.iter().any(|grant| grant.starts_with(&format!("{role}@")));
            if matches!(outcome, "removed" | "already_absent") {
                prop_assert!(!still, "{role} is {outcome} and held: {now:?}");
            }
        }
        prop_assert!(answer.is_err() || outcomes(&answer).len() == asked.len());
        for grant in &held {
            let role = grant.split('@').next().unwrap_or_default();
            if !asked.contains(&role) {
                prop_assert!(now.iter().any(|left| left == grant), "{grant} was not asked for and is gone");
            }
        }
        if let Err(failure) = &answer {
            prop_assert!(failure.sent || now.len() == held.len(), "something went without being sent");
            prop_assert!(!failure.retryable || failure.retry_after.is_some_and(|seconds| seconds >= 1));
            prop_assert!(![408, 409, 425].contains(&failure.status));
        }
        prop_assert!(case.transport.elapsed() <= Duration::from_secs(25));
    }
}
