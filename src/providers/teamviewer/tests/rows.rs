//! Rows that cannot be read.

use super::{ALWAYS, AUDIT, Company, Group, HELP, OTHER, ask, by_id, by_name, in_group, instead, unnamed};

#[test]
fn a_user_that_cannot_be_read_in_a_roles_list_may_be_the_one() {
    for (spelling, outcome) in [
        ("\"u123\"", "removed"),
        ("123", "removed"),
        ("\" u123 \"", "removed"),
        ("\"U123\"", "unknown"),
        ("\"account:123\"", "unknown"),
        ("\"u0123\"", "unknown"),
        ("null", "unknown"),
        ("{\"id\": \"u123\"}", "unknown"),
    ] {
        for role in [by_id(HELP), by_name("Help Desk")] {
            let company = Company::with(&[("u123", HELP), ("u456", HELP), ("u123", AUDIT)]);
            company.borrow_mut().spelling = (spelling, false);
            // Nothing is said of a role that nobody has.
            let asked = ask(&company, &[role, by_id(OTHER)]);
            assert_eq!(asked, [outcome, "already_absent"], "{spelling}");
            assert_eq!(company.borrow().writes.len(), usize::from(outcome == "removed"));
        }
    }
}

#[test]
fn a_user_that_cannot_be_read_any_more_after_the_revoke_is_not_gone() {
    for (spelling, outcome) in [
        ("\"U123\"", "unverified"),
        ("null", "unverified"),
        ("\"U124\"", "removed"),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        company.borrow_mut().spelling = (spelling, true);
        assert_eq!(ask(&company, &[by_id(HELP)]), [outcome], "{spelling}");
    }
}

#[test]
fn a_member_or_a_group_that_cannot_be_read_leaves_its_role_undecided() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": true}"#,
        id_as_text: false,
    });
    assert_eq!(
        ask(
            &company,
            &[
                by_id(AUDIT),
                by_id(HELP),
                in_group(unnamed(), "7"),
                in_group(by_id(AUDIT), "7")
            ]
        ),
        ["unknown", "already_absent", "unknown", "unknown"]
    );
    let company = Company::with(&[("u123", HELP)]);
    let unread = r#"{"ContinuationToken": null, "AssignedToGroups": [{"id": 7}]}"#;
    instead(
        &company,
        "usergroups?userRoleId=a0000000-0000-4000-8000-000000000002",
        ALWAYS,
        200,
        unread,
    );
    assert_eq!(ask(&company, &[by_id(AUDIT), by_id(HELP)]), ["unknown", "removed"]);
}
