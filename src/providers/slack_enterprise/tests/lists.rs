//! Lists that are long, or that have rows that cannot be read.

use serde_json::{Value, json};

use crate::contract::types::{Outcome, UnknownRole};

use super::world::{Change, Instead, World, entries, outcomes, row};

/// Somebody else's assignments.
pub fn others(count: usize) -> impl Iterator<Item = Value> {
    (0..count).map(|n| {
        row(
            if n.is_multiple_of(3) { "Rl0C" } else { "Rl05" },
            "T01",
            &format!("U05{n:05}"),
        )
    })
}

#[test]
fn a_row_that_cannot_be_read_is_never_absence_and_the_others_go_on() {
    let broken = [
        json!(null),
        json!([]),
        json!("Rl0D"),
        json!({}),
        json!({"role_id": "Rl0D", "entity_id": "E01"}),
        json!({"role_id": "Rl0D", "entity_id": "E01", "user_id": null}),
        json!({"role_id": "Rl0D", "entity_id": "E01", "user_id": "u01"}),
        json!({"role_id": "Rl0D", "entity_id": "E01", "user_id": " U01 "}),
        json!({"role_id": "Rl0D", "entity_id": "e01", "user_id": "U01"}),
        json!({"role_id": "Rl0D", "entity_id": {}, "user_id": "U01"}),
        json!({"role_id": "Rl0D", "user_id": "U01"}),
        json!({"role_id": null, "entity_id": "E01", "user_id": "U01"}),
        json!({"role_id": "rl0d", "entity_id": "E01", "user_id": "U01"}),
        json!({"role_id": "Rl 0D", "entity_id": "E01", "user_id": "U01"}),
        json!({"entity_id": "E01", "user_id": "U01"}),
    ];
    for row in broken {
        let world = World::new(|slack| slack.rows.insert(1, row.clone()));
        let answer = world.ask(&["Rl0D", "Rl0C"]);
        let outcomes = outcomes(&answer);
        assert!(
            matches!(outcomes[0], Outcome::Unknown | Outcome::Refused),
            "{row}: {answer:?}"
        );
        let is_certain = row.get("role_id").is_some_and(Value::is_string);
        if is_certain {
            assert_eq!(outcomes[1], Outcome::Removed, "{row}: {answer:?}");
        }
        assert!(!world.slack.borrow().holds("Rl0C", "T01"), "{row}");
    }
}

#[test]
fn a_row_that_comes_again_on_a_later_page_may_hide_another_one() {
    let rows: Vec<Value> = others(200).collect();
    let list = |next: &str, rows: &[Value]| {
        let document = json!({"ok": true, "role_assignments": rows, "response_metadata": {"next_cursor": next}});
        Instead {
            request: "admin.roles.listAssignments",
            skip: 0,
            times: 1,
            document,
        }
    };
    let second = [row("Rl05", "T01", "U06"), rows[7].clone()];
    for (second, is_absent) in [(&second[..1], true), (&second[..], false)] {
        let world = World::new(|slack| {
            slack.changes.push(Change {
                request: "admin.roles.listAssignments",
                number: 2,
                change: |slack| slack.instead.retain(|instead| instead.times > 0),
            });
            slack.instead.extend([list("c1", &rows), list("", second)]);
        });
        let answer = world.ask(&["Rl0D"]);
        let absent = answer.is_ok() && outcomes(&answer) == [Outcome::AlreadyAbsent];
        assert_eq!(absent, is_absent, "{answer:?}");
    }
}

#[test]
fn rows_of_other_people_do_not_matter_whatever_they_look_like() {
    let world = World::new(|slack| {
        slack
            .rows
            .push(json!({"role_id": null, "entity_id": 7, "user_id": "U02"}));
        slack
            .rows
            .push(json!({"role_id": "Rl0D", "entity_id": "E01", "user_id": "U03", "new": [1]}));
    });
    assert_eq!(outcomes(&world.ask(&["Rl0D"])), [Outcome::AlreadyAbsent]);
}

#[test]
fn rows_with_the_other_kind_of_id_may_be_the_users_if_the_document_does_not_say() {
    let held = |user: &mut Value| user["enterprise_user"]["id"] = json!(null);
    let world = World::new(|slack| {
        held(&mut slack.user);
        slack.rows.push(row("Rl0D", "E01", "W09"));
    });
    assert_eq!(
        outcomes(&world.ask(&["Rl0D", "Rl0C"])),
        [Outcome::Unknown, Outcome::Removed]
    );
}

#[test]
fn a_long_list_is_narrowed_to_the_roles_of_the_request() {
    let world = World::new(|slack| {
        let own = std::mem::take(&mut slack.rows);
        slack.rows = others(12_000).chain(own).collect();
    });
    let answer = world.ask(&["Rl0C", "Rl0D", "RlUNKNOWN", "RlCUSTOM1"]);
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::Removed,
            Outcome::AlreadyAbsent,
            Outcome::NotFound,
            Outcome::Removed
        ],
        "{answer:?}"
    );
    let failure = answer.unwrap_err();
    assert!(
        failure
            .outcomes
            .iter()
            .all(|entry| entry.warnings.contains(&String::from("roles_not_whole")))
    );
    let user = failure.user.unwrap();
    assert!(
        user.roles.is_empty() && user.truncated == ["roles"],
        "never shown partly"
    );
    let shown = crate::contract::json::text::object(|fields| crate::contract::json::user(&user, &[], fields));
    assert!(!shown.contains("\"roles\""), "{shown}");
    let slack = world.slack.borrow();
    assert!(!slack.holds("Rl0C", "T01") && !slack.holds("Rl0C", "E01") && !slack.holds("RlCUSTOM1", "E01"));
    let unnarrowed = world.requests("listAssignments") - world.requests("listAssignments role_ids");
    assert_eq!(unnarrowed, 3, "two pages before the write and one after it");
}

#[test]
fn a_narrowed_list_needs_a_row_of_the_whole_one() {
    let world = World::new(|slack| {
        slack.instead.push(Instead {
            request: "listAssignments limit=200",
            skip: 0,
            times: usize::MAX,
            document: json!({"ok": true, "role_assignments": [], "response_metadata": {"next_cursor": "200"}}),
        });
    });
    // The whole list never ends, and shows nobody.
    let answer = world.ask(&["Rl0D"]);
    assert!(answer.is_err(), "{answer:?}");
    assert!(!outcomes(&answer).contains(&Outcome::AlreadyAbsent));
}

#[test]
fn account_types_need_no_assignments_of_a_long_list() {
    let world = World::new(|slack| {
        slack.rows = others(12_000).collect();
        slack.set_admin("T01");
    });
    let answer = world.ask(&["admin@T01"]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.requests("listAssignments role_ids"), 0);
    assert_eq!(answer.unwrap().user.truncated, ["roles"]);
}

#[test]
fn a_narrowed_read_back_needs_a_row_of_the_whole_list_too() {
    let world = World::new(|slack| {
        let own = std::mem::take(&mut slack.rows);
        slack.rows = others(1_000).chain(own).collect();
        slack.instead.push(Instead {
            request: "listAssignments?limit=200",
            skip: 2,
            times: usize::MAX,
            document: json!({"ok": true, "role_assignments": [], "response_metadata": {"next_cursor": ""}}),
        });
    });
    let answer = world.ask(&["RlCUSTOM1"]);
    assert_eq!(outcomes(&answer), [Outcome::Unverified], "{answer:?}");
}

#[test]
fn an_assignment_in_a_channel_is_another_one_and_is_named() {
    let world = World::new(|slack| slack.rows.push(row("Rl0A", "C01", "U01")));
    let answer = world.ask(&["Rl0A@T01"]);
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
    assert!(entries(&answer)[0].warnings.contains(&String::from("held_at:C01")));
}

#[test]
fn a_name_that_is_not_published_narrows_nothing() {
    let world = World::new(|slack| {
        let own = std::mem::take(&mut slack.rows);
        slack.rows = others(1_000).chain(own).collect();
    });
    let answer = world.ask(&["=Night Shift", "Rl0C"]);
    // A custom role is held, and may be called so.
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed], "{answer:?}");
    assert_eq!(world.requests("listAssignments role_ids"), 0);
    let answer = World::new(|slack| slack.rows.retain(|row| row["role_id"] != "RlCUSTOM1")).ask(&["=Night Shift"]);
    assert_eq!(outcomes(&answer), [Outcome::Refused], "{answer:?}");
}

#[test]
fn a_short_list_is_read_whole_and_shown() {
    let world = World::new(|slack| {
        let own = std::mem::take(&mut slack.rows);
        slack.rows = others(390).chain(own).collect();
    });
    let answer = world.ask(&["RlCUSTOM1"]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let user = answer.unwrap().user;
    assert_eq!(user.roles.len(), 2, "{:?}", user.roles);
}

#[test]
fn a_list_whose_end_cannot_be_told_proves_nothing() {
    for metadata in [json!("more"), json!({"next_cursor": 5}), json!([])] {
        let world = World::new(|slack| {
            slack.instead.push(Instead::always(
                "listAssignments",
                json!({"ok": true, "role_assignments": [], "response_metadata": metadata}),
            ));
        });
        assert_eq!(world.ask(&["Rl0D"]).unwrap_err().status, 502, "{metadata}");
    }
    for document in [json!({"ok": true}), json!({"ok": true, "role_assignments": null})] {
        let world = World::new(|slack| {
            slack.instead.push(Instead::always("listAssignments", document.clone()));
        });
        assert_eq!(world.ask(&["Rl0D"]).unwrap_err().status, 502, "{document}");
    }
}

#[test]
fn a_row_that_cannot_be_read_after_the_write_is_no_removal() {
    let world = World::new(|slack| {
        slack.instead.push(Instead {
            request: "listAssignments",
            skip: 1,
            times: usize::MAX,
            document: json!({
                "ok": true, "response_metadata": {"next_cursor": ""},
                "role_assignments": [
                    {"role_id": "Rl0C", "entity_id": "T01", "user_id": "u01"}, row("Rl0C", "E01", "U01"), row("RlCUSTOM1", "E01", "U01"),
                    row("Rl03", "E01", "U02"),
                ],
            }),
        });
    });
    let answer = world.ask(&["Rl0C@T01"]);
    assert_ne!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(entries(&answer)[0].grants[0].acknowledged);
}

/// A list that is too long to be read whole; it begins with these rows.
fn long(first: Vec<Value>) -> World {
    World::new(|slack| {
        let own = std::mem::replace(&mut slack.rows, first);
        slack.rows.extend(others(1_000));
        slack
            .rows
            .extend(own.into_iter().filter(|row| row["role_id"] != "Rl0C"));
    })
}

#[test]
fn what_the_whole_list_shows_counts_if_the_narrowed_one_lacks_it() {
    for first in [
        row("Rl0C", "T01", "U01"),
        json!(null),
        json!({"role_id": null, "user_id": "U01"}),
        row("rl0c", "T01", "U01"),
        json!({"role_id": "Rl0C", "user_id": "U01"}),
    ] {
        let world = long(vec![first.clone()]);
        if first == row("Rl0C", "T01", "U01") {
            world.slack.borrow_mut().instead.push(Instead {
                request: "listAssignments role_ids",
                skip: 0,
                times: usize::MAX,
                document: json!({"ok": true, "role_assignments": [], "response_metadata": {"next_cursor": ""}}),
            });
        }
        let answer = world.ask(&["Rl0C"]);
        assert!(
            matches!(outcomes(&answer)[0], Outcome::Unknown | Outcome::Refused),
            "{first}: {answer:?}"
        );
        assert_eq!(world.writes(), 0, "{first}");
    }
    // What both show is removed, and nothing more is asked for it.
    let world = long(vec![row("Rl0C", "T01", "U01")]);
    assert_eq!(outcomes(&world.ask(&["Rl0C", "RlCUSTOM1"])), [Outcome::Removed; 2]);
    let unnarrowed = world.requests("listAssignments") - world.requests("listAssignments role_ids");
    assert_eq!((unnarrowed, world.requests("listAssignments role_ids")), (3, 4));
}

#[test]
fn a_read_back_that_shows_a_role_on_one_list_is_not_settled() {
    let world = long(vec![row("Rl0C", "T01", "U01")]);
    world.slack.borrow_mut().instead.push(Instead {
        request: "listAssignments?limit=200",
        skip: 2,
        times: usize::MAX,
        document: json!({
            "ok": true, "response_metadata": {"next_cursor": "200"},
            "role_assignments": [row("Rl0C", "T01", "U01"), row("Rl03", "E01", "U02")],
        }),
    });
    let answer = world.ask(&["Rl0C", "RlCUSTOM1"]);
    assert_eq!(outcomes(&answer), [Outcome::Unverified; 2], "{answer:?}");
}

#[test]
fn a_role_that_somebody_has_is_not_unknown() {
    let mut world = long(vec![row("RlUNKNOWN", "T01", "U99")]);
    world.options.unknown_role = UnknownRole::Absent;
    assert_eq!(outcomes(&world.ask(&["RlUNKNOWN"])), [Outcome::Unknown]);
}
