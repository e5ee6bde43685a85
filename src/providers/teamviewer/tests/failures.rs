//! Reads that fail, and answers to a write that are none: a problem of the entries that need them.

use super::{
    ALWAYS, AUDIT, Company, Group, HELP, OTHER, by_id, by_name, call, examples, in_group, instead, open, options,
    outcomes, unnamed,
};

const NO: &str = r#"{"error": "invalid_permission"}"#;

#[test]
fn a_roles_own_list_that_cannot_be_read_keeps_that_role_only() {
    for (status, body) in [(403, NO), (500, "{}"), (200, r#"{"ContinuationToken": null}"#)] {
        for list in ["account", "usergroups"] {
            let end: &'static str = format!("assignments/{list}?userRoleId={AUDIT}").leak();
            let alone = if status == 403 { 403 } else { 502 };
            let company = || {
                let company = Company::with(&[("u123", HELP), ("u456", AUDIT)]);
                instead(&company, end, ALWAYS, status, body);
                company
            };
            let answer = call(&company(), "{}", vec![by_id(HELP), by_id(AUDIT)], options());
            assert_eq!(
                outcomes(&answer),
                ["removed", "not_attempted"],
                "{end} {status}: {answer:?}"
            );
            let answer = call(&company(), "{}", vec![by_id(AUDIT)], options());
            assert_eq!(answer.unwrap_err().status, alone, "{end} {status}");
        }
    }
}

#[test]
fn a_directory_that_cannot_be_read_keeps_what_needs_it() {
    for (status, body, alone) in [(403, NO, 403), (500, "{}", 502)] {
        let company = || {
            let company = Company::with(&[("u123", HELP), ("u123", AUDIT)]);
            instead(&company, "=/userroles", ALWAYS, status, body);
            company
        };
        let asked = vec![by_id(HELP), by_id(OTHER), by_name("Auditor")];
        let answer = call(&company(), "{}", asked, options());
        assert_eq!(
            outcomes(&answer),
            ["removed", "not_attempted", "not_attempted"],
            "{answer:?}"
        );
        let success = call(&company(), "{}", vec![by_id(HELP)], options()).unwrap();
        let warnings = &success.outcomes[0].warnings;
        assert!(
            warnings.contains(&String::from("role_directory_not_readable")),
            "{warnings:?}"
        );
        let answer = call(&company(), "{}", vec![by_name("Auditor")], options());
        assert_eq!(answer.unwrap_err().status, alone);
        // A protected name cannot be told.
        let answer = call(
            &company(),
            r#"{"protected_roles": ["Auditor"]}"#,
            vec![by_id(HELP)],
            options(),
        );
        assert_eq!(outcomes(&answer), ["refused"], "{answer:?}");
    }
}

#[test]
fn groups_that_cannot_be_read_keep_the_entries_that_name_one() {
    for end in ["=/usergroups", "/usergroups/7/members"] {
        let company = || {
            let company = Company::with(&[("u123", HELP)]);
            company.borrow_mut().group = Some(Group {
                role: None,
                members: r#"{"accountId": 123}"#,
                id_as_text: false,
            });
            instead(&company, end, ALWAYS, 500, "{}");
            company
        };
        let leave = || in_group(unnamed(), "Night Shift");
        let answer = call(&company(), "{}", vec![by_id(HELP), leave()], options());
        assert_eq!(outcomes(&answer), ["removed", "not_attempted"], "{end}: {answer:?}");
        let failure = call(&company(), "{}", vec![leave()], options()).unwrap_err();
        assert_eq!(failure.status, 502, "{end}: {failure:?}");
    }
}

#[test]
fn an_error_or_a_page_in_a_success_acknowledges_no_write() {
    for (body, status) in [
        (NO, 403),
        (r#"{"error": "rate_limit_reached"}"#, 429),
        (r#"{"error": "invalid_request", "error_code": 400}"#, 422),
        ("<html>Sign in</html>", 502),
    ] {
        let company = Company::with(&[("u123", HELP), ("u123", AUDIT)]);
        instead(&company, "/unassign/account", ALWAYS, 200, body);
        let failure = call(&company, "{}", vec![by_id(HELP)], options()).unwrap_err();
        assert_eq!(failure.status, status, "{body}: {failure:?}");
        assert!(!failure.outcomes[0].grants[0].acknowledged, "{body}");
    }
    // A rate limit is waited out once, and nothing is sent after another one.
    let company = Company::with(&[("u123", HELP)]);
    let limited = r#"{"error": "rate_limit_reached"}"#;
    instead(&company, "/unassign/account", ALWAYS, 200, limited);
    let (transport, opened) = open(&company, "{}");
    let request = examples::request("u123", &[by_id(HELP)]);
    let answer = opened.call(&transport, request, options());
    assert_eq!(outcomes(&answer), ["failed"], "{answer:?}");
    let seen = transport.seen.borrow();
    let writes = seen.iter().filter(|seen| seen.url.ends_with("/unassign/account"));
    assert_eq!(writes.count(), 2);
    let company = Company::with(&[("u123", HELP)]);
    instead(
        &company,
        "/unassign/account",
        1,
        200,
        r#"{"error": "rate_limit_reached"}"#,
    );
    assert_eq!(
        outcomes(&call(&company, "{}", vec![by_id(HELP)], options())),
        ["removed"]
    );
}

#[test]
fn an_error_in_a_success_does_not_say_that_nothing_happened() {
    for body in [
        NO,
        r#"{"error": "not_found"}"#,
        r#"{"error": "invalid_request", "error_code": 400}"#,
        r#"{"code": 409}"#,
        r#"{"error": "something_new"}"#,
        r#"{"error": "rate_limit_reached"}"#,
    ] {
        let company = Company::with(&[("u123", HELP), ("u123", AUDIT)]);
        company.borrow_mut().acknowledgement = Some(body);
        let answer = call(&company, "{}", vec![by_id(HELP)], options());
        assert_eq!(outcomes(&answer), ["removed"], "{body}: {answer:?}");
        assert!(!answer.unwrap().outcomes[0].grants[0].acknowledged, "{body}");
    }
}

#[test]
fn an_error_inside_a_list_that_was_read_is_no_absence() {
    for (error, status) in [
        (r#""error": "internal_error""#, 502),
        (r#""error": "something_new""#, 502),
        (r#""error": "invalid_permission""#, 403),
        (r#""code": 503"#, 502),
    ] {
        let company = Company::with(&[]);
        let body = format!(r#"{{"nextPaginationToken": null, "assignedRoleIds": [], {error}}}"#);
        instead(&company, "/users/u123/userroles", ALWAYS, 200, &body);
        let answer = call(&company, "{}", vec![by_id(HELP)], options());
        assert_eq!(answer.unwrap_err().status, status, "{error}");
        // What may pass is asked again.
        let company = Company::with(&[("u123", HELP)]);
        instead(&company, "/users/u123/userroles", 1, 200, &body);
        let answer = call(&company, "{}", vec![by_id(HELP)], options());
        let may_pass = error.contains("internal") || error.contains("503");
        assert_eq!(answer.is_ok(), may_pass, "{error}: {answer:?}");
    }
}
