//! Lists that may be cut off or contradict themselves, and what is sent only if they do not.

use crate::contract::types::{Options, UnknownRole};

use super::{Instance, ROLES, Shared, ask, by_id, by_name, call, options, outcomes, pair, request, send};

#[test]
fn a_list_that_contradicts_itself_proves_nothing() {
    for more in [
        r#", "totalCount": 2"#,
        r#", "totalCount": "0""#,
        r#", "totalCount": [1]"#,
        r#", "nextLink": 7"#,
        r#", "items": []"#,
        r#", "nextLink": "/p2", "nextLink": null"#,
        r#", "totalCount": 1, "@odata.count": 5"#,
        r#", "totalCount": 5, "totalCount": 1"#,
        r#", "nextLink": "/v1/users/301/roles-products""#,
    ] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().more = more.to_owned();
        let failure = call(&instance, "{}", vec![by_id("22")], options()).unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{more}");
    }
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
    instance.borrow_mut().more = String::from(r#", "totalCount": "1", "nextLink": null"#);
    assert_eq!(ask(&instance, "{}", &[by_id("22")]), ["already_absent"]);
}

#[test]
fn a_list_without_end_that_decides_nothing_keeps_no_removal_from_being_verified() {
    use std::{cell::Cell, rc::Rc};

    use crate::fake::{FakeTransport, Reaction};

    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
    let (far_end, pages) = (Rc::clone(&instance), Rc::new(Cell::new(0)));
    let read = Rc::clone(&pages);
    let transport = FakeTransport::new(move |seen| {
        if !seen.url.contains("/teams") {
            return far_end.borrow_mut().react(seen);
        }
        read.set(read.get() + 1);
        let body = format!(
            r#"{{"items": [], "nextLink": "/v1/users/301/teams?page={}"}}"#,
            read.get()
        );
        Reaction::Answer(200, Vec::new(), body)
    });
    let answer = send(&transport, "{}", request(vec![by_id("5")]), options());
    assert_eq!(outcomes(&answer), ["removed"], "{answer:?}");
    assert!((1..=20).contains(&pages.get()), "{}", pages.get());
}

#[test]
fn what_a_list_of_one_page_does_not_show_is_no_absence_even_for_a_deleted_role() {
    let rows: Vec<String> = (0..10)
        .map(|product| pair("9", "Auditor", &format!("P{product}")))
        .collect();
    let row = rows.join(", ");
    let absent = Options {
        unknown_role: UnknownRole::Absent,
        ..options()
    };
    for (row, outcome) in [(row.as_str(), "unknown"), ("", "already_absent")] {
        let instance = Instance::holding(&[("9", "P0", row)]);
        let answer = call(&instance, "{}", vec![by_id("77")], absent.clone());
        assert_eq!(outcomes(&answer), [outcome]);
    }
}

#[test]
fn a_directory_with_a_row_that_cannot_be_read_settles_no_name() {
    for row in ["null", r#"{"id": 77}"#, r#"{"name": "Reviewer"}"#] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        let roles = format!("{ROLES}, {row}");
        instance.borrow_mut().roles = roles.leak();
        let asked = [by_name("Reviewer"), by_name("Nobody"), by_id("78"), by_id("22")];
        assert_eq!(
            ask(&instance, "{}", &asked),
            ["unknown", "unknown", "unknown", "already_absent"],
            "{row}"
        );
    }
}

#[test]
fn a_new_set_is_not_posted_while_a_row_cannot_be_read() {
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A")), ("?", "?", "null")]);
    let failure = call(&instance, r#"{"strategy": "replace_set"}"#, vec![by_id("5")], options()).unwrap_err();
    assert!(
        !failure.sent && failure.message.contains("cannot be read"),
        "{failure:?}"
    );
}

#[test]
fn a_new_set_is_posted_only_with_roles_that_the_directory_knows() {
    for (row, is_sent) in [(pair("9", "Auditor", "A"), true), (pair("10", "Auditor", "A"), false)] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A")), ("?", "?", &row)]);
        let asked = vec![by_id("5"), by_id("22")];
        let answer = call(&instance, r#"{"strategy": "replace_set"}"#, asked, options());
        assert_eq!(!instance.borrow().writes.is_empty(), is_sent, "{row}: {answer:?}");
        // The other entry keeps its outcome.
        let outcomes = outcomes(&answer);
        assert_eq!(
            (outcomes[0] == "refused", outcomes[1]),
            (!is_sent, "already_absent"),
            "{row}: {answer:?}"
        );
        if !is_sent {
            let failure = answer.unwrap_err();
            assert_eq!((failure.status, failure.sent), (422, false));
        }
    }
}

#[test]
fn an_expired_session_that_a_400_tells_of_is_renewed_once() {
    for part in ["/v1/users/301", "roles-products?roleId"] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        let over = (part, 400, r#"{"message": "Authentication failed"}"#);
        instance.borrow_mut().faults.push(over);
        assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["removed"], "{part}");
        assert_eq!(instance.borrow().tokens, 2, "{part}");
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().faults.extend([over; 9]);
        let failure = call(&instance, "{}", vec![by_id("5")], options()).unwrap_err();
        assert_eq!(failure.status, 401, "{part}: {failure:?}");
        assert_eq!(instance.borrow().pairs.len(), 1);
    }
}

/// Rows of role 9 in so many products, and what is held besides.
fn rows(count: usize, more: &[(&'static str, &'static str, &'static str)]) -> Shared {
    let mut held: Vec<(&'static str, &'static str, String)> = Vec::new();
    for product in 0..count {
        let product: &'static str = format!("P{product}").leak();
        held.push(("9", product, pair("9", "Auditor", product)));
    }
    for (role, name, product) in more {
        held.push((role, product, pair(role, name, product)));
    }
    let held: Vec<_> = held
        .iter()
        .map(|(role, product, row)| (*role, *product, row.as_str()))
        .collect();
    Instance::holding(&held)
}

#[test]
fn a_later_page_that_does_not_exist_is_no_other_spelling_of_the_path() {
    for (status, body) in [(404, "{}"), (405, "{}"), (200, r#"{"errorCode": "404"}"#)] {
        let instance = Instance::holding(&[]);
        let first = format!(
            r#"{{"items": [{}], "nextLink": "/v1/users/301/roles-products?page=2"}}"#,
            pair("5", "Reviewer", "A")
        );
        instance.borrow_mut().faults.extend([
            ("301/roles-products", 200, &*first.leak()),
            ("roles-products?page=2", status, body),
            ("301/role-products", 200, r#"{"items": []}"#),
        ]);
        let answer = call(&instance, "{}", vec![by_id("5:A")], options());
        assert_eq!(answer.unwrap_err().status, 502, "{status} {body}");
    }
}

#[test]
fn only_a_row_of_another_page_that_comes_again_ends_the_call() {
    let row = pair("5", "Reviewer", "A");
    let other = pair("6", "Approver", "A");
    for (first, second, outcome) in [
        (format!("{row}, {row}"), other.clone(), "removed"),
        (format!("{row}, null, null"), other.clone(), "unknown"),
        (format!("{row}, null"), format!("null, {other}"), "unknown"),
        (format!("{row}, {other}"), other.clone(), "fails"),
    ] {
        let instance = Instance::holding(&[]);
        let page: &'static str =
            format!(r#"{{"items": [{first}], "nextLink": "/v1/users/301/roles-products?page=2"}}"#).leak();
        let last: &'static str = format!(r#"{{"items": [{second}]}}"#).leak();
        let left: &'static str = format!(r#"{{"items": [{other}], "totalCount": 1}}"#).leak();
        instance.borrow_mut().faults.extend([
            ("301/roles-products", 200, page),
            ("roles-products?page=2", 200, last),
            ("roles-products?roleId=5", 204, ""),
        ]);
        instance
            .borrow_mut()
            .faults
            .extend([("301/roles-products", 200, left); 40]);
        let answer = call(&instance, "{}", vec![by_id("5:A")], options());
        if outcome == "fails" {
            let failure = answer.unwrap_err();
            assert_eq!((failure.status, failure.sent), (502, false), "{first}");
        } else {
            assert_eq!(outcomes(&answer), [outcome], "{first}: {answer:?}");
            let was_sent = answer.map_or_else(|failure| failure.sent, |_| true);
            assert!(was_sent, "{first}");
        }
    }
}

#[test]
fn a_read_back_of_one_page_is_no_proof_after_a_list_of_two() {
    let first: Vec<String> = (0..25)
        .map(|product| pair("9", "Auditor", &format!("P{product}")))
        .collect();
    let next = "https://us2.api.blackline.com/v1/users/301/roles-products?page=2";
    let first = format!(r#"{{"items": [{}], "nextLink": "{next}"}}"#, first.join(", "));
    let second = format!(r#"{{"items": [{}]}}"#, pair("5", "Reviewer", "A"));
    // The read-back shows only the first page, and so not that the removal had no effect.
    let instance = rows(25, &[]);
    instance.borrow_mut().faults.extend([
        ("301/roles-products", 200, &*first.leak()),
        ("roles-products?page=2", 200, &*second.leak()),
        ("roles-products?roleId=5", 204, ""),
    ]);
    assert_eq!(ask(&instance, "{}", &[by_id("5:A")]), ["unverified"]);
}

#[test]
fn a_strict_scope_and_a_list_that_may_be_cut_off_leave_only_the_entries_without_a_product() {
    let instance = rows(9, &[("5", "Reviewer", "A")]);
    let asked = [
        by_id("5"),
        by_name("Reviewer"),
        by_id("9"),
        by_name("Administrator"),
        by_id("77"),
        by_id("9:P0"),
    ];
    assert_eq!(
        ask(&instance, r#"{"strict_scope": true}"#, &asked),
        ["unknown", "unknown", "refused", "unknown", "not_found", "removed"]
    );
    assert_eq!(instance.borrow().writes, ["roleId=9&productId=P0"]);
    // A list that is whole shows that there is one.
    let instance = rows(8, &[("5", "Reviewer", "A")]);
    assert_eq!(ask(&instance, r#"{"strict_scope": true}"#, &[by_id("5")]), ["removed"]);
}

#[test]
fn a_role_that_is_granted_meanwhile_is_found_by_its_name_in_the_directory() {
    let nameless = |role: &str| format!(r#"{{"roleId": {role}, "productId": "A"}}"#);
    for (later, reason) in [("5", "appeared_after_read"), ("600", "not_visible")] {
        let instance = Instance::holding(&[("9", "A", &nameless("9")), ("22", "A", &nameless("22"))]);
        // In the place of the row that is shown now.
        instance.borrow_mut().later = Some(("A", format!("{}, {}", nameless("22"), nameless(later)).leak()));
        let answer = call(&instance, "{}", vec![by_name("Reviewer"), by_id("9:A")], options());
        let failure = answer.unwrap_err();
        assert_eq!(failure.outcomes[0].reason.as_deref(), Some(reason), "{failure:?}");
        assert_eq!(outcomes(&Err(failure))[1], "removed", "{later}");
    }
}
