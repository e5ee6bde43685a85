//! Every value of every document of a clean run, changed in ways that leave what is held visible to a careful reader: nothing is
//! said to be gone that is held, and nothing else goes.

use serde_json::{Value, json};

use crate::contract::types::{Failure, OrganizationSelector, Outcome, SideEffect, Success};

use super::{
    case::Case,
    world::{HELP_DESK, HOME, MANAGER, NIGHTS, NORTH, OWNERS, READ_ONLY, USER, entries, group, named, with_id},
};

const DAYS: &str = "5c0000000000000000000002";

/// A request, and what is held of it and beside it.
struct Scenario {
    name: &'static str,
    make: fn() -> Case,
    ask: fn(&Case) -> Result<Success, Failure>,
    /// Whether each entry is held.
    held: fn(&Case) -> Vec<bool>,
    /// Everything else that is held.
    rest: fn(&Case) -> Vec<bool>,
}

fn has_role(case: &Case, name: &str) -> bool {
    case.held().is_some_and(|names| names.iter().any(|held| held == name))
}

fn has_row(case: &Case, path: &str, id: &str) -> bool {
    let world = case.world.borrow();
    let mut rows = world
        .documents
        .get(path)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    rows.any(|row| row["id"].as_str() == Some(id) || row["organization"].as_str() == Some(id))
}

fn is_member(case: &Case, id: &str) -> bool {
    has_row(case, &format!("/api/v2/users/{USER}/memberof"), id)
}

fn is_linked(case: &Case, id: &str) -> bool {
    let administrator = super::world::ADMIN;
    has_row(
        case,
        &format!("/api/v2/administrators/{administrator}/organizationlinks"),
        id,
    )
}

fn make() -> Case {
    Case::holding(&[(MANAGER, "Manager"), (HELP_DESK, "Help Desk"), (READ_ONLY, "Read Only")])
        .allowing(&[
            SideEffect::LeaveGroup,
            SideEffect::RemoveOrganizationAccess,
            SideEffect::DeleteAdministrator,
        ])
        .with(|world| {
            world.set_groups(&[(NIGHTS, "Nights", true), (DAYS, "Days", true)]);
            world.set_links(&[(NORTH, "North", true), (HOME, "Home", true)]);
            world.lists_record = true;
        })
}

fn unlinked(case: Case) -> Case {
    case.with(|world| {
        let path = format!("/api/systemusers/{USER}");
        world.documents.get_mut(&path).unwrap()["admin"] = Value::Null;
    })
}

const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "roles and a group",
        make,
        ask: |case| case.ask(&[named("Help Desk"), with_id(MANAGER), group("Nights"), with_id(OWNERS)]),
        held: |case| {
            vec![
                has_role(case, "Help Desk"),
                has_role(case, "Manager"),
                is_member(case, NIGHTS),
                false,
            ]
        },
        rest: |case| {
            vec![
                has_role(case, "Read Only"),
                is_member(case, DAYS),
                is_linked(case, NORTH),
            ]
        },
    },
    Scenario {
        name: "links",
        make,
        ask: |case| {
            let north = OrganizationSelector::Name("North".to_owned());
            case.ask_organizations(&[north, OrganizationSelector::Id(HOME.to_owned())])
        },
        held: |case| vec![is_linked(case, NORTH), is_linked(case, HOME)],
        rest: |case| vec![has_role(case, "Manager"), is_member(case, NIGHTS)],
    },
    Scenario {
        name: "an administrator who is found by e-mail",
        make: || unlinked(make()),
        ask: |case| case.ask(&[named("Help Desk"), named("Administrator With Billing")]),
        held: |case| vec![has_role(case, "Help Desk"), false],
        rest: |case| {
            vec![
                has_role(case, "Read Only"),
                has_role(case, "Manager"),
                is_member(case, DAYS),
            ]
        },
    },
    Scenario {
        name: "the last role",
        make: || make().with(|world| world.set_roles(&[(HELP_DESK, "Help Desk")])),
        ask: |case| case.ask(&[named("Help Desk")]),
        held: |case| vec![has_role(case, "Help Desk")],
        rest: |case| vec![is_member(case, NIGHTS)],
    },
];

/// The pointers to every value of a document.
fn pointers(document: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match document {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), found)),
        Value::Array(rows) => rows
            .iter()
            .enumerate()
            .for_each(|(row, value)| pointers(value, &format!("{at}/{row}"), found)),
        _ => {}
    }
}

/// What is put in the place of a value; `None` takes the key away.
fn changes(value: &Value) -> Vec<Option<Value>> {
    let mut changes = vec![
        None,
        Some(Value::Null),
        Some(json!(7)),
        Some(json!(true)),
        Some(json!({"unknown": 1})),
    ];
    match value {
        Value::String(text) => {
            let spellings = [
                text.to_uppercase(),
                text.to_lowercase(),
                format!(" {text}\u{a0}"),
                text.replace(' ', "  "),
                text.replace(' ', ""),
                text.replace(['u', 'U'], "\u{3c5}"),
                String::new(),
                String::from(" "),
            ];
            changes.extend(spellings.map(|text| Some(json!(text))));
            changes.push(Some(json!([text])));
        }
        Value::Number(number) => {
            let number = number.as_i64().unwrap_or_default();
            let numbers = [
                json!(number.to_string()),
                json!(number + 1),
                json!(number - 1),
                json!(1e300),
                json!(-1),
            ];
            changes.extend(numbers.map(Some));
        }
        Value::Array(rows) => {
            let with = |at: usize, row: Value| {
                let mut rows = rows.clone();
                rows.insert(at, row);
                Some(Value::Array(rows))
            };
            changes.extend([
                with(0, Value::Null),
                with(rows.len(), json!({"unknown": 1})),
                with(rows.len(), json!("x")),
            ]);
            changes.extend(
                rows.first()
                    .map(|first| Value::Array([rows.as_slice(), std::slice::from_ref(first)].concat()))
                    .map(Some),
            );
            changes.push(Some(rows.iter().rev().cloned().collect()));
            changes.push(Some(json!("x")));
        }
        _ => changes.push(Some(json!("x"))),
    }
    changes
}

fn change(document: &mut Value, pointer: &str, to: Option<&Value>) {
    if let Some(value) = to {
        if let Some(place) = document.pointer_mut(pointer) {
            *place = value.clone();
        }
        return;
    }
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(fields)) = document.pointer_mut(parent) {
        fields.shift_remove(key);
    }
}

/// One run: the outcomes must be so, and the rest must still be there. Says whether it ended well.
fn check(scenario: &Scenario, case: &Case) -> Result<bool, String> {
    let answer = (scenario.ask)(case);
    let held = (scenario.held)(case);
    for (entry, held) in entries(&answer).iter().zip(held) {
        let is_said_gone = matches!(
            entry.outcome,
            Outcome::Removed | Outcome::AlreadyAbsent | Outcome::NotFound
        );
        if is_said_gone && held {
            return Err(format!("said to be gone: {answer:?}"));
        }
    }
    let rest = (scenario.rest)(case);
    if rest.contains(&false) {
        return Err(format!("something else went ({rest:?}): {answer:?}"));
    }
    Ok(answer.is_ok())
}

/// The documents that a clean run reads.
fn documents(scenario: &Scenario) -> Vec<(String, Value)> {
    let seen = std::rc::Rc::new(std::cell::RefCell::new(Vec::<(String, Value)>::new()));
    let collected = std::rc::Rc::clone(&seen);
    let case = (scenario.make)().with(|world| {
        world.bend = Some(Box::new(move |path, _, document: &mut Value| {
            let mut seen = collected.borrow_mut();
            if !seen.iter().any(|(known, _)| known == path) {
                seen.push((path.to_owned(), document.clone()));
            }
        }));
    });
    assert_eq!(check(scenario, &case), Ok(true));
    assert!((scenario.held)(&case).iter().all(|held| !held), "{}", scenario.name);
    drop(case);
    std::rc::Rc::try_unwrap(seen).unwrap().into_inner()
}

/// Of how many cases a short run takes one; `MATRIX=full` takes all.
const STRIDE: usize = 7;

#[test]
fn whatever_is_changed_in_a_document_nothing_that_is_held_is_said_to_be_gone() {
    let is_full = std::env::var("MATRIX").is_ok_and(|size| size == "full");
    let stride = if is_full { 1 } else { STRIDE };
    let (mut cases, mut runs, mut ended_well, mut violations) = (0_usize, 0_usize, 0_usize, Vec::new());
    for scenario in SCENARIOS {
        for (path, document) in documents(&scenario) {
            let mut places = Vec::new();
            pointers(&document, "", &mut places);
            for pointer in places {
                for to in changes(document.pointer(&pointer).unwrap()) {
                    for (keeps, after_write) in [(false, false), (false, true), (true, true)] {
                        cases += 1;
                        if cases % stride != 0 {
                            continue;
                        }
                        runs += 1;
                        let case = bent(&scenario, (&path, &pointer, to.as_ref()), keeps, after_write);
                        match check(&scenario, &case) {
                            Ok(is_well) => ended_well += usize::from(is_well),
                            Err(what) => violations.push(format!(
                                "{}: {path}{pointer} = {to:?}, keeps {keeps}, after {after_write}: {what:.700}",
                                scenario.name
                            )),
                        }
                    }
                }
            }
        }
    }
    println!(
        "mutation cases: {runs} of {cases}, {ended_well} ended well, violations: {}",
        violations.len()
    );
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert!(ended_well * 3 > runs, "only {ended_well} of {runs} ended well");
}

/// A far end that changes one value, in every read or in those after the first write.
fn bent(
    scenario: &Scenario,
    (path, pointer, to): (&str, &str, Option<&Value>),
    keeps: bool,
    after_write: bool,
) -> Case {
    let (bent, pointer, to) = (path.to_owned(), pointer.to_owned(), to.cloned());
    (scenario.make)().with(|world| {
        world.keeps = keeps.then_some("{}");
        world.bend = Some(Box::new(move |path, wrote, document: &mut Value| {
            if path == bent && (wrote || !after_write) {
                change(document, &pointer, to.as_ref());
            }
        }));
    })
}
