//! Every value of every answer, changed in ways that keep what is held visible to a careful reader: nothing that is held is said
//! to be gone, and nothing else goes. `MATRIX=full` runs every case, otherwise every fifth.

use std::{cell::RefCell, rc::Rc};

use serde_json::{Value, json};

use crate::contract::types::{Outcome, SideEffect};

use super::world::{Slack, World, entries, row};

const ASKED: [&str; 6] = ["Rl0C", "RlCUSTOM1", "Rl0D", "admin@T01", "owner@T02", "org_admin"];

/// A person with two ids, who is an admin in one workspace and an owner in the other.
fn organization(slack: &mut Slack) {
    slack.user["enterprise_user"]["id"] = json!("W09");
    slack.user["is_admin"] = json!(true);
    slack.rows = vec![
        row("Rl0C", "T01", "U01"),
        row("Rl03", "E01", "U02"),
        row("Rl0C", "E01", "W09"),
        row("RlCUSTOM1", "C01", "U01"),
        row("Rl05", "T02", "U01"),
    ];
    slack.set_admin("T01");
    slack.set_owner("T02");
}

/// What of an entry is held.
fn is_held(slack: &Slack, entry: usize) -> bool {
    let has = |role: &str| slack.rows.iter().any(|row| row["role_id"] == role);
    match entry {
        0 => has("Rl0C"),
        1 => has("RlCUSTOM1"),
        3 => slack.admins["T01"].contains(&json!("U01")),
        4 => slack.is_owner("T02"),
        _ => false,
    }
}

/// Pointers to every value below.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.push(format!("{at}/{key}"));
                pointers(value, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(rows) => {
            for (index, row) in rows.iter().enumerate() {
                found.push(format!("{at}/{index}"));
                pointers(row, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

type Mutation = (&'static str, fn(&Value) -> Option<Value>);

const MUTATIONS: [Mutation; 20] = [
    ("null", |_| Some(Value::Null)),
    ("number", |_| Some(json!(7))),
    ("huge", |_| serde_json::from_str("123456789012345678901234567890").ok()),
    ("object", |_| Some(json!({"id": "x"}))),
    ("text", |value| (!value.is_string()).then(|| json!("x"))),
    ("empty text", |_| Some(json!(""))),
    ("blank text", |_| Some(json!("  "))),
    ("date", |_| Some(json!("9999-12-31T23:59:59-01:00"))),
    ("lower case", |value| text(value, str::to_lowercase)),
    ("upper case", |value| text(value, str::to_uppercase)),
    ("spaces", |value| text(value, |text| format!(" {text}\u{a0}"))),
    ("invisible", |value| text(value, |text| format!("{text}\u{200b}"))),
    ("full width", |value| text(value, |text| text.replace('0', "\u{ff10}"))),
    ("as text", |value| {
        (value.is_boolean() || value.is_number()).then(|| json!(value.to_string()))
    }),
    ("row twice", |value| rows(value, |rows| rows.extend(rows.clone()))),
    ("null among rows", |value| {
        rows(value, |rows| rows.insert(0, Value::Null))
    }),
    ("unknown row", |value| {
        rows(value, |rows| rows.push(json!({"kind": ["new"]})))
    }),
    ("reversed", |value| rows(value, |rows| rows.reverse())),
    ("one row as object", |value| {
        rows(value, |rows| {
            if let Some(first) = rows.first_mut() {
                *first = json!({ "0": first.clone() });
            }
        })
    }),
    ("wrapped", |value| Some(json!([value]))),
];

fn text(value: &Value, change: impl Fn(&str) -> String) -> Option<Value> {
    let changed = change(value.as_str()?);
    (changed != value.as_str()?).then(|| json!(changed))
}

fn rows(value: &Value, change: impl Fn(&mut Vec<Value>)) -> Option<Value> {
    let mut rows = value.as_array()?.clone();
    change(&mut rows);
    Some(Value::Array(rows))
}

#[test]
fn no_document_makes_a_held_role_look_gone_or_takes_another_one() {
    let (answers, is_good) = answers_of_clean_run();
    assert!(is_good);
    let is_full = std::env::var("MATRIX").is_ok_and(|size| size == "full");
    let stride = if is_full { 1 } else { 5 };
    let mut cases = 0;
    let mut violations = Vec::new();
    for (request, (url, document)) in answers.iter().enumerate() {
        let mut found = vec![String::new()];
        pointers(document, "", &mut found);
        let is_last = !answers.iter().skip(request + 1).any(|(later, _)| later == url);
        let lasting: &[bool] = if is_last { &[false] } else { &[false, true] };
        for pointer in &found {
            let value = document.pointer(pointer).cloned().unwrap_or_default();
            let changed = MUTATIONS
                .iter()
                .filter_map(|(name, mutate)| Some((*name, Some(mutate(&value)?))));
            for (name, changed) in changed.chain([("removed", None)]) {
                for &lasts in lasting {
                    cases += 1;
                    if cases % stride != 0 {
                        continue;
                    }
                    let case = Case {
                        request,
                        url: url.clone(),
                        lasts,
                        pointer: pointer.clone(),
                        changed: changed.clone(),
                    };
                    violations.extend(case.violations().into_iter().map(|what| {
                        format!("{what}: `{pointer}` {name} in request {request} (lasts: {lasts}), {url}")
                    }));
                }
            }
        }
    }
    assert!(cases > 2_500, "{cases}");
    let first: Vec<&String> = violations.iter().take(10).collect();
    assert!(violations.is_empty(), "{} of {cases}: {first:#?}", violations.len());
}

/// URL and document of every answer of a run without a change, and whether it ends well.
fn answers_of_clean_run() -> (Vec<(String, Value)>, bool) {
    let answers = Rc::new(RefCell::new(Vec::new()));
    let kept = Rc::clone(&answers);
    let world = World::new(|slack| {
        organization(slack);
        slack.mutation = Some(Box::new(move |_, url, answer| {
            kept.borrow_mut().push((url.to_owned(), answer.clone()));
        }));
    })
    .allowing(&[SideEffect::DemoteOwner]);
    let is_good = world.ask(&ASKED).is_ok();
    (answers.take(), is_good)
}

/// One value of one answer that is changed.
struct Case {
    request: usize,
    url: String,
    /// All later answers to the same URL have it changed, too.
    lasts: bool,
    pointer: String,
    /// `None`: it is removed.
    changed: Option<Value>,
}

impl Case {
    /// What is wrong with the answer.
    fn violations(self) -> Vec<&'static str> {
        let mut world = World::new(|slack| {
            organization(slack);
            slack.mutation = Some(Box::new(move |number, url, answer| {
                if number == self.request || (self.lasts && number > self.request && url == self.url) {
                    change(answer, &self.pointer, self.changed.as_ref());
                }
            }));
        })
        .allowing(&[SideEffect::DemoteOwner]);
        // Fewer polls: what is not settled is not waited for.
        world.options.deadline = Some(4_000);
        let answer = world.ask(&ASKED);
        let slack = world.slack.borrow();
        let is_gone = |outcome: Outcome| matches!(outcome, Outcome::Removed | Outcome::AlreadyAbsent);
        let mut wrong: Vec<&str> = entries(&answer)
            .iter()
            .enumerate()
            .filter(|(index, entry)| is_gone(entry.outcome) && is_held(&slack, *index))
            .map(|(index, _)| ASKED[index])
            .collect();
        if !slack.rows.contains(&row("Rl03", "E01", "U02"))
            || !slack.rows.contains(&row("Rl05", "T02", "U01"))
            || !slack.owners["T02"].contains(&json!("U02"))
        {
            wrong.push("something else went");
        }
        wrong
    }
}

fn change(answer: &mut Value, pointer: &str, changed: Option<&Value>) {
    match (changed, pointer.rsplit_once('/')) {
        (Some(changed), _) => {
            if let Some(value) = answer.pointer_mut(pointer) {
                value.clone_from(changed);
            }
        }
        // A row that is not there is not visible.
        (None, Some((parent, key))) => {
            if let Some(Value::Object(fields)) = answer.pointer_mut(parent) {
                fields.shift_remove(key);
            }
        }
        (None, None) => {}
    }
}
