//! Lists that are missing, cut short, moving, or in disagreement.

use std::collections::BTreeMap;

use crate::contract::{
    examples,
    types::{Mode, Options, Role, UnknownRole},
};

use super::{
    ALWAYS, AUDIT, Company, Group, HELP, OTHER, ask, by_id, by_name, call, everything, hide_own_list, in_group,
    instead, open, options, outcomes, read_user,
};

#[test]
fn a_role_that_the_directory_does_not_show_is_looked_up_in_its_own_list() {
    let absent = Options {
        unknown_role: UnknownRole::Absent,
        ..options()
    };
    let only_audit = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": "Auditor"}}]}}"#);
    let with_unread = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": "Auditor"}}, null]}}"#);
    for (roles, of_absent) in [
        (r#"{"Roles": []}"#, "unknown"),
        (r#"{"Roles": null}"#, "unknown"),
        (&with_unread, "unknown"),
        // A directory that can be read whole says that there is no such role.
        (&only_audit, "already_absent"),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        company.borrow_mut().roles = roles.to_owned();
        hide_own_list(&company);
        let answer = call(&company, "{}", vec![by_id(HELP), by_id(OTHER)], absent.clone());
        assert_eq!(outcomes(&answer), ["removed", of_absent], "{roles}");
    }
}

#[test]
fn a_role_that_the_user_has_and_the_directory_lacks_makes_it_incomplete() {
    let company = Company::with(&[("u123", HELP)]);
    company.borrow_mut().roles = format!(r#"{{"Roles": [{{"Id": "{AUDIT}", "Name": "Auditor"}}]}}"#);
    assert_eq!(
        ask(&company, &[by_name("Nothing"), by_name("Auditor"), by_id(AUDIT)]),
        ["unknown", "unknown", "already_absent"]
    );
}

#[test]
fn lists_that_straddle_another_removal_are_read_again() {
    let listed = format!(r#"{{"nextPaginationToken": null, "assignedRoleIds": ["{HELP}"]}}"#);
    let roles = "/users/u123/userroles";
    // The list is older than the role's own one.
    let company = Company::with(&[]);
    instead(&company, roles, 1, 200, &listed);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["already_absent"]);
    // The role's own list is older.
    let company = Company::with(&[]);
    let own = r#"{"ContinuationToken": null, "AssignedToUsers": ["u123"]}"#;
    instead(
        &company,
        "account?userRoleId=a0000000-0000-4000-8000-000000000001",
        1,
        200,
        own,
    );
    assert_eq!(ask(&company, &[by_id(HELP)]), ["already_absent"]);
    // It stays so: through something that nobody names.
    let company = Company::with(&[]);
    instead(&company, roles, ALWAYS, 200, &listed);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["inherited"]);
    assert_eq!(company.borrow().reads.iter().filter(|path| *path == roles).count(), 3);
}

#[test]
fn a_list_must_be_a_list_and_say_that_it_ends() {
    let roles = "/users/u123/userroles";
    for (body, outcome) in [
        (
            r#"{"nextPaginationToken": null, "assignedRoleIds": null}"#,
            Some("already_absent"),
        ),
        (
            r#"{"nextPaginationToken": null, "assignedRoleIds": []}"#,
            Some("already_absent"),
        ),
        (r#"{"assignedRoleIds": []}"#, Some("unknown")),
        (r#"{"nextPaginationToken": [], "assignedRoleIds": []}"#, Some("unknown")),
        (
            r#"{"nextPaginationToken": null, "assignedRoleIds": [null]}"#,
            Some("unknown"),
        ),
        (
            r#"{"nextPaginationToken": null, "assignedRoleIds": ["Help Desk"]}"#,
            Some("unknown"),
        ),
        (r#"{"nextPaginationToken": null}"#, None),
        (r#"{"nextPaginationToken": null, "assignedRoleIds": "none"}"#, None),
    ] {
        let company = Company::with(&[]);
        instead(&company, roles, ALWAYS, 200, body);
        let answer = call(&company, "{}", vec![by_id(HELP)], options());
        match outcome {
            Some(outcome) => assert_eq!(outcomes(&answer), [outcome], "{body}"),
            None => assert_eq!(answer.unwrap_err().status, 502, "{body}"),
        }
    }
    let company = Company::with(&[]);
    let own = "account?userRoleId=a0000000-0000-4000-8000-000000000001";
    instead(
        &company,
        own,
        ALWAYS,
        200,
        r#"{"ContinuationToken": null, "AssignedToUsers": null}"#,
    );
    assert_eq!(ask(&company, &[by_id(HELP)]), ["unknown"]);
}

#[test]
fn a_token_of_a_page_is_encoded() {
    let company = Company::with(&[("u123", HELP)]);
    let first = r#"{"ContinuationToken": "a+b/c=&x", "AssignedToUsers": []}"#;
    instead(
        &company,
        "account?userRoleId=a0000000-0000-4000-8000-000000000001",
        1,
        200,
        first,
    );
    let second = r#"{"ContinuationToken": null, "AssignedToUsers": ["u123"]}"#;
    instead(&company, "&continuationToken=a%2Bb%2Fc%3D%26x", 1, 200, second);
    assert_eq!(ask(&company, &[by_id(HELP)]), ["removed"]);
}

#[test]
fn a_list_that_moves_between_its_pages_proves_nothing() {
    let company = Company::with(&[]);
    let page = |token: &str, user: &str| format!(r#"{{"ContinuationToken": {token}, "AssignedToUsers": ["{user}"]}}"#);
    let own = "account?userRoleId=a0000000-0000-4000-8000-000000000001";
    instead(&company, own, ALWAYS, 200, &page("\"2\"", "u456"));
    instead(&company, "&continuationToken=2", ALWAYS, 200, &page("null", "u456"));
    assert_eq!(ask(&company, &[by_id(HELP)]), ["unknown"]);
}

#[test]
fn a_roles_own_list_that_is_not_there_proves_nothing() {
    for status in [400, 404] {
        let company = Company::with(&[]);
        instead(
            &company,
            "account?userRoleId=a0000000-0000-4000-8000-000000000001",
            ALWAYS,
            status,
            "{}",
        );
        assert_eq!(
            ask(&company, &[by_id(HELP), by_id(AUDIT)]),
            ["unknown", "already_absent"],
            "{status}"
        );
    }
}

#[test]
fn a_403_is_a_rate_limit_if_it_says_so_in_any_way() {
    for (body, status) in [
        (r#"{"error": "rate_limit_reached"}"#, 429),
        (
            r#"{"error": "invalid_request", "error_description": "Rate Limit reached: IP blocked"}"#,
            429,
        ),
        (r#"{"error": "invalid_permission", "error_description": "no"}"#, 403),
        ("<html>", 403),
    ] {
        let company = Company::with(&[("u123", HELP)]);
        instead(&company, "/unassign/account", ALWAYS, 403, body);
        let failure = call(&company, "{}", vec![by_id(HELP)], options()).unwrap_err();
        assert_eq!(failure.status, status, "{body}: {failure:?}");
        assert_eq!(
            failure.message.contains("or the rate limit"),
            body == "<html>",
            "{failure:?}"
        );
    }
}

#[test]
fn how_a_role_is_held_that_nobody_asks_about_is_not_read_and_not_said() {
    let company = Company::with(&[("u123", HELP), ("u123", AUDIT)]);
    let answer = call(&company, "{}", vec![by_id(HELP)], options());
    assert_eq!(outcomes(&answer), ["removed"]);
    let read: BTreeMap<String, Option<bool>> = company.borrow().first_read.iter().cloned().collect();
    assert_eq!((read[HELP], read[AUDIT]), (Some(true), None));

    let reading = read_user(&company, "{}").unwrap();
    assert!(reading.whole && reading.grants.iter().all(|grant| grant.direct));
    everything(
        &company,
        Options {
            mode: Mode::Plan,
            ..options()
        },
    )
    .unwrap();
    assert_eq!(company.borrow().first_read, [(AUDIT.to_owned(), Some(true))]);
}

#[test]
fn a_page_that_is_null_is_the_end_of_no_list() {
    let pages = |first: &str, second: &str| {
        let company = Company::with(&[("u123", HELP), ("u123", AUDIT)]);
        // Too many roles to look at one by one.
        let role =
            |number: usize| format!(r#"{{"Id": "b0000000-0000-4000-8000-{number:012}", "Name": "Role {number}"}}"#);
        let roles: Vec<String> = (0..101).map(role).collect();
        let own = format!(r#"{{"Id": "{HELP}", "Name": "Help Desk"}}, {{"Id": "{AUDIT}", "Name": "Auditor"}}"#);
        company.borrow_mut().roles = format!(r#"{{"Roles": [{own}, {}]}}"#, roles.join(", "));
        instead(&company, "/users/u123/userroles", ALWAYS, 200, first);
        instead(&company, "/users/u123/userroles?paginationToken=2", ALWAYS, 200, second);
        company
    };
    let shown = format!(r#"{{"nextPaginationToken": "2", "assignedRoleIds": ["{HELP}"]}}"#);
    let null = r#"{"nextPaginationToken": null, "assignedRoleIds": null}"#;
    let company = pages(&shown, null);
    let answer = everything(&company, options());
    assert!(outcomes(&answer).contains(&"unknown"), "{answer:?}");
    assert!(company.borrow().assigned.contains(&("u123", AUDIT)));
    assert!(!read_user(&pages(&shown, null), "{}").unwrap().whole);
    let begun = r#"{"nextPaginationToken": "2", "assignedRoleIds": null}"#;
    assert!(!read_user(&pages(begun, null), "{}").unwrap().whole);
}

#[test]
fn a_user_without_a_list_of_roles_is_what_the_roles_own_lists_say() {
    for body in [
        "null",
        r#"{"assignedRoleIds": null}"#,
        r#"{"nextPaginationToken": null, "assignedRoleIds": null}"#,
    ] {
        for (held, outcome) in [(vec![("u123", HELP)], "removed"), (vec![], "already_absent")] {
            let company = Company::with(&held);
            instead(&company, "/users/u123/userroles", ALWAYS, 200, body);
            assert_eq!(ask(&company, &[by_id(HELP)]), [outcome], "{body}");
        }
    }
}

#[test]
fn a_row_that_comes_twice_is_one_user_and_one_group() {
    let jane = r#"{"id": "u123", "email": "ann@example.com"}"#;
    let ask_for_jane = |second: &str| {
        let company = Company::with(&[("u123", HELP)]);
        let users = format!(r#"{{"users": [{jane}, {second}]}}"#);
        instead(
            &company,
            "/users?email=ann%40example.com&full_list=true",
            ALWAYS,
            200,
            &users,
        );
        let (transport, opened) = open(&company, "{}");
        let request = examples::request("ann@example.com", &[by_id(HELP)]);
        opened.call(&transport, request, options())
    };
    assert_eq!(outcomes(&ask_for_jane(jane)), ["removed"]);
    let other = ask_for_jane(r#"{"id": "u456", "email": "ann@example.com"}"#);
    assert_eq!(other.unwrap_err().status, 422);
    for (second, outcome) in [("Night Shift", "removed"), ("Day Shift", "unknown")] {
        let company = Company::with(&[]);
        company.borrow_mut().group = Some(Group {
            role: None,
            members: r#"{"accountId": 123}"#,
            id_as_text: false,
        });
        let groups = format!(
            r#"{{"nextPaginationToken": null, "resources": [{{"id": 7, "name": "Night Shift"}}, {{"id": 7, "name": "{second}"}}]}}"#
        );
        instead(&company, "/usergroups", ALWAYS, 200, &groups);
        let group = Role {
            id: None,
            ..in_group(by_id(HELP), "Night Shift")
        };
        let answer = call(&company, "{}", vec![group], options());
        assert_eq!(outcomes(&answer), [outcome], "{answer:?}");
    }
}

#[test]
fn a_group_that_is_listed_under_two_names_is_protected_by_each_and_may_return_by_scim() {
    let leave = |rows: &str, settings: &str| {
        let company = Company::with(&[]);
        company.borrow_mut().group = Some(Group {
            role: None,
            members: r#"{"accountId": 123}"#,
            id_as_text: false,
        });
        let groups = format!(r#"{{"nextPaginationToken": null, "resources": [{rows}]}}"#);
        instead(&company, "/usergroups", ALWAYS, 200, &groups);
        let group = Role {
            id: None,
            ..in_group(by_id(HELP), "7")
        };
        call(&company, settings, vec![group], options())
    };
    let named = |names: [&str; 2]| names.map(|name| format!(r#"{{"id": 7{name}}}"#)).join(", ");
    let (night, payroll, nameless) = (r#", "name": "Night Shift""#, r#", "name": "Payroll""#, "");
    for names in [
        [night, payroll],
        [payroll, night],
        [nameless, payroll],
        [payroll, nameless],
    ] {
        let answer = leave(&named(names), r#"{"protected_roles": ["Payroll"]}"#);
        assert_eq!(outcomes(&answer), ["refused"], "{names:?}: {answer:?}");
        assert_eq!(outcomes(&leave(&named(names), "{}")), ["removed"], "{names:?}");
    }
    let scim = r#", "name": "Night Shift", "creationSourceType": 3"#;
    for names in [[night, scim], [scim, night]] {
        let answer = leave(&named(names), "{}").unwrap();
        assert!(format!("{answer:?}").contains("may_return_by_scim"), "{answer:?}");
    }
}

#[test]
fn an_unknown_id_beside_the_name_of_a_held_role_is_not_absent() {
    let company = Company::with(&[("u123", HELP)]);
    let absent = Options {
        unknown_role: UnknownRole::Absent,
        ..options()
    };
    let pair = Role {
        name: Some(String::from("Help Desk")),
        ..by_id("a0000000-0000-4000-8000-00000000dead")
    };
    let failure = call(&company, "{}", vec![pair], absent).unwrap_err();
    assert_eq!(
        failure.outcomes[0].reason.as_deref(),
        Some("name_mismatch"),
        "{failure:?}"
    );
}
