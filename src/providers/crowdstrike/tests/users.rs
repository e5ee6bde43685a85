//! Who is meant, and whose calls know them.

use serde_json::json;

use crate::contract::types::{FailureKind, Narrowing, Outcome};

use super::{ANN, CHILD, Case, HOME, Rule, Tenant, at, by_id, outcomes, reasons};

fn external() -> Tenant {
    let mut tenant = Tenant::new(&["event_viewer", "help_desk"]);
    tenant.is_external = true;
    // The home is a partner CID, over which the credentials have no authority.
    let partner = "dddddddddddddddddddddddddddddddd";
    tenant.user = json!({"uuid": ANN, "uid": "ann@example.com", "cid": partner, "user_type": "external"});
    let forbidden = json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
    tenant
        .rules
        .push(Rule::always("cid=dddddddddddddddddddddddddddddddd", 403, forbidden));
    tenant
}

#[test]
fn an_external_user_is_found_read_and_revoked_by_the_newer_calls() {
    for user in [ANN, "Ann@Example.com"] {
        let case = Case::new(external());
        let answer = case.ask_for(user, &[by_id("event_viewer")]);
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        let success = answer.unwrap();
        assert_eq!(success.user.user_type.as_deref(), Some("external"));
        assert!(!case.holds(HOME, "event_viewer") && case.holds(HOME, "help_desk"));
        assert_eq!(
            (case.calls("user-role-actions/v1"), case.calls("user-role-actions/v2")),
            (0, 1)
        );
        // By its uuid alone the user could be anybody's: the older list is asked for at once with the record.
        assert_eq!(case.calls("combined/user-roles/v2"), usize::from(user == ANN));
    }
}

#[test]
fn no_user_is_unknown_before_both_calls_were_asked() {
    let stranger = "6f1e2a30-0000-4000-8000-ffffffffffff";
    let case = Case::new(Tenant::new(&["event_viewer"]));
    let failure = case.ask_for(stranger, &[by_id("event_viewer")]).unwrap_err();
    assert_eq!((failure.status, failure.kind), (404, FailureKind::NotFound));
    assert_eq!((case.calls("users/GET/v1"), case.calls("users/GET/v2")), (1, 1));

    let mut tenant = Tenant::new(&[]);
    for path in ["queries/users/v1", "queries/users/v2"] {
        tenant
            .rules
            .push(Rule::always(path, 200, json!({"resources": null, "errors": null})));
    }
    let case = Case::new(tenant);
    let failure = case.ask_for("bob@example.com", &[by_id("event_viewer")]).unwrap_err();
    assert_eq!(failure.status, 404);
    assert_eq!((case.calls("queries/users/v1"), case.calls("queries/users/v2")), (1, 1));
}

#[test]
fn a_newer_call_that_does_not_exist_says_nothing_and_one_that_is_refused_leaves_it_open() {
    let stranger = "6f1e2a30-0000-4000-8000-ffffffffffff";
    for (status, expected) in [(404, 404), (403, 403), (500, 502)] {
        let mut tenant = Tenant::new(&[]);
        let body = json!({"errors": [{"code": status, "message": "no"}]});
        tenant.rules.push(Rule::always("users/GET/v2", status, body));
        let case = Case::new(tenant);
        let failure = case.ask_for(stranger, &[by_id("event_viewer")]).unwrap_err();
        assert_eq!(failure.status, expected, "{}", failure.message);
    }
}

#[test]
fn grants_that_the_older_call_does_not_know_are_asked_for_by_the_newer_one() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    let body = json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]});
    tenant.rules.push(Rule::always("combined/user-roles/v2", 400, body));
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer")]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!case.holds(HOME, "event_viewer"));
}

#[test]
fn a_uuid_in_capitals_is_the_same_user_and_the_id_that_came_back_is_written() {
    let case = Case::new(Tenant::new(&["event_viewer"]));
    let success = case.ask_for(&ANN.to_uppercase(), &[by_id("event_viewer")]).unwrap();
    assert_eq!(success.user.id, ANN);
    assert!(!case.holds(HOME, "event_viewer"));
}

#[test]
fn a_user_who_cannot_be_told_is_not_written_to() {
    let list = |uuids: &[&str], total: usize| json!({"meta": {"pagination": {"total": total}}, "resources": uuids});
    for (body, status) in [
        (list(&[ANN, "6f1e2a30-0000-4000-8000-00000000b002"], 2), 422),
        (list(&[ANN], 2), 502),
        (json!({"resources": [ANN, null]}), 502),
        (json!({"resources": {"uuid": ANN}}), 502),
        (json!({"meta": {}}), 502),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.rules.push(Rule::always("queries/users/v1", 200, &body));
        let case = Case::new(tenant);
        let failure = case.ask_for("ann@example.com", &[by_id("event_viewer")]).unwrap_err();
        assert_eq!((failure.status, failure.sent), (status, false), "{body}");
        assert!(case.holds(HOME, "event_viewer"));
    }
    // Another user comes back.
    let case = Case::new(Tenant::new(&["event_viewer"]));
    let failure = case.ask_for("bob@example.com", &[by_id("event_viewer")]).unwrap_err();
    assert_eq!((failure.status, failure.sent), (422, false));
    for user in [
        json!(null),
        json!([ANN]),
        json!({"uid": "ann@example.com"}),
        json!({"uuid": {"id": ANN}}),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.user = user;
        let failure = Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false));
    }
}

#[test]
fn a_document_that_cannot_be_read_beside_the_users_may_be_the_users_too() {
    for other in [
        json!(null),
        json!([ANN]),
        json!({"uid": "ceo@example.com"}),
        json!({"uuid": ANN, "uid": "ceo@example.com", "cid": HOME}),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        let both = json!({"resources": [tenant.user, other]});
        tenant.rules.push(Rule::always("users/GET/v1", 200, both));
        let failure = Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{other}: {failure:?}");
    }
}

#[test]
fn a_protected_address_is_a_refusal_where_the_login_cannot_be_read() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.user["uid"] = json!({"login": "ann@example.com"});
    let mut case = Case::new(tenant);
    case.settings = r#"{"protected_users": ["bob@example.com"]}"#;
    let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("protected_user"));
    assert_eq!(case.revokes(), 0);
}

#[test]
fn a_login_of_an_internal_and_an_external_user_is_ambiguous() {
    let both = json!({"resources": [ANN, "6f1e2a30-0000-4000-8000-00000000b002"]});
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("queries/users/v2", 200, both));
    let failure = Case::new(tenant)
        .ask_for("ann@example.com", &[by_id("event_viewer")])
        .unwrap_err();
    assert_eq!((failure.status, failure.sent), (422, false));
    // Who may not ask the newer call still finds whom the older one knows.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("queries/users/v2", 403, "{}"));
    assert!(
        Case::new(tenant)
            .ask_for("ann@example.com", &[by_id("event_viewer")])
            .is_ok()
    );
}

#[test]
fn a_user_whom_only_the_cid_in_view_does_not_know_exists() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    let body = json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]});
    // A list that names no CID has the limit behind the user.
    for path in ["user-roles/v3", "user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit"] {
        tenant.rules.push(Rule::always(path, 400, &body));
    }
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("help_desk"), at(HOME, by_id("event_viewer"))]);
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed], "{answer:?}");
    // A locked token makes no difference.
    let mut case = case;
    case.member_cid = Narrowing::Only(HOME.to_owned());
    let answer = case.ask(&[by_id("help_desk"), at(HOME, by_id("dashboard_admin"))]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::AlreadyAbsent],
        "{answer:?}"
    );
    // Nobody knows the user: deleted since the record was read.
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("combined/user-roles", 400, &body));
    assert_eq!(Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err().status, 404);
}

#[test]
fn a_user_whom_the_cid_in_view_does_not_know_may_exist_at_a_home_that_cannot_be_read() {
    let unknown = json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]});
    let at_home = "&cid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let denied = json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
    for (status, body, expected) in [
        (503, json!({}), 502),
        (429, json!({}), 429),
        (409, json!({"errors": [{"code": 409, "message": "later"}]}), 502),
        (403, json!({}), 403),
        (403, denied, 403),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        // The first rule that fits answers.
        tenant.rules.push(Rule::always(at_home, status, &body));
        tenant.rules.push(Rule::always("combined/user-roles", 400, &unknown));
        let failure = Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!(
            (failure.status, failure.sent),
            (expected, false),
            "{status} {body}: {failure:?}"
        );
    }
}

#[test]
fn a_user_whose_home_is_not_shown_may_exist_there() {
    let unknown = json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]});
    for cid in [json!(null), json!(""), json!({})] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.user["cid"] = cid.clone();
        tenant.rules.push(Rule::always("combined/user-roles", 400, &unknown));
        let answer = Case::new(tenant).ask(&[by_id("event_viewer")]);
        assert_eq!(reasons(&answer), [Some("not_visible")], "{cid}: {answer:?}");
    }
}

#[test]
fn a_newer_list_that_fails_takes_nothing_from_what_the_older_call_showed() {
    for status in [404, 403, 500] {
        let mut tenant = Tenant::new(&[]);
        tenant.user["cid"] = json!(CHILD);
        tenant.grant(CHILD, "event_viewer");
        let body = json!({"errors": [{"code": status, "message": "no"}]});
        tenant.rules.push(Rule::always("user-roles/v3", status, body));
        let unknown = json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]});
        let in_view = "user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit";
        tenant.rules.push(Rule::always(in_view, 400, unknown));
        let case = Case::new(tenant);
        let answer = case.ask(&[at(CHILD, by_id("event_viewer")), by_id("help_desk")]);
        assert_eq!(outcomes(&answer)[0], Outcome::Removed, "{status}: {answer:?}");
        assert_ne!(outcomes(&answer)[1], Outcome::AlreadyAbsent, "{status}");
        assert!(!case.holds(CHILD, "event_viewer"));
    }
}

#[test]
fn a_record_that_the_older_call_refuses_as_unknown_is_asked_of_the_newer_one() {
    let unknown = json!({"errors": [{"code": 400, "message": "invalid user uuid='x' specified"}]});
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("users/GET/v1", 400, &unknown));
    assert_eq!(
        outcomes(&Case::new(tenant).ask(&[by_id("event_viewer")])),
        [Outcome::Removed]
    );
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always("users/GET", 400, &unknown));
    assert_eq!(Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err().status, 404);
}

#[test]
fn a_login_with_one_uuid_in_two_spellings_is_one_user() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    let newer = json!({"resources": [format!(" {} ", ANN.to_uppercase())]});
    tenant.rules.push(Rule::always("queries/users/v2", 200, newer));
    let answer = Case::new(tenant).ask_for("ann@example.com", &[by_id("event_viewer")]);
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
}
