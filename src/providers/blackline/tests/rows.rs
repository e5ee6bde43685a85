//! Rows that cannot be read, come twice, or contradict the directory.

use super::{Instance, ask, by_id, by_name, pair};

#[test]
fn a_row_that_cannot_be_read_leaves_only_what_it_may_be_undecided() {
    for (row, of_22, of_5_in_j) in [
        ("null", "unknown", "unknown"),
        ("7", "unknown", "unknown"),
        (r#"{"role": {}, "product": {"id": "B"}}"#, "unknown", "already_absent"),
        (
            r#"{"role": {"id": 5}, "product": {"id": true}}"#,
            "already_absent",
            "unknown",
        ),
        (
            r#"{"role": {"id": 22}, "roleId": 23, "productId": "J"}"#,
            "unknown",
            "already_absent",
        ),
    ] {
        let instance = Instance::holding(&[
            ("9", "A", &pair("9", "Auditor", "A")),
            ("9", "J", &pair("9", "Auditor", "J")),
            ("?", "?", row),
        ]);
        let asked = ask(&instance, "{}", &[by_id("22"), by_id("5:J"), by_id("9:A")]);
        assert_eq!(asked.get(..2), Some([of_22, of_5_in_j].as_slice()), "{row}");
        assert_eq!(instance.borrow().writes, ["roleId=9&productId=A"], "{row}");
    }
}

#[test]
fn a_role_that_cannot_be_read_any_more_is_not_gone() {
    let instance = Instance::holding(&[
        ("5", "A", &pair("5", "Reviewer", "A")),
        ("9", "B", &pair("9", "Auditor", "B")),
    ]);
    instance.borrow_mut().later = Some(("B", "null"));
    assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["unverified"]);
}

#[test]
fn a_row_that_comes_twice_is_removed_once() {
    let row = pair("5", "Reviewer", "A");
    let instance = Instance::holding(&[
        ("5", "A", &row),
        ("5", "A", &row),
        ("9", "A", &pair("9", "Auditor", "A")),
    ]);
    assert_eq!(ask(&instance, "{}", &[by_id("5")]), ["removed"]);
    assert_eq!(instance.borrow().writes.len(), 1);
}

#[test]
fn a_role_that_the_directory_calls_otherwise_by_its_id_may_be_the_one() {
    for (row, outcome) in [
        // The directory gives the name to 9, and does not know 10.
        (pair("10", "Auditor", "A"), "unknown"),
        (pair("10", "Auditing", "A"), "already_absent"),
        (pair("\"other\"", "Auditor", "A"), "unknown"),
        // No id, and no directory that knows the name: it may be any role.
        (pair("\"other\"", "Auditing", "A"), "unknown"),
        (pair("null", "Auditing", "A"), "unknown"),
        (pair("\"other\"", "Reviewer", "A"), "already_absent"),
        (pair("null", "reviewer", "A"), "already_absent"),
    ] {
        let instance = Instance::holding(&[("?", "A", &row)]);
        assert_eq!(ask(&instance, "{}", &[by_id("9:A")]), [outcome], "{row}");
    }
    for (name, outcome) in [
        ("Auditor", "unknown"),
        ("Auditor (GL)", "unknown"),
        ("Reviewer", "already_absent"),
    ] {
        let instance = Instance::holding(&[("?", "A", &pair("null", name, "A"))]);
        assert_eq!(ask(&instance, "{}", &[by_name("Auditor")]), [outcome], "{name}");
    }
}

#[test]
fn an_id_that_cannot_be_read_contradicts_the_one_beside_it() {
    for (row, of_5_in_a, of_22_in_b) in [
        (
            r#"{"role": {"id": "R-6", "name": "Reviewer"}, "roleId": 5, "productId": "A"}"#,
            "unknown",
            "already_absent",
        ),
        (
            r#"{"role": {"id": 22}, "product": {"id": ["B"]}, "productId": "A"}"#,
            "already_absent",
            "unknown",
        ),
        (
            r#"{"role": {"id": 5}, "roleId": null, "product": {"id": "A"}, "productId": ""}"#,
            "removed",
            "already_absent",
        ),
    ] {
        let instance = Instance::holding(&[
            ("9", "A", &pair("9", "Auditor", "A")),
            ("9", "B", &pair("9", "Auditor", "B")),
            ("5", "A", row),
        ]);
        let asked = ask(&instance, "{}", &[by_id("5:A"), by_id("22:B")]);
        assert_eq!(asked, [of_5_in_a, of_22_in_b], "{row}");
    }
}
