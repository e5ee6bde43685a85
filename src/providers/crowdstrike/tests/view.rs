//! Which CID is in view, where no row of the user's names it: what others hold there tells.

use serde_json::json;

use crate::contract::types::{Mode, Outcome};

use super::{ANN, BOB, CHILD, Case, HOME, Rule, Tenant, at, by_id, by_name, outcomes, reasons};

/// The call that names no CID.
const IN_VIEW: &str = "combined/user-roles/v2?user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit=";

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
