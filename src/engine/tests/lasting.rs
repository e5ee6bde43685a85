//! What was sent, acknowledged or seen stays said, whatever comes after it.

use std::time::Duration;

use crate::{
    client::Repeat,
    contract::types::{Organization, Outcome, SideEffect},
    fake::{Reaction, START},
    provider::{Affects, Consequence, Principal},
    transport::TransportError,
};

use super::world::{Case, Read, Revoke, outcomes, status};

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn no_answer() -> Reaction {
    Reaction::Fail(TransportError::NoAnswer(String::from("reset")))
}

fn limited(wait: &str) -> Reaction {
    Reaction::Answer(429, vec![("retry-after", wait.to_owned())], String::from("{}"))
}

fn not_sent() -> Reaction {
    Reaction::Fail(TransportError::NotSent(String::from("refused")))
}

#[test]
fn a_no_to_the_second_attempt_says_nothing_about_the_first() {
    let refusals: [fn() -> Reaction; 4] = [|| limited("61"), || status(403), || status(400), not_sent];
    for refusal in refusals {
        let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
            world.revokes = vec![Revoke::Then(no_answer())];
            world.revokes.extend((0..3).map(|_| Revoke::Instead(refusal())));
        });
        let answer = case.ask(&["a"]);
        assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
        // And where the first one had no effect, the read-back says that.
        let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
            world.revokes = vec![Revoke::Instead(no_answer())];
            world.revokes.extend((0..3).map(|_| Revoke::Instead(refusal())));
        });
        case.options.deadline = Some(60_000);
        let answer = case.ask(&["a"]);
        assert_eq!(outcomes(&answer), ["failed"], "{answer:?}");
        assert!(answer.unwrap_err().sent);
    }
}

#[test]
fn an_acknowledgement_outlasts_what_a_later_round_meets() {
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.revokes = vec![Revoke::Then(super::world::ok()), Revoke::Instead(limited("61"))];
        world.appears = vec![(START + seconds(1), String::from("a@o1"))];
    });
    case.provider.repeat = Repeat::Reread;
    case.provider.verification.rounds = 3;
    case.provider.verification.earliest = seconds(2);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["failed"]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("concurrent_change"));
    assert!(failure.outcomes[0].grants[0].acknowledged && failure.outcomes[0].grants[0].acknowledged_at.is_some());
    assert!(
        matches!(failure.status, 422 | 500),
        "a 429 would be sent again at once: {}",
        failure.status
    );
}

#[test]
fn what_a_read_back_shows_through_something_else_is_inherited() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world
            .revokes
            .push(Revoke::Then(Reaction::After(seconds(1), Box::new(super::world::ok()))));
        world.appears.push((START + seconds(1), String::from("a@o1/Admins")));
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["inherited"]);
    let entry = &answer.unwrap_err().outcomes[0];
    assert_eq!(entry.grants[0].outcome, Outcome::Removed);
    assert!(entry.grants[1].changed && !entry.grants[1].via.is_empty());
}

#[test]
fn one_organization_says_nothing_about_another() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    case.provider.blind_at = vec!["o2"];
    case.organizations = ["o1", "o2"]
        .map(|id| Organization {
            id: Some(id.to_owned()),
            name: None,
        })
        .to_vec();
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unknown"]);
    let entry = &answer.unwrap_err().outcomes[0];
    assert_eq!(entry.reason.as_deref(), Some("not_visible"));
    assert_eq!(entry.grants[0].outcome, Outcome::Removed, "what could be removed is");
    assert_eq!(case.held(), ["b@o1"]);
}

#[test]
fn unverified_is_not_accepted_over_a_grant_that_was_refused() {
    let mut case = Case::holding(&["a@o1", "a@o2"]).with(|world| {
        world.stale_for = seconds(500);
        world.revokes = vec![Revoke::Then(super::world::ok()), Revoke::Instead(status(403))];
    });
    case.provider.batch = false;
    case.general.staleness_window = Some(seconds(90));
    case.options.accept_unverified = true;
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unverified"]);
    assert!(answer.is_err(), "{answer:?}");
}

#[test]
fn without_anything_that_should_remain_an_empty_read_proves_no_unanswered_write() {
    let unanswered = |reads: Vec<Read>| {
        Case::holding(&["a@o1"]).with(|world| {
            world.revokes = (0..4).map(|_| Revoke::Instead(no_answer())).collect();
            world.reads = reads;
        })
    };
    let case = unanswered(vec![Read::Good, Read::Without("a@o1")]);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["failed"], "a later read shows it: {answer:?}");
    let mut case = unanswered(vec![Read::Good, Read::Without("a@o1"), Read::Without("a@o1")]);
    case.options.deadline = Some(5_000);
    case.general.staleness_window = Some(seconds(90));
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unknown"], "{answer:?}");
}

#[test]
fn the_wait_for_a_rate_limit_leaves_the_read_back_its_part() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.revokes.push(Revoke::Instead(limited("16"))));
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!((failure.status, failure.retry_after), (429, Some(16)));
    assert_eq!(case.writes_seen(), 1);
}

#[test]
fn a_read_that_one_entry_needs_does_not_keep_the_others() {
    let case = Case::holding(&["a@o1", "b@o1"]);
    let answer = case.ask(&["broken", "a"]);
    assert_eq!(outcomes(&answer), ["not_attempted", "removed"]);
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("forbidden"),
        "and says why"
    );
    // Where nothing else can be done, it is the whole answer.
    assert_eq!(case.ask(&["broken"]).unwrap_err().status, 403);
}

#[test]
fn a_failure_after_a_write_shows_no_user_of_before() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.reads.push(Read::Good);
        world.reads.extend((0..40).map(|_| Read::Instead(status(500))));
    });
    assert!(case.ask(&["a"]).unwrap_err().user.is_none());
    let case = Case::holding(&["a@o1"]);
    assert!(
        case.ask(&["zzz"]).unwrap_err().user.is_some(),
        "without a write the first read stands"
    );
}

#[test]
fn a_principal_that_cannot_be_told_is_said() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    case.provider.own = Principal::Unknown;
    let answer = case.ask(&["a"]).unwrap();
    assert_eq!(answer.outcomes[0].grants[0].warnings, ["own_access_not_checked"]);
}

#[test]
fn a_protected_user_is_refused_by_another_id_of_the_same_person() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.other_ids = vec![String::from("admin-7")];
    case.general.protected_users = vec![String::from(" Admin-7 ")];
    assert_eq!(outcomes(&case.ask(&["a"])), ["refused"]);
}

#[test]
fn a_wall_clock_that_is_set_meanwhile_makes_no_read_too_early() {
    let shown = || Reaction::Answer(200, Vec::new(), String::from(r#"{"grants": ["b@o1"]}"#));
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.reads = vec![
            Read::Good,
            Read::Instead(Reaction::After(seconds(1), Box::new(shown()))),
        ];
    });
    case.provider.verification.earliest = seconds(2);
    case.transport
        .clock_is_set
        .set(Some((Duration::from_millis(500), seconds(3_600))));
    assert!(case.ask(&["a"]).is_ok());
    assert!(case.transport.elapsed() >= seconds(2), "{:?}", case.transport.elapsed());
}

#[test]
fn what_should_have_gone_along_and_is_still_there_makes_an_unanswered_removal_no_whole_one() {
    for (kept, outcome) in [(true, "failed"), (false, "removed")] {
        let mut case = Case::holding(&["a@o1", "b@o1", "c@o1"]).with(|world| {
            world.revokes = vec![Revoke::Then(no_answer())];
            if !kept {
                world.held.retain(|grant| grant != "b@o1");
            }
        });
        case.provider.repeat = Repeat::Reread;
        case.provider.consequences = vec![Consequence {
            affects: Affects::default(),
            target: 0,
            effect: SideEffect::DemoteOwnerEverywhere,
            lists: Vec::new(),
            takes: vec![case.provider.grant("b@o1")],
            takes_unknown: false,
        }];
        case.options.allow = vec![SideEffect::DemoteOwnerEverywhere];
        let answer = case.ask(&["a"]);
        assert_eq!(outcomes(&answer), [outcome], "{answer:?}");
        let names_it = |failure: crate::contract::types::Failure| failure.message.contains("`b` at `o1`");
        assert_eq!(answer.is_err_and(names_it), kept);
    }
}

#[test]
fn a_sparse_read_back_proves_absence_only_after_the_staleness_window() {
    let sparse = || {
        let body = String::from(r#"{"grants": [], "is_sparse": true}"#);
        Read::Instead(Reaction::Answer(200, Vec::new(), body))
    };
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.keeps = vec!["a"];
        world.reads = vec![Read::Good, sparse(), sparse()];
    });
    assert_eq!(outcomes(&case.ask(&["a"])), ["failed"], "a later read shows it");
    let always = || {
        Case::holding(&["a@o1"]).with(|world| {
            world.reads = vec![Read::Good];
            world.reads.extend((0..90).map(|_| sparse()));
        })
    };
    let case = always();
    assert_eq!(outcomes(&case.ask(&["a"])), ["removed"]);
    assert!(case.transport.elapsed() >= super::fake::WINDOW);
    let mut case = always();
    case.options.deadline = Some(5_000);
    assert_eq!(outcomes(&case.ask(&["a"])), ["unverified"]);
}

fn shown(body: &str) -> Read {
    Read::Instead(Reaction::Answer(200, Vec::new(), body.to_owned()))
}

#[test]
fn a_fresh_read_that_sees_less_than_the_first_proves_nothing_of_what_was_not_sent() {
    let overtaken = |fresh: fn() -> Read| {
        let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
            world.revokes = vec![Revoke::Instead(status(409))];
            world.reads = vec![Read::Good];
            world.reads.extend((0..90).map(|_| fresh()));
        });
        case.provider.verification.rounds = 3;
        let answer = case.ask(&["a"]);
        assert_eq!(case.writes_seen(), 1);
        answer
    };
    let answer = overtaken(|| shown(r#"{"grants": ["b@o1"], "unreadable": ["o9"]}"#));
    assert_eq!(outcomes(&answer), ["failed"], "{answer:?}");
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("concurrent_change")
    );
    // Somebody else took it, and a whole read says so.
    let answer = overtaken(|| shown(r#"{"grants": ["b@o1"]}"#));
    assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
}

#[test]
fn an_earlier_acknowledgement_makes_no_read_prove_more() {
    let mut case = Case::holding(&["a@o1"]).with(|world| {
        world.reads = vec![Read::Good];
        world
            .reads
            .extend((0..90).map(|_| shown(r#"{"grants": [], "is_sparse": true}"#)));
    });
    case.options.deadline = Some(5_000);
    case.options.acknowledged_at = Some(String::from("2020-01-01T00:00:00Z"));
    assert_eq!(outcomes(&case.ask(&["a"])), ["unverified"]);
    let mut case = Case::holding(&["a@o1"]).with(|world| {
        world.revokes = (0..4).map(|_| Revoke::Instead(no_answer())).collect();
        world.reads = vec![Read::Good];
        world.reads.extend((0..90).map(|_| Read::Without("a@o1")));
    });
    case.options.deadline = Some(5_000);
    case.options.acknowledged_at = Some(String::from("2020-01-01T00:00:00Z"));
    assert_eq!(outcomes(&case.ask(&["a"])), ["unknown"]);
}

#[test]
fn a_set_is_not_replaced_from_a_read_that_still_shows_what_went() {
    let mut case = Case::holding(&["a@o1", "z@o1", "c@o1", "d@o1"]).with(|world| world.stale_for = seconds(3));
    case.provider.verification.replaces_set = true;
    let answer = case.ask(&["a", "z", "c"]);
    assert_eq!(outcomes(&answer), ["removed", "refused", "removed"], "{answer:?}");
    let posts = case.posts();
    // The batch, and then each by itself.
    assert_eq!(posts.len(), 4);
    assert!(posts[2] - posts[1] >= seconds(3), "{posts:?}");
}

#[test]
fn a_failure_that_can_pass_beside_an_acknowledgement_is_worth_repeating_and_a_refusal_is_not() {
    let beside = |other: fn() -> Reaction| {
        let mut case = Case::holding(&["a@o1", "b@o1", "c@o1"]).with(|world| {
            world.revokes = vec![Revoke::Then(super::world::ok())];
            world.revokes.extend((0..4).map(|_| Revoke::Instead(other())));
        });
        case.provider.batch = false;
        let failure = case.ask(&["a", "b"]).unwrap_err();
        (failure.status, failure.retryable)
    };
    assert_eq!(beside(no_answer), (500, true));
    assert_eq!(beside(|| status(403)), (422, false));
    // A read that is forbidden for one entry stays forbidden.
    let failure = Case::holding(&["a@o1", "b@o1"]).ask(&["broken", "a"]).unwrap_err();
    assert_eq!((failure.status, failure.retryable), (422, false));
}

#[test]
fn an_unknown_id_that_is_the_name_of_a_held_role_is_not_absent() {
    let mut case = Case::holding(&["a@o1"]);
    case.options.unknown_role = crate::contract::types::UnknownRole::Absent;
    assert_eq!(outcomes(&case.ask(&["name A"])), ["refused"]);
    assert_eq!(outcomes(&case.ask(&["name Z"])), ["already_absent"]);
    case.world.borrow_mut().directory = Vec::new();
    case.provider.probe = true;
    assert_eq!(outcomes(&case.ask(&["name A"])), ["refused"]);
}

#[test]
fn a_read_back_is_not_repeated_before_the_time_that_the_provider_asks_for() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.reads = vec![Read::Good, Read::Instead(limited("60"))];
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unverified"], "{answer:?}");
    assert_eq!(case.reads_seen(), 2);
    let wait = answer.unwrap_err().retry_after;
    assert_eq!(wait, Some(60));
}
