//! Roles that no list shows.

use serde_json::json;

use crate::contract::types::{Binding, Mode, Outcome, Role, UnknownRole};

use super::{CHILD, Case, HOME, NIGHT_SHIFT, Rule, Tenant, at, by_id, by_name, outcomes, reasons};

#[test]
fn an_acknowledged_revoke_proves_absence_and_names_the_cid() {
    let case = Case::new(Tenant::new(&["event_viewer"]));
    let success = case.ask(&[by_id("help_desk"), by_name("night shift")]).unwrap();
    for entry in &success.outcomes {
        assert_eq!(entry.outcome, Outcome::AlreadyAbsent);
        assert_eq!(entry.grants[0].warnings, [format!("not_shown_in_cid:{HOME}")]);
        assert!(entry.grants[0].acknowledged);
    }
    assert_eq!(case.revokes(), 1, "listed roles share a request");
}

#[test]
fn probes_that_share_a_refused_request_go_one_by_one() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.refuses = Some("dashboard_admin");
    let case = Case::new(tenant);
    let answer = case.ask(&[
        by_id("help_desk"),
        by_id("dashboard_admin"),
        by_id(NIGHT_SHIFT),
        by_id("no_such_role"),
        by_id("event_viewer"),
    ]);
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::AlreadyAbsent,
            Outcome::Refused,
            Outcome::AlreadyAbsent,
            Outcome::NotFound,
            Outcome::Removed
        ],
        "{answer:?}"
    );
    // The held one, the unlisted one, the batch, and its three.
    assert_eq!(case.revokes(), 6);
}

#[test]
fn a_role_that_a_stale_list_omits_is_gone_if_it_is_said_to_be() {
    let mut tenant = Tenant::new(&["event_viewer", "help_desk"]);
    let rows = json!({"meta": {"pagination": {"total": 1}}, "resources": [tenant.rows[1]]});
    tenant
        .rules
        .push(Rule::always("combined/user-roles", 200, rows).times(1));
    let case = Case::new(tenant);
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::AlreadyAbsent]);
    assert!(!case.holds(HOME, "event_viewer"));
}

#[test]
fn an_id_that_only_spelling_tells_from_a_listed_one_is_not_revoked() {
    for spelling in ["HELP_DESK", "Help Desk", "helpdesk"] {
        let case = Case::new(Tenant::new(&["event_viewer"]));
        let answer = case.ask(&[by_id(spelling)]);
        assert_eq!(
            (outcomes(&answer), reasons(&answer)),
            (vec![Outcome::Refused], vec![Some("ambiguous")])
        );
        assert_eq!(case.revokes(), 0);
    }
    let case = Case::new(Tenant::new(&["event_viewer"]));
    assert_eq!(reasons(&case.ask(&[by_name("HelpDesk")])), [Some("ambiguous")]);
}

#[test]
fn two_roles_whose_names_look_alike_stay_removable_by_name() {
    let mut tenant = Tenant::new(&["help_desk"]);
    let twin = "11111111111111111111111111111111";
    tenant
        .roles
        .get_mut(HOME)
        .unwrap()
        .push((twin.to_owned(), String::from("HelpDesk")));
    let case = Case::new(tenant);
    assert_eq!(outcomes(&case.ask(&[by_name("HelpDesk")])), [Outcome::AlreadyAbsent]);
    assert!(case.holds(HOME, "help_desk"));
    case.tenant.borrow_mut().grant(HOME, twin);
    assert_eq!(outcomes(&case.ask(&[by_name("HelpDesk")])), [Outcome::Removed]);
    assert_eq!(outcomes(&case.ask(&[by_name("help desk")])), [Outcome::Removed]);
}

#[test]
fn a_plan_says_not_found_for_what_the_directory_does_not_have() {
    let roles = [by_id("no_such_role"), by_id("help_desk"), by_name("No Such Role")];
    let case = Case::new(Tenant::new(&["event_viewer"])).dry_run();
    let answer = case.ask(&roles);
    assert_eq!(
        outcomes(&answer),
        [Outcome::NotFound, Outcome::Planned, Outcome::NotFound],
        "{answer:?}"
    );
    let failure = answer.unwrap_err();
    assert!(
        failure.outcomes[0]
            .message
            .as_deref()
            .unwrap()
            .contains("only revoking it")
    );
    assert_eq!(
        failure.outcomes[1].grants[0].warnings,
        [format!("not_shown_in_cid:{HOME}")]
    );
    assert_eq!(case.revokes(), 0);

    let case = Case::new(Tenant::new(&["event_viewer"]));
    assert_eq!(
        outcomes(&case.ask(&roles)),
        [Outcome::NotFound, Outcome::AlreadyAbsent, Outcome::NotFound]
    );
}

#[test]
fn a_deleted_role_counts_as_absent_only_if_the_request_says_so() {
    let mut case = Case::new(Tenant::new(&["event_viewer"]));
    case.options.unknown_role = UnknownRole::Absent;
    let deleted = Role {
        name: Some(String::from("Old Role")),
        ..by_id("22222222222222222222222222222222")
    };
    let success = case.ask(&[deleted]).unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    assert_eq!(success.outcomes[0].reason.as_deref(), Some("unknown_role"));
}

#[test]
fn a_directory_that_is_not_whole_proves_nothing() {
    let named = |name: &str| Role {
        name: Some(name.to_owned()),
        ..by_id("help_desk")
    };
    for (path, body) in [
        ("queries/roles/v1", json!({"resources": []})),
        ("queries/roles/v1", json!({"resources": null})),
        ("queries/roles/v1", json!({"resources": ["event_viewer", null]})),
        (
            "queries/roles/v1",
            json!({"resources": ["event_viewer"], "meta": {"pagination": {"total": 2}}}),
        ),
        ("roles/GET/v2", json!({"resources": [{"id": "event_viewer"}]})),
        ("roles/GET/v2", json!({"resources": [null]})),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.rules.push(Rule::always(path, 200, &body));
        let case = Case::new(tenant);
        let answer = case.ask(&[
            by_name("No Such Role"),
            named("Help Desk"),
            by_id("help_desk"),
            by_id("no_such_role"),
            by_id("event_viewer"),
        ]);
        assert_eq!(
            outcomes(&answer),
            [
                Outcome::Unknown,
                Outcome::Refused,
                Outcome::AlreadyAbsent,
                Outcome::Refused,
                Outcome::Removed
            ],
            "{body}: {answer:?}"
        );
    }
}

#[test]
fn a_directory_whose_read_fails_keeps_only_what_needs_it() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("queries/roles/v1", 500, "{}"));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_name("Help Desk"), by_id("event_viewer"), by_id("help_desk")]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::NotAttempted, Outcome::Removed, Outcome::AlreadyAbsent],
        "{answer:?}"
    );
}

#[test]
fn another_cids_custom_role_is_refused_and_not_unknown() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.grant(CHILD, "event_viewer");
    let case = Case::new(tenant);
    let answer = case.ask(&[at(CHILD, by_id(NIGHT_SHIFT)), at(CHILD, by_id("no_such_role"))]);
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::NotFound], "{answer:?}");
}

#[test]
fn a_text_that_may_be_the_name_of_a_held_role_is_not_probed_as_an_id() {
    for (status, mode) in [(403, Mode::Revoke), (500, Mode::Revoke), (403, Mode::Verify)] {
        let mut tenant = Tenant::new(&["event_viewer", NIGHT_SHIFT]);
        tenant.rows[1]["role_name"] = json!(null);
        tenant.rules.push(Rule::always("queries/roles", status, "{}"));
        let mut case = Case::new(tenant);
        case.options.mode = mode;
        let answer = case.ask(&[by_id("Night Shift"), by_id("nights")]);
        assert_eq!(outcomes(&answer), [Outcome::Unknown; 2], "{status}: {answer:?}");
        assert_eq!(reasons(&answer), [Some("not_visible"); 2]);
        assert_eq!(case.revokes(), 0);
        // An id can be no name.
        let answer = case.ask(&[by_id("22222222222222222222222222222222")]);
        assert_ne!(reasons(&answer), [Some("not_visible")], "{answer:?}");
    }
    // What every row names otherwise is no name of theirs, and only a text in the form of an id can be one.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("queries/roles", 403, "{}"));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("Night Shift"), by_id("help_desk")]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::AlreadyAbsent],
        "{answer:?}"
    );
}

#[test]
fn an_unlisted_id_beside_the_name_of_another_role_is_a_mismatch() {
    let pair = Role {
        name: Some(String::from("Help Desk")),
        ..by_id("helpdesk_x")
    };
    for unknown_role in [UnknownRole::NotFound, UnknownRole::Absent] {
        let mut case = Case::new(Tenant::new(&["event_viewer"]));
        case.options.unknown_role = unknown_role;
        let answer = case.ask(std::slice::from_ref(&pair));
        assert_eq!(reasons(&answer), [Some("name_mismatch")], "{answer:?}");
        assert_eq!(case.revokes(), 0);
    }
}

#[test]
fn a_plan_with_a_role_that_no_directory_has_can_be_carried_out() {
    for (unknown_role, planned, done) in [
        (UnknownRole::NotFound, Outcome::NotFound, Outcome::NotFound),
        (UnknownRole::Absent, Outcome::Planned, Outcome::AlreadyAbsent),
    ] {
        let mut case = Case::new(Tenant::new(&["event_viewer"])).dry_run();
        case.options.unknown_role = unknown_role;
        let roles = [by_id("event_viewer"), by_id("no_such_role")];
        let answer = case.ask(&roles);
        assert_eq!(outcomes(&answer), [Outcome::Planned, planned], "{answer:?}");
        let plan = match answer {
            Ok(success) => success.plan,
            Err(failure) => failure.plan,
        };
        case.options.mode = Mode::Revoke;
        case.options.binding = Binding::Plan(plan.unwrap());
        let answer = case.ask(&roles);
        assert_eq!(outcomes(&answer), [Outcome::Removed, done], "{answer:?}");
        assert_eq!(case.revokes(), 2);
    }
}
