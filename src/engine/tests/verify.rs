//! Mode verify: what a read says, and nothing written.

use std::time::Duration;

use crate::{
    contract::{
        timestamp,
        types::{FailureKind, Mode, UnknownRole},
    },
    provider::UnreadRow,
    transport::Transport,
};

use super::world::{Case, WINDOW, entries, outcomes};

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

#[test]
fn what_only_a_revoke_proves_is_unknown_where_nothing_is_shown_or_a_row_is_not_read() {
    let empty = verifying(&[]);
    let mut unread = verifying(&["b@o1"]);
    unread.provider.gaps = vec![String::from("a place")];
    for mut case in [empty, unread] {
        case.provider.probe = true;
        let answer = case.ask(&["a"]);
        assert_eq!(outcomes(&answer), ["unknown"]);
        assert_eq!(entries(&answer)[0].reason.as_deref(), Some("needs_probe"));
        let failure = answer.unwrap_err();
        assert_eq!((failure.status, failure.retryable), (500, false));
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
