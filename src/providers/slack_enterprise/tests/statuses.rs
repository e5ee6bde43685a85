//! Error codes under another status than 2xx: the status says what they mean.

use serde_json::{Value, json};

use crate::contract::types::{Outcome, UnknownRole};

use super::{
    lists::others,
    world::{Instead, World, entries, error, outcomes},
};

/// A request that is answered with a document under a status.
fn answering(world: &World, request: &'static str, status: u16, document: Value) {
    let mut slack = world.slack.borrow_mut();
    slack.statuses.push((request, status));
    slack.instead.push(Instead {
        request,
        skip: 0,
        times: usize::MAX,
        document,
    });
}

#[test]
fn a_workspace_is_refused_only_by_slacks_own_answer() {
    for (status, code) in [
        (409, "invalid_auth"),
        (503, "team_not_found"),
        (408, "team_access_not_granted"),
        (400, "access_denied"),
    ] {
        let world = World::new(|slack| {
            slack.set_admin("T01");
            slack.set_admin("T02");
        });
        answering(&world, "owners.list?team_id=T02", status, error(code));
        let answer = world.ask(&["admin"]);
        assert!(answer.is_err(), "{status} {code}: {answer:?}");
        assert!(
            !outcomes(&answer).contains(&Outcome::Removed),
            "{status} {code}: {answer:?}"
        );
    }
}

#[test]
fn a_role_is_unknown_only_by_slacks_own_answer() {
    for status in [404, 409, 503] {
        let mut world = World::new(|slack| slack.rows = others(1_000).collect());
        world.options.unknown_role = UnknownRole::Absent;
        answering(&world, "listAssignments role_ids", status, error("invalid_role_id"));
        let answer = world.ask(&["RlCUSTOM1"]);
        assert!(answer.is_err(), "{status}: {answer:?}");
    }
    for (status, expected) in [(503, 502), (200, 404)] {
        let world = World::new(|_| {});
        answering(&world, "users.info", status, error("user_not_found"));
        assert_eq!(world.ask(&["Rl0C"]).unwrap_err().status, expected, "{status}");
    }
}

#[test]
fn a_removal_is_acknowledged_only_by_slacks_own_answer() {
    for status in [500, 409] {
        let world = World::new(|_| {});
        let rejected = json!([{"id": "E01", "error": "invalid_auth"}]);
        let document = json!({"ok": false, "error": "failed_for_some_entities", "rejected_entities": rejected});
        answering(&world, "removeAssignments", status, document);
        let answer = world.ask(&["Rl0C"]);
        let grants = &entries(&answer)[0].grants;
        assert!(grants.iter().all(|grant| !grant.acknowledged), "{status}: {grants:?}");
    }
}

#[test]
fn ids_of_one_person_are_told_apart_by_slacks_own_answer() {
    for (status, is_same) in [(200, true), (409, false)] {
        let world = World::new(|_| {});
        answering(&world, "migration.exchange", status, error("missing_scope"));
        let answer = world.ask_for("W05", &["Rl0C"]);
        assert_eq!(answer.is_ok(), is_same, "{status}: {answer:?}");
    }
}
