//! How many calls a removal takes, and how many of them one after the other.

use std::time::Duration;

use crate::contract::types::SideEffect;

use super::world::{World, row};

const LATENCY: Duration = Duration::from_millis(100);

/// Calls, and rounds of them.
fn cost(world: &World, roles: &[&str]) -> (usize, u128) {
    world.slack.borrow_mut().latency = LATENCY;
    let answer = world.ask(roles);
    assert!(answer.is_ok(), "{answer:?}");
    let rounds = world.transport.elapsed().as_millis().div_ceil(LATENCY.as_millis());
    (world.transport.seen.borrow().len(), rounds)
}

#[test]
fn assignments_take_three_rounds() {
    assert_eq!(cost(&World::new(|_| {}), &["Rl0C"]), (6, 3));
    // Ten places of one role share a request, and eight requests are sent at once.
    let held = |places: usize, roles: usize| {
        World::new(|slack| {
            for role in 0..roles {
                let rows = (0..places).map(|place| row(&format!("RlX{role:02}"), &format!("C{place:03}"), "U01"));
                slack.rows.extend(rows);
            }
        })
    };
    assert_eq!(cost(&held(10, 1), &["RlX00"]), (6, 3));
    let fifty: Vec<String> = (0..50).map(|role| format!("RlX{role:02}")).collect();
    let fifty: Vec<&str> = fifty.iter().map(String::as_str).collect();
    let (calls, rounds) = cost(&held(1, 50), &fifty);
    assert_eq!(calls, 5 + 50);
    assert!(rounds <= 9, "at most three times one role's: {rounds}");
}

#[test]
fn account_types_take_four_rounds_if_their_workspace_is_named() {
    let admin = || World::new(|slack| slack.set_admin("T01"));
    assert_eq!(cost(&admin(), &["admin@T01"]).1, 4);
    assert_eq!(cost(&admin(), &["admin"]).1, 5, "the document names the workspaces first");
    let world = World::new(|slack| slack.set_above("is_admin", true)).allowing(&[SideEffect::DemoteOwnerEverywhere]);
    assert_eq!(cost(&world, &["org_admin"]).1, 5);
}
