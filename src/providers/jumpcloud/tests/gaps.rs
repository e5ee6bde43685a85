//! What is not shown, before and after: it does not stand for something else.

use serde_json::{Value, json};

use crate::{
    contract::types::{OrganizationSelector, SideEffect},
    fake::Reaction,
};

use super::{
    case::Case,
    world::{ADMIN, HELP_DESK, HIDDEN, HOME, MANAGER, NIGHTS, NORTH, ROOT, USER, World, group, named, told, with_id},
};

const DAYS: &str = "5c0000000000000000000002";

fn memberof() -> String {
    format!("/api/v2/users/{USER}/memberof")
}

fn record() -> String {
    format!("/api/users/{ADMIN}")
}

fn member(id: &str) -> Value {
    json!({"id": id, "type": "user_group"})
}

/// A removal that is answered, and does this.
fn at_write(case: Case, change: impl FnOnce(&mut World) + 'static) -> Case {
    case.with(|world| {
        world.at_next_write = Some(Box::new(move |world| {
            change(world);
            Reaction::Answer(200, Vec::new(), String::from("{}"))
        }));
    })
}

#[test]
fn a_row_that_was_hidden_before_does_not_stand_for_one_that_is_hidden_now() {
    let in_groups = || {
        Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.set_groups(&[(NIGHTS, "Nights", true), (DAYS, "Days", true)]);
                world.rows(&memberof()).push(json!(HIDDEN));
            })
    };
    // The count stays, the hidden group is shown, and the one that should go is not.
    let case = at_write(in_groups(), |world| {
        let rows = vec![json!(HIDDEN), member(DAYS), member("5c0000000000000000000003")];
        world.put(&memberof(), Value::Array(rows));
    });
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("unverified", "not_settled")]);
    // One fewer is counted, and the hidden one still is.
    assert_eq!(told(&in_groups().ask(&[group(NIGHTS)])), [("removed", "")]);
}

#[test]
fn a_row_that_was_unread_before_does_not_stand_for_one_that_is_unread_now() {
    const NEW: &str = "5c0000000000000000000003";
    let in_groups = || {
        Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.set_groups(&[(NIGHTS, "Nights", true), (DAYS, "Days", true)]);
                world.rows(&memberof()).push(Value::Null);
            })
    };
    // The count stays, the row that could not be read is shown, and the one that should go cannot be read.
    let case = at_write(in_groups(), |world| {
        let rows = vec![Value::Null, member(DAYS), member(NEW)];
        world.put(&memberof(), Value::Array(rows));
    });
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("unverified", "not_settled")]);
    // It is shown, and nothing is unread any more.
    let case = at_write(in_groups(), |world| {
        world.put(&memberof(), json!([member(DAYS), member(NEW)]));
    });
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("removed", "")]);
}

#[test]
fn many_hidden_rows_are_as_good_as_few_if_no_more_are_hidden_than_before() {
    let in_groups = || {
        Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.set_groups(&[(NIGHTS, "Nights", true), (DAYS, "Days", true)]);
                world.rows(&memberof()).extend(std::iter::repeat_n(json!(HIDDEN), 150));
            })
    };
    assert_eq!(told(&in_groups().ask(&[group(NIGHTS)])), [("removed", "")]);
    let case = at_write(in_groups(), |world| {
        let rows = world.rows(&memberof());
        rows.retain(|row| row["id"] != NIGHTS);
        rows.push(json!(HIDDEN));
    });
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("unverified", "not_settled")]);
}

#[test]
fn an_administrator_without_a_system_user_has_no_other_login_than_the_address() {
    for (protected, expected) in [
        ("jdoe", ("removed", "")),
        ("ann@example.com", ("refused", "protected_user")),
    ] {
        let mut case = Case::holding(&[(MANAGER, "Manager"), (HELP_DESK, "Help Desk")]).with(|world| {
            world.put("/api/systemusers", json!([]));
            world.documents.remove(&format!("/api/systemusers/{USER}"));
        });
        case.user = ADMIN;
        case.settings = json!({"protected_users": [protected]});
        let answer = case.ask(&[with_id(MANAGER)]);
        assert_eq!(told(&answer), [expected], "{protected}: {answer:?}");
    }
}

#[test]
fn a_list_that_cannot_be_relied_on_proves_nothing_about_what_it_showed() {
    for (count, expected) in [
        (json!("many"), ("unverified", "not_settled")),
        (json!(0), ("unverified", "not_settled")),
        (json!(null), ("removed", "")),
    ] {
        let case = Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.set_groups(&[(NIGHTS, "Nights", true), (DAYS, "Days", true)]);
                world.counts.insert(memberof(), vec![count.clone()]);
            });
        assert_eq!(told(&case.ask(&[group(NIGHTS)])), [expected], "{count}");
    }
}

#[test]
fn a_refused_later_page_is_no_empty_list() {
    let links = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
    let case = Case::holding(&[(MANAGER, "Manager")])
        .allowing(&[SideEffect::DeleteAdministrator, SideEffect::RemoveOrganizationAccess])
        .with(|world| {
            world.set_links(&[(NORTH, "North", true)]);
            let more = (0..100).map(|n| json!({"administrator": ADMIN, "organization": format!("6b{n:022}")}));
            world.rows(&links).extend(more);
        });
    // The administrator goes, and its links are shown all the same: one page of them.
    let case = at_write(case, move |world| {
        world.documents.remove(&record());
        world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
        world.breaks_off = Some(links);
        world.keeps = Some("{}");
    });
    let answer = case.everything();
    let outcomes = told(&answer);
    assert!(answer.is_err() && !outcomes.is_empty(), "{answer:?}");
    assert!(
        outcomes.iter().all(|(outcome, _)| *outcome == "unverified"),
        "{outcomes:?}"
    );
}

#[test]
fn a_role_that_the_link_shows_counts_by_whichever_id_it_is_asked_for() {
    for user in [USER, ADMIN] {
        let mut case = Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::DeleteAdministrator])
            .with(|world| {
                world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] =
                    json!({"id": ADMIN, "roleName": "Manager", "roleNames": ["Manager", "Help Desk"]});
            });
        case.user = user;
        for asked in [named("Help Desk"), named("Manager")] {
            let answer = case.ask(&[asked]);
            assert_eq!(
                (told(&answer), case.writes()),
                (vec![("unknown", "not_visible")], 0),
                "{user}: {answer:?}"
            );
        }
    }
}

#[test]
fn a_record_that_is_still_there_is_not_gone_with_its_link() {
    let case = Case::holding(&[(MANAGER, "Manager")]).allowing(&[SideEffect::DeleteAdministrator]);
    let case = at_write(case, |world| {
        world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
    });
    let answer = case.ask(&[named("Manager")]);
    assert_eq!(told(&answer)[0].0, "unverified", "{answer:?}");
}

#[test]
fn links_that_cannot_be_read_this_time_stop_the_deletion_whatever_else_is_asked_for() {
    let case = Case::holding(&[(MANAGER, "Manager")])
        .allowing(&[SideEffect::DeleteAdministrator, SideEffect::RemoveOrganizationAccess])
        .with(|world| {
            world.set_links(&[(NORTH, "North", true), (HOME, "Home", false)]);
            let links = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
            world.instead.insert(links, (500, String::from("{}")));
        });
    let organizations = [OrganizationSelector::Id(NORTH.to_owned())];
    for organizations in [&[][..], &organizations] {
        let answer = case.call(&[named("Manager")], organizations, crate::contract::types::Mode::Revoke);
        assert!(answer.is_err() && case.writes() == 0, "{answer:?}");
    }
}

#[test]
fn a_further_address_protects_and_one_that_cannot_be_read_may() {
    for (field, value, is_refused) in [
        ("alternateEmail", json!("CEO@example.com"), true),
        ("recoveryEmail", json!({"address": "ceo@example.com"}), true),
        ("alternateEmail", json!(7), true),
        ("recoveryEmail", json!({"address": {}}), true),
        ("recoveryEmail", json!("?"), false),
        ("recoveryEmail", json!({}), false),
        ("recoveryEmail", json!({"verified": false}), false),
        ("alternateEmail", json!(null), false),
        ("alternateEmail", json!(""), false),
        ("recoveryEmail", json!({"address": null}), false),
        ("alternateEmail", json!("ann@home.example"), false),
    ] {
        let mut case = Case::holding(&[(MANAGER, "Manager"), (HELP_DESK, "Help Desk")]).with(|world| {
            world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()[field] = value.clone();
        });
        case.settings = json!({"protected_users": ["ceo@example.com"]});
        let answer = case.ask(&[with_id(MANAGER)]);
        let expected = if is_refused {
            ("refused", "protected_user")
        } else {
            ("removed", "")
        };
        assert_eq!(told(&answer), [expected], "{field} {value}: {answer:?}");
    }
}

#[test]
fn a_protected_user_may_be_the_record_that_is_not_shown() {
    let asked_by_administrator = |rows: Value, admin: Value, protected: &str| {
        let mut case = Case::holding(&[(MANAGER, "Manager"), (HELP_DESK, "Help Desk")]).with(|world| {
            world.put("/api/systemusers", rows);
            world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = admin;
        });
        case.user = ADMIN;
        case.settings = json!({"protected_users": [protected]});
        let answer = case.ask(&[with_id(MANAGER)]);
        told(&answer)[0].1 == "protected_user"
    };
    let own = json!({"_id": USER, "email": "ann@example.com"});
    let linked = || json!({"id": ADMIN});
    assert!(asked_by_administrator(json!([own]), linked(), USER));
    for rows in [
        json!([own, null]),
        json!([HIDDEN]),
        json!([own, {"_id": NIGHTS, "email": "ann@example.com"}]),
    ] {
        assert!(asked_by_administrator(rows.clone(), linked(), USER), "{rows}");
    }
    assert!(asked_by_administrator(
        json!([own]),
        json!({"roleName": "Manager"}),
        USER
    ));
    // Nobody else has the address.
    assert!(!asked_by_administrator(json!([]), linked(), USER));

    // An administrator who is counted and not shown.
    let mut case = Case::holding(&[(MANAGER, "Manager")])
        .allowing(&[SideEffect::LeaveGroup])
        .with(|world| {
            world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
            world.set_groups(&[(NIGHTS, "Nights", true)]);
            world.rows("/api/users").push(json!(HIDDEN));
        });
    for (protected, expected) in [(ADMIN, ("refused", "protected_user")), (ROOT, ("removed", ""))] {
        case.settings = json!({"protected_users": [protected]});
        assert_eq!(told(&case.ask(&[group(NIGHTS)])), [expected], "{protected}");
    }

    // The link names nobody, or another administrator has the address: the protected one may be the one that is not shown.
    let another = || json!({"_id": DAYS, "email": "ann@example.com"});
    for (admin, rows) in [
        (
            json!({"roleName": "Manager"}),
            json!([{"_id": ROOT, "email": "root@example.com"}]),
        ),
        (Value::Null, json!([another(), HIDDEN])),
        (Value::Null, json!([another(), another(), HIDDEN])),
    ] {
        let mut case = Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = admin;
                world.set_groups(&[(NIGHTS, "Nights", true)]);
                world.put("/api/users", rows.clone());
            });
        case.settings = json!({"protected_users": [ADMIN]});
        assert_eq!(
            told(&case.ask(&[group(NIGHTS)])),
            [("refused", "protected_user")],
            "{rows}"
        );
    }
}

#[test]
fn a_protected_name_is_not_ruled_out_by_a_record_while_the_directory_is_not_shown() {
    for directory in [
        Some((403, "{}")),
        Some((200, r#"{"results": [], "totalCount": 0}"#)),
        None,
    ] {
        let mut case = Case::holding(&[(HELP_DESK, "Level 1 Support"), (MANAGER, "Manager")]).with(|world| {
            if let Some((status, body)) = directory {
                world
                    .instead
                    .insert("/api/v2/roles".to_owned(), (status, body.to_owned()));
            }
        });
        case.settings = json!({"protected_roles": ["Help Desk"]});
        let answer = case.ask(&[named("Level 1 Support")]);
        assert_eq!(
            (told(&answer)[0].1, case.writes()),
            ("protected_role", 0),
            "{directory:?}: {answer:?}"
        );
    }
}
