//! User groups.

use super::{ALWAYS, AUDIT, Company, Group, ask, by_id, call, in_group, instead, options, unnamed};

#[test]
fn a_role_through_a_group_whose_id_is_a_text_is_inherited() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": "123"}"#,
        id_as_text: true,
    });
    let failure = call(&company, "{}", vec![by_id(AUDIT)], options()).unwrap_err();
    assert_eq!(
        failure.outcomes[0].grants[0].via[0].name.as_deref(),
        Some("Night Shift")
    );
}

#[test]
fn a_group_that_only_spelling_tells_apart_or_that_cannot_be_read_is_not_left() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: None,
        members: r#"{"accountId": 123}"#,
        id_as_text: false,
    });
    let leave = |group: &str| in_group(unnamed(), group);
    assert_eq!(
        ask(&company, &[leave("NightShift"), leave("Day Shift")]),
        ["refused", "not_found"]
    );
    let unread = r#"{"nextPaginationToken": null, "resources": [{"id": 7, "name": "Night Shift"}, null]}"#;
    instead(&company, "/usergroups", ALWAYS, 200, unread);
    assert_eq!(
        ask(&company, &[leave("Night Shift"), leave("Day Shift")]),
        ["unknown", "unknown"]
    );
    assert!(company.borrow().writes.is_empty());
}

#[test]
fn two_lists_that_disagree_about_a_member_prove_nothing() {
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(Group {
        role: Some(AUDIT),
        members: r#"{"accountId": 123}"#,
        id_as_text: false,
    });
    let other = r#"{"nextPaginationToken": null, "resources": [{"accountId": 124}]}"#;
    instead(&company, "/usergroups/7/members", ALWAYS, 200, other);
    let asked = [in_group(by_id(AUDIT), "7"), in_group(unnamed(), "7")];
    assert_eq!(ask(&company, &asked), ["unknown", "unknown"]);
    // Read again, it is there.
    company.borrow_mut().instead.clear();
    instead(&company, "/usergroups/7/members", 1, 200, other);
    assert_eq!(ask(&company, &asked[..1]), ["removed"]);
}
