//! Names of roles and codes of products.

use super::{Instance, ask, by_id, by_name, call, options, pair};

#[test]
fn a_role_goes_by_the_name_of_its_row_and_by_the_name_of_the_directory() {
    for name in ["Reviewer", "reviewer (gl)"] {
        let instance = Instance::holding(&[
            ("5", "A", &pair("5", "Reviewer (GL)", "A")),
            ("9", "A", &pair("9", "Auditor", "A")),
        ]);
        assert_eq!(ask(&instance, "{}", &[by_name(name)]), ["removed"], "{name}");
        assert_eq!(instance.borrow().writes, ["roleId=5&productId=A"]);
    }
}

#[test]
fn a_product_that_only_looks_like_a_held_one_is_refused() {
    let instance = Instance::holding(&[("5", "A1", &pair("5", "Reviewer", "A1"))]);
    let asked = [by_id("5:A 1"), by_id("5:a-1"), by_id("5:B")];
    assert_eq!(
        ask(&instance, r#"{"products": ["A1", "B"]}"#, &asked),
        ["refused", "refused", "already_absent"]
    );
}

#[test]
fn a_product_that_is_a_missing_value_of_the_callers_language_is_refused() {
    let instance = Instance::holding(&[("5", "A", &pair("5", "Reviewer", "A"))]);
    for id in ["5:undefined", "5:null", "5:", "5: "] {
        let failure = call(&instance, "{}", vec![by_id(id)], options()).unwrap_err();
        assert_eq!((failure.status, failure.sent), (400, false), "{id}");
    }
}

#[test]
fn every_name_of_a_row_counts() {
    let row = r#"{"roleId": 5, "roleName": "Auditor", "role": {"id": 5, "name": "Reviewer"}, "product": {"id": "A"}}"#;
    for (settings, asked, outcome) in [
        (r#"{"protected_roles": ["Auditor"]}"#, by_id("5"), "refused"),
        ("{}", by_name("Auditor"), "refused"),
        ("{}", by_id("9"), "unknown"),
        ("{}", by_name("Reviewer"), "removed"),
        ("{}", by_id("5"), "removed"),
    ] {
        let instance = Instance::holding(&[("5", "A", row)]);
        assert_eq!(ask(&instance, settings, &[asked]), [outcome], "{settings}");
        assert_eq!(
            instance.borrow().writes.len(),
            usize::from(outcome == "removed"),
            "{settings}"
        );
    }
}

#[test]
fn every_name_of_a_product_counts() {
    let row = r#"{"roleId": 5, "product": {"id": "A", "name": "Close"}, "productName": "Tasks"}"#;
    let instance = Instance::holding(&[("5", "A", row)]);
    let asked = [by_id("5:Close"), by_id("5:tasks")];
    assert_eq!(ask(&instance, "{}", &asked), ["refused", "refused"]);
}
