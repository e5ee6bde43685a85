//! Everything that a user holds: read, taken, and asked for.

use crate::contract::types::{
    GrantKind, GrantSelector, HeldGrant, Mode, Obstacle, Options, Removable, Role, RoleOutcome, SideEffect,
};

use super::{
    ALWAYS, AUDIT, Company, Group, HELP, OTHER, Shared, by_id, by_name, call, everything, hide_own_list, in_group,
    instead, list_roles, options, outcomes, read_user, unnamed,
};

/// 123 has the help desk, and through the group 7 the auditor's role.
fn company() -> Shared {
    let company = Company::with(&[("u123", HELP), ("u456", OTHER)]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": 123}"#,
        id_as_text: false,
    });
    company
}

fn in_mode(mode: Mode) -> Options {
    Options { mode, ..options() }
}

fn without_allow(mode: Mode) -> Options {
    Options {
        allow: Vec::new(),
        ..in_mode(mode)
    }
}

fn entry(grant: &HeldGrant) -> Role {
    match grant.selector.clone().unwrap() {
        GrantSelector::Role(role) => role.into(),
        GrantSelector::Organization(_) => panic!("an organization"),
    }
}

#[test]
fn a_full_reading_shows_roles_groups_and_what_gives_them() {
    let company = company();
    let reading = read_user(&company, "{}").unwrap();
    assert!(reading.whole && reading.unread.is_empty(), "{:?}", reading.unread);
    let shown: Vec<_> = reading
        .grants
        .iter()
        .map(|grant| {
            let group = grant.scope.group.as_deref();
            (
                grant.kind,
                grant.role_id.as_str(),
                group,
                grant.direct,
                grant.removable.clone(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (GrantKind::Role, HELP, None, true, Removable::Yes),
            (GrantKind::Role, AUDIT, None, false, Removable::No(Obstacle::Inherited)),
            (
                GrantKind::Membership,
                "7",
                Some("7"),
                true,
                Removable::NeedsAllow(vec![SideEffect::LeaveGroup])
            ),
            (
                GrantKind::GroupRole,
                AUDIT,
                Some("7"),
                true,
                Removable::NeedsAllow(vec![SideEffect::StripGroup])
            ),
        ]
    );
    assert_eq!(reading.grants[1].via[0].name.as_deref(), Some("Night Shift"));
    assert_eq!(reading.user.groups.len(), 1);
    assert!(company.borrow().writes.is_empty());
}

#[test]
fn every_selector_sent_back_plans_its_grant_and_nothing_else() {
    let company = company();
    company.borrow_mut().assigned.push(("u123", AUDIT));
    let reading = read_user(&company, "{}").unwrap();
    let removable: Vec<&HeldGrant> = reading.grants.iter().filter(|grant| grant.selector.is_some()).collect();
    assert_eq!(removable.len(), 4, "{:?}", reading.grants);
    for grant in removable {
        let answer = call(&company, "{}", vec![entry(grant)], in_mode(Mode::Plan));
        let entries = match &answer {
            Ok(success) => &success.outcomes,
            Err(failure) => &failure.outcomes,
        };
        let planned: Vec<_> = entries
            .iter()
            .flat_map(|entry: &RoleOutcome| &entry.grants)
            .filter(|planned| planned.direct)
            .map(|planned| (planned.role_id.as_str(), &planned.scope))
            .collect();
        assert_eq!(planned, [(grant.role_id.as_str(), &grant.scope)], "{answer:?}");
    }
    assert!(company.borrow().writes.is_empty());
}

#[test]
fn everything_takes_what_is_shown_and_leaves_a_group_only_if_that_is_allowed() {
    let company = company();
    let answer = everything(&company, without_allow(Mode::Revoke));
    assert_eq!(outcomes(&answer), ["removed", "refused", "inherited"], "{answer:?}");
    assert_eq!(answer.unwrap_err().status, 422);
    assert_eq!(company.borrow().assigned, [("u456", OTHER)]);
    assert_eq!(
        company.borrow().writes.len(),
        1,
        "the group keeps its member and its role"
    );

    let answer = everything(&company, options());
    assert_eq!(outcomes(&answer), ["removed", "removed"], "{answer:?}");
    assert!(answer.is_ok());
    let group = company.borrow().group.as_ref().map(|group| (group.role, group.members));
    assert_eq!(group, Some((Some(AUDIT), "")), "a group's role is everybody's");
    let answer = everything(&company, options());
    assert_eq!(outcomes(&answer), ["already_absent"], "{answer:?}");
}

#[test]
fn nothing_is_held_if_no_list_has_the_user_and_unknown_if_one_cannot_be_read() {
    let nobody = || Company::with(&[("u456", OTHER)]);
    for mode in [Mode::Verify, Mode::Revoke] {
        assert_eq!(outcomes(&everything(&nobody(), in_mode(mode))), ["already_absent"]);
    }
    // The user's own list is null; only the others tell.
    let company = Company::with(&[("u123", HELP)]);
    hide_own_list(&company);
    assert_eq!(outcomes(&everything(&company, in_mode(Mode::Verify))), ["held"]);
    let unread: [(&'static str, u16, &str); 5] = [
        ("/userroles", 200, r#"{"Roles": []}"#),
        ("/userroles", 200, r#"{"Roles": [null]}"#),
        ("/usergroups", 403, r#"{"error": "invalid_permission"}"#),
        (
            "/usergroups",
            200,
            r#"{"nextPaginationToken": null, "resources": [{"id": 7, "name": "Night Shift"}, null]}"#,
        ),
        ("/usergroups/7/members", 404, "{}"),
    ];
    for (path, status, body) in unread {
        let company = nobody();
        instead(&company, path, ALWAYS, status, body);
        let answer = everything(&company, in_mode(Mode::Verify));
        // A list that is none ends the call; anything less leaves the answer open.
        let found = outcomes(&answer);
        assert!(found.is_empty() || found == ["unknown"], "{path}, {body}: {answer:?}");
        assert!(matches!(answer.unwrap_err().status, 500 | 502), "{path}, {body}");
        let reading = read_user(&company, "{}");
        assert!(!reading.is_ok_and(|reading| reading.whole), "{path}, {body}");
    }
}

#[test]
fn a_reading_that_is_not_whole_takes_what_it_shows_and_is_no_success() {
    let company = company();
    instead(
        &company,
        "/usergroups/7/members",
        ALWAYS,
        403,
        r#"{"error": "invalid_permission"}"#,
    );
    let reading = read_user(&company, "{}").unwrap();
    assert!(!reading.whole && !reading.unread.is_empty());
    let answer = everything(&company, options());
    assert_eq!(outcomes(&answer), ["removed", "unknown"], "{answer:?}");
    assert!(answer.is_err());
    assert_eq!(company.borrow().writes.len(), 1);
}

#[test]
fn verify_says_how_it_stands_and_writes_nothing() {
    let company = company();
    let asked = vec![
        by_id(HELP),
        by_name("Auditor"),
        by_id(OTHER),
        by_name("Nothing"),
        in_group(unnamed(), "Night Shift"),
    ];
    let answer = call(&company, "{}", asked, in_mode(Mode::Verify));
    assert_eq!(
        outcomes(&answer),
        ["held", "inherited", "already_absent", "not_found", "held"]
    );
    company.borrow_mut().spelling = ("\"U123\"", false);
    let answer = call(&company, "{}", vec![by_id(HELP)], in_mode(Mode::Verify));
    assert_eq!(outcomes(&answer), ["unknown"]);
    assert!(company.borrow().writes.is_empty());
}

#[test]
fn the_roles_of_the_company_are_listed() {
    let company = company();
    let list = list_roles(&company).unwrap();
    let ids: Vec<_> = list.roles.iter().filter_map(|role| role.id.as_deref()).collect();
    assert_eq!(ids, [HELP, AUDIT, OTHER]);
    assert!(list.whole && list.roles.iter().all(|role| role.removable));
    assert_eq!(company.borrow().reads, ["/userroles"], "no user is read");
    company.borrow_mut().roles = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": null}}, null]}}"#);
    let list = list_roles(&company).unwrap();
    assert_eq!((list.roles.len(), list.whole, list.unread.len()), (1, false, 1));
    instead(
        &company,
        "/userroles",
        ALWAYS,
        403,
        r#"{"error": "invalid_permission"}"#,
    );
    assert_eq!(list_roles(&company).unwrap_err().status, 403);
}

#[test]
fn addresses_of_members_are_read_once_for_all_grants() {
    let company = company();
    let settings = r#"{"protected_users": ["kim@example.com"]}"#;
    read_user(&company, settings).unwrap();
    let of_addresses = |path: &&String| path.starts_with("/users?");
    assert_eq!(company.borrow().reads.iter().filter(of_addresses).count(), 1);
}
