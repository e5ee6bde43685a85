//! Records that nothing but an e-mail address joins: a list may show an address that was true before.

use serde_json::{Value, json};

use crate::contract::types::{Role, SideEffect};

use super::{
    case::Case,
    world::{ADMIN, HELP_DESK, MANAGER, NIGHTS, ROOT, USER, World, entries, group, named, record_path, told, with_id},
};

fn user(world: &mut World) -> &mut Value {
    world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()
}

/// An administrator to whom no link leads: the list shows the user's address beside it.
fn by_email() -> Case {
    Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")])
        .allowing(&[SideEffect::DeleteAdministrator, SideEffect::LeaveGroup])
        .with(|world| {
            user(world)["admin"] = Value::Null;
            world.set_groups(&[(NIGHTS, "Nights", true)]);
            world
                .rows("/api/users")
                .push(json!({"_id": ADMIN, "email": "ann@example.com", "roleNames": ["Manager"]}));
        })
}

fn found_by_email(case: &Case) -> bool {
    let answer = case.plan(&[named("Help Desk")]);
    let mut warnings = entries(&answer).iter().flat_map(|entry| &entry.warnings);
    warnings.any(|warning| warning == "administrator_found_by_email")
}

const UNKNOWN: (&str, &str) = ("unknown", "not_visible");

#[test]
fn an_administrator_whose_own_record_shows_another_address_is_somebody_else() {
    for email in [json!("bob@example.com"), json!(null), json!(" "), json!(7)] {
        let case = by_email().with(|world| world.record()["email"] = email.clone());
        for asked in [
            vec![named("Manager")],
            vec![named("Manager"), with_id(HELP_DESK)],
            vec![named("Read Only")],
        ] {
            let answer = case.ask(&asked);
            assert_eq!(told(&answer), vec![UNKNOWN; asked.len()], "{email}: {answer:?}");
        }
        let reading = case.read_user().unwrap();
        assert!(!reading.whole && reading.user.roles.is_empty(), "{reading:?}");
        let shown = format!("{reading:?}");
        assert!(!shown.contains("bob@example.com") && !shown.contains(ADMIN), "{shown}");
        assert!(case.plan(&[]).is_err());
        // It is the user's own group.
        let answer = case.ask(&[group("Nights"), named("Manager")]);
        assert_eq!(told(&answer), [("removed", ""), UNKNOWN], "{email}: {answer:?}");
        assert_eq!(case.held().unwrap(), ["Help Desk", "Manager"]);
    }
}

#[test]
fn a_record_that_is_somebody_elses_and_tells_no_roles_is_not_the_users_either() {
    let mut case = by_email().with(|world| {
        world.record()["email"] = json!("bob@example.com");
        world.record()["roleNames"] = Value::Null;
    });
    let answer = case.ask(&[named("Manager")]);
    assert_eq!(told(&answer), [UNKNOWN], "{answer:?}");
    assert!(!format!("{answer:?}").contains("bob@example.com"));
    // Of a list that does not say what the records say, any row may be the user's.
    for protected in [ADMIN, ROOT] {
        case.settings = json!({"protected_users": [protected]});
        let answer = case.ask(&[group("Nights")]);
        assert_eq!(told(&answer), [("refused", "protected_user")], "{answer:?}");
    }
    assert_eq!(case.writes(), 0);
}

#[test]
fn an_address_in_other_letter_case_joins_as_before() {
    let case = by_email().with(|world| {
        user(world)["email"] = json!("Ann@Example.com");
        world.record()["email"] = json!("ANN@example.com ");
    });
    assert!(found_by_email(&case));
    let answer = case.ask(&[named("Help Desk")]);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
    assert_eq!(case.held().unwrap(), ["Manager"]);
}

#[test]
fn a_link_that_names_the_administrator_needs_no_address() {
    for (of_user, of_record) in [
        (json!("ann@example.com"), json!("bob@example.com")),
        (json!(null), json!(null)),
    ] {
        for by in [USER, ADMIN] {
            let mut case = Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]).with(|world| {
                user(world)["email"] = of_user.clone();
                world.record()["email"] = of_record.clone();
            });
            case.user = by;
            let answer = case.ask(&[named("Help Desk")]);
            assert_eq!(told(&answer), [("removed", "")], "{by}: {answer:?}");
        }
    }
}

#[test]
fn an_address_that_changes_hands_while_the_call_runs_stops_it() {
    // Before the set is replaced.
    let case = by_email().with(|world| {
        let mut another = world.record().clone();
        another["email"] = json!("bob@example.com");
        world.changes = vec![Value::Null, another];
    });
    let answer = case.ask(&[named("Help Desk")]);
    assert_eq!(told(&answer), [("failed", "concurrent_change")], "{answer:?}");
    assert_eq!(case.writes(), 0);
    // After it: what that record lacks says nothing.
    let path = record_path();
    for after in [json!("bob@example.com"), json!(null)] {
        for bent in [path.clone(), format!("/api/systemusers/{USER}")] {
            let after = after.clone();
            let case = by_email().with(|world| {
                world.bend = Some(Box::new(move |path, wrote, document| {
                    if wrote && path == bent {
                        document["email"] = after.clone();
                    }
                }));
            });
            let answer = case.ask(&[named("Help Desk")]);
            assert_eq!(told(&answer), [("unverified", "not_settled")], "{answer:?}");
        }
    }
}

/// An administrator who is asked for by its id, and a system user without a link who is found by its address.
fn by_administrator() -> Case {
    let mut case = by_email();
    case.user = ADMIN;
    case
}

#[test]
fn a_system_user_whose_own_document_shows_another_address_leaves_no_group() {
    let case = by_administrator().with(|world| {
        user(world)["email"] = json!("ANN@example.com");
    });
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("removed", "")]);
    for email in [json!("zoe@example.com"), json!(null), json!("")] {
        let case = by_administrator().with(|world| user(world)["email"] = email.clone());
        let answer = case.ask(&[group(NIGHTS), named("Help Desk")]);
        assert_eq!(told(&answer), [UNKNOWN, ("removed", "")], "{email}: {answer:?}");
        assert!(!format!("{answer:?}").contains("zoe@example.com"));
        // Who it is cannot be told: it may be anybody who is protected.
        let mut case = by_administrator().with(|world| user(world)["email"] = email.clone());
        case.settings = json!({"protected_users": [USER]});
        let answer = case.ask(&[named("Help Desk")]);
        assert_eq!(told(&answer), [("refused", "protected_user")], "{email}: {answer:?}");
    }
}

#[test]
fn whoever_a_list_joins_is_guarded_by_all_its_addresses_though_its_record_shows_another_one() {
    let stale = || {
        by_email().with(|world| {
            world.record()["email"] = json!("CEO@example.com");
            world.record()["alternateEmail"] = json!("boss@example.com");
        })
    };
    let protected_by = |mut case: Case, address: &str, asked: &[Role]| {
        case.settings = json!({"protected_users": [address]});
        told(&case.ask(asked)) == [("refused", "protected_user")]
    };
    for address in ["ceo@example.com", "boss@example.com", "root@example.com"] {
        assert!(protected_by(stale(), address, &[group(NIGHTS)]), "{address}");
    }
    assert!(!protected_by(stale(), "eve@example.com", &[group(NIGHTS)]));
    // The other way round: the administrator is asked for.
    let unjoined = || {
        by_administrator().with(|world| {
            user(world)["email"] = json!("zoe@example.com");
            user(world)["recoveryEmail"] = json!({"address": "z@example.com"});
        })
    };
    for address in ["zoe@example.com", "z@example.com"] {
        assert!(protected_by(unjoined(), address, &[named("Help Desk")]), "{address}");
    }
    assert!(!protected_by(unjoined(), "eve@example.com", &[named("Help Desk")]));
    // So is whose key the account has.
    let owned_by = |owner: &str| {
        let owner = json!({"_id": owner, "email": "key@example.com"});
        stale().with(|world| world.put("/api/users/getSelf", owner))
    };
    let asked = [group(NIGHTS)];
    let answer = owned_by(ADMIN).ask(&asked);
    assert_eq!(told(&answer), [("refused", "side_effect_not_allowed")], "{answer:?}");
    let answer = owned_by(ROOT).ask(&asked);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
    assert!(format!("{answer:?}").contains("own_access_not_checked"), "{answer:?}");
}

#[test]
fn a_user_who_is_renamed_after_the_write_is_read_back_by_the_ids() {
    let mut case = Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]).with(|world| {
        world.bend = Some(Box::new(|path, wrote, document| {
            if wrote && path == format!("/api/systemusers/{USER}") {
                document["email"] = json!("ann.left@example.com");
            }
        }));
    });
    case.user = "ann@example.com";
    let answer = case.ask(&[named("Help Desk")]);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
}

#[test]
fn a_record_that_a_search_finds_shows_the_address_that_was_searched_for() {
    let searched = |change: fn(&mut World)| {
        let mut case = Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")])
            .allowing(&[SideEffect::LeaveGroup])
            .with(|world| {
                world.set_groups(&[(NIGHTS, "Nights", true)]);
                change(world);
            });
        case.user = "ann@example.com";
        case
    };
    let usual = searched(|world| user(world)["email"] = json!("Ann@example.com"));
    let answer = usual.ask(&[named("Help Desk"), group("Nights")]);
    assert_eq!(told(&answer), [("removed", ""), ("removed", "")], "{answer:?}");

    let others: [fn(&mut World); 4] = [
        // The administrator is hidden, or shows the address that the user had: neither says that the user has it.
        |world| {
            user(world)["email"] = json!("zoe@example.com");
            world.documents.remove(&record_path());
        },
        |world| user(world)["email"] = json!("zoe@example.com"),
        |world| user(world)["email"] = Value::Null,
        // Nobody but an administrator.
        |world| {
            world.documents.remove(&format!("/api/systemusers/{USER}"));
            world.put("/api/systemusers", json!([]));
            world
                .rows("/api/users")
                .push(json!({"_id": ADMIN, "email": "ann@example.com"}));
            world.record()["email"] = Value::Null;
        },
    ];
    for change in others {
        let case = searched(change);
        for asked in [group("Nights"), named("Help Desk")] {
            let failure = case.ask(&[asked]).unwrap_err();
            assert_eq!(failure.status, 422, "{failure:?}");
            assert!(failure.message.contains("does not show"), "{failure:?}");
        }
        assert!(case.read_user().is_err());
        assert_eq!(case.writes(), 0);
    }
}
