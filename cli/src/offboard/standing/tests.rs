use serde_json::json;

use super::*;
use crate::offboard::{
    journal::event::{Event, Planned},
    task::examples::*,
};

fn of(task: &Task) -> (Standing, usize, Exit) {
    let standings = Standings::of(&begin(), std::slice::from_ref(task));
    (standings.standings[0], standings.todos.len(), standings.exit)
}

/// A plan's answer, and nothing more.
fn found(status: u16, body: serde_json::Value, plan: Option<&str>) -> Task {
    let mut task = Task::new(described());
    let planned = Planned {
        reply: reply(status, body),
        plan: plan.map(str::to_owned),
        plan_digest: None,
        approval: None,
    };
    task.apply(&Event::Planned { task: 0, planned });
    task
}

const EMPTY: &str = r#"{"probes":[],"targets":[]}"#;

#[test]
fn what_a_plan_finds_is_told_apart() {
    let nobody = json!({"error_code": "not_found", "message": "no user"});
    for (task, expected) in [
        (
            found(200, nothing(), Some(EMPTY)),
            (Standing::Unverified, 1, Exit::Unverified),
        ),
        (
            found(403, nothing_shown(), Some(EMPTY)),
            (Standing::Unverified, 1, Exit::Unverified),
        ),
        (found(404, nobody, None), (Standing::NoSuchUser, 1, Exit::NotGone)),
        (
            found(502, json!({"error_code": "provider_error"}), None),
            (Standing::Provider, 1, Exit::Provider),
        ),
        (
            found(
                422,
                answer(422, &[("viewer", "inherited"), ("editor", "refused")]),
                Some(EMPTY),
            ),
            (Standing::NotGone, 2, Exit::NotGone),
        ),
        (
            found(
                422,
                json!({"error_code": "not_removed", "user": {"id": "u-1"}, "role_outcomes": [{"outcome": "refused", "reason": "protected_user"}]}),
                None,
            ),
            (Standing::NotGone, 1, Exit::NotGone),
        ),
        (Task::new(described()), (Standing::NotRun, 1, Exit::NotGone)),
    ] {
        assert_eq!(of(&task), expected, "{task:?}");
    }
}

#[test]
fn what_was_not_held_when_the_plan_was_made_is_closed_by_the_last_verification_only() {
    let mut silent = json!({"error_code": "timed_out", "retryable": true});
    silent["user"] = json!({"id": "u-1"});
    for (status, body, expected) in [
        (200, nothing(), (Standing::NothingHeld, 0, Exit::Done)),
        (
            422,
            answer(422, &[("late", "held")]),
            (Standing::NotGone, 1, Exit::NotGone),
        ),
        (
            422,
            answer(422, &[("late", "inherited")]),
            (Standing::NotGone, 1, Exit::NotGone),
        ),
        (403, nothing_shown(), (Standing::Unverified, 1, Exit::Unverified)),
        (504, silent, (Standing::Provider, 1, Exit::Provider)),
        (
            404,
            json!({"error_code": "not_found", "message": "no user"}),
            (Standing::NotGone, 1, Exit::NotGone),
        ),
    ] {
        // A reading that is whole and bare proves nothing by itself.
        let mut task = found(200, nothing(), Some(EMPTY));
        task.apply(&verified(status, body, true));
        assert_eq!(of(&task), expected, "{task:?}");
    }
}

#[test]
fn a_user_whom_nobody_knew_and_that_was_accepted_is_closed_only_if_nobody_knows_it_now() {
    let nobody = || json!({"error_code": "not_found", "message": "no user"});
    let mut begin = begin();
    begin.accept_no_such_user = true;
    let elsewhere = {
        let mut task = found(200, nothing(), Some(EMPTY));
        task.apply(&verified(200, nothing(), false));
        task
    };
    for (status, body, expected) in [
        (404, nobody(), (Standing::NoSuchUser, Exit::Done)),
        (200, nothing(), (Standing::NotGone, Exit::NotGone)),
        (
            422,
            answer(422, &[("viewer", "held")]),
            (Standing::NotGone, Exit::NotGone),
        ),
        (
            502,
            json!({"error_code": "provider_error"}),
            (Standing::Provider, Exit::Provider),
        ),
    ] {
        let mut task = found(404, nobody(), None);
        assert!(crate::offboard::check::is_due(&begin, &task));
        task.apply(&verified(status, body, false));
        let standings = Standings::of(&begin, &[task, elsewhere.clone()]);
        assert_eq!((standings.standings[0], standings.exit), expected);
    }
}

#[test]
fn plans_alone_are_done_if_everybody_has_one_or_holds_nothing() {
    let nobody = || found(404, json!({"error_code": "not_found", "message": "no user"}), None);
    let nothing_held = || found(200, nothing(), Some(EMPTY));
    let exit = |tasks: &[Task]| exit_of_plans(&begin(), tasks);
    assert_eq!(exit(&[planned(), nothing_held()]), Exit::Done);
    for (task, expected) in [
        (nobody(), Exit::NotGone),
        (Task::new(described()), Exit::NotGone),
        (
            found(422, answer(422, &[("viewer", "inherited")]), Some(EMPTY)),
            Exit::NotGone,
        ),
        (
            found(502, json!({"error_code": "provider_error"}), None),
            Exit::Provider,
        ),
        (found(403, nothing_shown(), Some(EMPTY)), Exit::Unverified),
    ] {
        assert_eq!(exit(&[planned(), task.clone()]), expected, "{task:?}");
    }
    let mut begin = begin();
    begin.accept_no_such_user = true;
    assert_eq!(exit_of_plans(&begin, &[planned(), nobody()]), Exit::Done);
    assert_eq!(
        exit_of_plans(&begin, &[nobody()]),
        Exit::NotGone,
        "nobody knows the person"
    );
}

#[test]
fn gone_needs_the_last_verification() {
    let mut task = planned();
    assert_eq!(of(&task), (Standing::NotRun, 2, Exit::NotGone));
    task.apply(&intent());
    task.apply(&result(
        200,
        answer(200, &[("viewer", "removed"), ("editor", "removed")]),
    ));
    assert_eq!(of(&task), (Standing::Unverified, 1, Exit::Unverified));
    task.apply(&verified(200, nothing(), false));
    assert_eq!(of(&task), (Standing::Gone, 0, Exit::Done));
    // What an earlier reading said does not count for the last one.
    let mut looked_at = planned();
    looked_at.apply(&intent());
    let Event::Verified { reply, .. } = verified(200, nothing(), false) else {
        unreachable!()
    };
    looked_at.apply(&Event::Verified {
        task: 0,
        reply,
        is_bare: false,
        absent: Vec::new(),
        is_last: false,
    });
    assert_eq!(of(&looked_at), (Standing::Unverified, 1, Exit::Unverified));
    // Another role was granted meanwhile.
    task.apply(&verified(422, answer(422, &[("late", "held")]), false));
    assert_eq!(of(&task), (Standing::NotGone, 1, Exit::NotGone));
}

#[test]
fn a_user_whom_the_account_does_not_know_is_open_until_that_is_accepted() {
    let nobody = || found(404, json!({"error_code": "not_found", "message": "no user"}), None);
    let mut held = found(200, nothing(), Some(EMPTY));
    held.apply(&verified(200, nothing(), false));
    let mut begin = begin();
    let open = |begin: &Begin, tasks: &[Task]| Standings::of(begin, tasks).todos.len();
    assert_eq!(open(&begin, &[nobody(), held.clone()]), 1);
    begin.accept_no_such_user = true;
    assert_eq!(
        open(&begin, &[nobody(), held.clone()]),
        1,
        "what was accepted is looked at once more"
    );
    let mut looked_at = nobody();
    looked_at.apply(&verified(404, json!({"error_code": "not_found"}), false));
    assert_eq!(open(&begin, &[looked_at, held]), 0);
    // Nobody knows the person: it may be a misspelled address.
    assert_eq!(open(&begin, &[nobody(), nobody()]), 2);
}

#[test]
fn the_worst_decides_the_exit_code() {
    let unreachable = found(502, json!({"error_code": "provider_error"}), None);
    let unclear = found(403, nothing_shown(), Some(EMPTY));
    let held = found(422, answer(422, &[("viewer", "refused")]), Some(EMPTY));
    let exit = |tasks: &[Task]| Standings::of(&begin(), tasks).exit;
    assert_eq!(exit(&[unclear.clone(), unreachable.clone()]), Exit::Provider);
    assert_eq!(exit(&[unclear.clone(), held, unreachable]), Exit::NotGone);
    assert_eq!(exit(&[unclear]), Exit::Unverified);
}

#[test]
fn an_approval_that_ran_out_on_the_way_is_to_be_given_again() {
    for (reason, next) in [("approval_expired", APPROVE), ("rate_limited", RESUME)] {
        let mut task = planned();
        task.apply(&intent());
        let mut body = answer(422, &[("viewer", "removed"), ("editor", "not_attempted")]);
        body["role_outcomes"][1]["grants"][0]["reason"] = json!(reason);
        task.apply(&result(422, body));
        let todos = Standings::of(&begin(), &[task]).todos;
        assert!(todos.iter().any(|todo| todo.next == next), "{reason}: {todos:?}");
    }
}
