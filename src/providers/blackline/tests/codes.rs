//! Errors inside a 200: they have the meaning of their code.

use super::{Instance, Shared, ask, by_id, call, options, pair};

fn instance(part: &'static str, times: usize, body: &'static str) -> Shared {
    let instance = Instance::holding(&[
        ("5", "A", &pair("5", "Reviewer", "A")),
        ("9", "A", &pair("9", "Auditor", "A")),
    ]);
    instance.borrow_mut().faults = vec![(part, 200, body); times];
    instance
}

const REMOVAL: &str = "roles-products?roleId";
const PAIRS: &str = "roles-products";

#[test]
fn what_may_pass_is_asked_again_and_a_token_is_renewed() {
    for part in [REMOVAL, PAIRS] {
        for (body, tokens) in [
            (r#"{"errorCode": 429}"#, 1),
            (r#"{"errorCode": "503"}"#, 1),
            (r#"{"code": 500, "items": []}"#, 1),
            (r#"{"errorCode": 401}"#, 2),
            (r#"{"errorCode": 400, "message": "Authentication failed"}"#, 2),
        ] {
            let instance = instance(part, 1, body);
            assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["removed"], "{part} {body}");
            // A token that was just got is not renewed: the first read has one that was kept.
            assert_eq!(instance.borrow().tokens, tokens, "{part} {body}");
        }
    }
}

#[test]
fn a_code_that_the_account_points_to_counts() {
    let settings = r#"{"fields": {"error_code": ["/problem/code"]}}"#;
    let instance = instance(REMOVAL, 1, r#"{"problem": {"code": "429"}}"#);
    assert_eq!(ask(&instance, settings, &[by_id("5")]), ["removed"]);
}

#[test]
fn a_read_fails_as_its_code_says() {
    for (body, status, retryable) in [
        (r#"{"errorCode": 403}"#, 403, false),
        (r#"{"errorCode": "429"}"#, 429, true),
        (r#"{"errorCode": 503}"#, 502, true),
        (r#"{"errorCode": "BL-9"}"#, 502, true),
        (r#"{"items": [], "error": "internal_error"}"#, 502, true),
        (r#"{"items": [], "errors": [{"message": "no"}]}"#, 502, true),
        (r#"{"items": [], "errorMessage": "no"}"#, 502, true),
        // As a path that does not exist.
        (r#"{"errorCode": 404}"#, 502, true),
    ] {
        let instance = instance(PAIRS, 20, body);
        let failure = call(&instance, "{}", vec![by_id("5")], options()).unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable),
            (status, retryable),
            "{body}: {failure:?}"
        );
    }
}

#[test]
fn a_code_of_a_success_is_no_error() {
    for code in ["200", r#""201""#, "200.0", "0", r#"" 0 ""#, "299"] {
        let row = pair("9", "Auditor", "A");
        let read: &'static str = format!(r#"{{"code": {code}, "message": "OK", "items": [{row}]}}"#).leak();
        let done: &'static str = format!(r#"{{"errorCode": {code}, "message": "OK"}}"#).leak();
        let instance = instance(REMOVAL, 1, done);
        instance.borrow_mut().faults.push(("301/roles-products", 200, read));
        let answer = call(&instance, "{}", vec![by_id("9")], options());
        let entries = match &answer {
            Ok(success) => &success.outcomes,
            Err(failure) => &failure.outcomes,
        };
        assert!(entries[0].grants[0].acknowledged, "{code}: {answer:?}");
    }
    for code in ["199", "300", r#""2000""#, r#""OK""#, "-200"] {
        let body: &'static str = format!(r#"{{"errorCode": {code}}}"#).leak();
        let failure = call(&instance(REMOVAL, 1, body), "{}", vec![by_id("9")], options()).unwrap_err();
        assert!(!failure.outcomes[0].grants[0].acknowledged, "{code}: {failure:?}");
    }
    // Beside it, another place may have the code of an error.
    let failure = call(
        &instance(PAIRS, 20, r#"{"errorCode": 0, "code": "BL-9", "items": []}"#),
        "{}",
        vec![by_id("5")],
        options(),
    );
    assert_eq!(failure.unwrap_err().status, 502);
}

#[test]
fn what_is_no_document_acknowledges_nothing() {
    for (body, is_acknowledged) in [
        ("<html>Sign in</html>", false),
        ("OK", false),
        ("{", false),
        ("", true),
        (" ", true),
        ("{}", true),
        (r#""OK""#, true),
        ("[]", true),
    ] {
        let failure = call(&instance(REMOVAL, 1, body), "{}", vec![by_id("5")], options()).unwrap_err();
        let grant = &failure.outcomes[0].grants[0];
        let reason = if is_acknowledged { "still_held" } else { "bad_answer" };
        assert_eq!(
            (grant.acknowledged, grant.reason.as_deref()),
            (is_acknowledged, Some(reason)),
            "{body}: {failure:?}"
        );
    }
}

#[test]
fn a_removal_that_fails_is_not_done_and_says_whether_to_repeat_it() {
    for (body, reason, attempts) in [
        (r#"{"errorCode": 429}"#, "rate_limited", 4),
        (r#"{"errorCode": 503}"#, "provider_error", 4),
        (r#"{"errorCode": 403}"#, "forbidden", 1),
        (r#"{"errorCode": 409}"#, "provider_refused", 1),
        (r#"{"errorCode": "BL-9"}"#, "provider_refused", 1),
    ] {
        let instance = instance(REMOVAL, 20, body);
        let failure = call(&instance, "{}", vec![by_id("5")], options()).unwrap_err();
        let entry = &failure.outcomes[0];
        assert_eq!(
            (entry.grants[0].acknowledged, entry.reason.as_deref()),
            (false, Some(reason)),
            "{body}: {failure:?}"
        );
        assert_eq!(20 - instance.borrow().faults.len(), attempts, "{body}");
    }
}
