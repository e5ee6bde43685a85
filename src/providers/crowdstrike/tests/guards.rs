//! Protected roles, in every way in which a role may be shown.

use serde_json::json;

use crate::contract::types::Outcome;

use super::{CHILD, Case, HOME, NIGHT_SHIFT, Rule, Tenant, at, by_id, by_name, outcomes, reasons};

#[test]
fn a_role_that_is_protected_by_name_is_refused_however_it_is_shown() {
    let nameless = || {
        let mut tenant = Tenant::new(&["event_viewer", "dashboard_admin"]);
        tenant.shown = |mut row| {
            row.as_object_mut().unwrap().remove("role_name");
            row
        };
        tenant
    };
    let renamed = || {
        let mut tenant = Tenant::new(&["event_viewer", "dashboard_admin"]);
        tenant.shown = |mut row| {
            let is_it = row["role_id"] == "event_viewer";
            row["role_name"] = json!(if is_it { "Viewer of Events" } else { "Dashboard Admin" });
            row
        };
        tenant
    };
    let probed = || Tenant::new(&["dashboard_admin"]);
    let tenants: [fn() -> Tenant; 3] = [nameless, renamed, probed];
    for tenant in tenants {
        for name in [
            "Event Viewer",
            "  event VIEWER ",
            "EventViewer",
            "Event\u{a0}Viewer",
            " event_viewer ",
        ] {
            let mut case = Case::new(tenant());
            let settings = json!({ "protected_roles": [name] }).to_string();
            case.settings = settings.leak();
            let answer = case.ask(&[by_id("event_viewer"), by_id("dashboard_admin")]);
            assert_eq!(
                outcomes(&answer),
                [Outcome::Refused, Outcome::Removed],
                "{name}: {answer:?}"
            );
            assert_eq!(reasons(&answer)[0], Some("protected_role"));
            assert_eq!(case.revokes(), 1);
        }
    }
}

#[test]
fn what_nothing_names_counts_as_protected() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.shown = |mut row| {
        row["role_name"] = json!("");
        row
    };
    tenant.rules.push(Rule::always("queries/roles", 403, "{}"));
    let mut case = Case::new(tenant);
    case.settings = r#"{"protected_roles": ["Night Shift"]}"#;
    let answer = case.ask(&[by_id("event_viewer")]);
    assert_eq!(reasons(&answer), [Some("protected_role")], "{answer:?}");
    // An id can be no name.
    case.settings = r#"{"protected_roles": ["fac7c47add5242538f592946747a7191"]}"#;
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::Removed]);
}

#[test]
fn a_protected_role_is_refused_by_name_too() {
    let mut case = Case::new(Tenant::new(&["event_viewer"]));
    case.settings = r#"{"protected_roles": ["event_viewer"]}"#;
    assert_eq!(reasons(&case.ask(&[by_name("Event Viewer")])), [Some("protected_role")]);
    assert!(case.holds(HOME, "event_viewer"));
}

#[test]
fn a_protected_name_is_looked_up_in_every_cid_with_a_target() {
    // (what the row and the child CID's directory call the role, what may go)
    for (row, listed, expected) in [
        (json!("Helper"), "Secret Admin", Outcome::Refused),
        (json!(null), "Helper", Outcome::Removed),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        let custom = "11111111111111111111111111111111";
        let of_child = tenant.roles.get_mut(CHILD).unwrap();
        of_child.push((custom.to_owned(), listed.to_owned()));
        tenant.grant(CHILD, custom);
        tenant.rows[1]["role_name"] = row;
        let mut case = Case::new(tenant);
        case.settings = r#"{"protected_roles": ["Secret Admin"]}"#;
        // The entry by name has read the directory of the user's own CIDs.
        let answer = case.ask(&[by_name("Event Viewer"), at(CHILD, by_id(custom))]);
        assert_eq!(outcomes(&answer), [Outcome::Removed, expected], "{answer:?}");
    }
}

#[test]
fn a_directory_that_fails_takes_none_of_the_others_from_the_guard() {
    let mut tenant = Tenant::new(&[NIGHT_SHIFT]);
    tenant.rows[0]["role_name"] = json!("Late Shift");
    tenant.grant(CHILD, "event_viewer");
    let of_child = "queries/roles/v1?cid=cccccccccccccccccccccccccccccccc";
    tenant.rules.push(Rule::always(of_child, 503, "{}"));
    let mut case = Case::new(tenant);
    case.settings = r#"{"protected_roles": ["Night Shift"]}"#;
    let answer = case.ask(&[by_id(NIGHT_SHIFT), at(CHILD, by_id("event_viewer"))]);
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::Removed], "{answer:?}");
    assert!(case.holds(HOME, NIGHT_SHIFT));
}
