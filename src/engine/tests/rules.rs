//! The general rules beside the outcome table.

use std::time::Duration;

use crate::{
    client::Repeat,
    contract::types::{Organization, StrictScope},
    fake::Reaction,
    transport::TransportError,
};

use super::world::{Case, Read, Revoke, entries, ok, outcomes, status};

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn duplicates_share_one_result_and_one_request() {
    let case = Case::holding(&["a@o1"]);
    let answer = case.ask(&["a", "=Name a", "a"]);
    assert_eq!(outcomes(&answer), ["removed"; 3]);
    assert_eq!(case.writes_seen(), 1);
}

#[test]
fn an_unscoped_id_means_every_direct_grant_of_it() {
    let case = Case::holding(&["a@o1", "a@o2", "b@o1"]);
    let answer = case.ask(&["a"]);
    assert_eq!(entries(&answer)[0].grants.len(), 2);
    assert_eq!(case.held(), ["b@o1"]);
}

#[test]
fn strict_scope_makes_several_scopes_ambiguous() {
    let mut case = Case::holding(&["a@o1", "a@o2"]);
    case.options.strict_scope = StrictScope::Strict;
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!(case.held().len(), 2);

    assert!(case.ask(&["a@o2"]).is_ok());
    assert_eq!(case.held(), ["a@o1"]);
}

#[test]
fn a_grant_that_two_rows_show_is_one_grant() {
    for strict_scope in [StrictScope::Strict, StrictScope::Lenient] {
        let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
            let twice = String::from(r#"{"grants": ["a@o1", "a@o1", "b@o1"]}"#);
            world.reads = vec![Read::Instead(Reaction::Answer(200, Vec::new(), twice))];
        });
        case.options.strict_scope = strict_scope;
        let answer = case.ask(&["a"]);
        assert_eq!(entries(&answer)[0].grants.len(), 1, "{answer:?}");
        assert!(answer.is_ok());
        assert_eq!(case.held(), ["b@o1"]);
    }
}

#[test]
fn strict_scope_can_be_the_accounts_default() {
    let mut case = Case::holding(&["a@o1", "a@o2"]);
    case.general.strict_scope = true;
    assert!(case.ask(&["a"]).is_err());
    case.options.strict_scope = StrictScope::Lenient;
    assert!(case.ask(&["a"]).is_ok());
}

#[test]
fn organizations_narrow_the_roles() {
    let mut case = Case::holding(&["a@o1", "a@o2", "a@o3"]);
    case.organizations = ["o1", "o3"]
        .map(|id| Organization {
            id: Some(id.to_owned()),
            name: None,
        })
        .to_vec();
    assert!(case.ask(&["a"]).is_ok());
    assert_eq!(case.held(), ["a@o2"]);
    assert_eq!(
        case.ask(&["a@o2"]).unwrap_err().status,
        400,
        "a scope outside of the narrowing contradicts it"
    );
}

#[test]
fn organizations_alone_are_refused_where_there_is_no_such_link() {
    let mut case = Case::holding(&["a@o1"]);
    case.organizations = vec![Organization {
        id: Some(String::from("o1")),
        name: None,
    }];
    let failure = case.ask(&[]).unwrap_err();
    assert_eq!(
        (failure.status, failure.outcomes[0].reason.as_deref()),
        (422, Some("not_supported"))
    );
}

#[test]
fn one_bad_entry_does_not_block_the_others() {
    let case = Case::holding(&["a@o1", "b@o1/Admins", "c@o1"]);
    let answer = case.ask(&["a", "b", "zzz", "c"]);
    assert_eq!(outcomes(&answer), ["removed", "inherited", "not_found", "removed"]);
    assert_eq!(case.held(), ["b@o1/Admins"]);
    assert_eq!(answer.unwrap_err().status, 422);
}

#[test]
fn an_atomic_batch_that_is_refused_is_repeated_grant_by_grant() {
    let case = Case::holding(&["a@o1", "b@o1", "c@o1"]).with(|world| world.directory = vec!["a", "c"]);
    let answer = case.ask(&["a", "b", "c"]);
    assert_eq!(outcomes(&answer), ["removed", "refused", "removed"]);
    assert_eq!(case.held(), ["b@o1"]);
    assert_eq!(case.writes_seen(), 4);
}

#[test]
fn the_repetition_grant_by_grant_is_bounded() {
    let held: Vec<String> = (0..20).map(|n| format!("r{n}@o1")).collect();
    let held: Vec<&str> = held.iter().map(String::as_str).collect();
    let case = Case::holding(&held);
    let asked: Vec<&str> = held.iter().map(|grant| grant.split('@').next().unwrap()).collect();
    let answer = case.ask(&asked);
    let said = outcomes(&answer);
    let (tried, rest) = said.split_at(8);
    assert_eq!(tried, ["refused"; 8]);
    assert_eq!(rest, ["not_attempted"; 12]);
    assert_eq!(
        case.writes_seen(),
        1 + 8 + 1,
        "and the rest once more, without those eight"
    );
}

#[test]
fn a_stale_read_back_is_polled_until_it_settles() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.stale_for = seconds(4));
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["removed"]);
    assert!(case.reads_seen() > 2 && case.transport.elapsed() >= seconds(4));
}

#[test]
fn a_read_back_that_omits_an_untouched_grant_once_is_not_believed() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.reads = vec![Read::Good, Read::Without("b@o1")];
    });
    let success = case.ask(&["a"]).unwrap();
    assert_eq!(case.reads_seen(), 3);
    assert_eq!(success.user.roles.len(), 1);
}

#[test]
fn acknowledged_at_of_an_earlier_call_ends_the_window_and_can_only_make_the_answer_worse() {
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.keeps.push("a"));
    case.general.staleness_window = Some(seconds(90));
    case.options.acknowledged_at = Some(String::from("2026-01-31T09:28:00Z"));
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["failed"]);

    // A time in the future does not lengthen the window, and a time in the past does not make a role gone.
    let mut case = Case::holding(&["a@o1"]).with(|world| world.keeps.push("a"));
    case.options.acknowledged_at = Some(String::from("2027-01-01T00:00:00Z"));
    assert_eq!(outcomes(&case.ask(&["a"])), ["failed"]);
}

#[test]
fn no_write_starts_when_less_than_forty_percent_of_the_deadline_is_left() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        world.reads.push(Read::Instead(Reaction::After(
            seconds(9),
            Box::new(Reaction::Answer(
                200,
                Vec::new(),
                String::from(r#"{"grants":["a@o1"]}"#),
            )),
        )));
    });
    let mut case = case;
    case.options.deadline = Some(10_000);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["not_attempted"]);
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.sent, case.writes_seen()), (504, false, 0));
}

#[test]
fn a_write_that_is_cut_off_counts_as_sent_and_leaves_time_for_the_read_back() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.revokes.push(Revoke::Then(Reaction::Silence)));
    let answer = case.ask(&["a"]);
    assert_eq!(
        outcomes(&answer),
        ["removed"],
        "the read-back shows that it had its effect"
    );
    assert!(case.transport.elapsed() < seconds(25));
}

#[test]
fn the_deadline_ends_everything() {
    let case =
        Case::holding(&["a@o1"]).with(|world| world.reads = (0..9).map(|_| Read::Instead(Reaction::Silence)).collect());
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!((failure.status, failure.sent), (504, false));
    assert!(case.transport.elapsed() <= seconds(25));
}

#[test]
fn a_set_subtraction_is_sent_again_after_a_rate_limit() {
    let limited = Reaction::Answer(429, vec![("retry-after", String::from("3"))], String::from("{}"));
    let case = Case::holding(&["a@o1"]).with(|world| world.revokes.push(Revoke::Instead(limited)));
    assert!(case.ask(&["a"]).is_ok());
    let posts = case.posts();
    assert_eq!(posts[1] - posts[0], seconds(3));
}

#[test]
fn a_rate_limit_that_outlasts_the_deadline_is_reported_with_its_wait() {
    let case = Case::holding(&["a@o1"]).with(|world| {
        let limited = Reaction::Answer(429, vec![("retry-after", String::from("61"))], String::from("{}"));
        world.revokes.push(Revoke::Instead(limited));
    });
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!((failure.status, failure.retry_after), (429, Some(61)));
    assert_eq!(case.writes_seen(), 1);
}

#[test]
fn a_write_of_the_reread_class_is_never_sent_again_without_a_read_between() {
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world
            .revokes
            .push(Revoke::Instead(Reaction::Fail(TransportError::NoAnswer(String::from(
                "reset",
            )))));
    });
    case.provider.repeat = Repeat::Reread;
    case.provider.verification.rounds = 3;
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["removed"]);
    let order: Vec<&str> = case.transport.seen.borrow().iter().map(|seen| seen.method).collect();
    assert_eq!(order, ["GET", "POST", "GET", "POST", "GET"]);
}

#[test]
fn a_role_that_comes_back_is_removed_again_and_then_reported() {
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.appears = [1, 3, 5]
            .map(|at| (crate::fake::START + seconds(at), String::from("a@o1")))
            .to_vec();
    });
    case.provider.repeat = Repeat::Reread;
    case.provider.verification.rounds = 3;
    case.provider.verification.earliest = seconds(2);
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("concurrent_change"));
    assert_eq!(case.writes_seen(), 3);
    assert_eq!(failure.status, 422);
}

#[test]
fn a_read_that_may_come_too_early_is_waited_for() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.verification.earliest = seconds(2);
    assert!(case.ask(&["a"]).is_ok());
    let seen = case.transport.seen.borrow();
    let last = seen.last().unwrap();
    assert_eq!(
        (seen[2].at, seen[2].method),
        (seen[1].at, "GET"),
        "one read is made at once"
    );
    assert!(last.at - seen[1].at >= seconds(2), "and a later one decides");
}

#[test]
fn a_matching_grant_that_appears_meanwhile_is_reported_and_not_claimed() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world
            .revokes
            .push(Revoke::Then(Reaction::After(seconds(1), Box::new(ok()))));
        world
            .appears
            .push((crate::fake::START + seconds(1), String::from("a@o2")));
    });
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["not_attempted"]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("appeared_after_read"));
    assert_eq!((failure.status, failure.retryable), (500, true));
    assert_eq!(case.held(), ["a@o2", "b@o1"]);
    // Repeating the call continues where it stopped.
    assert!(case.ask(&["a"]).is_ok());
}

#[test]
fn unverified_is_a_success_only_if_it_is_accepted_and_the_role_is_still_listed() {
    let mut case = Case::holding(&["a@o1"]).with(|world| world.stale_for = seconds(500));
    case.general.staleness_window = Some(seconds(90));
    case.options.accept_unverified = true;
    let success = case.ask(&["a"]).unwrap();
    assert_eq!(
        crate::contract::json::outcome_name(success.outcomes[0].outcome),
        "unverified"
    );
    assert_eq!(success.user.roles.len(), 1);
}

#[test]
fn before_anything_is_acknowledged_the_first_status_that_applies_is_given() {
    let mut case = Case::holding(&["a@o1", "b@o1", "c@o1/Admins"]).with(|world| {
        world.revokes = vec![Revoke::Instead(status(403)), Revoke::Instead(status(401))];
    });
    case.provider.batch = false;
    let failure = case.ask(&["a", "b", "c", "zzz"]).unwrap_err();
    assert_eq!(failure.status, 401);
}

#[test]
fn a_repeat_after_success_is_already_absent() {
    let case = Case::holding(&["a@o1"]);
    assert_eq!(outcomes(&case.ask(&["a"])), ["removed"]);
    assert_eq!(outcomes(&case.ask(&["a"])), ["already_absent"]);
}

#[test]
fn id_and_name_that_contradict_each_other_are_refused() {
    let case = Case::holding(&["a@o1"]);
    let request = crate::contract::types::Role {
        id: Some(String::from("a")),
        name: Some(String::from("Name b")),
        group: None,
        organization: None,
        workspace: None,
    };
    let failure = case.ask_roles(vec![request]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("name_mismatch"));
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn a_stale_read_after_a_write_of_the_reread_class_is_waited_out_and_not_answered_with_another_write() {
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.stale_for = seconds(4));
    case.provider.repeat = Repeat::Reread;
    case.provider.verification.rounds = 3;
    assert_eq!(outcomes(&case.ask(&["a"])), ["removed"]);
    assert_eq!(case.writes_seen(), 1);
}

#[test]
fn a_rate_limit_on_a_write_that_is_not_re_sent_is_waited_out_once_and_planned_afresh() {
    let limited = || Reaction::Answer(429, vec![("retry-after", String::from("2"))], String::from("{}"));
    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| world.revokes.push(Revoke::Instead(limited())));
    case.provider.repeat = Repeat::Reread;
    assert_eq!(outcomes(&case.ask(&["a"])), ["removed"]);
    assert_eq!(case.writes_seen(), 2);

    let mut case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.revokes.push(Revoke::Instead(limited()));
        world.revokes.push(Revoke::Instead(limited()));
    });
    case.provider.repeat = Repeat::Reread;
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["not_attempted"]);
    assert_eq!(answer.unwrap_err().status, 429);
    assert_eq!((case.writes_seen(), case.held().len()), (2, 2));
}

#[test]
fn the_name_of_an_organization_that_narrows_is_refused_and_never_ignored() {
    for name in ["Totally Other", "", "undefined"] {
        let mut case = Case::holding(&["a@o1"]);
        case.organizations = vec![Organization {
            id: Some(String::from("o1")),
            name: Some(name.to_owned()),
        }];
        let failure = case.ask(&["a"]).unwrap_err();
        assert_eq!(
            (failure.status, failure.field.as_deref(), failure.sent),
            (400, Some("organizations[0].name"), false),
            "{name}"
        );
        assert_eq!((case.reads_seen(), case.writes_seen()), (0, 0));
    }
}
