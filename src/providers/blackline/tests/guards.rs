//! Protected roles and users.

use super::{Instance, ask, by_id, pair};

#[test]
fn a_name_protects_a_role_however_row_and_directory_spell_it() {
    let nameless = r#"{"roleId": 5, "productId": "A"}"#;
    for (row, protected) in [
        (pair("5", "Reviewer (GL)", "A"), "Reviewer"),
        (pair("5", "Reviewer (GL)", "A"), "reviewer (GL)"),
        (nameless.to_owned(), "Re viewer"),
        (nameless.to_owned(), " 005:A "),
        // Another row of the role has the name.
        (format!("{nameless}, {}", pair("5", "GL", "J")), "GL"),
    ] {
        let instance = Instance::holding(&[("5", "A", &row)]);
        let settings = format!(r#"{{"protected_roles": ["{protected}"]}}"#);
        assert_eq!(
            ask(&instance, &settings, &[by_id("5:A")]),
            ["refused"],
            "{row}, {protected}"
        );
        assert!(instance.borrow().writes.is_empty());
    }
    let instance = Instance::holding(&[("5", "A", nameless)]);
    let settings = r#"{"protected_roles": ["Auditor", "9", "5:J"]}"#;
    assert_eq!(ask(&instance, settings, &[by_id("5:A")]), ["removed"]);
}

#[test]
fn a_role_without_any_name_counts_as_protected_by_name() {
    let instance = Instance::holding(&[("600", "A", r#"{"roleId": 600, "productId": "A"}"#)]);
    let settings = r#"{"protected_roles": ["Reviewer"]}"#;
    assert_eq!(ask(&instance, settings, &[by_id("600")]), ["refused"]);
    let settings = r#"{"protected_roles": ["22"]}"#;
    assert_eq!(ask(&instance, settings, &[by_id("600")]), ["removed"]);
}

#[test]
fn a_protected_address_protects_a_user_whose_address_is_not_shown() {
    let settings = r#"{"protected_users": ["kim@example.com"]}"#;
    for (user, outcome) in [
        (
            r#"{"id": "0301", "loginId": "ann", "email": "ann@example.com"}"#,
            "removed",
        ),
        (r#"{"id": 301, "loginId": "ann"}"#, "refused"),
        (r#"{"id": 301, "loginId": "ann", "email": true}"#, "refused"),
    ] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().user = user;
        assert_eq!(ask(&instance, settings, &[by_id("5")]), [outcome], "{user}");
    }
}
