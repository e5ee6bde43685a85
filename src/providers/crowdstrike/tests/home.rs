//! Several CIDs: the one in view, the user's home, and those that the request names.

use serde_json::json;

use crate::contract::types::{Mode, Narrowing, OrganizationSelector, Outcome, Request, RoleOutcome, StrictScope};

use super::{ANN, CHILD, Case, HOME, Rule, Tenant, at, by_id, by_name, outcomes, reasons, request};

/// The client belongs to the child CID; Ann's home is the parent. She has the role in both.
fn seen_from_the_child() -> Tenant {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    tenant.grant(CHILD, "event_viewer");
    tenant.grant(CHILD, "dashboard_admin");
    tenant
}

const AT_HOME: &str =
    "combined/user-roles/v2?user_uuid=6f1e2a30-0000-4000-8000-00000000a001&cid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn home_answers(status: u16, body: serde_json::Value) -> Case {
    let mut tenant = seen_from_the_child();
    tenant.rules.push(Rule::always(AT_HOME, status, body));
    Case::new(tenant)
}

#[test]
fn in_view_and_at_home_the_role_goes() {
    let case = Case::new(seen_from_the_child());
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::Removed]);
    assert!(!case.holds(HOME, "event_viewer") && !case.holds(CHILD, "event_viewer"));
}

#[test]
fn only_the_documented_403_leaves_the_home_cid_out() {
    let case = home_answers(
        403,
        json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]}),
    );
    let success = case.ask(&[by_id("event_viewer"), by_name("Dashboard Admin")]).unwrap();
    let warning = format!("cid_not_visible:{HOME}");
    assert!(success.outcomes.iter().all(|entry| entry.warnings.contains(&warning)));
    assert!(case.holds(HOME, "event_viewer") && !case.holds(CHILD, "event_viewer"));
    assert!(!case.holds(CHILD, "dashboard_admin"));
}

#[test]
fn any_other_no_at_home_is_not_visible() {
    let error = |code: u16| json!({"errors": [{"code": code, "message": "no"}]});
    for (status, body) in [
        (400, error(400)),
        (404, error(404)),
        (403, json!({})),
        (403, json!("blocked by a proxy")),
        // Not the documented refusal, whatever the status.
        (403, json!({"errors": [{"code": 500, "message": "internal"}]})),
        (403, error(403)),
        (
            403,
            json!({"errors": [{"code": 403, "message": "too many sessions, try later"}]}),
        ),
        (
            403,
            json!({"errors": [{"message": "access denied, authorization failed"}]}),
        ),
        (
            403,
            json!({"errors": [{"code": 500, "message": "access denied, authorization failed"}]}),
        ),
        (
            403,
            json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}, null]}),
        ),
        (200, error(403)),
        (200, error(404)),
        (200, json!({"errors": [{"message": "no"}], "resources": []})),
        (200, json!({"errors": ["no"], "resources": []})),
        (
            400,
            json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]}),
        ),
    ] {
        let case = home_answers(status, body.clone());
        let answer = case.ask(&[
            by_id("event_viewer"),
            by_id("help_desk"),
            at(CHILD, by_id("dashboard_admin")),
        ]);
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Unknown, Outcome::Removed],
            "{status} {body}: {answer:?}"
        );
        assert_eq!(reasons(&answer)[..2], [Some("not_visible"); 2], "{status} {body}");
        assert!(case.holds(HOME, "event_viewer"));
    }
}

#[test]
fn what_may_pass_at_home_ends_the_call_before_anything_is_sent() {
    let error = |code: u16| json!({"errors": [{"code": code, "message": "later"}]});
    for (status, body, expected) in [
        (500, error(500), 502),
        (408, error(408), 502),
        (409, error(409), 502),
        (200, error(409), 502),
        (429, error(429), 429),
        (200, error(500), 502),
        (200, error(503), 502),
        (200, error(429), 429),
        (200, json!({"resources": "none"}), 502),
        (200, json!({"resources": [], "meta": {"pagination": {"total": 1}}}), 502),
    ] {
        let case = home_answers(status, body.clone());
        let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!((failure.status, failure.sent), (expected, false), "{status} {body}");
        assert!(case.holds(CHILD, "event_viewer"));
    }
}

#[test]
fn without_a_home_nothing_that_names_no_cid_is_absent() {
    for cid in [json!(null), json!(""), json!({}), json!("home")] {
        let mut tenant = seen_from_the_child();
        tenant.user["cid"] = cid.clone();
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("help_desk"), at(CHILD, by_id("help_desk"))]);
        assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::AlreadyAbsent], "{cid}");
    }
}

#[test]
fn a_cid_whose_read_fails_keeps_only_its_own_entry() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.grant(CHILD, "help_desk");
    tenant
        .rules
        .push(Rule::always("&cid=cccccccccccccccccccccccccccccccc", 503, "{}"));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer"), at(CHILD, by_id("help_desk"))]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::NotAttempted],
        "{answer:?}"
    );
    assert_eq!(reasons(&answer)[1], Some("provider_error"));
    assert!(case.holds(CHILD, "help_desk"));
    assert!(answer.unwrap_err().retryable);
}

#[test]
fn the_cid_in_view_is_known_as_long_as_the_call_lasts() {
    // Nothing is left in view after the removal, and a row at home that names no CID stays what it was.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant
        .rules
        .push(Rule::always("&cid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 400, "{}"));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer")]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
}

#[test]
fn a_locked_token_names_the_cid_in_view() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    let denied = json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
    tenant.rules.push(Rule::always(AT_HOME, 403, denied));
    let mut case = Case::new(tenant);
    case.member_cid = Narrowing::Only(format!("{}-5C", CHILD.to_uppercase()));
    let success = case.ask(&[by_id("event_viewer")]).unwrap();
    let entry = &success.outcomes[0];
    assert_eq!(entry.outcome, Outcome::AlreadyAbsent);
    assert!(entry.warnings.contains(&format!("cid_not_visible:{HOME}")));
    assert_eq!(entry.grants[0].scope.organization.as_deref(), Some(CHILD));
    assert!(case.holds(HOME, "event_viewer"));
}

#[test]
fn a_cid_whose_own_list_is_refused_proves_nothing_whatever_the_view_shows_of_it() {
    let list = |rows: serde_json::Value| json!({"meta": {"pagination": {"total": rows.as_array().unwrap().len()}}, "resources": rows});
    let row = |cid: &str, role: &str| json!({"role_id": role, "uuid": ANN, "cid": cid, "grant_type": "direct"});
    for (status, message) in [(400, "no"), (403, "access denied, authorization failed")] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        let no = json!({"errors": [{"code": status, "message": message}]});
        tenant
            .rules
            .push(Rule::always("&cid=cccccccccccccccccccccccccccccccc", status, no));
        // The list in view has rows of several CIDs, and then omits one.
        let both = list(json!([row(HOME, "event_viewer"), row(CHILD, "help_desk")]));
        let in_view = "user_uuid=6f1e2a30-0000-4000-8000-00000000a001&offset";
        tenant.rules.push(Rule {
            times: 1,
            ..Rule::always(in_view, 200, both)
        });
        tenant
            .rules
            .push(Rule::always("user-role-actions", 200, json!({"errors": []})));
        let case = Case::new(tenant);
        let answer = case.ask(&[at(CHILD, by_id("help_desk"))]);
        assert!(answer.is_err(), "{status}: {answer:?}");
        assert_eq!(outcomes(&answer), [Outcome::Unknown], "{status}: {answer:?}");
    }
}

#[test]
fn a_home_that_the_record_shows_no_more_is_read_all_the_same() {
    let record = |cid: serde_json::Value| json!({"resources": [{"uuid": ANN, "uid": "ann@example.com", "status": "active", "cid": cid}]});
    for (cid, has_effect) in [
        (json!(null), false),
        (json!(""), false),
        (json!({}), false),
        (json!(CHILD), false),
        (json!(HOME), true),
    ] {
        let mut tenant = seen_from_the_child();
        tenant.grant(HOME, "help_desk");
        tenant.rules.push(Rule {
            times: 1,
            ..Rule::always("entities/users/GET", 200, record(json!(HOME)))
        });
        tenant
            .rules
            .push(Rule::always("entities/users/GET", 200, record(cid.clone())));
        if !has_effect {
            tenant
                .rules
                .push(Rule::always("user-role-actions", 200, json!({"errors": []})));
        }
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("help_desk")]);
        let expected = if has_effect {
            Outcome::Removed
        } else {
            Outcome::Unverified
        };
        assert_eq!(outcomes(&answer), [expected], "{cid}: {answer:?}");
    }
}

#[test]
fn an_entry_without_a_cid_does_not_grow_by_the_cids_of_other_entries() {
    let mut tenant = Tenant::new(&["help_desk"]);
    tenant.grant(CHILD, "help_desk");
    tenant.grant(CHILD, "event_viewer");
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("help_desk"), at(CHILD, by_id("event_viewer"))]);
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert!(!case.holds(HOME, "help_desk") && case.holds(CHILD, "help_desk"));
    // Nor does it need their directories, or their rows.
    let mut tenant = Tenant::new(&["help_desk"]);
    tenant.grant(CHILD, "event_viewer");
    tenant
        .rows
        .push(json!({"cid": CHILD, "uuid": super::ANN, "role_id": {}, "grant_type": "direct"}));
    let of_child = "queries/roles/v1?cid=cccccccccccccccccccccccccccccccc";
    tenant.rules.push(Rule::always(of_child, 403, "{}"));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_name("Help Desk"), at(CHILD, by_id("event_viewer"))]);
    assert_eq!(outcomes(&answer)[0], Outcome::Removed, "{answer:?}");
}

#[test]
fn the_own_cid_at_which_a_role_is_not_shown_is_named_and_not_probed() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    tenant.grant(CHILD, "event_viewer");
    tenant.grant(CHILD, "help_desk");
    let case = Case::new(tenant);
    let success = case.ask(&[by_id("help_desk"), by_id("event_viewer")]).unwrap();
    let warnings: Vec<&[String]> = success.outcomes.iter().map(|entry| entry.warnings.as_slice()).collect();
    assert_eq!(warnings, [&[format!("not_shown_in_cid:{HOME}")][..], &[]]);
    assert_eq!(case.revokes(), 2, "one for each CID with something to revoke");
    // In a tenant of one CID there is no other place.
    let success = Case::new(Tenant::new(&["help_desk"]))
        .ask(&[by_id("help_desk")])
        .unwrap();
    assert!(success.outcomes[0].warnings.is_empty(), "{success:?}");
}

#[test]
fn a_list_that_fails_keeps_only_the_entries_that_need_it() {
    // The list at home, and the one of the CID in view, which names no CID.
    let in_view = "user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit";
    for (path, status) in [(AT_HOME, 500), (in_view, 503), (AT_HOME, 409)] {
        let mut tenant = seen_from_the_child();
        let body = json!({"errors": [{"code": status, "message": "later"}]});
        tenant.rules.push(Rule::always(path, status, body));
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("event_viewer"), at(CHILD, by_id("dashboard_admin"))]);
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Removed],
            "{path}: {answer:?}"
        );
        assert_eq!(reasons(&answer)[0], Some("provider_error"), "{path}");
        // What is shown goes, and nothing is said of the other place.
        assert_eq!(
            (case.holds(CHILD, "event_viewer"), case.holds(HOME, "event_viewer")),
            (path == in_view, path == AT_HOME)
        );
        let failure = answer.unwrap_err();
        assert_eq!((failure.status, failure.retryable), (500, true), "{path}");
        // Everything needs every list.
        let mut case = case;
        assert_eq!(case.everything().unwrap_err().status, 502, "{path}");
    }
    // No entry needs the list of the CID in view.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always(in_view, 503, "{}"));
    let case = Case::new(tenant);
    assert_eq!(
        outcomes(&case.ask(&[at(HOME, by_id("event_viewer"))])),
        [Outcome::Removed]
    );
    // A locked token names the CID in view: its list by that name is the same one.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always(in_view, 503, "{}"));
    let mut case = Case::new(tenant);
    case.member_cid = Narrowing::Only(HOME.to_owned());
    let answer = case.ask(&[by_id("event_viewer"), at(CHILD, by_id("help_desk"))]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::AlreadyAbsent],
        "{answer:?}"
    );
}

#[test]
fn a_second_scope_may_hide_in_a_list_that_was_not_read() {
    for (status, reason) in [(403, "not_visible"), (503, "provider_error")] {
        let mut case = home_answers(status, json!({"errors": [{"code": status, "message": "no"}]}));
        case.options.strict_scope = StrictScope::Strict;
        let answer = case.ask(&[by_id("event_viewer"), at(CHILD, by_id("dashboard_admin"))]);
        assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed], "{answer:?}");
        assert_eq!(reasons(&answer)[0], Some(reason));
        assert!(case.holds(CHILD, "event_viewer"));
    }
}

#[test]
fn a_cid_that_narrows_in_two_spellings_is_one() {
    let case = Case::new(Tenant::new(&["event_viewer"]));
    let twice = Request {
        organizations: [CHILD.to_owned(), format!("{}-1F", CHILD.to_uppercase())]
            .map(OrganizationSelector::Id)
            .to_vec(),
        ..request(ANN, &[by_id("help_desk")])
    };
    let success = case.send(twice).unwrap();
    assert_eq!(success.outcomes[0].grants.len(), 1, "{success:?}");
    assert_eq!(case.revokes(), 1);
}

#[test]
fn a_list_that_fails_in_one_cid_of_an_entry_does_not_keep_what_another_shows() {
    let in_both = || Request {
        organizations: [HOME, CHILD]
            .map(|cid| OrganizationSelector::Id(cid.to_owned()))
            .to_vec(),
        ..request(ANN, &[by_id("event_viewer")])
    };
    for (mode, status) in [(Mode::Verify, 422), (Mode::Revoke, 500)] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant
            .rules
            .push(Rule::always("&cid=cccccccccccccccccccccccccccccccc", 503, "{}"));
        let mut case = Case::new(tenant);
        case.options.mode = mode;
        let answer = case.send(in_both());
        assert_eq!(
            (outcomes(&answer), reasons(&answer)),
            (vec![Outcome::Unknown], vec![Some("provider_error")]),
            "{answer:?}"
        );
        assert_eq!(case.holds(HOME, "event_viewer"), mode == Mode::Verify);
        assert_eq!(answer.unwrap_err().status, status);
    }
}

#[test]
fn a_verify_says_what_one_list_shows_although_the_other_fails() {
    let mut case = home_answers(503, json!({}));
    case.options.mode = Mode::Verify;
    let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
    assert_eq!(failure.status, 422, "{failure:?}");
    assert_eq!(failure.outcomes[0].grants[0].outcome, Outcome::Held);
    // What it does not show stays a failed read.
    assert_eq!(case.ask(&[by_id("help_desk")]).unwrap_err().status, 502);
}

#[test]
fn roles_are_left_out_of_the_user_where_a_list_was_not_read() {
    let denied = json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
    let reading = home_answers(403, json!({})).read_user().unwrap();
    assert!(reading.user.roles.is_empty() && reading.user.truncated == ["roles"]);
    assert_eq!(reading.grants.len(), 2, "they are listed, as far as they are shown");
    // A home CID out of sight leaves the reading open. A removal's answer names the CID, and shows the roles elsewhere.
    let reading = home_answers(403, denied.clone()).read_user().unwrap();
    assert!(reading.user.roles.is_empty() && reading.user.truncated == ["roles"]);
    let success = home_answers(403, denied.clone()).ask(&[by_id("event_viewer")]).unwrap();
    assert!(!success.user.roles.is_empty() && success.user.truncated.is_empty());

    let mut tenant = Tenant::new(&["event_viewer", "help_desk"]);
    tenant
        .rules
        .push(Rule::always("&cid=cccccccccccccccccccccccccccccccc", 403, denied));
    let failure = Case::new(tenant)
        .ask(&[by_id("event_viewer"), at(CHILD, by_id("help_desk"))])
        .unwrap_err();
    let warnings = |entry: &RoleOutcome| entry.warnings.contains(&String::from("roles_not_whole"));
    assert!(failure.outcomes.iter().all(warnings), "{failure:?}");
    let user = failure.user.unwrap();
    assert!(user.roles.is_empty() && user.truncated == ["roles"]);
}
