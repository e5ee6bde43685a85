//! Several CIDs: the one in view, the user's home, and those that the request names.

use serde_json::json;

use crate::contract::types::{self, Mode, Narrowing, OrganizationSelector, Outcome, StrictScope};

use super::{ANN, BOB, CHILD, Case, HOME, Rule, Tenant, at, by_id, by_name, outcomes, reasons};

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

/// The call that names no CID.
const IN_VIEW: &str = "combined/user-roles/v2?user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit=";

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
fn what_others_hold_tells_which_cid_is_in_view() {
    // The lists leave out what Ann holds in view: two empty lists say nothing of one another.
    for is_home_empty in [true, false] {
        let mut tenant = Tenant::new(if is_home_empty { &[] } else { &["dashboard_admin"] });
        tenant.view = CHILD;
        tenant.grant(CHILD, "event_viewer");
        let stale = json!({"meta": {"pagination": {"total": 0}}, "resources": []});
        let in_view = "user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit";
        tenant.rules.push(Rule::always(in_view, 200, stale).times(1));
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("event_viewer"), by_id("help_desk")]);
        assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent; 2], "{answer:?}");
        assert!(!case.holds(CHILD, "event_viewer"));
        let cids: Vec<Option<String>> = answer.unwrap().outcomes[1]
            .grants
            .iter()
            .map(|grant| grant.scope.organization.clone())
            .collect();
        assert_eq!(cids, [Some(HOME.to_owned()), Some(CHILD.to_owned())]);
        // Those of the home CID, then any; both once.
        assert_eq!(case.calls("queries/users"), 2);
    }
}

#[test]
fn where_nothing_tells_which_cid_is_in_view_no_role_that_names_none_is_absent() {
    let refused = |path: &'static str, status: u16| {
        let body = json!({"errors": [{"code": status, "message": "no"}]});
        Rule::always(path, status, body)
    };
    // Nobody else has a role there, or the others cannot be looked at.
    for rule in [None, Some(refused("queries/users", 403))] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.view = CHILD;
        tenant.has_others = rule.is_some();
        tenant.rules.extend(rule);
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("help_desk"), at(HOME, by_id("help_desk"))]);
        assert_eq!(
            (outcomes(&answer), reasons(&answer)[0]),
            (vec![Outcome::Unknown, Outcome::AlreadyAbsent], Some("not_visible")),
            "{answer:?}"
        );
        // What is shown goes all the same.
        let answer = case.ask(&[by_id("event_viewer")]);
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    }
    // Without a role of anybody, there is no other CID than the home CID.
    let mut tenant = Tenant::new(&[]);
    tenant.has_others = false;
    let answer = Case::new(tenant).ask(&[by_id("help_desk")]);
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
    // A read that may pass is a fault of the entries that need it.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    tenant.rules.push(refused("queries/users", 500));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("help_desk"), by_id("dashboard_admin"), by_id("event_viewer")]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::NotAttempted, Outcome::NotAttempted, Outcome::Removed],
        "{answer:?}"
    );
}

#[test]
fn a_list_of_others_that_tells_nothing_does_not_make_home_the_cid_in_view() {
    let denied = || json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
    let list = |rows: serde_json::Value| {
        let total = rows.as_array().unwrap().len();
        json!({"meta": {"pagination": {"total": total}}, "resources": rows, "errors": []})
    };
    let counted = |total: usize, rows: serde_json::Value| json!({"meta": {"pagination": {"total": total}}, "resources": rows, "errors": []});
    let of_bob = "user_uuid=6f1e2a30-0000-4000-8000-00000000b0b0";
    assert!(of_bob.ends_with(BOB), "{}", BOB);
    let row =
        |cid: serde_json::Value| json!({"role_id": "event_viewer", "uuid": BOB, "cid": cid, "grant_type": "direct"});
    for rules in [
        vec![Rule::always("assigned_cids", 403, denied())],
        vec![Rule::always("last_login_at", 400, denied())],
        vec![Rule::always(of_bob, 403, denied())],
        vec![Rule::always(
            of_bob,
            200,
            list(json!([row(json!(CHILD)), row(json!(HOME))])),
        )],
        vec![Rule::always(of_bob, 200, list(json!([row(json!(null))])))],
        // Bob has a role at home and shows none in view: it is another CID.
        vec![
            Rule::always("assigned_cids", 200, list(json!([BOB]))),
            Rule::always(of_bob, 200, list(json!([]))),
        ],
        vec![Rule::always("last_login_at", 200, list(json!([{}])))],
        // More are counted than are listed.
        vec![Rule::always("last_login_at", 200, counted(50, json!([])))],
        vec![Rule::always("last_login_at", 200, counted(50, json!(null)))],
        vec![Rule::always("assigned_cids", 200, counted(5, json!([ANN])))],
    ] {
        let mut tenant = Tenant::new(&[]);
        tenant.view = CHILD;
        tenant.has_others = false;
        let told: Vec<String> = rules
            .iter()
            .map(|rule| format!("{} {}", rule.path, rule.body))
            .collect();
        tenant.rules.extend(rules);
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("help_desk")]);
        assert_eq!(
            (outcomes(&answer), case.revokes()),
            (vec![Outcome::Unknown], 0),
            "{told:?}: {answer:?}"
        );
    }
}

#[test]
fn a_role_that_home_does_not_list_may_exist_in_a_view_that_nobody_tells() {
    for has_others in [false, true] {
        let mut tenant = Tenant::new(&[]);
        tenant.view = CHILD;
        tenant.has_others = has_others;
        tenant.roles.get_mut(CHILD).unwrap().push((
            String::from("fac7c47add5242538f592946747a7191"),
            String::from("Night Watch"),
        ));
        let mut case = Case::new(tenant);
        case.options.mode = Mode::Verify;
        if !has_others {
            case.tenant
                .borrow_mut()
                .rules
                .push(Rule::always("last_login_at", 403, json!({})));
        }
        for asked in [by_id("fac7c47add5242538f592946747a7191"), by_name("Night Watch")] {
            assert_eq!(outcomes(&case.ask(&[asked])), [Outcome::Unknown], "{has_others}");
        }
        // One that neither has.
        let expected = if has_others {
            Outcome::NotFound
        } else {
            Outcome::Unknown
        };
        assert_eq!(outcomes(&case.ask(&[by_name("Nobody")])), [expected], "{has_others}");
    }
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
fn a_list_that_fails_in_one_cid_of_an_entry_does_not_keep_what_another_shows() {
    let request = || types::Request {
        everything: false,
        id: ANN.to_owned(),
        roles: vec![by_id("event_viewer").into()],
        organizations: [HOME, CHILD]
            .map(|cid| OrganizationSelector::Id(cid.to_owned()))
            .to_vec(),
        workspace_id: Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    };
    for (mode, status) in [(Mode::Verify, 422), (Mode::Revoke, 500)] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant
            .rules
            .push(Rule::always("&cid=cccccccccccccccccccccccccccccccc", 503, "{}"));
        let mut case = Case::new(tenant);
        case.options.mode = mode;
        let answer = case.send(request());
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
fn a_role_at_home_says_that_a_cid_in_view_without_any_role_does_not_show_it() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    let case = Case::new(tenant);
    let success = case.ask(&[by_id("event_viewer")]).unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::Removed);
    assert_eq!(success.outcomes[0].warnings, ["not_shown_in_cid:the CID in view"]);
    assert_eq!(case.calls("queries/users"), 0, "a warning is worth no call");
}

#[test]
fn a_role_at_home_says_that_rows_in_view_that_name_no_cid_do_not_show_it() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    let rows = json!([{"role_id": "help_desk", "uuid": ANN, "grant_type": "direct"}]);
    let body = json!({"meta": {"pagination": {"total": 1}}, "resources": rows, "errors": []});
    tenant.rules.push(Rule::always(IN_VIEW, 200, body));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer")]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let warnings = answer.unwrap().outcomes.remove(0).warnings;
    assert!(
        warnings.contains(&String::from("not_shown_in_cid:the CID in view")),
        "{warnings:?}"
    );
}

#[test]
fn another_users_roles_in_several_cids_tell_nothing_however_many_they_are() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.view = CHILD;
    let row = |cid: &str, n: usize| json!({"role_id": format!("{n:032x}"), "cid": cid});
    let page = |rows: Vec<serde_json::Value>| json!({"meta": {"pagination": {"total": 501}}, "resources": rows});
    let first = page((0..500).map(|n| row(HOME, n)).collect());
    let second = page(vec![row(CHILD, 500)]);
    tenant
        .rules
        .push(Rule::always("b0b0&limit=500&offset=500", 200, second));
    tenant.rules.push(Rule::always("b0b0&limit", 200, first));
    let answer = Case::new(tenant).ask(&[by_id("help_desk")]);
    assert_eq!(reasons(&answer), [Some("not_visible")], "{answer:?}");
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
    let warnings = |entry: &types::RoleOutcome| entry.warnings.contains(&String::from("roles_not_whole"));
    assert!(failure.outcomes.iter().all(warnings), "{failure:?}");
    let user = failure.user.unwrap();
    assert!(user.roles.is_empty() && user.truncated == ["roles"]);
}
