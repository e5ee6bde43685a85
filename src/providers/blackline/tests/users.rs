//! Who is meant by an e-mail address.

use crate::contract::types::{Failure, Request, Success};

use super::{Instance, Shared, by_id, options, outcomes, pair, read_user_of, request, send, transport};

fn instance(searches: &[&'static str]) -> Shared {
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
    let searches = searches.iter().map(|found| ("filter=email", 200, *found));
    instance.borrow_mut().faults.extend(searches);
    instance
}

fn ask(instance: &Shared, email: &str) -> Result<Success, Failure> {
    let request = Request {
        id: email.to_owned(),
        ..request(vec![by_id("5")])
    };
    send(&transport(instance), "{}", request, options())
}

const NOBODY: &str = r#"{"items": []}"#;
const ANN: &str = r#"{"items": [{"id": 301, "email": "ann@example.com"}]}"#;

#[test]
fn an_address_is_found_in_any_case_where_the_filter_regards_it() {
    for (email, searches) in [
        ("ann@example.com", vec![ANN]),
        ("Ann@Example.com", vec![NOBODY, ANN]),
        ("Ann@Example.com", vec![ANN, ANN]),
    ] {
        let instance = instance(&searches);
        let answer = ask(&instance, email);
        assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
        assert!(instance.borrow().faults.is_empty(), "each spelling is asked for once");
    }
    let failure = ask(&instance(&[NOBODY, NOBODY]), "Ann@Example.com").unwrap_err();
    assert_eq!(failure.status, 404);
}

#[test]
fn a_user_in_two_rows_is_one_user() {
    let twice = r#"{"items": [{"id": 301, "email": "ann@example.com"}, {"id": "0301", "email": "ANN@example.com"}]}"#;
    assert_eq!(outcomes(&ask(&instance(&[twice]), "ann@example.com")), ["removed"]);
    let two = r#"{"items": [{"id": 301, "email": "ann@example.com"}, {"id": 302, "email": "ann@example.com"}]}"#;
    let failure = ask(&instance(&[two]), "ann@example.com").unwrap_err();
    assert_eq!((failure.status, failure.sent), (422, false));
}

#[test]
fn rows_of_the_search_that_say_different_things_of_the_user_are_not_chosen_from() {
    let ann = r#"{"id": 301, "loginId": "ann", "email": "ann@example.com"}"#;
    // There is no call for a single user.
    let settings = r#"{"protected_users": ["ceo@example.com"], "paths": {"user": "/v1/none/{user_id}/own"}}"#;
    for (other, outcome) in [
        (
            r#"{"id": "0301", "loginId": "Ann ", "email": "ANN@example.com"}"#,
            "removed",
        ),
        (
            r#"{"id": 302, "loginId": "bob", "email": "ceo@example.com"}"#,
            "removed",
        ),
        (
            r#"{"id": "0301", "loginId": "ann", "email": "ceo@example.com"}"#,
            "fails",
        ),
        (
            r#"{"id": 301, "loginId": "api-user", "email": "ann@example.com"}"#,
            "fails",
        ),
        (r#"{"id": 301, "loginId": "ann"}"#, "fails"),
        (
            r#"{"id": 301, "email": "ann@example.com", "email": "ceo@example.com"}"#,
            "fails",
        ),
        ("null", "fails"),
    ] {
        for rows in [format!("{ann}, {other}"), format!("{other}, {ann}")] {
            let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
            let found: &'static str = format!(r#"{{"items": [{rows}]}}"#).leak();
            let searches = [("filter=id", 200, found); 2];
            instance.borrow_mut().faults.extend(searches);
            let answer = send(&transport(&instance), settings, request(vec![by_id("5")]), options());
            if outcome == "removed" {
                assert_eq!(outcomes(&answer), [outcome], "{rows}: {answer:?}");
            } else {
                let failure = answer.unwrap_err();
                assert_eq!((failure.status, failure.sent), (502, false), "{rows}: {failure:?}");
                assert!(instance.borrow().writes.is_empty(), "{rows}");
            }
        }
    }
}

#[test]
fn a_user_whose_own_document_has_another_address_is_not_the_one() {
    let stale = r#"{"items": [{"id": 301, "email": "bob@example.com"}]}"#;
    let instance = instance(&[stale]);
    let failure = ask(&instance, "bob@example.com").unwrap_err();
    assert_eq!(
        failure.outcomes[0].reason.as_deref(),
        Some("not_expected"),
        "{failure:?}"
    );
    assert!(!failure.sent && instance.borrow().writes.is_empty());
    let reading = read_user_of(&self::instance(&[stale]), "{}", "bob@example.com");
    assert_eq!(reading.unwrap_err().status, 422);
    // A login may be an address; and where no address is shown, none contradicts the search.
    for user in [
        r#"{"id": 301, "loginId": "bob@example.com", "email": "ann@example.com"}"#,
        r#"{"id": 301, "loginId": "ann", "email": null}"#,
    ] {
        let instance = self::instance(&[stale]);
        instance.borrow_mut().user = user;
        assert_eq!(outcomes(&ask(&instance, "bob@example.com")), ["removed"], "{user}");
    }
}
