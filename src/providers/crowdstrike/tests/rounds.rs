//! Calls and rounds of a verified removal: `docs.md` has them, with their reasons.

use std::time::Duration;

use serde_json::json;

use crate::contract::types::Outcome;

use super::{ANN, CHILD, Case, HOME, Tenant, at, by_id};

const LATENCY: Duration = Duration::from_millis(100);

/// Ann with so many custom roles, and one that stays.
fn holding(count: usize, cid: &'static str) -> Tenant {
    let mut tenant = Tenant::new(&["event_viewer"]);
    for n in 0..count {
        let id = format!("{n:032x}");
        tenant
            .roles
            .get_mut(cid)
            .unwrap()
            .push((id.clone(), format!("Role {n}")));
        tenant.grant(cid, &id);
    }
    tenant
}

/// Calls and rounds, the one for the token included in both.
fn cost(case: &Case, user: &str, count: usize) -> (usize, u32) {
    let roles: Vec<_> = (0..count).map(|n| by_id(&format!("{n:032x}"))).collect();
    let success = case.ask_for(user, &roles).unwrap();
    assert!(success.outcomes.iter().all(|entry| entry.outcome == Outcome::Removed));
    let rounds = case.transport.elapsed().as_millis().div_ceil(LATENCY.as_millis());
    (case.transport.seen.borrow().len(), u32::try_from(rounds).unwrap())
}

#[test]
fn a_removal_takes_a_token_and_three_rounds_of_five_calls() {
    for count in [1, 10, 100] {
        let case = Case::slow(holding(count, HOME), LATENCY);
        assert_eq!(cost(&case, ANN, count), (6, 4), "{count}");
        assert_eq!(case.calls("&cid="), 0, "home is the CID in view");
    }
}

#[test]
fn a_login_takes_one_round_more() {
    let case = Case::slow(holding(1, HOME), LATENCY);
    assert_eq!(cost(&case, "ann@example.com", 1), (8, 5));
    assert_eq!(
        case.calls("users/GET"),
        2,
        "the record is read once before and once after"
    );
}

#[test]
fn a_home_that_is_not_in_view_takes_one_round_more_once() {
    let mut tenant = holding(1, HOME);
    tenant.view = CHILD;
    tenant.grant(CHILD, "help_desk");
    let case = Case::slow(tenant, LATENCY);
    assert_eq!(cost(&case, ANN, 1), (8, 5));
    assert_eq!(case.calls("&cid="), 2);
}

#[test]
fn a_cid_that_an_entry_names_is_read_with_the_rest() {
    let mut tenant = holding(1, CHILD);
    tenant
        .rows
        .push(json!({"role_id": "help_desk", "uuid": ANN, "cid": CHILD, "grant_type": "direct"}));
    let case = Case::slow(tenant, LATENCY);
    let role = at(CHILD, by_id(&format!("{:032x}", 0)));
    assert!(case.ask(&[role]).is_ok());
    assert_eq!(case.transport.elapsed(), LATENCY * 4);
    assert_eq!(case.transport.seen.borrow().len(), 8);
}

#[test]
fn a_user_without_a_role_takes_two_calls_more_to_tell_the_cid_in_view() {
    let case = Case::slow(Tenant::new(&[]), LATENCY);
    let success = case.ask(&[by_id("help_desk")]).unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    // Token; record and two lists, the one at home a round later; users, and what one of them holds; the directory's two; the probe;
    // record and list.
    assert_eq!(
        (case.transport.seen.borrow().len(), case.transport.elapsed().as_millis()),
        (11, 900)
    );
}
