//! Which ids the held roles have.

use serde_json::{Value, json};

use super::super::{
    core::{Extent, List},
    documents::{Administrator, Listed, Role, raw},
    ids::{RoleDirectory, held, is_same},
};

fn directory(roles: &[(&str, &str)], extent: Extent) -> RoleDirectory {
    let role = |&(id, name): &(&str, &str)| Role {
        id: id.to_owned(),
        name: Some(name.to_owned()),
    };
    RoleDirectory::Known(List {
        rows: roles.iter().map(role).collect(),
        contradicted: Vec::new(),
        unread: Vec::new(),
        extent,
    })
}

fn try_ids(record: &Value, roles: &[(&str, &str)], extent: Extent) -> Result<Vec<Option<String>>, String> {
    let mut record = record.clone();
    record["_id"] = json!("a");
    let administrator = Administrator::of(&raw(&record)).unwrap();
    administrator.roles.reliable_names().unwrap();
    let held = held(&administrator.roles, &directory(roles, extent))?;
    Ok(held.into_iter().map(|role| role.id).collect())
}

fn ids(record: &Value, roles: &[(&str, &str)]) -> Vec<Option<String>> {
    try_ids(record, roles, Extent::Whole).unwrap()
}

fn some(ids: &[&str]) -> Vec<Option<String>> {
    ids.iter().map(|&id| Some(id.to_owned())).collect()
}

const TWINS: [(&str, &str); 3] = [("1", "Twins"), ("2", "twins"), ("3", "Other")];

#[test]
fn the_record_decides_then_the_exact_name_then_the_only_one() {
    assert_eq!(ids(&json!({"roleNames": ["Twins"], "role": "2"}), &TWINS), some(&["2"]));
    assert_eq!(ids(&json!({"roleNames": ["twins"]}), &TWINS), some(&["2"]));
    assert_eq!(ids(&json!({"roleNames": ["OTHER"]}), &TWINS), some(&["3"]));
    assert_eq!(ids(&json!({"roleName": "Gone", "role": "9"}), &TWINS), some(&["9"]));
    let two = json!({"roleNames": ["twins", "Other"], "roles": ["3", "1"]});
    assert_eq!(ids(&two, &TWINS), some(&["1", "3"]));
    let both = json!({"roleNames": ["twins", "Twins"], "roles": ["1", "2"]});
    assert_eq!(ids(&both, &TWINS), some(&["2", "1"]));
}

#[test]
fn a_name_that_the_directory_spells_otherwise_has_the_id_that_is_left() {
    let roles = [("1", "Help Desk"), ("2", "Manager")];
    assert_eq!(ids(&json!({"roleName": "HelpDesk", "role": "1"}), &roles), some(&["1"]));
    let two = json!({"roleNames": ["HelpDesk", "Manager"], "roles": ["2", "1"]});
    assert_eq!(ids(&two, &roles), some(&["1", "2"]));
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    assert_eq!(ids(&json!({"roleNames": ["TWINS"]}), &TWINS), [None]);
    assert_eq!(
        ids(&json!({"roleNames": ["Same"]}), &[("1", "Same"), ("2", "Same")]),
        [None]
    );
    assert_eq!(ids(&json!({"roleNames": ["HelpDesk"]}), &[("1", "Help Desk")]), [None]);
    // The id belongs to one of two names, and nothing says which.
    let two = json!({"roleNames": ["Gone", "Away"], "roles": ["8", "9"]});
    assert_eq!(ids(&two, &TWINS), [None, None]);
    let one = json!({"roleNames": ["Other", "Away"], "role": "3"});
    assert_eq!(try_ids(&one, &TWINS, Extent::Lacks(1)).unwrap(), [None, None]);
}

#[test]
fn a_record_with_the_id_of_another_role_contradicts_the_directory() {
    for record in [
        json!({"roleName": "Other", "role": "1"}),
        json!({"roleName": "Other", "role": "9"}),
        json!({"roleNames": ["Other", "Twins"], "roles": ["1", "2"]}),
        // Of several names, the one id has to be that of one.
        json!({"roleNames": ["Other", "Away"], "roleName": "Other", "role": "1"}),
        json!({"roleNames": ["Other", "Away"], "role": "9"}),
    ] {
        assert!(try_ids(&record, &TWINS, Extent::Whole).is_err(), "{record}");
    }
}

#[test]
fn ids_compare_in_either_case() {
    let id = "5D00000000000000000000AA";
    assert!(is_same(id, &id.to_lowercase()) && is_same("Name", "Name"));
    assert!(!is_same("Name", "name") && !is_same(id, "5d00000000000000000000ab"));
}
