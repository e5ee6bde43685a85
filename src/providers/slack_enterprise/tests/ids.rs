//! Forms of ids, and spellings of published names.

use crate::{contract::types::Role, provider::Field, request::Selector};

use super::super::ids::{
    ADMIN, ORG_OWNER, PRIMARY_OWNER, folded, is_custom, is_published_or_id, is_role_of_a_request, known_as, named,
    normalize, published, refine, resolve,
};

fn refined(id: Option<&str>, name: Option<&str>) -> Result<(Option<String>, Option<String>), String> {
    let mut selector = Selector {
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        ..Selector::default()
    };
    refine(&mut selector)?;
    Ok((selector.id, selector.name))
}

#[test]
fn every_known_spelling_is_found() {
    for (text, id) in [
        ("Roles Admin", "Rl02"),
        ("users admin", "Rl03"),
        ("Compliance Admin", "Rl04"),
        ("Audit Log Admin", "Rl0C"),
        ("organization_owner", ORG_OWNER),
        ("Admin", ADMIN),
        ("rl0a", "Rl0A"),
        ("Primary owner", PRIMARY_OWNER),
        ("Message Activity Managers", "Rl0E"),
    ] {
        assert_eq!(named(text).first(), Some(&id), "{text}");
    }
    assert_eq!(named("Super Admin").first(), None);
    for other in ["Rl0CS", "Rl0AS", "Rl 0A", "Rl0_A"] {
        assert_eq!(named(other).first(), None, "{other} is another id");
    }
    assert!(is_custom("Rl9XYZ") && !is_custom("Rl0A") && !is_custom("X1"));
}

#[test]
fn no_two_roles_share_a_name_at_one_time() {
    let mut seen: Vec<String> = Vec::new();
    for role in published() {
        let mut own: Vec<String> = role.names.iter().map(|name| folded(name)).collect();
        own.sort();
        own.dedup();
        for name in own {
            assert!(!seen.contains(&name), "{name}");
            seen.push(name);
        }
    }
}

#[test]
fn a_former_name_is_no_evidence_of_another_role() {
    let id = |id: &str| Some(String::from(id));
    let shared = "message activity managers";
    assert_eq!(refined(Some("Rl04"), Some(shared)), Ok((id("Rl04"), None)));
    assert_eq!(refined(Some("Rl0E"), Some(shared)), Ok((id("Rl0E"), None)));
    assert_eq!(refined(Some("Rl04"), Some("Legal Hold Admin")), Ok((id("Rl04"), None)));
    assert!(refined(Some("Rl01"), Some(shared)).is_err());
    // By name alone either may be meant: what is held tells.
    assert_eq!(refined(None, Some(shared)), Ok((None, id("Message Activity Manager"))));
    assert_eq!(named(shared), ["Rl0E", "Rl04"]);
    assert!(normalize(Field::Role, shared).is_err(), "it is the id of neither");
    assert!(
        known_as("Rl04")
            .names
            .contains(&String::from("Message Activity Manager"))
    );
    let by_name = Selector {
        name: id("Message Activity Manager"),
        ..Selector::default()
    };
    for held in [vec![], vec!["Rl0E"], vec!["RlCUSTOM1"]] {
        assert_eq!(resolve(&by_name, held.into_iter()).id, id("Rl0E"));
    }
    assert_eq!(resolve(&by_name, ["Rl0E", "Rl04"].into_iter()), by_name);
    assert_eq!(refined(None, Some("Roles Admin")), Ok((id("Rl02"), None)));
    assert_eq!(refined(None, Some("Night Shift")), Ok((None, id("Night Shift"))));
}

#[test]
fn an_unpublished_name_may_be_a_custom_roles() {
    for text in ["Rl0C", "RlCUSTOM1", "owner", "Roles Admin"] {
        assert!(is_published_or_id(text), "{text}");
    }
    for text in ["Night Shift", "Rl 0C", "Rôle"] {
        assert!(!is_published_or_id(text), "{text}");
    }
}

#[test]
fn what_a_request_would_be_refused_for_is_no_role_of_it() {
    let role = |id: &str, group: Option<&str>| Role {
        id: Some(id.to_owned()),
        name: None,
        group: group.map(str::to_owned),
        organization: Some(String::from("E1A")),
        workspace: None,
    };
    for good in [role("Rl01", Some("C0GENERAL")), role("org_primary_owner", None)] {
        assert!(is_role_of_a_request(&good), "{good:?}");
    }
    for bad in [
        role("multi_channel_guest", None),
        role("Rl01", Some("S0STAFF")),
        role("X1", None),
    ] {
        assert!(!is_role_of_a_request(&bad), "{bad:?}");
    }
}

#[test]
fn text_that_stands_for_nothing_is_no_scope() {
    for text in ["null", "undefined", "None", "nan", "[object Object]", "NULL"] {
        for field in [
            Field::Workspace,
            Field::Organization,
            Field::Group,
            Field::User,
            Field::Role,
        ] {
            assert!(normalize(field, text).is_err(), "{field:?} {text}");
        }
    }
}
