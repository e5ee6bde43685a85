//! Rows of one key that say different things: neither counts for anything, and a guard counts each of them.

use serde_json::{Value, json};

use crate::contract::types::{OrganizationSelector, SideEffect};

use super::{
    case::Case,
    world::{
        ADMIN, HELP_DESK, HOME, MANAGER, NIGHTS, NORTH, OWNERS, READ_ONLY, ROOT, USER, entries, group, named, role,
        told, with_id,
    },
};

const UNKNOWN: (&str, &str) = ("unknown", "not_visible");
const OWNER: &str = "Administrator With Billing";

/// Two rows in either order.
fn orders(one: Value, other: Value) -> [Vec<Value>; 2] {
    [vec![one.clone(), other.clone()], vec![other, one]]
}

#[test]
fn an_owner_of_whom_the_rows_say_different_things_is_no_other_owner() {
    let owner = || Case::holding(&[(OWNERS, OWNER), (MANAGER, "Manager")]);
    let active = || json!({"_id": ROOT, "suspended": false, "roleNames": [OWNER]});
    let others = [
        json!({"_id": ROOT, "suspended": true, "roleNames": [OWNER]}),
        json!({"_id": ROOT, "suspended": false, "roleNames": ["Read Only"]}),
        json!({"id": ROOT.to_uppercase(), "suspended": true}),
    ];
    for rows in others.into_iter().flat_map(|other| orders(active(), other)) {
        for again in [None, rows.first().cloned()] {
            let rows = [rows.clone(), again.into_iter().collect()].concat();
            let case = owner().with(|world| {
                world.put("/api/users", json!(rows));
                world.lists_record = true;
            });
            let answer = case.ask(&[named(OWNER)]);
            assert_eq!(
                (told(&answer), case.writes()),
                (vec![("refused", "side_effect_not_allowed")], 0),
                "{rows:?}: {answer:?}"
            );
        }
    }
    // The same row twice is one.
    let case = owner().with(|world| {
        world.put("/api/users", json!([active(), active()]));
        world.lists_record = true;
    });
    assert_eq!(told(&case.ask(&[named(OWNER)])), [("removed", "")]);
}

/// A role that the directory has under two names.
fn called(record: &str, names: [&str; 2]) -> [Case; 2] {
    const ROLE: &str = HELP_DESK;
    orders(role(ROLE, names[0]), role(ROLE, names[1])).map(|rows| {
        Case::holding(&[(ROLE, record), (MANAGER, "Manager")]).with(|world| {
            let directory = world.rows("/api/v2/roles");
            directory.retain(|row| row["id"] != ROLE);
            directory.extend(rows);
        })
    })
}

#[test]
fn a_role_with_two_names_is_protected_by_each() {
    for mut case in called("Helpers", ["Helpers", "Payroll Admin"]) {
        for protected in ["Payroll Admin", "payroll-admin", "Helpers", HELP_DESK] {
            case.settings = json!({"protected_roles": [protected]});
            let answer = case.ask(&[with_id(HELP_DESK), named("Helpers")]);
            assert_eq!(
                (told(&answer), case.writes()),
                (vec![("refused", "protected_role"), UNKNOWN], 0),
                "{protected}: {answer:?}"
            );
        }
        assert_eq!(told(&case.ask(&[with_id(MANAGER)])), [("removed", "")]);
    }
}

#[test]
fn a_role_with_two_names_goes_by_its_id_alone() {
    for case in called("Helpers", ["Helpers", "Payroll Admin"]) {
        let answer = case.ask(&[with_id(HELP_DESK)]);
        assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
        assert_eq!(case.held().unwrap(), ["Manager"]);
    }
    for case in called("Helpers", ["Helpers", "Payroll Admin"]) {
        let answer = case.ask(&[named("Payroll Admin"), named("Helpers")]);
        assert_eq!((told(&answer), case.writes()), (vec![UNKNOWN; 2], 0), "{answer:?}");
        let directory = case.list_roles().unwrap();
        assert!(!directory.whole, "{directory:?}");
    }
    // One that is not held, too.
    for case in called("Helpers", ["Helpers", "Payroll Admin"]) {
        let case = case.with(|world| world.set_roles(&[(MANAGER, "Manager")]));
        for asked in [named("Payroll Admin"), named("Helpers"), with_id(HELP_DESK)] {
            let answer = case.ask(&[asked]);
            assert_eq!(told(&answer), [UNKNOWN], "{answer:?}");
        }
    }
}

#[test]
fn an_id_of_another_role_is_not_given_to_a_name_that_contradicting_rows_have() {
    // Does the record call the manager so, or is it the other role?
    for case in called("Helpers", ["Helpers", "Payroll Admin"]) {
        let case = case.with(|world| {
            let record = world.record();
            record["roleNames"] = json!(["Helpers", "Payroll Admin", "Read Only"]);
            record["roles"] = json!([HELP_DESK, MANAGER, READ_ONLY]);
        });
        for asked in [named("Manager"), with_id(MANAGER)] {
            let answer = case.ask(&[asked]);
            assert!(matches!(told(&answer)[0].0, "unknown" | "refused"), "{answer:?}");
        }
        assert_eq!(case.writes(), 0);
    }
}

#[test]
fn a_role_that_may_be_the_owners_by_one_of_two_rows_is_not_taken_from_the_last() {
    let rows = [
        ["Root", OWNER],
        // Nothing shows the other name.
        ["Root", ""],
    ];
    for case in rows.into_iter().flat_map(|names| called("Root", names)) {
        let case = case.with(|world| {
            world.rows("/api/v2/roles").retain(|row| row["id"] != OWNERS);
            world.rows("/api/users")[0]["suspended"] = json!(true);
            world.lists_record = true;
        });
        let refused = ("refused", "side_effect_not_allowed");
        let answer = case.ask(&[with_id(HELP_DESK)]);
        assert_eq!(told(&answer), [refused], "{answer:?}");
        // A record without ids says no more about it.
        let case = case.with(|world| {
            world.record()["roles"] = Value::Null;
            world.record()["role"] = Value::Null;
        });
        let case = case.allowing(&[SideEffect::DeleteAdministrator]);
        let answer = case.everything();
        assert!(answer.is_err() && told(&answer).contains(&refused), "{answer:?}");
        assert_eq!(case.held().unwrap(), ["Root", "Manager"]);
    }
}

#[test]
fn an_organization_with_two_names_is_not_left_by_either() {
    for names in [["North", "South"], ["South", "North"]] {
        let case = Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::RemoveOrganizationAccess])
            .with(|world| {
                world.set_links(&[(NORTH, "", true), (HOME, "Home", false)]);
                let rows = world.rows("/api/organizations");
                rows.retain(|row| row["_id"] != NORTH);
                rows.extend(names.map(|name| json!({"_id": NORTH, "displayName": name})));
            });
        for name in names {
            let answer = case.ask_organizations(&[OrganizationSelector::Name(name.to_owned())]);
            assert_eq!((told(&answer), case.writes()), (vec![UNKNOWN], 0), "{answer:?}");
        }
        let answer = case.ask_organizations(&[OrganizationSelector::Id(NORTH.to_owned())]);
        assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
    }
}

#[test]
fn a_group_with_two_names_goes_by_its_id_alone_and_is_protected_by_each() {
    let rows = || {
        orders(
            json!({"id": NIGHTS, "name": "Nights", "membershipMethod": "DYNAMIC_AUTOMATED"}),
            json!({"id": NIGHTS, "name": "Payroll"}),
        )
    };
    for rows in rows() {
        let mut case = Case::holding(&[(MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.set_groups(&[(NIGHTS, "Nights", true)]);
                world.put("/api/v2/usergroups", json!(rows));
            });
        for name in ["Nights", "Payroll"] {
            let answer = case.ask(&[group(name)]);
            assert_eq!(told(&answer), [UNKNOWN], "{answer:?}");
            case.settings = json!({"protected_roles": [name]});
            let answer = case.ask(&[group(NIGHTS)]);
            assert_eq!(told(&answer), [("refused", "protected_role")], "{answer:?}");
            case.settings = json!({});
        }
        assert_eq!(case.writes(), 0);
        let answer = case.ask(&[group(NIGHTS)]);
        assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
        let warnings = &entries(&answer)[0].grants[0].warnings;
        assert!(!warnings.is_empty(), "{answer:?}");
    }
}

/// A user without a link, and what the list of administrators says of one.
fn listed(rows: &[Value]) -> Case {
    Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")])
        .allowing(&[SideEffect::LeaveGroup])
        .with(|world| {
            world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
            world.set_groups(&[(NIGHTS, "Nights", true)]);
            world.put("/api/users", json!(rows));
        })
}

#[test]
fn an_administrator_whose_rows_contradict_each_other_is_found_by_neither_and_may_be_the_user() {
    let ann = || json!({"_id": ADMIN, "email": "ann@example.com", "roleNames": ["Help Desk"]});
    let others = [
        json!({"_id": ADMIN, "email": "bob@example.com", "roleNames": ["Help Desk"]}),
        json!({"_id": ADMIN, "email": "ann@example.com", "roleNames": ["Manager"]}),
    ];
    let root = json!({"_id": ROOT, "email": "root@example.com"});
    for rows in others.into_iter().flat_map(|other| orders(ann(), other)) {
        for rows in [rows.clone(), [rows, vec![root.clone()]].concat()] {
            let mut case = listed(&rows);
            let answer = case.ask(&[named("Help Desk"), named("Read Only")]);
            assert_eq!(told(&answer), [UNKNOWN, UNKNOWN], "{rows:?}: {answer:?}");
            case.settings = json!({"protected_users": [ADMIN]});
            let answer = case.ask(&[group(NIGHTS)]);
            assert_eq!(told(&answer), [("refused", "protected_user")], "{rows:?}: {answer:?}");
            // By the address alone.
            case.settings = json!({});
            case.user = "ann@example.com";
            let case = case.with(|world| {
                world.put("/api/systemusers", json!([]));
                world.documents.remove(&format!("/api/systemusers/{USER}"));
            });
            assert!(case.ask(&[named("Help Desk")]).is_err(), "{rows:?}");
            assert_eq!(case.writes(), 0);
        }
    }
}

#[test]
fn a_system_user_whose_rows_contradict_each_other_is_not_found_by_its_address() {
    let row = || json!({"_id": USER, "email": "ann@example.com"});
    let searched = |rows: &[Value], count: usize| {
        let list = json!({"results": rows, "totalCount": count}).to_string();
        let mut case = listed(&[]).with(|world| {
            world.instead.insert(String::from("/api/systemusers"), (200, list));
        });
        case.user = "ann@example.com";
        case
    };
    // What is not looked at does not contradict.
    let same = json!({"_id": USER, "email": "ann@example.com", "id": 7, "state": "ACTIVATED"});
    for rows in orders(row(), same) {
        assert_eq!(told(&searched(&rows, 1).ask(&[group(NIGHTS)])), [("removed", "")]);
    }
    for rows in orders(row(), json!({"_id": USER, "email": "zoe@example.com"})) {
        let mut case = searched(&rows, 2);
        assert!(case.ask(&[group(NIGHTS)]).is_err());
        case.user = ADMIN;
        assert_eq!(told(&case.ask(&[group(NIGHTS)])), [UNKNOWN]);
        assert_eq!(case.writes(), 0);
    }
}
