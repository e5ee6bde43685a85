//! Protected roles and users.

use super::{ALWAYS, AUDIT, Company, Group, HELP, by_id, call, in_group, instead, options, outcomes, unnamed};

#[test]
fn a_name_protects_a_role_that_shows_none_or_is_spelled_otherwise() {
    for (name, roles) in [
        ("Help Desk", None),
        ("help-desk", None),
        (" HELPDESK ", None),
        ("Secret", Some(r#"{"Roles": []}"#)),
        (
            "Secret",
            Some(r#"{"Roles": [{"Id": "a0000000-0000-4000-8000-000000000001", "Name": null}]}"#),
        ),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        if let Some(roles) = roles {
            company.borrow_mut().roles = roles.to_owned();
        }
        let settings = format!(r#"{{"protected_roles": ["{name}"]}}"#);
        let answer = call(&company, &settings, vec![by_id(HELP)], options());
        assert_eq!(outcomes(&answer), ["refused"], "{name}");
        assert!(company.borrow().writes.is_empty());
    }
    let company = Company::with(&[("u123", HELP)]);
    let settings = r#"{"protected_roles": ["Auditor", "{A0000000-0000-4000-8000-000000000002}"]}"#;
    assert_eq!(
        outcomes(&call(&company, settings, vec![by_id(HELP)], options())),
        ["removed"]
    );
}

#[test]
fn a_protected_address_protects_a_user_whose_address_is_not_shown() {
    for (user, outcome) in [
        (r#"{"id": "u123", "email": "ann@example.com"}"#, "removed"),
        (r#"{"id": 123}"#, "refused"),
        (r#"{"id": "u123", "email": 7}"#, "refused"),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        company.borrow_mut().user = user;
        let settings = r#"{"protected_users": ["kim@example.com"]}"#;
        assert_eq!(
            outcomes(&call(&company, settings, vec![by_id(HELP)], options())),
            [outcome],
            "{user}"
        );
    }
}

#[test]
fn stripping_a_group_takes_nothing_from_a_protected_member_and_says_from_how_many_it_takes() {
    let group = |members| Group {
        role: Some(AUDIT),
        members,
        id_as_text: false,
    };
    let both = r#"{"accountId": 123}, {"accountId": 456}"#;
    let strip = || vec![in_group(by_id(AUDIT), "7")];
    for (members, protected, addresses_are_read, outcome) in [
        (both, "", true, "removed"),
        (both, r#""456""#, true, "refused"),
        (both, r#""kim@example.com""#, true, "refused"),
        (both, r#""kim@example.com""#, false, "refused"),
        (both, r#""sam@example.com""#, true, "removed"),
        (both, r#""sam@example.com""#, false, "refused"),
        (
            r#"{"accountId": 123}, {"accountId": null}"#,
            r#""u789""#,
            true,
            "refused",
        ),
    ] {
        let company = Company::with(&[]);
        company.borrow_mut().group = Some(group(members));
        if !addresses_are_read {
            instead(&company, "/users?full_list=true", ALWAYS, 403, "{}");
        }
        let settings = format!(r#"{{"protected_users": [{protected}]}}"#);
        let answer = call(&company, &settings, strip(), options());
        assert_eq!(outcomes(&answer), [outcome], "{protected}: {answer:?}");
        assert_eq!(company.borrow().writes.is_empty(), outcome == "refused");
    }
    let company = Company::with(&[]);
    company.borrow_mut().group = Some(group(both));
    let success = call(&company, "{}", strip(), options()).unwrap();
    let side_effects = &success.outcomes[0].grants[0].side_effects;
    assert!(
        side_effects.iter().any(|line| line.ends_with(": 1")),
        "{side_effects:?}"
    );
}

#[test]
fn who_joins_a_group_after_it_was_read_is_protected_too() {
    for (protected, outcome) in [(r#""456""#, "refused"), (r#""u789""#, "removed")] {
        let company = Company::with(&[]);
        company.borrow_mut().group = Some(Group {
            role: Some(AUDIT),
            members: r#"{"accountId": 123}, {"accountId": 456}"#,
            id_as_text: false,
        });
        // Until then it was the user alone.
        let before = r#"{"nextPaginationToken": null, "resources": [{"accountId": 123}]}"#;
        instead(&company, "/usergroups/7/members", 1, 200, before);
        let settings = format!(r#"{{"protected_users": [{protected}]}}"#);
        let answer = call(&company, &settings, vec![in_group(by_id(AUDIT), "7")], options());
        assert_eq!(outcomes(&answer), [outcome], "{protected}: {answer:?}");
        assert_eq!(company.borrow().writes.is_empty(), outcome == "refused");
    }
}

#[test]
fn a_group_whose_role_cannot_be_read_may_give_a_protected_one() {
    for (protected, body, is_left) in [
        ("[]", r#"{"assignedRoleId": 7}"#, true),
        (r#"["Other"]"#, r#"{"assignedRoleId": 7}"#, false),
        (r#"["a0000000-0000-4000-8000-000000000003"]"#, r"{}", false),
        (r#"["Other"]"#, r#"{"assignedRoleId": null}"#, true),
    ] {
        let company = Company::with(&[]);
        company.borrow_mut().group = Some(Group {
            role: None,
            members: r#"{"accountId": 123}"#,
            id_as_text: false,
        });
        instead(&company, "/usergroups/7/userroles", ALWAYS, 200, body);
        let settings = format!(r#"{{"protected_roles": {protected}}}"#);
        let answer = call(&company, &settings, vec![in_group(unnamed(), "7")], options());
        assert_eq!(
            !company.borrow().writes.is_empty(),
            is_left,
            "{protected}, {body}: {answer:?}"
        );
    }
}
