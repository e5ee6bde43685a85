//! Mode verify: what a read says, and nothing written.

use std::time::Duration;

use crate::{
    contract::{
        timestamp,
        types::{FailureKind, Mode, UnknownRole},
    },
    fake::Reaction,
    provider::UnreadRow,
    transport::Transport,
};

use super::{
    fake::WINDOW,
    world::{Case, Read, entries, outcomes},
};

fn verifying(held: &[&str]) -> Case {
    let mut case = Case::holding(held);
    case.options.mode = Mode::Verify;
    case
}

#[test]
fn every_outcome_that_a_read_can_prove_and_nothing_is_written() {
    let case = verifying(&["a@o1", "c@o1/g"]);
    let answer = case.ask(&["a", "b", "c", "x"]);
    assert_eq!(outcomes(&answer), ["held", "already_absent", "inherited", "not_found"]);
    let failure = answer.unwrap_err();
    assert_eq!(
        (failure.status, failure.kind, failure.sent),
        (422, FailureKind::NotRemoved, false)
    );
    assert_eq!(case.writes_seen(), 0);
    assert_eq!(case.reads_seen(), 1);
}

#[test]
fn it_is_a_success_only_if_everything_is_absent() {
    let case = verifying(&["a@o1"]);
    assert!(case.ask(&["b", "d"]).is_ok());
    for (role, status) in [("a", 422), ("x", 404), ("blind", 500)] {
        assert_eq!(case.ask(&["b", role]).unwrap_err().status, status, "{role}");
    }
    let mut case = verifying(&["a@o1"]);
    case.options.unknown_role = UnknownRole::Absent;
    assert!(case.ask(&["x"]).is_ok());
}

#[test]
fn what_only_a_revoke_proves_is_absent_with_a_warning_beside_something_that_is_shown() {
    let mut case = verifying(&["b@o1"]);
    case.provider.probe = true;
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["already_absent"]);
    assert!(
        entries(&answer)[0].grants[0]
            .warnings
            .contains(&String::from("not_probed"))
    );
    assert_eq!(case.writes_seen(), 0);
}

/// A row that cannot be read and is certainly another role than `a`.
fn other_row(organization: &str) -> UnreadRow {
    let mut row = UnreadRow::new("{}");
    row.scope.organization = Some(organization.to_owned());
    row.ids = vec![String::from("d")];
    row
}

fn blind_at(organization: &str) -> Read {
    let document = format!(r#"{{"grants": ["b@o1"], "unreadable": ["{organization}"]}}"#);
    Read::Instead(Reaction::Answer(200, Vec::new(), document))
}

#[test]
fn what_only_a_revoke_proves_is_unknown_where_nothing_is_shown_or_its_own_place_has_a_gap() {
    let empty = verifying(&[]);
    let mut unread = verifying(&["b@o1"]);
    unread.provider.unread = vec![other_row("o1")];
    let blind = verifying(&["b@o1"]).with(|world| world.reads = vec![blind_at("o1")]);
    for mut case in [empty, unread, blind] {
        case.provider.probe = true;
        let answer = case.ask(&["a"]);
        assert_eq!(outcomes(&answer), ["unknown"]);
        assert_eq!(entries(&answer)[0].reason.as_deref(), Some("needs_probe"));
        let failure = answer.unwrap_err();
        assert_eq!((failure.status, failure.retryable), (500, false));
    }
}

#[test]
fn a_gap_at_another_place_leaves_what_only_a_revoke_proves_as_it_is() {
    let mut unread = verifying(&["b@o1"]);
    unread.provider.unread = vec![other_row("o2")];
    let blind = verifying(&["b@o1"]).with(|world| world.reads = vec![blind_at("o2")]);
    for mut case in [unread, blind] {
        case.provider.probe = true;
        let answer = case.ask(&["a"]);
        assert_eq!(outcomes(&answer), ["already_absent"]);
        let warnings = &entries(&answer)[0].grants[0].warnings;
        assert!(warnings.contains(&String::from("not_probed")));
    }
}

#[test]
fn a_read_that_fails_is_unknown_and_what_is_held_still_decides_the_status() {
    let case = verifying(&["a@o1"]);
    let answer = case.ask(&["a", "broken"]);
    assert_eq!(outcomes(&answer), ["held", "unknown"]);
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.retryable), (422, false));
    // A refusal does not pass, and a fault of the provider may.
    for (status, retryable) in [(403, false), (500, true), (429, true)] {
        let case = verifying(&["a@o1"]).with(|world| world.directory_status = status);
        let answer = case.ask(&["b", "broken"]);
        assert_eq!(outcomes(&answer), ["already_absent", "unknown"], "{status}");
        let failure = answer.unwrap_err();
        assert_eq!((failure.status, failure.retryable), (500, retryable), "{status}");
    }
}

#[test]
fn a_row_that_cannot_be_read_is_not_absence() {
    let mut case = verifying(&["b@o1"]);
    case.provider.unread = vec![UnreadRow::new("null")];
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["unknown"]);
    assert_eq!(answer.unwrap_err().status, 500);
}

#[test]
fn soon_after_a_write_a_read_proves_nothing() {
    let mut case = verifying(&["a@o1"]);
    let now = case.transport.wall_clock();
    let acknowledged = now.saturating_sub(Duration::from_secs(1));
    case.options.acknowledged_at = Some(timestamp::format(acknowledged));
    let answer = case.ask(&["a", "b"]);
    assert_eq!(outcomes(&answer), ["unknown", "unknown"]);
    let end = timestamp::format(acknowledged + WINDOW);
    for entry in entries(&answer) {
        assert_eq!(entry.verify_after.as_deref(), Some(end.as_str()));
        assert_eq!(entry.reason.as_deref(), Some("not_settled"));
    }
    let failure = answer.unwrap_err();
    assert_eq!(
        (failure.status, failure.retryable, failure.retry_after),
        (500, true, Some(9))
    );

    case.options.acknowledged_at = Some(timestamp::format(now.saturating_sub(WINDOW)));
    assert_eq!(outcomes(&case.ask(&["a", "b"])), ["held", "already_absent"]);
}

#[test]
fn a_user_who_is_not_the_expected_one_is_not_verified() {
    let mut case = verifying(&[]);
    case.options.expect = crate::contract::types::Expectation::Email(String::from("bob@example.com"));
    assert_eq!(outcomes(&case.ask(&["a"])), ["refused"]);
}

#[test]
fn a_protected_user_and_a_protected_role_can_be_verified() {
    let mut case = verifying(&["a@o1"]);
    case.general.protected_users = vec![String::from("ann@example.com")];
    case.general.protected_roles = vec![String::from("a")];
    assert_eq!(outcomes(&case.ask(&["a", "b"])), ["held", "already_absent"]);
}

#[test]
fn everything_asks_whether_anything_is_held() {
    let case = verifying(&["a@o1", "b@o1/g"]);
    assert_eq!(outcomes(&case.ask_everything()), ["held", "inherited"]);
    let case = verifying(&[]);
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["already_absent"]);
    assert!(answer.is_ok());
}
