//! Removals of assignments, and the two ids of one person.

use serde_json::json;

use crate::contract::types::Outcome;

use super::world::{Instead, World, entries, error, outcomes, reason, row};

#[test]
fn a_rejected_entity_is_refused_for_its_own_sake_and_the_rest_is_removed() {
    for code in ["invalid_auth", "cannot_modify_role_admin", "user_is_not_member"] {
        let world = World::new(|slack| slack.rejected = vec![json!({"id": "E01", "error": code})]);
        let answer = world.ask(&["Rl0C", "RlCUSTOM1@T01"]);
        let grants: Vec<_> = entries(&answer)[0]
            .grants
            .iter()
            .map(|grant| (grant.outcome, grant.acknowledged, grant.reason.as_deref()))
            .collect();
        let failure = answer.as_ref().unwrap_err();
        assert_eq!(failure.status, 422, "{code}: {failure:?}");
        assert!(grants.contains(&(Outcome::Removed, true, None)), "{code}: {grants:?}");
        let refused = grants
            .iter()
            .find(|(outcome, ..)| *outcome == Outcome::Refused)
            .unwrap();
        assert_ne!(refused.2, Some("credentials_rejected"), "{code}");
        assert!(world.slack.borrow().holds("Rl0C", "E01") && !world.slack.borrow().holds("Rl0C", "T01"));
    }
}

#[test]
fn what_is_rejected_without_an_id_leaves_the_rest_unacknowledged() {
    for rejected in [
        json!(null),
        json!({"error": "invalid_auth"}),
        json!({"id": "e01", "error": "invalid_auth"}),
        json!({"id": "T07", "error": "invalid_auth"}),
        json!("E01"),
    ] {
        for rejections in [
            json!([rejected]),
            json!([{"id": "E01", "error": "invalid_auth"}, rejected]),
        ] {
            let world = World::new(|slack| {
                slack.instead.push(Instead::always(
                    "removeAssignments",
                    json!({"ok": false, "error": "failed_for_some_entities", "rejected_entities": rejections}),
                ));
            });
            let answer = world.ask(&["Rl0C"]);
            let grants = &entries(&answer)[0].grants;
            assert!(
                grants.iter().all(|grant| !grant.acknowledged),
                "{rejections}: {grants:?}"
            );
            assert!(
                grants.iter().all(|grant| grant.outcome != Outcome::Removed),
                "{rejections}"
            );
        }
    }
}

#[test]
fn without_a_list_of_what_was_rejected_nothing_is_acknowledged() {
    for code in [
        "failed_for_some_entities",
        "failed_for_some_users",
        "failed_for_some_users_and_entities",
    ] {
        for rejected in [json!(null), json!([]), json!("E01"), json!({"id": "E01"})] {
            let world = World::new(|slack| {
                slack.instead.push(Instead::always(
                    "removeAssignments",
                    json!({"ok": false, "error": code, "rejected_entities": rejected}),
                ));
            });
            let answer = world.ask(&["Rl0C"]);
            let grants = &entries(&answer)[0].grants;
            assert!(
                grants.iter().all(|grant| !grant.acknowledged),
                "{code} {rejected}: {grants:?}"
            );
            assert!(
                grants.iter().all(|grant| grant.outcome == Outcome::Failed),
                "{code} {rejected}: {grants:?}"
            );
        }
    }
}

#[test]
fn an_ok_that_rejects_or_names_an_error_is_no_acknowledgement() {
    for document in [
        json!({"ok": true, "rejected_users": [{"id": "U01", "error": "x"}]}),
        json!({"ok": true, "error": "internal_error"}),
        json!({"ok": null}),
        json!({"ok": {}}),
        json!([]),
    ] {
        let world = World::new(|slack| {
            slack
                .instead
                .push(Instead::always("removeAssignments", document.clone()));
        });
        let answer = world.ask(&["Rl0C@T01"]);
        assert!(!entries(&answer)[0].grants[0].acknowledged, "{document}: {answer:?}");
        assert_ne!(outcomes(&answer), [Outcome::Removed], "{document}");
    }
}

#[test]
fn an_internal_error_inside_a_200_is_asked_again() {
    for (request, code) in [
        ("removeAssignments", "internal_error"),
        ("removeAssignments", "service_unavailable"),
        ("removeAssignments", "ratelimited"),
        ("listAssignments", "fatal_error"),
        ("users.info", "ratelimited"),
    ] {
        let world = World::new(|slack| {
            slack.instead.push(Instead {
                request,
                skip: 0,
                times: 1,
                document: error(code),
            });
        });
        let answer = world.ask(&["Rl0C@T01"]);
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{request} {code}: {answer:?}");
    }
    for (code, status) in [("missing_scope", 403), ("invalid_auth", 401), ("internal_error", 502)] {
        let world = World::new(|slack| {
            slack.instead.push(Instead::always("listAssignments", error(code)));
        });
        assert_eq!(world.ask(&["Rl0C@T01"]).unwrap_err().status, status, "{code}");
    }
}

#[test]
fn duplicate_rows_are_one_grant_and_fields_of_the_request_do_not_replace_ours() {
    let world = World::new(|slack| slack.rows.push(row("Rl0C", "T01", "U01")));
    assert_eq!(outcomes(&world.ask(&["Rl0C@T01"])), [Outcome::Removed]);
    let writes = world.slack.borrow().writes.clone();
    assert_eq!(
        writes[0].1,
        json!({"role_id": "Rl0C", "entity_ids": ["T01"], "user_ids": ["U01"]})
    );
}

#[test]
fn one_person_may_be_asked_for_by_either_id() {
    // The document names both.
    let world = World::new(|slack| slack.user["enterprise_user"]["id"] = json!("W09"));
    assert_eq!(outcomes(&world.ask_for("W09", &["Rl0C"])), [Outcome::Removed]);
    // The rows have one, the document has both, and the removal names what the rows have.
    let world = World::new(|slack| {
        slack.user["enterprise_user"]["id"] = json!("W09");
        slack.rows = vec![row("Rl0C", "T01", "W09"), row("Rl0C", "E01", "U01")];
    });
    assert_eq!(outcomes(&world.ask(&["Rl0C"])), [Outcome::Removed]);
    let users: Vec<_> = world
        .slack
        .borrow()
        .writes
        .iter()
        .map(|(_, body)| body["user_ids"].clone())
        .collect();
    assert_eq!(users, [json!(["W09"]), json!(["U01"])]);
    // The document names one of them: the exchange of ids tells, or that Slack answers the one with the other.
    for (asked, map, is_same) in [
        ("W05", json!({"ok": true, "user_id_map": {"W05": "U01"}}), true),
        ("U05", json!({"ok": true, "user_id_map": {"U05": "U01"}}), true),
        ("W05", error("missing_scope"), true),
        ("W05", json!({"ok": true, "user_id_map": {"W05": "U02"}}), false),
        ("W05", json!({"ok": true, "user_id_map": null}), false),
        ("U05", error("missing_scope"), false),
    ] {
        let world = World::new(|slack| {
            slack.instead.push(Instead::always("migration.exchange", map.clone()));
        });
        let answer = world.ask_for(asked, &["Rl0C"]);
        if is_same {
            assert_eq!(outcomes(&answer), [Outcome::Removed], "{map}: {answer:?}");
            assert_eq!(world.requests("migration.exchange"), 1);
        } else {
            let failure = answer.unwrap_err();
            assert_eq!(
                (failure.status, failure.retryable, failure.sent),
                (422, false, false),
                "{map}"
            );
        }
    }
}

#[test]
fn a_former_name_means_what_is_held_and_never_the_other_role() {
    let name = "=Message Activity Manager";
    let holding =
        |roles: &[&str]| World::new(|slack| slack.rows.extend(roles.iter().map(|role| row(role, "E01", "U01"))));
    let world = holding(&["Rl0E"]);
    assert_eq!(outcomes(&world.ask(&[name])), [Outcome::Removed]);
    assert_eq!(outcomes(&holding(&[]).ask(&[name])), [Outcome::AlreadyAbsent]);
    for roles in [&["Rl04"][..], &["Rl04", "Rl0E"]] {
        let world = holding(roles);
        let answer = world.ask(&[name]);
        assert_eq!(reason(&answer, 0), Some("ambiguous"), "{answer:?}");
        assert_eq!(world.writes(), 0);
    }
    // Beside an id it contradicts nothing.
    let world = holding(&["Rl04"]);
    assert_eq!(
        outcomes(&world.ask(&["Rl04=Message Activity Manager"])),
        [Outcome::Removed]
    );
}
