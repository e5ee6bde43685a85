//! Guards: protected roles, the last owner, and whose key it is.

use serde_json::{Value, json};

use crate::contract::types::{OrganizationSelector, SideEffect};

use super::{
    case::Case,
    world::{
        ADMIN, HELP_DESK, HIDDEN, MANAGER, NIGHTS, NORTH, OWNERS, ROOT, USER, entries, group, named, told, with_id,
    },
};

fn case() -> Case {
    Case::holding(&[(HELP_DESK, "HelpDesk"), (MANAGER, "Manager")])
}

#[test]
fn a_protected_role_is_protected_in_every_spelling() {
    for protected in [
        "Help Desk",
        " help desk ",
        "HelpDesk",
        "Help\u{a0}Desk",
        "HELP-DESK",
        HELP_DESK,
        " 5D0000000000000000000002",
    ] {
        let mut case = case();
        case.settings = json!({"protected_roles": [protected]});
        let answer = case.ask(&[with_id(HELP_DESK), with_id(MANAGER)]);
        assert_eq!(
            told(&answer),
            [("refused", "protected_role"), ("removed", "")],
            "{protected}: {answer:?}"
        );
    }
    let mut case = Case::holding(&[(HELP_DESK, "Caf\u{e9}"), (MANAGER, "Manager")]);
    case.settings = json!({"protected_roles": ["CAFE\u{301}"]});
    assert_eq!(told(&case.ask(&[with_id(HELP_DESK)])), [("refused", "protected_role")]);
}

#[test]
fn a_letter_of_another_script_hides_no_protected_role() {
    for (protected, held) in [("Network Admin", "\u{39d}etwork Admin"), ("Ρόλος\u{391}", "Ρόλος Α")] {
        let mut case = Case::holding(&[(HELP_DESK, held), (MANAGER, "Manager")]);
        case.settings = json!({"protected_roles": [protected]});
        let answer = case.ask(&[with_id(HELP_DESK)]);
        assert_eq!(
            (told(&answer), case.writes()),
            (vec![("refused", "protected_role")], 0),
            "{held}: {answer:?}"
        );
    }
}

#[test]
fn a_protected_role_that_the_directory_does_not_show_is_not_waved_through() {
    for (status, body) in [(403, "{}"), (500, "{}"), (200, r#"{"results": [], "totalCount": 0}"#)] {
        let mut case = case().with(|world| {
            world
                .instead
                .insert("/api/v2/roles".to_owned(), (status, body.to_owned()));
            world.record()["roles"] = Value::Null;
            world.record()["role"] = Value::Null;
        });
        case.settings = json!({"protected_roles": [HELP_DESK]});
        let answer = case.ask(&[named("Manager")]);
        assert_eq!(case.writes(), 0, "{status}: {answer:?}");
    }
}

#[test]
fn a_protected_address_protects_a_user_who_does_not_show_one() {
    let paths = [format!("/api/systemusers/{USER}"), format!("/api/users/{ADMIN}")];
    for (path, email) in paths
        .iter()
        .flat_map(|path| [json!(null), json!(7), json!(" ")].map(|email| (path, email)))
    {
        let mut case = case().with(|world| world.documents.get_mut(path).unwrap()["email"] = email.clone());
        case.settings = json!({"protected_users": ["vip@example.com"]});
        let answer = case.ask(&[with_id(MANAGER)]);
        assert_eq!(
            told(&answer),
            [("refused", "protected_user")],
            "{path} {email}: {answer:?}"
        );
    }
    let mut case = case();
    case.settings = json!({"protected_users": ["vip@example.com"]});
    assert_eq!(told(&case.ask(&[with_id(MANAGER)])), [("removed", "")]);
}

#[test]
fn the_last_owner_is_the_last_as_long_as_no_other_one_is_certain() {
    let owner = || Case::holding(&[(OWNERS, "Administrator with Billing"), (MANAGER, "Manager")]);
    let asked = [with_id(OWNERS)];
    assert_eq!(told(&owner().ask(&asked)), [("removed", "")]);
    let doubts: [fn(&mut Value); 5] = [
        |root| root["suspended"] = json!(true),
        |root| root["suspended"] = json!("perhaps"),
        |root| root["roleName"] = json!("Manager"),
        |root| *root = Value::Null,
        |root| *root = json!(HIDDEN),
    ];
    for doubt in doubts {
        let case = owner().with(|world| {
            world
                .rows("/api/users")
                .push(json!({"_id": ADMIN, "email": "ann@example.com"}));
            doubt(&mut world.rows("/api/users")[0]);
        });
        let answer = case.ask(&asked);
        assert_eq!(told(&answer), [("refused", "side_effect_not_allowed")], "{answer:?}");
        let allowed = case.allowing(&[SideEffect::LastAdministrator]);
        assert_eq!(told(&allowed.ask(&asked)), [("removed", "")]);
    }
    // The directory calls the role so, whatever the record does.
    let case = Case::holding(&[(OWNERS, "Root"), (MANAGER, "Manager")])
        .with(|world| world.rows("/api/users")[0]["suspended"] = json!(true));
    assert_eq!(told(&case.ask(&asked)), [("refused", "side_effect_not_allowed")]);
}

#[test]
fn whose_key_it_is_decides_about_own_access() {
    let owned_by = |owner: &str| {
        let record = json!({"_id": owner, "email": format!("{owner}@example.com")});
        case().with(|world| world.put("/api/users/getSelf", record))
    };
    let own = owned_by(ADMIN);
    assert_eq!(
        told(&own.ask(&[with_id(MANAGER)])),
        [("refused", "side_effect_not_allowed")]
    );
    let allowed = own.allowing(&[SideEffect::RemoveOwnAccess]);
    assert_eq!(told(&allowed.ask(&[with_id(MANAGER)])), [("removed", "")]);
    let answer = owned_by(ROOT).ask(&[with_id(MANAGER)]);
    assert_eq!(told(&answer), [("removed", "")]);
    assert!(!warned(&answer), "{answer:?}");
    // Another record of the same person.
    let same = case().with(|world| world.put("/api/users/getSelf", json!({"_id": ROOT, "email": "ANN@example.com"})));
    assert_eq!(
        told(&same.ask(&[with_id(MANAGER)])),
        [("refused", "side_effect_not_allowed")]
    );
}

fn warned(answer: &Result<crate::contract::types::Success, crate::contract::types::Failure>) -> bool {
    entries(answer).iter().any(|entry| {
        let grants = entry.grants.iter().flat_map(|grant| &grant.warnings);
        entry
            .warnings
            .iter()
            .chain(grants)
            .any(|warning| warning == "own_access_not_checked")
    })
}

#[test]
fn a_key_whose_owner_is_not_told_is_warned_of_and_a_read_that_fails_is_no_owner() {
    for status in [401, 403, 404] {
        let case = case().with(|world| {
            world
                .instead
                .insert("/api/users/getSelf".to_owned(), (status, "{}".to_owned()));
        });
        let answer = case.ask(&[with_id(MANAGER)]);
        assert_eq!(
            (told(&answer), warned(&answer)),
            (vec![("removed", "")], true),
            "{status}: {answer:?}"
        );
    }
    for (status, body) in [(500, "{}"), (400, "{}"), (200, "{}"), (200, "null"), (200, "x")] {
        let case = case().with(|world| {
            world
                .instead
                .insert("/api/users/getSelf".to_owned(), (status, body.to_owned()));
        });
        let answer = case.ask(&[with_id(MANAGER)]);
        assert!(answer.is_err() && case.writes() == 0, "{status} {body}: {answer:?}");
    }
    // With `x-org-id` it may be refused: it is asked for without.
    let mut case = case();
    case.settings = json!({"org_id": super::world::HOME});
    let case = case.with(|world| {
        world
            .instead
            .insert("/api/users/getSelf".to_owned(), (403, "{}".to_owned()));
    });
    assert!(warned(&case.ask(&[with_id(MANAGER)])));
    let seen = case.transport.seen.borrow();
    let asked = seen.iter().filter(|seen| seen.url.ends_with("/getSelf"));
    let with_header = |seen: &crate::fake::Seen| seen.headers.iter().any(|(name, _)| *name == "x-org-id");
    assert_eq!(asked.map(with_header).collect::<Vec<_>>(), [true, false]);
    drop(seen);
    // A client's credentials are a service account's: nobody asks.
    let client = self::case().with_client();
    let answer = client.ask(&[with_id(MANAGER)]);
    assert_eq!(
        (told(&answer), warned(&answer)),
        (vec![("removed", "")], false),
        "{answer:?}"
    );
    assert_eq!(client.reads_of("/api/users/getSelf"), 0);
}

#[test]
fn a_key_of_several_organizations_is_told_what_it_lacks() {
    let case = case().with(|world| {
        let body = r#"{"message": "Unauthorized: no organization selected"}"#;
        world
            .instead
            .insert(format!("/api/systemusers/{USER}"), (401, body.to_owned()));
    });
    let failure = case.ask(&[with_id(MANAGER)]).unwrap_err();
    assert_eq!(failure.status, 401);
    assert!(failure.message.contains("settings.org_id"), "{}", failure.message);
}

#[test]
fn remote_data_that_no_request_can_carry_is_refused_before_anything_is_sent() {
    let mut case = Case::holding(&[(MANAGER, "Manager")]).allowing(&[SideEffect::DeleteAdministrator]);
    case.remote_data = Some(r#"{"note": "leaver"}"#.to_owned());
    let failure = case.ask(&[named("Manager")]).unwrap_err();
    assert_eq!(
        (failure.status, failure.field.as_deref(), case.writes()),
        (400, Some("remote_data"), 0)
    );
}

/// In the group, and without a link to an administrator.
fn without_link(rows: &[Value]) -> Case {
    let rows = rows.to_vec();
    let mut case = case().allowing(&[SideEffect::LeaveGroup]).with(|world| {
        world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
        world.set_groups(&[(NIGHTS, "Nights", true)]);
        world.rows("/api/users").extend(rows);
    });
    case.settings = json!({"protected_users": [ADMIN]});
    case
}

#[test]
fn a_protected_administrator_who_may_be_the_user_is_protected() {
    let own = json!({"_id": ADMIN, "email": "ANN@example.com"});
    let other = json!({"_id": "5e00000000000000000000aa", "email": "ann@example.com"});
    let silent = json!({"_id": ADMIN});
    for rows in [
        vec![own.clone()],
        vec![own.clone(), Value::Null],
        vec![own.clone(), json!(HIDDEN)],
        vec![own, other.clone()],
        vec![silent],
    ] {
        let case = without_link(&rows);
        let answer = case.ask(&[group(NIGHTS)]);
        assert_eq!(
            (told(&answer), case.writes()),
            (vec![("refused", "protected_user")], 0),
            "{rows:?}: {answer:?}"
        );
    }
    let case = without_link(std::slice::from_ref(&other));
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("removed", "")]);
    // Without an address, it may be any.
    let case = without_link(&[json!({"_id": ADMIN, "email": "boss@example.com"}), other]).with(|world| {
        world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["email"] = Value::Null;
    });
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("refused", "protected_user")]);
}

#[test]
fn a_protected_address_protects_a_user_whose_administrator_is_not_shown() {
    let hide: [fn(&mut super::world::World); 2] = [
        |world| drop(world.documents.remove(&format!("/api/users/{ADMIN}"))),
        |world| {
            world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] =
                json!({"roleName": "Manager"});
        },
    ];
    for hide in hide {
        let case = |protected: &str| {
            let mut case = case().allowing(&[SideEffect::LeaveGroup]).with(|world| {
                hide(world);
                world.set_groups(&[(NIGHTS, "Nights", true)]);
            });
            case.settings = json!({"protected_users": [protected]});
            case
        };
        let answer = case("boss@example.com").ask(&[group(NIGHTS)]);
        assert_eq!(told(&answer), [("refused", "protected_user")], "{answer:?}");
        let answer = case(ROOT).ask(&[group(NIGHTS)]);
        assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
        // The address that is shown tells whose key it is, all the same.
        let own = case(ROOT).with(|world| {
            world.put("/api/users/getSelf", json!({"_id": ROOT, "email": "ann@example.com"}));
        });
        let answer = own.ask(&[group(NIGHTS)]);
        assert_eq!(told(&answer), [("refused", "side_effect_not_allowed")], "{answer:?}");
    }
}

#[test]
fn a_protected_role_is_no_organization_and_no_group_without_a_name() {
    let mut links = case()
        .allowing(&[SideEffect::RemoveOrganizationAccess])
        .with(|world| world.set_links(&[(NORTH, "North", true)]));
    links.settings = json!({"protected_roles": ["Manager"]});
    let answer = links.ask_organizations(&[OrganizationSelector::Id(NORTH.to_owned())]);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");

    let hidden = || {
        case().allowing(&[SideEffect::LeaveGroup]).with(|world| {
            world.set_groups(&[(NIGHTS, "Nights", true)]);
            world
                .instead
                .insert("/api/v2/usergroups".to_owned(), (403, "{}".to_owned()));
        })
    };
    for (protected, told_of) in [("Manager", ("removed", "")), (NIGHTS, ("refused", "protected_role"))] {
        let mut case = hidden();
        case.settings = json!({"protected_roles": [protected]});
        let answer = case.ask(&[group(NIGHTS)]);
        assert_eq!(told(&answer), [told_of], "{protected}: {answer:?}");
    }
}
