//! Calls and rounds of a verified removal: `docs.md` has them, with their reasons.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, id};

const LATENCY: Duration = Duration::from_millis(100);

/// So many custom roles, each in a project of its own, and one role that stays.
fn holding(count: usize) -> World {
    let rows: Vec<Value> = (0..count)
        .map(|number| {
            super::project(
                "elasticsearch-viewer",
                &format!("p{number}"),
                &[&format!("role-{number}")],
            )
        })
        .collect();
    World::holding(json!({
        "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
        "project": {"elasticsearch": rows},
    }))
    .with(|organization| organization.latency = LATENCY)
}

/// Calls and rounds.
fn cost(world: &World, count: usize) -> (usize, u128) {
    let roles: Vec<_> = (0..count)
        .map(|number| id(&format!("elasticsearch-viewer+role-{number}")))
        .collect();
    let answer = world.ask(&roles);
    assert!(answer.is_ok(), "{answer:?}");
    let rounds = world.transport.elapsed().as_millis().div_ceil(LATENCY.as_millis());
    (world.transport.seen.borrow().len(), rounds)
}

#[test]
fn a_removal_takes_four_calls_in_three_rounds_however_many_roles_go() {
    for count in [1, 10, 100] {
        assert_eq!(cost(&holding(count), count), (4, 3), "{count}");
    }
}
