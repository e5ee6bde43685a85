//! What the answer to a revoke says, and how long is waited.

use std::time::Duration;

use serde_json::json;

use crate::contract::types::{FailureKind, Outcome};

use super::{Case, HOME, NIGHT_SHIFT, Rule, Tenant, by_id, outcomes};

const ACTIONS: &str = "user-role-actions";

fn revoke_answers(status: u16, body: impl ToString) -> Case {
    let mut tenant = Tenant::new(&["event_viewer", "help_desk"]);
    tenant.rules.push(Rule::always(ACTIONS, status, body));
    Case::new(tenant)
}

#[test]
fn an_error_inside_a_success_has_the_meaning_of_its_code() {
    for (code, status, retryable) in [
        (json!(401), 401, false),
        (json!(403), 403, false),
        (json!(404), 422, false),
        (json!("403"), 403, false),
        (json!(429), 429, true),
        (json!(500), 502, true),
        (json!(503), 502, true),
        (json!(null), 422, false),
    ] {
        let case = revoke_answers(200, json!({"errors": [{"code": code, "message": "no"}]}));
        let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable),
            (status, retryable),
            "{code}: {failure:?}"
        );
        assert!(!failure.outcomes[0].grants[0].acknowledged);
        assert!(case.holds(HOME, "event_viewer"));
    }
}

#[test]
fn what_is_no_documented_success_is_no_acknowledgement() {
    for body in [
        "",
        "null",
        "[]",
        "ok",
        r#"{"errors": "no"}"#,
        r#"{"errors": [null]}"#,
        r#"{"errors": {}}"#,
        "{}",
        r#"{"meta": "done"}"#,
        r#"{"message": "done"}"#,
    ] {
        let case = revoke_answers(200, body);
        let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, Outcome::Failed, "{body}");
        assert!(!failure.outcomes[0].grants[0].acknowledged, "{body}");
        // Nor does it prove that a role is absent.
        let failure = case.ask(&[by_id("dashboard_admin")]).unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, Outcome::Unknown, "{body}");
    }
}

#[test]
fn an_error_in_any_shape_inside_a_success_acknowledges_nothing() {
    for (body, status, retryable) in [
        (json!({"error": "upstream timeout"}), 422, false),
        (json!({"meta": {}, "errors": [], "errorMessage": "no"}), 422, false),
        (json!({"meta": {}, "resources": [], "code": 404}), 422, false),
        (json!({"code": 500, "message": "no"}), 502, true),
        (json!({"statusCode": 403, "message": "no"}), 403, false),
        (json!({"error": {"code": "429"}}), 429, true),
        (json!({"errors": [{"message": "no"}], "status": 503}), 502, true),
    ] {
        let case = revoke_answers(200, &body);
        let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable),
            (status, retryable),
            "{body}: {failure:?}"
        );
        assert!(!failure.outcomes[0].grants[0].acknowledged, "{body}");
        // Nor does it prove that a role is absent.
        let failure = case.ask(&[by_id("dashboard_admin")]).unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, Outcome::Unknown, "{body}: {failure:?}");
        assert!(!failure.outcomes[0].grants[0].acknowledged, "{body}");
    }
    let beside = json!({"error": "no", "result": {"uid": "bob@example.com"}});
    let answer = revoke_answers(200, beside).ask(&[by_id("event_viewer")]);
    assert!(!format!("{answer:?}").contains("bob@example.com"), "{answer:?}");
}

#[test]
fn what_was_only_accepted_or_done_in_part_proves_no_absence() {
    let done = json!({"meta": {"writes": {"resources_affected": 1}}, "errors": []});
    for status in [200, 201, 202, 203, 206, 207] {
        let case = revoke_answers(status, &done);
        let answer = case.ask(&[by_id("dashboard_admin")]);
        let expected = if status > 201 {
            Outcome::Unknown
        } else {
            Outcome::AlreadyAbsent
        };
        assert_eq!(outcomes(&answer), [expected], "{status}: {answer:?}");
        // Of a role that is shown, the read-back decides.
        let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, Outcome::Unverified, "{status}");
    }
}

#[test]
fn an_unknown_role_inside_a_success_is_not_found_only_if_it_is_not_held() {
    let case = revoke_answers(200, json!({"errors": [{"code": 404, "message": "role not found"}]}));
    assert_eq!(outcomes(&case.ask(&[by_id("no_such_role")])), [Outcome::NotFound]);
    // It is held, whatever the directory says.
    case.tenant
        .borrow_mut()
        .roles
        .get_mut(HOME)
        .unwrap()
        .retain(|(id, _)| id != "event_viewer");
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::Failed]);
}

#[test]
fn the_raw_response_is_the_refusal_and_never_a_document() {
    let refusal =
        json!({"errors": [{"code": 403, "message": "access denied"}], "resources": [{"uid": "bob@example.com"}]});
    for status in [200, 403] {
        let case = revoke_answers(status, &refusal);
        let answer = case.ask(&[by_id("event_viewer")]).unwrap_err().answer.unwrap();
        assert!(answer.body.contains("access denied"), "{}", answer.body);
        assert!(!answer.body.contains("bob@example.com"), "{}", answer.body);
    }
    let case = revoke_answers(
        400,
        json!({"errors": [{"code": 400, "message": "invalid roleID='x' specified"}]}),
    );
    let answer = case.ask(&[by_id("event_viewer")]).unwrap_err().answer.unwrap();
    assert!(answer.body.contains("invalid roleID"), "{}", answer.body);

    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule::always(
        "users/GET/v1",
        200,
        json!({"resources": {"uid": "bob@example.com"}}),
    ));
    let failure = Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err();
    assert_eq!(failure.status, 502);
    assert!(failure.answer.is_none(), "{:?}", failure.answer);
}

#[test]
fn a_rate_limit_is_waited_for_at_least_five_seconds() {
    // The clock of the test stands at 1769851800.
    for (value, seconds) in [
        ("1769851700", 5),
        ("0", 5),
        ("2.0", 5),
        ("soon", 5),
        ("1769851807", 7),
        ("1769851808000", 8),
    ] {
        for path in ["users/GET/v1", ACTIONS] {
            let mut tenant = Tenant::new(&["event_viewer"]);
            let limited = json!({"errors": [{"code": 429, "message": "API rate limit exceeded"}]});
            let rule = Rule::always(path, 429, limited).times(1);
            tenant.rules.push(rule.header("x-ratelimit-retryafter", value));
            let case = Case::new(tenant);
            assert_eq!(
                outcomes(&case.ask(&[by_id("event_viewer")])),
                [Outcome::Removed],
                "{value}"
            );
            assert!(case.transport.elapsed() >= Duration::from_secs(seconds), "{value}");
            assert!(
                case.transport.elapsed() < Duration::from_secs(seconds * 2 + 2),
                "{value}"
            );
        }
    }
}

#[test]
fn the_wrong_region_is_a_fault_of_the_account() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    let refused = json!({"errors": [{"code": 401, "message": "access denied, invalid bearer token"}]});
    tenant
        .rules
        .push(Rule::always("user-management", 401, refused).header("x-cs-region", "eu-1"));
    let failure = Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err();
    assert_eq!((failure.status, failure.retryable, failure.sent), (401, false, false));
    assert!(
        failure.message.contains("region") && failure.message.contains("eu-1"),
        "{}",
        failure.message
    );

    // A redirect may say where to only in the header of the region, or not at all.
    let elsewhere = ("location", "https://api.eu-1.crowdstrike.com/oauth2/token");
    for (path, headers, named) in [
        ("oauth2/token", vec![elsewhere], "api.eu-1.crowdstrike.com"),
        ("oauth2/token", vec![("x-cs-region", "eu-1")], "`eu-1`"),
        (
            "oauth2/token",
            vec![("location", "/oauth2/token"), ("x-cs-region", "eu-1\u{7}")],
            "`eu-1`",
        ),
        ("oauth2/token", vec![("location", "/elsewhere")], "region or host"),
        ("user-management", vec![("x-cs-region", "eu-1")], "`eu-1`"),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        let redirect = Rule::always(path, 308, "");
        let redirect = headers
            .iter()
            .fold(redirect, |rule, (name, value)| rule.header(name, value));
        tenant.rules.push(redirect);
        let failure = Case::new(tenant).ask(&[by_id("event_viewer")]).unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable, failure.kind),
            (500, false, FailureKind::InvalidAccount),
            "{path} {headers:?}: {failure:?}"
        );
        assert!(
            failure.message.contains(named),
            "{path} {headers:?}: {}",
            failure.message
        );
    }
}

#[test]
fn a_failure_of_one_single_says_nothing_about_its_siblings() {
    // The batch of probes is refused, so that each goes by itself; one of them fails, and may have landed.
    let mut tenant = Tenant::new(&["dashboard_admin"]);
    tenant.refuses = Some("help_desk");
    let body = r#""role_ids":["event_viewer"]"#;
    tenant.failing_body = Some(body);
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer"), by_id("help_desk"), by_id(NIGHT_SHIFT)]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::Refused, Outcome::AlreadyAbsent],
        "{answer:?}"
    );
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[1].reason.as_deref(), Some("provider_refused"));
}
