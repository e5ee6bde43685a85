use serde_json::json;

use super::{examples::*, *};

fn outcomes(task: &Task) -> Vec<(Outcome, Option<Check>)> {
    task.grants.values().map(|grant| (grant.outcome, grant.check)).collect()
}

#[test]
fn what_was_removed_and_is_not_shown_any_more_is_gone() {
    let mut task = planned();
    assert_eq!((task.finding(), task.next()), (Finding::Goes(2), Next::Revoke));
    task.apply(&intent());
    assert_eq!(task.next(), Next::Verify, "nobody knows what came of it");
    task.apply(&result(
        200,
        answer(200, &[("viewer", "removed"), ("editor", "removed")]),
    ));
    assert_eq!(task.next(), Next::Nothing);
    assert!(
        task.grants
            .values()
            .all(|grant| grant.is_called_gone() && !grant.is_gone()),
        "not before the last verification"
    );
    task.apply(&verified(200, nothing(), false));
    assert!(task.is_verified && task.grants.values().all(Grant::is_gone), "{task:?}");
}

#[test]
fn what_is_held_again_is_not_gone() {
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(
        200,
        answer(200, &[("viewer", "removed"), ("editor", "removed")]),
    ));
    task.apply(&verified(422, answer(422, &[("viewer", "held")]), false));
    assert_eq!(
        outcomes(&task),
        [
            (Outcome::Removed, Some(Check::Gone)),
            (Outcome::Removed, Some(Check::Held))
        ]
    );
    // Nobody confirmed that what came back is removed, too.
    assert!(!task.grants.values().all(Grant::is_gone));
    assert_eq!(task.next(), Next::Nothing);
}

#[test]
fn readings_that_prove_nothing_prove_nothing() {
    let mut removed = planned();
    removed.apply(&intent());
    removed.apply(&result(
        200,
        answer(200, &[("viewer", "removed"), ("editor", "removed")]),
    ));
    // A gap, and a whole reading that shows nothing.
    for (is_bare, is_gone) in [(false, false), (true, true)] {
        let mut task = removed.clone();
        task.apply(&verified(500, nothing_shown(), is_bare));
        assert_eq!(task.grants.values().all(Grant::is_gone), is_gone, "{task:?}");
        assert_eq!(task.gap.is_some(), !is_bare);
    }
    // Without a removal that was confirmed, such a reading is not enough.
    let mut cut_off = planned();
    cut_off.apply(&intent());
    cut_off.apply(&verified(500, nothing_shown(), true));
    assert_eq!(outcomes(&cut_off), [(Outcome::Unknown, Some(Check::NotShown)); 2]);
    assert_eq!(cut_off.next(), Next::Nothing);
    assert!(!cut_off.grants.values().any(Grant::is_gone));
}

#[test]
fn what_a_reading_by_name_proves_absent_is_gone_beside_a_gap() {
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(
        200,
        answer(200, &[("viewer", "removed"), ("editor", "removed")]),
    ));
    let Event::Verified {
        task: number, reply, ..
    } = verified(500, nothing_shown(), false)
    else {
        unreachable!()
    };
    let absent = task.targets().take(1).map(|grant| grant.key.clone()).collect();
    task.apply(&Event::Verified {
        task: number,
        reply,
        is_bare: false,
        absent,
        is_last: true,
    });
    let gone: Vec<bool> = task.grants.values().map(Grant::is_gone).collect();
    assert_eq!(gone, [true, false]);
    assert!(task.gap.is_some());
}

#[test]
fn what_was_acknowledged_and_is_not_shown_once_reads_have_settled_is_gone() {
    let mut body = answer(500, &[("viewer", "unverified"), ("editor", "unverified")]);
    // One of the two was not acknowledged.
    body["role_outcomes"][0]["grants"][0]["acknowledged_at"] = json!("2026-01-31T09:30:00Z");
    body["role_outcomes"][0]["grants"][0]["verify_after"] = json!("2026-01-31T09:31:30Z");
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(500, body));
    assert_eq!(task.next(), Next::Verify);
    assert_eq!(task.settles_at(), Some(Duration::from_secs(1_769_851_890)));
    task.apply(&verified(500, nothing_shown(), true));
    let gone: Vec<bool> = task.grants.values().map(Grant::is_gone).collect();
    assert_eq!(gone, [false, true], "{task:?}");
}

#[test]
fn what_was_cut_off_is_looked_at_and_sent_again_if_it_is_held() {
    let mut task = planned();
    task.apply(&intent());
    task.apply(&verified(422, answer(422, &[("viewer", "held")]), false));
    assert_eq!(
        outcomes(&task),
        [
            (Outcome::AlreadyAbsent, Some(Check::Gone)),
            (Outcome::Planned, Some(Check::Held))
        ]
    );
    assert_eq!(task.next(), Next::Revoke);
    // A stale reading settles nothing.
    let mut task = planned();
    task.apply(&intent());
    task.apply(&verified(500, answer(500, &[("viewer", "unknown")]), false));
    assert_eq!(task.next(), Next::Verify);
}

#[test]
fn an_answer_that_says_nothing_leaves_it_in_doubt_only_if_something_was_sent() {
    for (sent, next) in [(true, Next::Verify), (false, Next::Revoke)] {
        let mut task = planned();
        task.apply(&intent());
        task.apply(&result(
            502,
            json!({"error_code": "provider_error", "retryable": true, "sent": sent}),
        ));
        assert_eq!((task.is_in_doubt, task.next()), (sent, next));
    }
}

#[test]
fn what_an_answer_does_not_list_is_absent_only_if_it_is_whole() {
    let whole = answer(200, &[("viewer", "removed")]);
    let mut gaps = answer(500, &[("viewer", "removed")]);
    gaps["role_outcomes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"outcome": "unknown", "message": "more may be held"}));
    for (body, outcome) in [(whole, Outcome::AlreadyAbsent), (gaps, Outcome::Unknown)] {
        let mut task = planned();
        task.apply(&intent());
        task.apply(&result(500, body));
        assert_eq!(outcomes(&task)[0].0, outcome, "{task:?}");
    }
}

#[test]
fn a_changed_plan_is_not_sent_again_and_says_nothing_of_a_grant() {
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(
        422,
        json!({"error_code": "plan_changed", "sent": false, "user": {"id": "u-1"}, "role_outcomes": [{"outcome": "refused", "reason": "plan_changed"}]}),
    ));
    assert_eq!((task.next(), task.is_in_doubt), (Next::Nothing, false));
    assert_eq!(outcomes(&task), [(Outcome::Planned, None); 2]);
}

/// What a read answers that the provider refuses with 409, in words of ours.
fn conflict() -> serde_json::Value {
    json!({"error_code": "not_removed", "truto_is_remote_error": true, "message": "HTTP 409"})
}

#[test]
fn what_a_provider_refuses_now_is_tried_again_later() {
    // In a revoke that sent nothing.
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(409, conflict()));
    assert_eq!((task.is_in_doubt, task.next()), (false, Next::Revoke));
    // In the reading after a revoke that was cut off.
    let mut task = planned();
    task.apply(&intent());
    task.apply(&verified(409, conflict(), false));
    assert_eq!(task.next(), Next::Verify);
    task.apply(&verified(422, answer(422, &[("viewer", "held")]), false));
    assert_eq!((task.next(), task.failure.is_none()), (Next::Revoke, true));
    // In the last verification, of which no refusal is left once a later one is good.
    for status in [400, 404, 409, 422] {
        let mut task = planned();
        task.apply(&intent());
        task.apply(&result(
            200,
            answer(200, &[("viewer", "removed"), ("editor", "removed")]),
        ));
        let mut refused = conflict();
        if status == 404 {
            refused["error_code"] = json!("not_found");
        }
        task.apply(&verified(status, refused, false));
        assert!(!task.grants.values().any(Grant::is_gone));
        task.apply(&verified(200, nothing(), false));
        assert!(task.failure.is_none() && !task.is_user_gone, "{status}");
        assert!(task.grants.values().all(Grant::is_gone));
    }
}

#[test]
fn a_refusal_of_the_service_is_final_and_a_reading_does_not_take_it_back() {
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(
        422,
        json!({"error_code": "plan_changed", "role_outcomes": [{"outcome": "refused"}]}),
    ));
    task.apply(&verified(409, conflict(), false));
    task.apply(&verified(422, answer(422, &[("viewer", "held")]), false));
    assert_eq!(task.next(), Next::Nothing);
    assert!(task.refusal.as_ref().is_some_and(|refusal| refusal.is("plan_changed")));
    // A reading that is refused in such words is no refusal of a revoke.
    let mut task = planned();
    task.apply(&intent());
    task.apply(&verified(400, json!({"error_code": "invalid_request"}), false));
    assert_eq!((task.refusal.is_none(), task.next()), (true, Next::Verify));
}

#[test]
fn a_reading_of_somebody_else_says_nothing() {
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(
        200,
        answer(200, &[("viewer", "removed"), ("editor", "removed")]),
    ));
    let mut other = nothing();
    other["id"] = json!("u-2");
    task.apply(&verified(200, other, false));
    assert_eq!(outcomes(&task), [(Outcome::Removed, Some(Check::Unclear)); 2]);
}

#[test]
fn a_grant_that_cannot_be_read_is_a_gap() {
    let mut body = answer(200, &[("viewer", "removed"), ("editor", "removed")]);
    body["role_outcomes"][1]["grants"][0]
        .as_object_mut()
        .unwrap()
        .remove("role_id");
    let mut task = planned();
    task.apply(&intent());
    task.apply(&result(200, body));
    assert_eq!(outcomes(&task), [(Outcome::Unknown, None), (Outcome::Removed, None)]);
}

#[test]
fn nothing_is_sent_without_the_approval_that_is_needed() {
    let mut task = planned();
    task.described.approval_required = true;
    assert_eq!((task.lacks_approval(), task.next()), (true, Next::Nothing));
    task.apply(&Event::Approved {
        task: 0,
        approval: String::from("jws"),
    });
    assert_eq!(task.next(), Next::Revoke);
}
