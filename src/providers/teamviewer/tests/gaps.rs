//! What could not be read before does not stand for something else that cannot be read afterwards.

use crate::contract::types::Mode;

use super::{
    ALWAYS, AUDIT, Company, Group, HELP, Options, Shared, SideEffect, ask, by_id, call, in_group, instead, options,
    outcomes, unnamed,
};

const NO_PERMISSION: &str = r#"{"error": "invalid_permission"}"#;

fn in_night_shift(members: &'static str) -> super::Shared {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(HELP),
        members,
        id_as_text: false,
    });
    company
}

/// A role's own list of users or groups.
fn show_assigned(company: &Shared, end: &'static str, times: usize, kind: &str, rows: &str) {
    let list = format!(r#"{{"ContinuationToken": null, "AssignedTo{kind}": {rows}}}"#);
    instead(company, end, times, 200, &list);
}

#[test]
fn a_group_whose_role_is_hidden_is_not_left_because_its_members_are_hidden_now() {
    let membership = in_group(unnamed(), "7");
    for members in ["null", r#"{"accountId": "u1"}"#] {
        let company = in_night_shift(r#"{"accountId": 123}"#);
        instead(&company, "/usergroups/7/userroles", ALWAYS, 403, NO_PERMISSION);
        company.borrow_mut().after_write = Some(match members {
            "null" => |company| company.group.as_mut().unwrap().members = "null",
            _ => |company| company.group.as_mut().unwrap().members = r#"{"accountId": "U123"}"#,
        });
        assert_eq!(
            ask(&company, std::slice::from_ref(&membership)),
            ["unverified"],
            "{members}"
        );
        assert_eq!(company.borrow().writes.len(), 1);
    }
    // The same gap as before hides nothing new.
    let company = in_night_shift(r#"{"accountId": 123}"#);
    company.borrow_mut().group.as_mut().unwrap().role = None;
    instead(&company, "/usergroups/7/userroles", ALWAYS, 403, NO_PERMISSION);
    let answer = call(&company, "{}", vec![membership], options());
    assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
}

#[test]
fn the_hidden_row_of_one_role_does_not_stand_for_that_of_another_one() {
    let company = Company::with(&[("u123", AUDIT)]);
    let of = |role: &str| format!("account?userRoleId={role}");
    let (help, audit): (&'static str, &'static str) = (of(HELP).leak(), of(AUDIT).leak());
    show_assigned(&company, help, ALWAYS, "Users", r#"["u9", null]"#);
    show_assigned(&company, audit, 0, "Users", "[null]");
    company.borrow_mut().after_write = Some(|company| {
        // The write had no effect yet, and the hidden row has moved.
        company.assigned.push(("u123", AUDIT));
        for (end, times, _) in &mut company.instead {
            *times = if end.ends_with(AUDIT) { ALWAYS } else { 0 };
        }
    });
    assert_eq!(ask(&company, &[by_id(HELP), by_id(AUDIT)]), ["unknown", "unverified"]);
}

#[test]
fn a_hidden_group_of_a_role_does_not_stand_for_its_hidden_user() {
    let company = Company::with(&[("u123", HELP)]);
    let groups: &'static str = format!("usergroups?userRoleId={HELP}").leak();
    let users: &'static str = format!("account?userRoleId={HELP}").leak();
    show_assigned(&company, groups, ALWAYS, "Groups", "[null]");
    show_assigned(&company, users, 0, "Users", "[null]");
    company.borrow_mut().after_write = Some(|company| {
        company.assigned.push(("u123", HELP));
        for (end, times, _) in &mut company.instead {
            *times = if end.starts_with("account") { ALWAYS } else { 0 };
        }
    });
    let answer = call(&company, "{}", vec![by_id(HELP)], options()).unwrap_err();
    let grants: Vec<_> = answer.outcomes[0].grants.iter().map(|grant| grant.outcome).collect();
    assert!(
        !grants.contains(&crate::contract::types::Outcome::Removed),
        "{answer:?}"
    );
}

#[test]
fn a_token_owner_who_cannot_be_told_may_be_in_the_group() {
    let only_strip = |mode| Options {
        allow: vec![SideEffect::StripGroup],
        mode,
        ..options()
    };
    let group_role = in_group(by_id(HELP), "7");
    for (account, users, goes) in [
        (r#"{"email": "bot@example.com"}"#, r#"{"users": [{"id": "u9"}]}"#, false),
        (r#"{"email": "bot@example.com"}"#, r#"{"users": [null]}"#, false),
        (r#"{"email": "bot@example.com"}"#, r#"{"users": []}"#, true),
        (
            r#"{"email": "bot@example.com"}"#,
            r#"{"users": [{"id": "u9", "email": "bot@example.com"}]}"#,
            false,
        ),
        (
            r#"{"email": "bot@example.com"}"#,
            r#"{"users": [{"id": "u8", "email": "bot@example.com"}]}"#,
            true,
        ),
        (r#"{"userid": "U9"}"#, r#"{"users": []}"#, false),
        (
            r#"{"userid": "U9", "email": "old@example.com"}"#,
            r#"{"users": []}"#,
            false,
        ),
    ] {
        let company = in_night_shift(r#"{"accountId": 123}, {"accountId": 9}"#);
        instead(&company, "=/account", ALWAYS, 200, account);
        instead(&company, "example.com&full_list=true", ALWAYS, 200, users);
        let answer = call(&company, "{}", vec![group_role.clone()], only_strip(Mode::Revoke));
        assert_eq!(
            (outcomes(&answer) == ["removed"], company.borrow().writes.len() == 1),
            (goes, goes),
            "{account} {users}: {answer:?}"
        );
    }
    // Whether the owner is a member cannot be told.
    for members in [
        r#"{"accountId": 123}, null"#,
        r#"{"accountId": 123}, {"accountId": "U9"}"#,
    ] {
        let company = in_night_shift(members);
        instead(&company, "=/account", ALWAYS, 200, r#"{"userid": "u9"}"#);
        let answer = call(&company, "{}", vec![group_role.clone()], only_strip(Mode::Revoke));
        assert!(
            answer.is_err() && company.borrow().writes.is_empty(),
            "{members}: {answer:?}"
        );
    }
    // Where TeamViewer does not show whose token it is, least privilege goes before the guard: a warning says so.
    let company = in_night_shift(r#"{"accountId": 123}, {"accountId": 9}"#);
    instead(&company, "=/account", ALWAYS, 403, NO_PERMISSION);
    let answer = call(&company, "{}", vec![group_role], only_strip(Mode::Revoke)).unwrap();
    assert_eq!(answer.outcomes[0].grants[0].warnings, ["own_access_not_checked"]);
}

#[test]
fn an_id_of_the_token_owner_that_cannot_be_read_may_be_the_users() {
    let company = Company::with(&[("u123", HELP)]);
    instead(
        &company,
        "=/account",
        ALWAYS,
        200,
        r#"{"userid": "U123", "email": "old@example.com"}"#,
    );
    let answer = call(&company, "{}", vec![by_id(HELP)], options()).unwrap();
    assert_eq!(answer.outcomes[0].grants[0].warnings, ["own_access_not_checked"]);
}
