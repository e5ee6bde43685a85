//! Everything that is held, each grant as if it had been named.

use crate::{
    contract::{
        reason::Reason,
        types::{Expectation, Mode, SideEffect},
    },
    fake::Reaction,
    provider::{Absence, UnreadRow},
};

use super::world::{Case, Read, Revoke, entries, outcomes};

fn leaver(held: &[&str]) -> Case {
    let mut case = Case::holding(held);
    case.options.expect = Expectation::Email(String::from("ann@example.com"));
    case
}

#[test]
fn every_direct_role_goes_and_is_verified() {
    let case = leaver(&["a@o1", "a@o2", "b@o1"]);
    let answer = case.ask_everything();
    assert!(answer.is_ok());
    assert_eq!(outcomes(&answer), ["removed"; 3]);
    assert!(case.held().is_empty());
    let roles: Vec<_> = entries(&answer)
        .iter()
        .map(|entry| entry.role.as_ref().unwrap())
        .map(|role| (role.id.as_deref().unwrap(), role.organization.as_deref().unwrap()))
        .collect();
    assert_eq!(roles, [("a", "o1"), ("a", "o2"), ("b", "o1")]);
}

#[test]
fn a_revoke_says_who_is_meant_or_what_was_planned() {
    let case = Case::holding(&["a@o1"]);
    let failure = case.ask_everything().unwrap_err();
    assert_eq!((failure.status, failure.field.as_deref()), (400, Some("everything")));
    assert_eq!(case.held(), ["a@o1"]);
}

#[test]
fn what_is_inherited_is_reported_and_is_no_success() {
    let case = leaver(&["a@o1", "b@o1/g"]);
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["removed", "inherited"]);
    assert_eq!(answer.unwrap_err().status, 422);
    assert_eq!(case.held(), ["b@o1/g"]);
}

#[test]
fn a_membership_that_is_not_allowed_is_an_entry_that_is_refused() {
    let mut case = leaver(&["group@o1"]);
    case.provider.effects = vec![SideEffect::LeaveGroup];
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["refused"]);
    assert_eq!(entries(&answer)[0].reason.as_deref(), Some("side_effect_not_allowed"));
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn protected_roles_stay_and_the_others_go() {
    let mut case = leaver(&["a@o1", "b@o1"]);
    case.general.protected_roles = vec![String::from("Name a")];
    assert_eq!(outcomes(&case.ask_everything()), ["refused", "removed"]);
    assert_eq!(case.held(), ["a@o1"]);
}

#[test]
fn a_protected_user_keeps_everything() {
    let mut case = leaver(&["a@o1"]);
    case.general.protected_users = vec![String::from("ann")];
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["refused"]);
    assert_eq!(answer.unwrap_err().status, 422);
    assert_eq!(case.held(), ["a@o1"]);

    let case = leaver(&[]);
    let mut empty = case;
    empty.general.protected_users = vec![String::from("ann")];
    assert!(empty.ask_everything().is_err(), "a refusal of nothing is no success");
}

#[test]
fn a_reading_that_is_not_whole_removes_what_it_shows_and_is_no_success() {
    let mut unread = leaver(&["a@o1"]);
    unread.provider.unread = vec![UnreadRow::new("null")];
    let mut gap = leaver(&["a@o1"]);
    gap.provider.gaps = vec![String::from("a place that is not read")];
    for case in [unread, gap] {
        let answer = case.ask_everything();
        assert_eq!(outcomes(&answer), ["removed", "unknown"]);
        assert_eq!(entries(&answer)[1].reason.as_deref(), Some("not_visible"));
        assert!(answer.is_err());
        assert!(case.held().is_empty());
    }
}

#[test]
fn a_row_that_names_a_role_and_cannot_be_read_leaves_its_entry_unknown_and_no_other_one() {
    let mut case = leaver(&["a@o1", "b@o1"]);
    let mut row = UnreadRow::new("the members of a group");
    row.ids = vec![String::from("a")];
    case.provider.unread = vec![row];
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["unknown", "removed", "unknown"], "{answer:?}");
    assert!(case.held().is_empty(), "what is shown goes");
    // More than are looked at one by one: any of them may name it.
    case = leaver(&["a@o1", "b@o1"]);
    case.provider.unread = vec![UnreadRow::new("null"); 1_001];
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["unknown", "unknown", "unknown"], "{answer:?}");
    assert!(case.held().is_empty(), "what is shown goes");
    // A name that none of them has.
    let mut case = leaver(&["a@o1", "b@o1"]);
    let mut row = UnreadRow::new("{}");
    row.names = vec![String::from("Quite another role")];
    case.provider.unread = vec![row];
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["removed", "removed", "unknown"], "{answer:?}");
}

#[test]
fn nothing_held_is_a_success_only_where_the_provider_proves_it() {
    for (nothing, outcome, is_success) in [
        (Absence::Proven, "already_absent", true),
        (
            Absence::ProvenExcept {
                warnings: vec![String::from("held_at:x")],
            },
            "already_absent",
            true,
        ),
        (Absence::Probe(Vec::new()), "unknown", false),
        (Absence::NotFound(String::from("no role")), "unknown", false),
        (
            Absence::Unclear {
                reason: Reason::Ambiguous,
                message: String::from("not shown"),
            },
            "unknown",
            false,
        ),
    ] {
        let mut case = leaver(&[]);
        case.provider.nothing = nothing;
        let answer = case.ask_everything();
        assert_eq!(outcomes(&answer), [outcome]);
        assert_eq!(answer.is_ok(), is_success, "{outcome}");
        assert_eq!(case.writes_seen(), 0);
    }
}

#[test]
fn a_role_that_appears_while_it_runs_is_no_success() {
    let second = std::time::Duration::from_secs(1);
    let case = leaver(&["a@o1"]).with(|world| {
        let answer = Reaction::After(second, Box::new(super::world::ok()));
        world.revokes.push(Revoke::Then(answer));
        world.appears.push((crate::fake::START + second, String::from("b@o1")));
    });
    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["removed", "not_attempted"]);
    assert_eq!(entries(&answer)[1].reason.as_deref(), Some("appeared_after_read"));
    assert!(answer.is_err());
}

#[test]
fn above_what_one_call_takes_the_first_go_and_it_is_to_be_repeated() {
    let held: Vec<String> = (0..2_100).map(|index| format!("a@o{index:04}")).collect();
    let held: Vec<&str> = held.iter().map(String::as_str).collect();
    let case = leaver(&held);
    let answer = case.ask_everything();
    let failure = answer.as_ref().unwrap_err();
    assert_eq!((failure.status, failure.retryable), (500, true));
    assert_eq!(case.held().len(), 100);
    assert_eq!(
        outcomes(&answer)
            .iter()
            .filter(|outcome| **outcome == "removed")
            .count(),
        2_000
    );
    assert_eq!(
        entries(&answer).last().unwrap().reason.as_deref(),
        Some("too_much_at_once")
    );
}

#[test]
fn a_plan_of_everything_sends_nothing_and_lists_each() {
    let mut case = leaver(&["a@o1", "b@o1"]);
    case.options.mode = Mode::Plan;
    let success = case.ask_everything().unwrap();
    assert!(success.dry_run && success.plan.is_some() && success.plan_digest.is_some());
    assert_eq!(success.planned_requests.len(), 1);
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn a_plan_beside_what_is_inherited_can_be_approved_all_the_same() {
    let mut case = leaver(&["a@o1", "b@o1/g"]);
    case.options.mode = Mode::Plan;
    let failure = case.ask_everything().unwrap_err();
    assert_eq!(failure.status, 422);
    case.options.mode = Mode::Revoke;
    case.options.binding = crate::contract::types::Binding::Plan(failure.plan.unwrap());
    assert_eq!(outcomes(&case.ask_everything()), ["removed", "inherited"]);
}

#[test]
fn a_first_read_that_fails_is_a_failure_of_the_call() {
    let case = leaver(&["a@o1"]).with(|world| {
        world.reads = (0..9).map(|_| Read::Instead(super::world::status(500))).collect();
    });
    let failure = case.ask_everything().unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
}

#[test]
fn a_role_of_which_it_was_not_read_how_it_is_held_is_neither_direct_nor_inherited() {
    let mut case = leaver(&["a@o1", "b@o1/?"]);
    let reading = case.read_user().unwrap();
    assert_eq!((reading.grants.len(), reading.whole), (1, false));
    assert!(reading.unread[0].contains("how they are held"), "{:?}", reading.unread);

    let answer = case.ask_everything();
    assert_eq!(outcomes(&answer), ["removed", "unknown"]);
    assert_eq!(outcomes(&case.ask(&["b@o1"])), ["unknown"]);
    case.options.mode = Mode::Verify;
    assert_eq!(outcomes(&case.ask(&["b@o1"])), ["unknown"]);
    assert_eq!(case.held(), ["b@o1/?"]);
}

#[test]
fn what_was_not_named_is_called_everything() {
    let mut case = leaver(&["a@o1"]);
    case.provider.gaps = vec![String::from("the groups could not be read")];
    let failure = case.ask_everything().unwrap_err();
    assert!(failure.message.contains("everything unknown: "), "{}", failure.message);
    assert!(!failure.message.contains("organizations["), "{}", failure.message);
}
