//! What is protected, and who.

use serde_json::{Value, json};

use crate::contract::types::{Outcome, SideEffect};

use super::world::{Instead, World, outcomes, reason, row};

#[test]
fn a_custom_role_may_have_any_name_that_an_account_protects() {
    for protected in ["Night Shift", "RlCUSTOM1", " RlCUSTOM1 ", "rlcustom1"] {
        let world = World::new(|_| {}).protecting_roles(&[protected]);
        let answer = world.ask(&["RlCUSTOM1"]);
        assert_eq!(reason(&answer, 0), Some("protected_role"), "{protected}: {answer:?}");
        assert_eq!(world.writes(), 0);
    }
    // An id differs, and a published name is that of a published role.
    for protected in ["RlCUSTOM2", "Roles Admin", "owner"] {
        let world = World::new(|_| {}).protecting_roles(&[protected]);
        let answer = world.ask(&["RlCUSTOM1"]);
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{protected}: {answer:?}");
    }
}

#[test]
fn a_published_role_is_protected_in_every_spelling_and_by_a_former_name() {
    for (protected, role) in [
        ("Audit Log Admin", "Rl0C"),
        ("audit\u{a0}logs admin", "Rl0C"),
        ("rl0c", "Rl0C"),
        ("Message Activity Manager", "Rl04"),
        ("Compliance Admin", "Rl04"),
        ("Message Activity Manager", "Rl0E"),
    ] {
        let world = World::new(|slack| slack.rows.push(row(role, "E01", "U01"))).protecting_roles(&[protected]);
        let answer = world.ask(&[role]);
        assert_eq!(reason(&answer, 0), Some("protected_role"), "{protected}: {answer:?}");
        assert_eq!(world.writes(), 0);
    }
}

#[test]
fn an_address_that_is_not_shown_may_be_a_protected_one() {
    for profile in [
        json!({}),
        json!(null),
        json!({"email": null}),
        json!({"email": ""}),
        json!({"email": 5}),
    ] {
        let world = World::new(|slack| slack.user["profile"] = profile.clone()).protecting_users(&["boss@example.com"]);
        let answer = world.ask(&["Rl0C"]);
        if profile == json!({"email": 5}) {
            // A number is shown as a text: it is another address.
            continue;
        }
        assert_eq!(reason(&answer, 0), Some("protected_user"), "{profile}: {answer:?}");
        assert_eq!(world.writes(), 0);
    }
    let world = World::new(|_| {}).protecting_users(&["boss@example.com"]);
    assert!(world.ask(&["Rl0C"]).is_ok());
}

#[test]
fn either_id_of_a_person_is_protected() {
    for protected in ["W09", "U01"] {
        for asked in ["W09", "U01"] {
            let world =
                World::new(|slack| slack.user["enterprise_user"]["id"] = json!("W09")).protecting_users(&[protected]);
            let answer = world.ask_for(asked, &["Rl0C"]);
            assert_eq!(
                reason(&answer, 0),
                Some("protected_user"),
                "{protected} {asked}: {answer:?}"
            );
        }
    }
}

#[test]
fn an_id_that_the_document_does_not_show_may_be_protected_or_the_tokens_own() {
    let hidden = |id: Value| {
        World::new(|slack| {
            slack.user["enterprise_user"]["id"] = id;
            slack.rows = vec![row("Rl0C", "T01", "U01")];
        })
    };
    for id in [json!(null), json!(7), json!("w09")] {
        let world = hidden(id.clone()).protecting_users(&["W09"]);
        let failure = world.ask(&["Rl0C"]).unwrap_err();
        assert_eq!((failure.status, world.writes()), (422, 0), "{id}: {failure:?}");
        assert!(hidden(id).protecting_users(&["U77"]).ask(&["Rl0C"]).is_ok());
    }
    assert!(hidden(json!("W08")).protecting_users(&["W09"]).ask(&["Rl0C"]).is_ok());
    let world = hidden(json!(null));
    world
        .slack
        .borrow_mut()
        .instead
        .push(Instead::always("auth.test", json!({"ok": true, "user_id": "W09"})));
    assert_eq!(reason(&world.ask(&["Rl0C"]), 0), Some("side_effect_not_allowed"));
}

#[test]
fn an_ownership_that_cannot_be_told_may_be_protected() {
    for list in [json!("U01"), json!(null), json!("u01")] {
        let world = World::new(|slack| {
            slack.set_above("is_admin", true);
            slack.owners.insert("T02", vec![list.clone()]);
        })
        .allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere])
        .protecting_roles(&["owner"]);
        let answer = world.ask(&["org_admin"]);
        assert_eq!(reason(&answer, 0), Some("protected_role"), "{list}: {answer:?}");
        assert_eq!(world.writes(), 0);
    }
}

#[test]
fn the_tokens_own_user_is_known_by_either_id() {
    let world = World::new(|slack| slack.user["enterprise_user"]["id"] = json!("U09"));
    let answer = world.ask(&["Rl0C"]);
    assert_eq!(reason(&answer, 0), Some("side_effect_not_allowed"), "{answer:?}");
}

#[test]
fn the_lower_type_that_goes_along_is_protected_too() {
    let allow = [SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere];
    for (asked, protected, is_refused) in [
        ("owner@T01", "admin", true),
        ("owner@T01", "Workspace Admin", true),
        ("owner@T01", "org_admin", false),
        ("org_owner", "org_admin", true),
        ("org_owner", "Organization Admin", true),
        ("org_owner", "owner", false),
    ] {
        let world = World::new(|slack| match asked {
            "org_owner" => slack.set_above("is_owner", true),
            _ => slack.set_owner("T01"),
        })
        .allowing(&allow)
        .protecting_roles(&[protected]);
        let answer = world.ask(&[asked]);
        let expected = is_refused.then_some("protected_role");
        assert_eq!(reason(&answer, 0), expected, "{asked} {protected}: {answer:?}");
        assert_eq!(world.writes(), usize::from(!is_refused), "{asked} {protected}");
    }
}
