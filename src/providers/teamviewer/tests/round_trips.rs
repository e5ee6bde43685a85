//! How many calls a removal takes, and how many of them one after the other.

use std::time::Duration;

use super::{Company, HELP, Shared, by_id, by_name, call, options};

const LATENCY: Duration = Duration::from_millis(100);

/// Calls, and rounds of them.
fn cost(company: &Shared, roles: Vec<crate::contract::types::Role>) -> (usize, u128) {
    company.borrow_mut().latency = LATENCY;
    let answer = call(company, "{}", roles, options());
    assert!(answer.is_ok(), "{answer:?}");
    let company = company.borrow();
    (
        company.reads.len() + company.writes.len(),
        company.elapsed.as_millis().div_ceil(LATENCY.as_millis()),
    )
}

fn role(number: usize) -> &'static str {
    format!("b0000000-0000-4000-8000-{number:012}").leak()
}

/// A user with so many roles beside the help desk.
fn company(others: usize) -> Shared {
    let mut held = vec![("u123", HELP)];
    held.extend((0..others).map(|number| ("u123", role(number))));
    let company = Company::with(&held);
    let listed: Vec<String> = held
        .iter()
        .map(|(_, id)| format!(r#"{{"Id": "{id}", "Name": "Role {id}"}}"#))
        .collect();
    company.borrow_mut().roles = format!(r#"{{"Roles": [{}]}}"#, listed.join(", "));
    company
}

#[test]
fn one_role_takes_three_rounds_however_many_others_are_held() {
    for others in [0, 50] {
        assert_eq!(cost(&company(others), vec![by_id(HELP)]), (11, 3), "{others}");
    }
    let by_name = by_name(&format!("Role {HELP}"));
    assert_eq!(cost(&company(50), vec![by_name]), (11, 4), "the directory tells the id first");
}

#[test]
fn ten_and_a_hundred_roles_take_two_lists_each_before_and_after_eight_at_once() {
    let asked = |count: usize| (0..count).map(|number| by_id(role(number))).collect();
    let (calls, rounds) = cost(&company(10), asked(10));
    assert_eq!(calls, 6 + 5 * 10);
    assert!(rounds <= 9, "{rounds}");
    let (calls, rounds) = cost(&company(100), asked(100));
    assert_eq!(calls, 6 + 5 * 100);
    assert!(rounds <= 72, "{rounds}");
}
