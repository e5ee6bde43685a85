//! What a user holds, before and after: reading, verifying, everything, and the roles that there are.

use crate::contract::types::{
    GrantKind, GrantSelector, HeldGrant, Mode, Obstacle, Options, Outcome, Removable, Role, ScopeKind, SideEffect,
};

use super::{Instance, ROLES, Shared, by_id, call, everything, list_roles, options, outcomes, pair, read_user};

/// Two roles in two products, three of the four pairs, and nothing named "B".
fn in_two_products() -> Shared {
    Instance::holding(&[
        ("5", "A", &pair("5", "Reviewer", "A")),
        ("5", "J", &pair("5", "Reviewer", "J")),
        ("9", "A", &pair("9", "Auditor", "A")),
    ])
}

fn selected(grant: &HeldGrant) -> Role {
    match grant.selector.clone() {
        Some(GrantSelector::Role(role)) => role.into(),
        other => panic!("{other:?}"),
    }
}

fn verify() -> Options {
    Options {
        mode: Mode::Verify,
        ..options()
    }
}

fn ten_rows() -> String {
    let rows: Vec<String> = (0..10)
        .map(|product| pair("9", "Auditor", &format!("P{product}")))
        .collect();
    rows.join(", ")
}

#[test]
fn a_full_reading_shows_every_pair_and_each_selector_plans_its_own() {
    let instance = in_two_products();
    let reading = read_user(&instance, "{}").unwrap();
    assert!(reading.whole && reading.unread.is_empty() && reading.warnings.is_empty());
    assert_eq!(reading.grants.len(), 3);
    for grant in &reading.grants {
        assert_eq!((grant.kind, grant.direct), (GrantKind::Role, true));
        assert_eq!(grant.removable, Removable::Yes);
        let plan = Options {
            mode: Mode::Plan,
            ..options()
        };
        let success = call(&instance, "{}", vec![selected(grant)], plan).unwrap();
        let [only] = success.outcomes[0].grants.as_slice() else {
            panic!("{success:?}")
        };
        assert_eq!((&only.role_id, &only.scope), (&grant.role_id, &grant.scope));
    }
    assert!(instance.borrow().writes.is_empty());
}

#[test]
fn a_reading_names_the_roles_whose_rows_do_not() {
    let row = r#"{"roleId": 5, "productId": "A"}"#;
    let instance = Instance::holding(&[("5", "A", row)]);
    let reading = read_user(&instance, "{}").unwrap();
    assert_eq!(reading.grants[0].role_name.as_deref(), Some("Reviewer"));
    let instance = Instance::holding(&[("5", "A", row)]);
    instance.borrow_mut().faults.push(("/v1/roles", 403, "{}"));
    let reading = read_user(&instance, "{}").unwrap();
    assert_eq!((reading.whole, &reading.grants[0].role_name), (true, &None));
}

#[test]
fn what_the_api_user_holds_needs_to_be_allowed() {
    let instance = in_two_products();
    instance.borrow_mut().user = r#"{"id": 301, "loginId": "api-user", "email": "ann@example.com"}"#;
    let reading = read_user(&instance, "{}").unwrap();
    let own = Removable::NeedsAllow(vec![SideEffect::RemoveOwnAccess]);
    assert!(
        reading
            .grants
            .iter()
            .all(|grant| grant.removable == own && grant.selector.is_some())
    );
}

#[test]
fn verify_says_what_the_reading_proves_and_sends_nothing() {
    let instance = in_two_products();
    let asked = vec![by_id("5:A"), by_id("9:J"), by_id("22"), by_id("77")];
    let answer = call(&instance, "{}", asked, verify());
    assert_eq!(
        outcomes(&answer),
        ["held", "already_absent", "already_absent", "not_found"]
    );
    assert_eq!(answer.unwrap_err().status, 422);
    let answer = call(&instance, "{}", vec![by_id("9:J"), by_id("22")], verify());
    assert!(answer.is_ok(), "{answer:?}");

    let long = Instance::holding(&[("9", "P0", &ten_rows())]);
    let answer = call(&long, "{}", vec![by_id("9:P0"), by_id("22")], verify());
    assert_eq!(outcomes(&answer), ["held", "unknown"]);
    assert!(instance.borrow().writes.is_empty() && long.borrow().writes.is_empty());
}

#[test]
fn everything_takes_every_pair_and_an_empty_list_proves_that_nothing_is_held() {
    for (settings, writes) in [
        ("{}", 3),
        (r#"{"strategy": "replace_set"}"#, 1),
        (r#"{"strict_scope": true}"#, 3),
    ] {
        let instance = in_two_products();
        let success = everything(&instance, settings, options()).unwrap();
        assert!(success.outcomes.iter().all(|entry| entry.outcome == Outcome::Removed));
        assert_eq!((success.outcomes.len(), instance.borrow().writes.len()), (3, writes));
        assert!(instance.borrow().pairs.is_empty());
        for options in [options(), verify()] {
            let success = everything(&instance, settings, options).unwrap();
            assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
        }
        assert_eq!(instance.borrow().writes.len(), writes);
    }
}

#[test]
fn a_list_that_may_be_cut_off_or_has_an_unread_row_is_not_whole() {
    for rows in [ten_rows(), format!("{}, null", pair("9", "Auditor", "P0"))] {
        let instance = Instance::holding(&[("9", "P0", &rows)]);
        let reading = read_user(&instance, "{}").unwrap();
        assert!(!reading.whole && reading.unread.len() == 1, "{:?}", reading.unread);
        assert!(reading.grants.iter().all(|grant| grant.removable == Removable::Yes));
        let not_whole = String::from("roles_not_whole");
        assert!(reading.user.roles.is_empty() && reading.user.truncated == ["roles"]);
        assert!(reading.warnings.contains(&not_whole), "{:?}", reading.warnings);
        let failure = call(&instance, "{}", vec![by_id("9:P0")], verify()).unwrap_err();
        assert!(failure.outcomes[0].warnings.contains(&not_whole), "{failure:?}");
        let answer = everything(&instance, "{}", options());
        let said = outcomes(&answer);
        assert_eq!(said.last(), Some(&"unknown"), "{answer:?}");
        assert!(!instance.borrow().writes.is_empty() && answer.is_err());
    }
}

#[test]
fn a_new_set_that_may_lack_something_is_not_posted_and_the_reading_says_so() {
    let settings = r#"{"strategy": "replace_set"}"#;
    for (rows, roles_fail) in [
        (ten_rows(), false),
        (pair("10", "Editor", "A"), false),
        (pair("9", "Auditor", "A"), true),
    ] {
        let instance = Instance::holding(&[("9", "P0", &rows)]);
        if roles_fail {
            instance.borrow_mut().faults.push(("/v1/roles", 403, "{}"));
        }
        let reading = read_user(&instance, settings).unwrap();
        let refused = Removable::No(Obstacle::NotSupported);
        assert!(!reading.grants.is_empty() && reading.grants.iter().all(|grant| grant.removable == refused));
        if !roles_fail {
            let failure = everything(&instance, settings, options()).unwrap_err();
            assert!(!failure.sent, "{failure:?}");
        }
        assert!(instance.borrow().writes.is_empty());
    }
}

#[test]
fn the_roles_are_listed_without_a_user() {
    let instance = in_two_products();
    let list = list_roles(&instance, "{}").unwrap();
    assert!(list.whole && list.roles.len() == 3);
    assert!(
        list.roles
            .iter()
            .all(|role| role.removable && role.scopes == [ScopeKind::Workspace])
    );
    let roles = format!(r#"{ROLES}, {{"id": "R-7", "name": "Other"}}, {{"name": "Lost"}}"#);
    instance.borrow_mut().roles = roles.leak();
    let list = list_roles(&instance, "{}").unwrap();
    assert!(!list.whole && list.unread.len() == 1);
    let other = list
        .roles
        .iter()
        .find(|role| role.id.as_deref() == Some("R-7"))
        .unwrap();
    assert!(!other.removable);
    // A role that stands there twice is one, unless its names differ.
    let roles = format!(r#"{ROLES}, {{"id": "005", "name": "Reviewer"}}, {{"id": 5, "name": "Approver"}}"#);
    instance.borrow_mut().roles = roles.leak();
    let list = list_roles(&instance, "{}").unwrap();
    assert_eq!((list.whole, list.roles.len()), (true, 4), "{list:?}");
    instance.borrow_mut().faults.push(("/v1/roles", 403, "{}"));
    assert_eq!(list_roles(&instance, "{}").unwrap_err().status, 403);
}
