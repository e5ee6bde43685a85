//! Calls and rounds of a verified removal: `docs.md` has them, with their reasons.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use crate::contract::types::{Role, SideEffect};

use super::{
    case::Case,
    world::{HELP_DESK, MANAGER, OWNERS, USER, group, with_id},
};

const LATENCY: Duration = Duration::from_millis(100);

/// Calls and rounds: calls that leave at one time are one round. The waits in between are none.
fn cost(case: &Case, roles: &[Role]) -> (usize, usize) {
    case.world.borrow_mut().latency = LATENCY;
    let answer = case.ask(roles);
    assert!(answer.is_ok(), "{answer:?}");
    let seen = case.transport.seen.borrow();
    let rounds: BTreeSet<Duration> = seen.iter().map(|seen| seen.at).collect();
    (seen.len(), rounds.len())
}

#[test]
fn any_number_of_roles_goes_in_ten_calls_and_six_rounds() {
    for count in [1, 10, 90] {
        let ids: Vec<String> = (0..count).map(|number| format!("5d{:022x}", number + 0x100)).collect();
        let names: Vec<String> = (0..count).map(|number| format!("Role {number}")).collect();
        let held: Vec<(&str, &str)> = ids
            .iter()
            .map(String::as_str)
            .zip(names.iter().map(String::as_str))
            .collect();
        let mut all = held.clone();
        all.push((OWNERS, "Administrator With Billing"));
        let case = Case::holding(&all).with(|world| {
            let directory: Vec<Value> = all.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
            world.put("/api/v2/roles", json!(directory));
        });
        let asked: Vec<Role> = ids.iter().map(|id| with_id(id)).collect();
        assert_eq!(cost(&case, &asked), (10, 6), "{count}");
        assert_eq!(case.writes(), 1);
    }
}

#[test]
fn the_owners_role_needs_the_list_of_administrators_once() {
    let case = Case::holding(&[(OWNERS, "Administrator With Billing"), (HELP_DESK, "Help Desk")]);
    assert_eq!(cost(&case, &[with_id(OWNERS)]), (11, 7));
    assert_eq!(case.reads_of("/api/users"), 1);
}

#[test]
fn the_last_role_needs_the_links_before_it_and_the_list_of_administrators_in_both_reads_after_it() {
    let case = Case::holding(&[(HELP_DESK, "Help Desk")]).allowing(&[SideEffect::DeleteAdministrator]);
    assert_eq!(cost(&case, &[with_id(HELP_DESK)]), (13, 9));
}

#[test]
fn an_administrator_who_is_not_linked_is_looked_up_beside_the_record_once_known() {
    let case = Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]).with(|world| {
        let path = format!("/api/systemusers/{USER}");
        world.documents.get_mut(&path).unwrap()["admin"] = Value::Null;
        world.lists_record = true;
    });
    assert_eq!(cost(&case, &[with_id(HELP_DESK)]), (13, 7));
}

#[test]
fn a_group_is_left_in_one_round_more_for_the_list_of_the_users_groups() {
    let case = Case::holding(&[(HELP_DESK, "Help Desk")])
        .allowing(&[SideEffect::LeaveGroup])
        .with(|world| world.set_groups(&[(super::world::NIGHTS, "Nights", true)]));
    let (_, rounds) = cost(&case, &[group("Nights")]);
    assert_eq!(rounds, 8);
}
