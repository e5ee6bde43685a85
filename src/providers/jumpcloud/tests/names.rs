//! Names that the record and the directory spell otherwise.

use serde_json::{Value, json};

use crate::{contract::types::Role, fake::Reaction};

use super::{
    case::Case,
    world::{HELP_DESK, MANAGER, READ_ONLY, group, named, role, told, with_id},
};

/// The record names the roles, and says no ids.
fn without_ids(names: &[&str]) -> Case {
    Case::holding(&[]).with(|world| {
        let record = world.record();
        record["roleNames"] = json!(names);
        record["roleName"] = json!(names[0]);
        record["roles"] = Value::Null;
        record["role"] = Value::Null;
    })
}

#[test]
fn a_role_that_the_directory_spells_otherwise_is_not_said_to_be_gone() {
    // With the directory's id it is the role.
    let case = Case::holding(&[(HELP_DESK, "HelpDesk"), (MANAGER, "Manager")]);
    let answer = case.ask(&[named("Help Desk")]);
    assert_eq!(
        (told(&answer), case.held()),
        (vec![("removed", "")], Some(vec!["Manager".to_owned()])),
        "{answer:?}"
    );
    // The record's own spelling names it, too.
    let case = Case::holding(&[(HELP_DESK, "HelpDesk"), (MANAGER, "Manager")]);
    let answer = case.ask(&[named("HelpDesk"), with_id(HELP_DESK)]);
    assert_eq!(told(&answer), [("removed", ""), ("removed", "")], "{answer:?}");
    // Without it, it may be the role.
    for asked in [named("Help Desk"), named("help_desk"), named("Help\u{a0}Desk")] {
        let case = without_ids(&["HelpDesk", "Manager"]);
        let answer = case.ask(&[asked, named("Manager")]);
        assert_eq!(told(&answer)[0], ("refused", "ambiguous"), "{answer:?}");
        assert_eq!(told(&answer)[1], ("removed", ""), "{answer:?}");
    }
    let case = without_ids(&["HelpDesk", "Manager"]);
    let answer = case.ask(&[with_id(HELP_DESK)]);
    assert!(matches!(told(&answer)[0].0, "unknown" | "refused"), "{answer:?}");
    assert_eq!(case.writes(), 0);
}

#[test]
fn two_real_roles_that_look_alike_are_told_apart() {
    const OTHER: &str = "5d00000000000000000000aa";
    for has_ids in [true, false] {
        for (asked, left) in [("Help Desk", "HelpDesk"), ("HelpDesk", "Help Desk")] {
            let case = if has_ids {
                Case::holding(&[(HELP_DESK, "Help Desk"), (OTHER, "HelpDesk")])
            } else {
                without_ids(&["Help Desk", "HelpDesk"])
            };
            let case = case.with(|world| world.rows("/api/v2/roles").push(role(OTHER, "HelpDesk")));
            let answer = case.ask(&[named(asked)]);
            assert_eq!(told(&answer), [("removed", "")], "{asked}: {answer:?}");
            assert_eq!(case.held(), Some(vec![left.to_owned()]));
        }
        let case = Case::holding(&[(OTHER, "HelpDesk"), (MANAGER, "Manager")])
            .with(|world| world.rows("/api/v2/roles").push(role(OTHER, "HelpDesk")));
        let answer = case.ask(&[named("Help Desk"), with_id(HELP_DESK)]);
        assert_eq!(
            told(&answer),
            [("already_absent", ""), ("already_absent", "")],
            "{answer:?}"
        );
    }
}

#[test]
fn an_id_that_a_held_role_may_have_is_not_said_to_be_gone() {
    // The directory has other ids than the record, or lacks the role.
    let case = Case::holding(&[("5d00000000000000000000ff", "Helpers"), (MANAGER, "Manager")]);
    let answer = case.ask(&[with_id(HELP_DESK), named("Help Desk"), named("Helpers")]);
    assert_eq!(
        told(&answer),
        [("unknown", "not_visible"), ("already_absent", ""), ("removed", "")],
        "{answer:?}"
    );
}

#[test]
fn a_name_that_two_roles_have_is_ambiguous_where_the_record_has_no_ids() {
    let twins = ["5d00000000000000000000aa", "5d00000000000000000000bb"];
    let case = without_ids(&["TWINS", "Manager"]).with(|world| {
        let rows = world.rows("/api/v2/roles");
        rows.extend([role(twins[0], "Twins"), role(twins[1], "twins")]);
    });
    // A name in the place of an id, too.
    for asked in [named("twins"), with_id(twins[0]), with_id(twins[1]), with_id("twins")] {
        let answer = case.ask(&[asked]);
        assert_eq!(
            (told(&answer), case.writes()),
            (vec![("refused", "ambiguous")], 0),
            "{answer:?}"
        );
    }
}

#[test]
fn without_the_directory_names_go_by_the_record_and_ids_are_not_guessed() {
    let refused = |case: Case| {
        case.with(|world| {
            world.instead.insert("/api/v2/roles".to_owned(), (403, "{}".to_owned()));
        })
    };
    for case in [
        Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]),
        without_ids(&["Help Desk", "Manager"]),
    ] {
        let case = refused(case);
        let answer = case.ask(&[named("help desk"), with_id(MANAGER), named("Read Only")]);
        assert_eq!(
            told(&answer),
            [("removed", ""), ("unknown", "not_visible"), ("unknown", "not_visible")],
            "{answer:?}"
        );
        assert_eq!(case.held(), Some(vec!["Manager".to_owned()]));
    }
    // A role that is granted meanwhile and has another name is another one.
    let case = refused(without_ids(&["Help Desk", "Manager"])).with(|world| {
        world.at_next_write = Some(Box::new(|world| {
            world.record()["roleNames"] = json!(["Manager", "Read Only"]);
            world.record()["roleName"] = json!("Manager");
            Reaction::Answer(200, Vec::new(), "{}".to_owned())
        }));
    });
    assert_eq!(told(&case.ask(&[named("Help Desk")])), [("removed", "")]);
    // A single role's id is its own.
    let case = refused(Case::holding(&[(HELP_DESK, "Help Desk")]));
    let case = case.allowing(&[crate::contract::types::SideEffect::DeleteAdministrator]);
    assert_eq!(told(&case.ask(&[with_id(HELP_DESK)])), [("removed", "")]);
}

#[test]
fn names_are_the_same_in_any_case_and_composition_and_with_blanks_around() {
    let case = Case::holding(&[(HELP_DESK, "Caf\u{e9} "), (MANAGER, "Manager")])
        .with(|world| world.rows("/api/v2/roles")[1] = role(HELP_DESK, "Caf\u{e9}"));
    let answer = case.ask(&[named("CAFE\u{301}")]);
    assert_eq!(
        (told(&answer), case.held()),
        (vec![("removed", "")], Some(vec!["Manager".to_owned()]))
    );
}

#[test]
fn a_group_that_the_request_spells_otherwise_is_not_said_to_be_unknown() {
    const SECOND: &str = "5c0000000000000000000002";
    let case = || {
        Case::holding(&[(READ_ONLY, "Read Only")]).with(|world| {
            world.set_groups(&[("5c0000000000000000000001", "On Call", true), (SECOND, "Nights", false)]);
        })
    };
    for text in ["OnCall", "on-call", "On\u{a0}Call"] {
        let answer = case().ask(&[group(text), group("Nights"), group("Days")]);
        assert_eq!(
            told(&answer),
            [
                ("refused", "ambiguous"),
                ("already_absent", ""),
                ("not_found", "unknown_role")
            ],
            "{answer:?}"
        );
    }
}

#[test]
fn an_id_that_is_not_held_hides_no_held_role_of_the_name_beside_it() {
    let case = Case::holding(&[(MANAGER, "Manager"), (HELP_DESK, "Help Desk")]);
    let pair = Role {
        name: Some(String::from("Manager")),
        ..with_id(READ_ONLY)
    };
    assert_eq!(told(&case.ask(&[pair])), [("refused", "name_mismatch")]);
    assert_eq!(case.writes(), 0);
}
