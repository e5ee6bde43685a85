//! Owners and admins.

use serde_json::{Value, json};

use crate::contract::types::{Mode, Outcome, SideEffect, ViaKind};

use super::world::{Change, Instead, World, entries, error, outcomes, reason};

const ALL: &[SideEffect] = &[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere];

#[test]
fn an_admin_who_was_promoted_meanwhile_is_not_demoted() {
    for allow in [&[][..], ALL] {
        let world = World::new(|slack| {
            slack.set_admin("T01");
            slack.changes.push(Change {
                request: "users.info",
                number: 2,
                change: |slack| {
                    slack.admins.insert("T01", Vec::new());
                    slack.set_owner("T01");
                },
            });
        })
        .allowing(allow);
        let answer = world.ask(&["admin@T01"]);
        assert_eq!(world.writes(), 0, "{answer:?}");
        assert!(world.slack.borrow().is_owner("T01"));
        assert!(
            matches!(
                outcomes(&answer)[0],
                Outcome::Failed | Outcome::Inherited | Outcome::Unknown
            ),
            "{answer:?}"
        );
    }
}

#[test]
fn what_a_demotion_in_the_organization_would_take_besides_is_read_again() {
    let cases: [fn(&mut super::world::Slack); 3] = [
        |slack| slack.set_owner("T02"),
        |slack| {
            slack.set_above("is_admin", false);
            slack.set_above("is_owner", true);
        },
        |slack| {
            slack
                .instead
                .push(Instead::always("owners.list", error("team_not_found")));
        },
    ];
    for change in cases {
        let world = World::new(|slack| {
            slack.set_above("is_admin", true);
            slack.changes.push(Change {
                request: "users.info",
                number: 2,
                change,
            });
        })
        .allowing(ALL);
        let answer = world.ask(&["org_admin"]);
        assert_eq!(world.writes(), 0, "{answer:?}");
        assert!(answer.is_err());
    }
}

#[test]
fn a_demotion_is_sent_if_nothing_changed() {
    let world = World::new(|slack| slack.set_admin("T01"));
    assert_eq!(outcomes(&world.ask(&["admin@T01"])), [Outcome::Removed]);
    assert_eq!(
        world.slack.borrow().writes,
        [(
            String::from("admin.users.setRegular"),
            json!({"team_id": "T01", "user_id": "U01"})
        )]
    );
    let world = World::new(|slack| {
        slack.set_above("is_owner", true);
        slack.set_owner("T01");
        slack.set_admin("T02");
    })
    .allowing(ALL);
    let answer = world.ask(&["owner@T01", "org_owner", "admin@T02"]);
    assert_eq!(outcomes(&answer), [Outcome::Removed; 3], "{answer:?}");
    assert_eq!(world.writes(), 2, "the admin of a workspace does not go along");
}

#[test]
fn account_types_that_cannot_be_read_again_stop_the_demotion() {
    for code in ["internal_error", "missing_scope", "user_not_found"] {
        let world = World::new(|slack| {
            slack.set_admin("T01");
            slack.instead.push(Instead {
                request: "users.info",
                skip: 1,
                times: usize::MAX,
                document: error(code),
            });
        });
        let answer = world.ask(&["admin@T01"]);
        assert_eq!(world.writes(), 0, "{code}: {answer:?}");
        assert_eq!(outcomes(&answer), [Outcome::NotAttempted], "{code}: {answer:?}");
    }
}

#[test]
fn a_refusal_of_one_workspace_concerns_that_one() {
    for code in [
        "invalid_auth",
        "feature_not_enabled",
        "team_not_found",
        "team_access_not_granted",
        "not_an_admin",
        "access_denied",
    ] {
        let world = World::new(|slack| {
            slack.set_admin("T01");
            slack.instead.push(Instead::always("list?team_id=T02", error(code)));
        });
        let answer = world.ask(&["admin@T02", "admin@T01", "Rl0C@T01", "owner"]);
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Removed, Outcome::Removed, Outcome::Unknown],
            "{code}: {answer:?}"
        );
    }
    // Anything else is a failed read.
    for (code, status) in [
        ("missing_scope", 403),
        ("no_permission", 403),
        ("internal_error", 502),
        ("token_revoked", 401),
    ] {
        let world = World::new(|slack| {
            slack.instead.push(Instead::always("list?team_id=T02", error(code)));
        });
        assert_eq!(world.ask(&["admin@T02"]).unwrap_err().status, status, "{code}");
    }
}

#[test]
fn a_failed_read_of_one_workspace_keeps_only_the_entries_that_need_it() {
    for (code, reason_of_entry) in [
        ("internal_error", "provider_error"),
        ("missing_scope", "forbidden"),
        ("something_new", "provider_refused"),
    ] {
        let world = World::new(|slack| {
            slack.set_admin("T01");
            slack
                .instead
                .push(Instead::always("owners.list?team_id=T02", error(code)));
        });
        let answer = world.ask(&["Rl0C@T01", "admin@T02", "admin@T01", "owner"]);
        assert_eq!(
            outcomes(&answer),
            [
                Outcome::Removed,
                Outcome::NotAttempted,
                Outcome::Removed,
                Outcome::NotAttempted
            ],
            "{code}: {answer:?}"
        );
        assert_eq!(entries(&answer)[1].reason.as_deref(), Some(reason_of_entry));
        // Everything needs every list.
        assert!(world.read_user().is_err(), "{code}");
        assert!(outcomes(&world.everything()).is_empty(), "{code}");
    }
}

#[test]
fn a_list_with_a_row_that_cannot_be_read_proves_nothing_of_its_workspace() {
    for id in [json!(null), json!({}), json!("u01"), json!(" U01"), json!(["U01"])] {
        let world = World::new(|slack| {
            slack.admins.insert("T02", vec![id.clone()]);
            slack.set_admin("T01");
        });
        let answer = world.ask(&["admin@T02", "admin@T01"]);
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Removed],
            "{id}: {answer:?}"
        );
    }
    for list in [json!(null), json!("U01"), json!({"U01": true})] {
        let world = World::new(|slack| {
            slack.instead.push(Instead::always(
                "admins.list?team_id=T02",
                json!({"ok": true, "admin_ids": list}),
            ));
        });
        let answer = world.ask(&["admin@T02", "Rl0C"]);
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Removed],
            "{list}: {answer:?}"
        );
    }
}

/// A change to the user's document, and what is said of three roles then.
type Case = (fn(&mut Value), [Outcome; 3]);

#[test]
fn a_document_that_does_not_say_all_proves_no_absence() {
    let without =
        |change: fn(&mut Value)| World::new(|slack| change(&mut slack.user)).ask(&["owner", "org_owner", "Rl0D"]);
    let cases: [Case; 7] = [
        (|_| {}, [Outcome::AlreadyAbsent; 3]),
        (
            |user| user["enterprise_user"]["teams"] = json!(null),
            [Outcome::Unknown, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent],
        ),
        (
            |user| user["enterprise_user"]["teams"] = json!(["T01", "t02"]),
            [Outcome::Unknown, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent],
        ),
        (
            |user| user["enterprise_user"]["teams"] = json!(["T01", null]),
            [Outcome::Unknown, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent],
        ),
        (
            |user| user["enterprise_user"]["is_owner"] = json!("maybe"),
            [Outcome::Unknown, Outcome::Unknown, Outcome::AlreadyAbsent],
        ),
        (
            |user| user["enterprise_user"] = json!([]),
            [Outcome::Unknown, Outcome::Unknown, Outcome::AlreadyAbsent],
        ),
        (
            |user| user["is_owner"] = json!(true),
            [Outcome::Unknown, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent],
        ),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let answer = without(change);
        assert_eq!(outcomes(&answer), expected, "{number}: {answer:?}");
    }
}

#[test]
fn flags_as_text_are_read() {
    let world = World::new(|slack| {
        for key in ["is_admin", "is_owner", "is_primary_owner"] {
            slack.user["enterprise_user"][key] = json!("false");
        }
        slack.user["enterprise_user"]["is_admin"] = json!("True");
    })
    .allowing(ALL);
    assert_eq!(outcomes(&world.ask(&["org_admin"])), [Outcome::Removed]);
}

#[test]
fn admin_asked_of_an_owner_is_inherited_and_nothing_is_sent() {
    let world = World::new(|slack| {
        slack.set_owner("T01");
        slack.set_admin("T01");
    })
    .allowing(ALL);
    let answer = world.ask(&["admin@T01"]);
    let grant = &entries(&answer)[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.via[0].kind),
        (Outcome::Inherited, ViaKind::HigherRole)
    );
    assert_eq!((answer.unwrap_err().status, world.writes()), (422, 0));
}

#[test]
fn a_demotion_that_misses_workspaces_is_sent_once_more_and_then_read_back() {
    let missing = |times: usize| {
        World::new(|slack| {
            slack.set_above("is_admin", true);
            slack.set_owner("T01");
            slack.misses = times;
        })
        .allowing(ALL)
    };
    let world = missing(1);
    let answer = world.ask(&["org_admin"]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!((world.writes(), world.slack.borrow().is_owner("T01")), (2, false));

    let world = missing(2);
    let answer = world.ask(&["org_admin"]);
    assert_eq!(outcomes(&answer), [Outcome::Failed], "{answer:?}");
    assert_eq!((world.writes(), world.slack.borrow().is_owner("T01")), (2, true));
    assert!(answer.unwrap_err().message.contains("`owner` at `T01`"));

    // Somebody who has become an owner of one more workspace meanwhile is left alone.
    let world = missing(1);
    world.slack.borrow_mut().changes.push(Change {
        request: "users.info",
        number: 3,
        change: |slack| slack.set_owner("T02"),
    });
    let answer = world.ask(&["org_admin"]);
    assert_eq!(outcomes(&answer), [Outcome::Failed], "{answer:?}");
    assert_eq!((world.writes(), world.slack.borrow().is_owner("T02")), (1, true));
    assert_eq!(reason(&answer, 0), Some("provider_error"));
}

#[test]
fn a_plan_says_that_a_demotion_may_take_more_than_is_listed() {
    for (list, is_unknown) in [(json!(null), true), (json!("U02"), false)] {
        let world = World::new(|slack| {
            slack.set_above("is_admin", true);
            slack.owners.insert("T02", vec![list.clone()]);
        })
        .allowing(ALL)
        .in_mode(Mode::Plan);
        let plan = world.ask(&["org_admin"]).unwrap().plan.unwrap();
        assert_eq!(plan.contains(r#""takes_unknown":true"#), is_unknown, "{plan}");
    }
}
