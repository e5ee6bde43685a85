//! Reading everything that a user holds, and whether each of it can be removed.

use crate::{
    contract::types::{GrantSelector, HeldGrant, Mode, Obstacle, Removable, Role, SideEffect},
    provider::{Affects, Consequence, Principal, UnreadRow},
};

use super::world::{Case, entries};

fn role(grant: &HeldGrant) -> Role {
    match grant.selector.clone().unwrap() {
        GrantSelector::Role(role) => role.into(),
        GrantSelector::Organization(_) => panic!("an organization"),
    }
}

#[test]
fn every_selector_sent_back_selects_its_grant_and_nothing_else() {
    let mut case = Case::holding(&["a@o1", "a@o2", "b@o1", "group@o1", "c@o1/g"]);
    let reading = case.read_user().unwrap();
    assert!(reading.whole && reading.unread.is_empty());
    assert_eq!(reading.grants.len(), 5);
    case.options.mode = Mode::Plan;
    for grant in reading.grants.iter().filter(|grant| grant.direct) {
        let answer = case.ask_roles(vec![role(grant)]);
        let [entry] = entries(&answer) else {
            panic!("{answer:?}")
        };
        let [only] = entry.grants.as_slice() else {
            panic!("{entry:?}")
        };
        assert_eq!((&only.role_id, &only.scope), (&grant.role_id, &grant.scope));
    }
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn what_is_inherited_or_protected_is_said_not_to_be_removable() {
    let mut case = Case::holding(&["a@o1", "b@o1", "c@o1/g"]);
    case.general.protected_roles = vec![String::from("Name b")];
    let reading = case.read_user().unwrap();
    let removable: Vec<_> = reading.grants.iter().map(|grant| grant.removable.clone()).collect();
    assert_eq!(
        removable,
        [
            Removable::Yes,
            Removable::No(Obstacle::Protected),
            Removable::No(Obstacle::Inherited)
        ]
    );
    assert_eq!(reading.grants[2].via[0].name.as_deref(), Some("g"));
    assert!(reading.grants[1].selector.is_none());

    case.general.protected_users = vec![String::from("ann")];
    let reading = case.read_user().unwrap();
    assert_eq!(reading.grants[0].removable, Removable::No(Obstacle::Protected));
}

#[test]
fn what_it_takes_besides_is_named() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.effects = vec![SideEffect::LeaveGroup];
    case.provider.own = Principal::User(String::from("u1"));
    case.provider.consequences = vec![Consequence {
        target: 0,
        effect: SideEffect::DeleteAdministrator,
        lists: Vec::new(),
        takes: Vec::new(),
        affects: Affects::Nobody,
        takes_unknown: false,
    }];
    let reading = case.read_user().unwrap();
    assert_eq!(
        reading.grants[0].removable,
        Removable::NeedsAllow(vec![
            SideEffect::DeleteAdministrator,
            SideEffect::LeaveGroup,
            SideEffect::RemoveOwnAccess
        ])
    );
    assert!(reading.grants[0].selector.is_some());
}

#[test]
fn a_role_whose_name_and_id_cannot_be_told_apart_from_another_is_not_selectable() {
    let mut case = Case::holding(&["a@o1", "a @o1"]);
    case.provider.directory.clear();
    let reading = case.read_user().unwrap();
    assert!(
        reading
            .grants
            .iter()
            .any(|grant| grant.removable == Removable::No(Obstacle::NotSelectable)),
        "{:?}",
        reading.grants
    );
}

#[test]
fn a_reading_that_is_not_whole_says_what_is_missing() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.gaps = vec![String::from("a place")];
    case.provider.unread = vec![UnreadRow::new("null")];
    let reading = case.read_user().unwrap();
    assert!(!reading.whole);
    assert_eq!(reading.unread.len(), 2);
    assert!(reading.warnings.contains(&String::from("roles_not_whole")));
    assert!(reading.user.roles.is_empty(), "roles are never shown partly");
}
