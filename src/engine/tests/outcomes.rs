//! Every row of the outcome table.

use std::time::Duration;

use crate::{
    contract::types::{FailureKind, UnknownRole},
    fake::Reaction,
    transport::TransportError,
};

use super::{
    fake::WINDOW,
    world::{Case, Read, Revoke, entries, outcomes, status},
};

fn no_answer() -> Reaction {
    Reaction::Fail(TransportError::NoAnswer(String::from("reset")))
}

#[test]
fn removed_held_before_and_a_settled_read_back_shows_it_gone() {
    let case = Case::holding(&["a@o1", "b@o1"]);
    let answer = case.ask(&["a"]);
    let success = answer.as_ref().unwrap();
    assert_eq!(outcomes(&answer), ["removed"]);
    let grant = &success.outcomes[0].grants[0];
    assert!(grant.acknowledged && grant.acknowledged_at.is_some() && grant.verified_at.is_some());
    assert_eq!(success.user.roles.len(), 1, "the user lists what is still held");
    assert_eq!(case.held(), ["b@o1"]);
}

#[test]
fn already_absent_by_a_read_that_proves_it_and_nothing_is_sent() {
    let case = Case::holding(&["b@o1"]);
    let answer = case.ask(&["a"]);
    assert!(answer.is_ok());
    assert_eq!(outcomes(&answer), ["already_absent"]);
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn already_absent_by_a_positive_control_is_acknowledged() {
    let mut case = Case::holding(&["b@o1"]);
    case.provider.probe = true;
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["already_absent"]);
    assert!(answer.unwrap().outcomes[0].grants[0].acknowledged);
    assert_eq!(case.writes_seen(), 1);
}

#[test]
fn a_positive_control_without_an_answer_proves_nothing() {
    let mut case = Case::holding(&["b@o1"]).with(|world| {
        world.revokes = (0..4).map(|_| Revoke::Then(no_answer())).collect();
    });
    case.provider.probe = true;
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unknown"]);
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.retryable, failure.sent), (502, true, true));
}

#[test]
fn inherited_names_what_it_is_held_through_and_nothing_is_sent() {
    let case = Case::holding(&["a@o1/Admins"]);
    let failure = case.ask(&["a"]).unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("inherited"));
    assert_eq!(grant.via[0].name.as_deref(), Some("Admins"));
    assert!(!grant.changed && !grant.direct);
    assert_eq!((failure.status, failure.sent, case.writes_seen()), (422, false, 0));
}

#[test]
fn inherited_says_that_a_direct_grant_was_removed() {
    let case = Case::holding(&["a@o1", "a@o1/Admins"]);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["inherited"]);
    let failure = answer.unwrap_err();
    let names: Vec<_> = failure.outcomes[0]
        .grants
        .iter()
        .map(|g| (g.direct, g.changed))
        .collect();
    assert_eq!(names, [(true, false), (false, true)]);
    // A write was acknowledged, and repeating cannot help.
    assert_eq!((failure.status, failure.kind), (422, FailureKind::NotRemoved));
    assert_eq!(case.held(), ["a@o1/Admins"]);
}

#[test]
fn not_found_is_404_unless_the_request_counts_it_as_absent() {
    let mut case = Case::holding(&["a@o1"]);
    let failure = case.ask(&["zzz"]).unwrap_err();
    assert_eq!(
        (failure.status, failure.outcomes[0].reason.as_deref()),
        (404, Some("unknown_role"))
    );

    case.options.unknown_role = UnknownRole::Absent;
    let success = case.ask(&["zzz"]).unwrap();
    assert_eq!(success.outcomes[0].warnings, ["unknown_role"]);
}

#[test]
fn not_found_by_the_positive_control() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.probe = true;
    assert_eq!(outcomes(&case.ask(&["zzz"])), ["not_found"]);
    case.options.unknown_role = UnknownRole::Absent;
    let success = case.ask(&["zzz"]).unwrap();
    assert_eq!(success.outcomes[0].grants[0].warnings, ["unknown_role"]);
}

#[test]
fn refused_for_an_ambiguous_name() {
    let case = Case::holding(&["b@o1", "b2@o1"]);
    let failure = case.ask(&["=name B"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!((failure.status, case.writes_seen()), (422, 0));
}

#[test]
fn refused_by_the_provider() {
    let case = Case::holding(&["a@o1"]).with(|world| world.revokes.push(Revoke::Instead(status(403))));
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("forbidden"));
    assert_eq!((failure.status, failure.sent), (403, true));
}

#[test]
fn failed_when_acknowledged_and_still_held_after_the_staleness_window() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.keeps.push("a"));
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["failed"]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("still_held"));
    assert_eq!((failure.status, failure.retryable), (422, false));
    assert!(case.transport.elapsed() >= WINDOW);
}

#[test]
fn failed_when_unanswered_and_a_settled_read_still_shows_it() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.revokes = (0..4).map(|_| Revoke::Instead(no_answer())).collect();
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["failed"]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("no_answer"));
    assert_eq!(failure.status, 502);
}

#[test]
fn removed_when_unanswered_and_a_settled_read_shows_it_gone() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.revokes = (0..4).map(|_| Revoke::Then(no_answer())).collect();
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["removed"]);
    assert!(!answer.unwrap().outcomes[0].grants[0].acknowledged);
}

#[test]
fn unverified_while_it_is_still_shown_inside_the_staleness_window() {
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.stale_for = Duration::from_secs(60));
    case.general.staleness_window = Some(Duration::from_secs(90));
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unverified"]);
    let failure = answer.unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(grant.reason.as_deref(), Some("still_shown"));
    assert_eq!(grant.acknowledged_at.as_deref(), Some("2026-01-31T09:30:00Z"));
    assert_eq!(grant.verify_after.as_deref(), Some("2026-01-31T09:31:30Z"));
    assert_eq!(
        (failure.status, failure.kind, failure.retryable),
        (500, FailureKind::Incomplete, true)
    );
    assert!(
        failure.retry_after.is_some_and(|seconds| (60..=90).contains(&seconds)),
        "{:?}",
        failure.retry_after
    );
    assert!(
        case.transport.elapsed() <= Duration::from_secs(25),
        "the deadline holds"
    );
}

#[test]
fn unverified_when_the_read_back_fails() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.reads.push(Read::Good);
        world.reads.extend((0..40).map(|_| Read::Instead(status(500))));
    });
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_read_back"));
    assert_eq!((failure.status, failure.retryable), (500, true));
    assert!(case.held().is_empty(), "it is gone, and we do not claim it");
}

#[test]
fn unverified_when_the_read_back_misses_untouched_grants() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.reads.push(Read::Good);
        world.reads.extend((0..40).map(|_| Read::Without("b@o1")));
    });
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
    assert_eq!(failure.status, 500);
}

#[test]
fn unknown_when_sent_without_an_answer_and_no_read_settles_it() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.revokes = (0..4).map(|_| Revoke::Then(no_answer())).collect();
        world.reads.push(Read::Good);
        world.reads.extend((0..40).map(|_| Read::Instead(status(500))));
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unknown"]);
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, true));
}

#[test]
fn unknown_when_the_read_before_cannot_be_trusted() {
    let case = Case::holding(&["a@o1"]);
    let answer = case.ask(&["blind"]);
    assert_eq!(outcomes(&answer), ["unknown"]);
    let failure = answer.unwrap_err();
    assert_eq!(
        (failure.status, failure.outcomes[0].reason.as_deref()),
        (403, Some("not_visible"))
    );
}

#[test]
fn not_attempted_when_there_is_no_connection() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.revokes = (0..4)
            .map(|_| Revoke::Instead(Reaction::Fail(TransportError::NotSent(String::from("refused")))))
            .collect();
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["not_attempted"]);
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("unreachable"));
}

#[test]
fn planned_in_a_dry_run_that_changes_nothing() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    case.options.mode = crate::contract::types::Mode::Plan;
    let answer = case.ask(&["a", "c"]);
    assert_eq!(outcomes(&answer), ["planned", "already_absent"]);
    let success = answer.unwrap();
    assert!(success.dry_run);
    assert_eq!(success.planned_requests.len(), 1);
    assert_eq!(
        success.planned_requests[0].body.as_deref(),
        Some(r#"{"roles":["a@o1"]}"#)
    );
    assert_eq!((case.writes_seen(), case.held().len()), (0, 2));
}

#[test]
fn a_dry_run_that_cannot_be_planned_whole_is_no_success_and_never_says_removed() {
    let mut case = Case::holding(&["a@o1", "b@o1/Admins"]);
    case.options.mode = crate::contract::types::Mode::Plan;
    let answer = case.ask(&["a", "b"]);
    assert_eq!(outcomes(&answer), ["planned", "inherited"]);
    assert_eq!(answer.unwrap_err().status, 422);
}

#[test]
fn entries_come_in_request_order() {
    let case = Case::holding(&["a@o1", "b@o1/Admins"]);
    let answer = case.ask(&["c", "b", "a", "zzz"]);
    let asked: Vec<_> = entries(&answer)
        .iter()
        .map(|entry| entry.role.as_ref().unwrap().id.clone().unwrap())
        .collect();
    assert_eq!(asked, ["c", "b", "a", "zzz"]);
    assert_eq!(
        outcomes(&answer),
        ["already_absent", "inherited", "removed", "not_found"]
    );
}

#[test]
fn grants_that_are_in_the_way_of_a_batch_do_not_keep_the_rest_for_ever() {
    let refused = ["r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"];
    let held: Vec<String> = refused
        .iter()
        .chain(&["a", "b"])
        .map(|role| format!("{role}@o1"))
        .collect();
    let held: Vec<&str> = held.iter().map(String::as_str).collect();
    let case = Case::holding(&held);
    let asked: Vec<&str> = refused.into_iter().chain(["a", "b"]).collect();
    let answer = case.ask(&asked);
    assert_eq!(outcomes(&answer)[8..], ["removed", "removed"], "{answer:?}");
    assert!(outcomes(&answer)[..8].iter().all(|outcome| *outcome == "refused"));
    assert_eq!(case.writes_seen(), 1 + 8 + 1);
}
