//! What each document says, and what it does not.

use serde_json::{Value, json};

use super::super::documents::{
    Administrator, AdministratorLink, GraphObject, Listed, OrganizationLink, RecordedRoles, Role, UserGroup, raw,
};

fn roles(document: &Value) -> RecordedRoles {
    RecordedRoles::of(&raw(document))
}

#[test]
fn a_record_of_either_age_tells_its_roles() {
    let newer = json!({"roleName": "One", "roleNames": ["One", "Two"], "role": "1", "roles": ["2", "1"]});
    assert_eq!(roles(&newer).reliable_names().unwrap(), ["One", "Two"]);
    assert!(roles(&newer).has_every_id);
    let older = json!({"roleName": "One", "roleNames": null, "roles": null});
    assert_eq!(roles(&older).reliable_names().unwrap(), ["One"]);
    assert!(!roles(&older).has_every_id);
    assert!(Administrator::of(&raw(&json!({"roleName": "One"}))).is_none());
    assert_eq!(
        Administrator::of(&raw(&json!({"_id": "a", "roleName": "one", "roleNames": ["One"]})))
            .unwrap()
            .roles
            .names,
        ["One"]
    );
}

#[test]
fn a_record_that_contradicts_itself_or_cannot_be_read_tells_no_roles() {
    for document in [
        json!({}),
        json!(null),
        json!({"roleName": "", "roleNames": []}),
        json!({"roleName": "One", "roleNames": []}),
        json!({"roleName": "One", "roleNames": [], "roles": []}),
        json!({"roleNames": ["One"], "roles": []}),
        json!({"roleNames": ["One"], "role": "1", "roles": []}),
        json!({"roleName": "One", "roles": ["1", "2"]}),
        json!({"roleNames": ["One"], "roles": ["1", "2"]}),
        json!({"roleNames": ["One", "Two"], "roles": ["1"]}),
        json!({"roleNames": ["One", "One"]}),
        json!({"roleNames": ["One", "Two"], "roles": ["1", "1"]}),
        json!({"roleName": "Two", "roleNames": ["One"]}),
        json!({"roleName": "Two", "roleNames": ["One"], "role": "2", "roles": ["1"]}),
        json!({"roleName": "One", "roleNames": ["One"], "role": "2", "roles": ["1"]}),
        json!({"roleName": "One", "roleNames": "One"}),
        json!({"roleName": "One", "roleNames": ["One", null]}),
        json!({"roleName": "One", "roleNames": ["One", 2]}),
        json!({"roleName": 1, "roleNames": ["One"]}),
        json!({"roleNames": ["One", " "]}),
        json!({"roleNames": ["One"], "roles": [null]}),
        json!({"roleNames": ["One"], "roles": {"id": "1"}}),
        json!({"roleNames": ["One"], "role": ["1"]}),
    ] {
        assert!(roles(&document).reliable_names().is_err(), "{document}");
    }
}

#[test]
fn what_a_record_shows_is_kept_whatever_it_is_worth() {
    let odd = roles(&json!({"roleName": "Two", "roleNames": ["One", null], "role": "2", "roles": ["1"]}));
    assert_eq!(
        (odd.names, odd.ids),
        (
            vec!["One".to_owned(), "Two".to_owned()],
            vec!["1".to_owned(), "2".to_owned()]
        )
    );
}

#[test]
fn roles_are_among_others_only_if_each_name_and_id_is_and_all_of_them_can_be_read() {
    let record = roles(&json!({"roleNames": ["One", "Two"], "roles": ["1", "2"]}));
    for among in [
        json!({}),
        json!({"roleName": "one"}),
        json!({"roleNames": ["Two", "One"], "role": "1"}),
        json!({"roleNames": [], "roles": null}),
    ] {
        assert!(roles(&among).are_among(&record), "{among}");
    }
    for not in [
        json!({"roleName": "Three"}),
        json!({"roleNames": ["One", null]}),
        json!({"roleNames": {"0": "Three"}}),
        json!({"roleNames": ["One", " "]}),
        json!({"roleName": 3}),
        json!({"role": "3"}),
        json!({"roles": ["1", "3"]}),
        json!({"roles": ["1", {}]}),
        json!({"roles": "3"}),
    ] {
        assert!(!roles(&not).are_among(&record), "{not}");
    }
}

#[test]
fn rows_that_cannot_be_read_are_none() {
    for row in [
        json!(null),
        json!(7),
        json!("x"),
        json!([]),
        json!({}),
        json!({"id": null}),
        json!({"id": {}}),
    ] {
        assert!(
            UserGroup::of(&raw(&row)).is_none() && Role::of(&raw(&row)).is_none(),
            "{row}"
        );
        assert!(
            OrganizationLink::of(&raw(&row)).is_none() && GraphObject::of(&raw(&row)).is_none(),
            "{row}"
        );
    }
    assert!(UserGroup::of(&raw(&json!({"_id": 5}))).is_none());
    let row = json!({"_id": "A5", "name": 7, "suspended": "TRUE", "extra": [1]});
    let group = UserGroup::of(&raw(&row)).unwrap();
    assert_eq!((group.id.as_str(), group.name), ("a5", None));
    assert!(!Administrator::of(&raw(&row)).unwrap().is_active);
    assert!(
        !Administrator::of(&raw(&json!({"id": "a", "suspended": 3})))
            .unwrap()
            .is_active
    );
}

#[test]
fn a_link_to_an_administrator_without_an_id_is_not_no_link() {
    assert_eq!(AdministratorLink::of(&json!({"admin": null})), AdministratorLink::None);
    for link in [
        json!({}),
        json!("5e"),
        json!(["5e"]),
        json!({"id": {}, "roleName": "Manager"}),
    ] {
        let link = AdministratorLink::of(&json!({"admin": link}));
        assert!(matches!(link, AdministratorLink::Unreadable(_)), "{link:?}");
    }
    assert!(matches!(
        AdministratorLink::of(&json!({"admin": {"id": "5e"}})),
        AdministratorLink::To(_)
    ));
}
