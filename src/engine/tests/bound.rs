//! A revoke that is bound to a plan sends nothing that the plan does not list.

use crate::{
    binding::plan::{PlanDocument, digest},
    contract::types::{Binding, FailureKind, Mode, SideEffect},
    provider::{Affected, Affects, Consequence},
};

use super::world::{Case, Revoke, entries, outcomes, status};

/// The plan that the case makes for these roles.
fn plan(case: &mut Case, roles: &[&str]) -> String {
    case.options.mode = Mode::Plan;
    let success = case.ask(roles).unwrap();
    case.options.mode = Mode::Revoke;
    let text = success.plan.unwrap();
    assert_eq!(success.plan_digest.unwrap(), digest(&text));
    text
}

#[test]
fn what_was_planned_is_carried_out() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    let text = plan(&mut case, &["a"]);
    case.options.binding = Binding::Plan(text);
    assert_eq!(outcomes(&case.ask(&["a"])), ["removed"]);
    assert_eq!(case.held(), ["b@o1"]);
}

#[test]
fn the_same_state_gives_the_same_bytes_and_no_name_or_time_is_in_them() {
    let mut case = Case::holding(&["b@o2", "a@o1"]);
    let first = plan(&mut case, &["a", "b"]);
    case.world.borrow_mut().held.reverse();
    assert_eq!(plan(&mut case, &["a", "b"]), first);
    assert!(
        !first.contains("Name a") && !first.contains("ann@example.com"),
        "{first}"
    );
    assert_eq!(plan(&mut case, &["=Name a", "b"]), first, "a name comes down to its id");
}

#[test]
fn a_plan_is_canonical_json() {
    let mut case = Case::holding(&["a@o1"]);
    let text = plan(&mut case, &["a"]);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    fn sorted(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Object(fields) => fields.keys().is_sorted() && fields.values().all(sorted),
            serde_json::Value::Array(items) => items.iter().all(sorted),
            _ => true,
        }
    }
    assert!(sorted(&value), "{text}");
    assert_eq!(value.to_string(), text);
}

#[test]
fn a_grant_that_appeared_since_is_not_sent() {
    let mut case = Case::holding(&["a@o1"]);
    let text = plan(&mut case, &["a"]);
    case.world.borrow_mut().held.push(String::from("a@o2"));
    case.options.binding = Binding::Plan(text.clone());
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["refused"]);
    let failure = answer.unwrap_err();
    assert_eq!(
        (failure.status, failure.kind, failure.sent),
        (422, FailureKind::PlanChanged, false)
    );
    assert!(!failure.retryable);
    let new = failure.plan.unwrap();
    assert_ne!(new, text);
    assert_eq!(PlanDocument::parse(&new).unwrap().targets.len(), 2);
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn everything_is_bound_to_what_was_shown() {
    let mut case = Case::holding(&["a@o1"]);
    case.options.mode = Mode::Plan;
    let text = case.ask_everything().unwrap().plan.unwrap();
    case.options.mode = Mode::Revoke;
    case.options.binding = Binding::Plan(text.clone());
    case.world.borrow_mut().held.push(String::from("b@o1"));
    assert_eq!(case.ask_everything().unwrap_err().kind, FailureKind::PlanChanged);
    case.world.borrow_mut().held.pop();
    assert!(case.ask_everything().is_ok());
    assert!(case.held().is_empty());
    assert_eq!(
        case.ask(&["a"]).unwrap_err().kind,
        FailureKind::PlanChanged,
        "a plan of everything is none of a role"
    );
}

#[test]
fn half_a_removal_is_finished_under_the_same_plan() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    case.provider.batch = false;
    let text = plan(&mut case, &["a", "b"]);
    case.world.borrow_mut().revokes = vec![Revoke::Instead(status(403))];
    case.options.binding = Binding::Plan(text);
    let answer = case.ask(&["a", "b"]);
    assert!(answer.is_err() && case.held().len() == 1, "{:?}", outcomes(&answer));
    let answer = case.ask(&["a", "b"]);
    assert!(answer.is_ok(), "{:?}", outcomes(&answer));
    assert!(case.held().is_empty());
}

#[test]
fn a_role_that_is_gone_is_proven_within_the_plan() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    let text = plan(&mut case, &["a"]);
    case.provider.probe = true;
    case.world.borrow_mut().held.retain(|grant| grant != "a@o1");
    case.options.binding = Binding::Plan(text);
    let answer = case.ask(&["a"]);
    assert_eq!(outcomes(&answer), ["already_absent"]);
    assert!(entries(&answer)[0].grants[0].acknowledged);
}

#[test]
fn a_probe_that_the_plan_does_not_list_is_not_sent() {
    let mut case = Case::holding(&["b@o1", "a@o2"]);
    let text = plan(&mut case, &["a"]);
    case.provider.probe = true;
    case.world.borrow_mut().held.retain(|grant| grant != "a@o2");
    case.options.binding = Binding::Plan(text);
    let failure = case.ask(&["a"]).unwrap_err();
    assert_eq!((failure.kind, failure.sent), (FailureKind::PlanChanged, false));
}

fn consequence(people: &[&str]) -> Consequence {
    Consequence {
        target: 0,
        effect: SideEffect::StripGroup,
        lists: Vec::new(),
        takes: Vec::new(),
        affects: Affects::People(
            people
                .iter()
                .map(|name| Affected {
                    names: vec![(*name).to_owned()],
                    shows_email: false,
                })
                .collect(),
        ),
        takes_unknown: false,
    }
}

#[test]
fn a_side_effect_that_takes_more_than_planned_is_not_sent() {
    let mut case = Case::holding(&["a@o1"]);
    case.options.allow = vec![SideEffect::StripGroup];
    case.provider.consequences = vec![consequence(&["bob", "eve"])];
    let text = plan(&mut case, &["a"]);
    assert!(!text.contains("bob"), "{text}");
    case.options.binding = Binding::Plan(text);
    case.provider.consequences = vec![consequence(&["bob", "joe"])];
    assert_eq!(case.ask(&["a"]).unwrap_err().kind, FailureKind::PlanChanged);
    // Somebody left the group meanwhile: it takes less.
    case.provider.consequences = vec![consequence(&["bob"])];
    assert!(case.ask(&["a"]).is_ok());
}

#[test]
fn a_plan_of_another_request_is_refused() {
    let mut case = Case::holding(&["a@o1", "b@o1"]);
    let text = plan(&mut case, &["a", "b"]);
    case.options.binding = Binding::Plan(text);
    assert_eq!(case.ask(&["a"]).unwrap_err().kind, FailureKind::PlanChanged);
    case.options.allow = vec![SideEffect::LeaveGroup];
    assert_eq!(case.ask(&["a", "b"]).unwrap_err().kind, FailureKind::PlanChanged);
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn a_plan_that_was_touched_is_refused_before_anything_is_read() {
    let mut case = Case::holding(&["a@o1"]);
    let text = plan(&mut case, &["a"]);
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&text).unwrap()).unwrap();
    let reads = case.reads_seen();
    for bad in [
        pretty,
        format!(" {text}"),
        text.replace("\"account\":\"acme\",", ""),
        text.replace("{\"account\"", "{\"aaa\":1,\"account\""),
        text.replace("\"account\":\"acme\"", "\"account\":\"acme\",\"account\":\"acme\""),
        text.replace("plan/1", "plan/2"),
        String::from("{}"),
        String::new(),
        String::from("null"),
    ] {
        case.options.binding = Binding::Plan(bad.clone());
        let failure = case.ask(&["a"]).unwrap_err();
        assert_eq!(
            (failure.status, failure.field.as_deref()),
            (400, Some("options.binding.plan")),
            "{bad}"
        );
    }
    assert_eq!(case.reads_seen(), reads);
}

#[test]
fn only_a_revoke_is_bound() {
    let mut case = Case::holding(&["a@o1"]);
    let text = plan(&mut case, &["a"]);
    case.options.binding = Binding::Plan(text);
    for mode in [Mode::Plan, Mode::Verify] {
        case.options.mode = mode;
        assert_eq!(case.ask(&["a"]).unwrap_err().field.as_deref(), Some("options.binding"));
    }
}

#[test]
fn an_account_that_wants_an_approval_takes_no_plan_alone() {
    let mut case = Case::holding(&["a@o1"]);
    let text = plan(&mut case, &["a"]);
    case.general.approvals.required = true;
    for binding in [Binding::None, Binding::Plan(text)] {
        case.options.binding = binding;
        let failure = case.ask(&["a"]).unwrap_err();
        assert_eq!(
            (failure.status, failure.kind, failure.sent),
            (403, FailureKind::ApprovalRequired, false)
        );
    }
    assert_eq!(case.held(), ["a@o1"]);
}
