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
fn a_protected_name_is_not_ruled_out_by_a_row_while_the_directory_is_not_whole() {
    let settings = r#"{"protected_roles": ["Reviewer"]}"#;
    for (status, body, outcome) in [
        (200, r#"{"items": [{"id": 5, "name": "Reviewer"}]}"#, "refused"),
        (403, "{}", "refused"),
        (500, "{}", "refused"),
        (
            200,
            r#"{"items": [{"id": 5, "name": null}, {"id": 6, "name": "Other"}]}"#,
            "refused",
        ),
        (
            200,
            r#"{"items": [{"id": 5, "name": "Approver"}, {"id": 6, "name": null}]}"#,
            "removed",
        ),
    ] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer (GL)", "A"))]);
        let directory = std::iter::repeat_n(("/v1/roles", status, body), 9);
        instance.borrow_mut().faults.extend(directory);
        assert_eq!(ask(&instance, settings, &[by_id("5:A")]), [outcome], "{status} {body}");
    }
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

#[test]
fn a_role_in_a_product_is_protected_however_the_product_is_spelled() {
    let named = r#"{"roleId": 5, "product": {"id": "A", "name": "Account"}}, {"roleId": 9, "productId": "A", "productName": "Close"}"#;
    for (protected, outcome) in [
        ("5:a", "refused"),
        ("5: A", "refused"),
        ("5:account", "refused"),
        // Another row of the product has the name.
        ("5:Close", "refused"),
        ("9:A", "removed"),
        ("5:J", "removed"),
    ] {
        let instance = Instance::holding(&[("5", "A", named)]);
        let settings = format!(r#"{{"protected_roles": ["{protected}"]}}"#);
        let asked = ask(&instance, &settings, &[by_id("5:A")]);
        assert_eq!(asked == ["refused"], outcome == "refused", "{protected}: {asked:?}");
        assert_eq!(instance.borrow().writes.is_empty(), outcome == "refused", "{protected}");
    }
}

#[test]
fn a_protected_login_protects_a_user_whose_login_is_not_shown() {
    let shown = r#"{"id": 301, "loginId": "ann", "email": "ann@example.com"}"#;
    let hidden = r#"{"id": 301, "loginId": null, "email": "ann@example.com"}"#;
    for (user, protected, outcome) in [
        (shown, "kim", "removed"),
        (hidden, "kim", "refused"),
        // An id, and an address: they are shown.
        (hidden, "302", "removed"),
        (hidden, "kim@example.com", "removed"),
    ] {
        let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
        instance.borrow_mut().user = user;
        let settings = format!(r#"{{"protected_users": ["{protected}"]}}"#);
        assert_eq!(
            ask(&instance, &settings, &[by_id("5")]),
            [outcome],
            "{user} {protected}"
        );
    }
}
