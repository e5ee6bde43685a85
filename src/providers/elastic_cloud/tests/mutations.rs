//! Every value of the members list, changed in ways that keep what is held visible to a careful reader: nothing that is held is said
//! to be gone, and nothing else goes. `MATRIX=full` runs every case, otherwise every seventh.

use serde_json::{Value, json};

use super::{World, at, id, in_group, name, project};
use crate::contract::types::{Outcome, Role};

fn assignments() -> Value {
    json!({
        "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
        "deployment": [
            {"organization_id": "org", "role_id": "deployment-editor", "all": false, "deployment_ids": ["da", "db"]},
            {"organization_id": "org", "role_id": "deployment-viewer", "all": true},
        ],
        "project": {
            "elasticsearch": [
                project("elasticsearch-viewer", "p1", &["marketing-reader"]),
                project("viewer", "p1", &["admin"]),
                project("elasticsearch-developer", "p1", &[]),
            ],
            "security": [{"organization_id": "org", "role_id": "t1_analyst", "project_ids": ["p2"]}],
        },
        "cloud_connected_resource": [{"role_id": "cloud-connected-admin", "all": true}],
    })
}

fn asked() -> Vec<Role> {
    vec![
        id("billing-admin"),
        at(id("deployment-editor"), "da"),
        id("deployment-viewer"),
        name("marketing-reader"),
        in_group(id("admin"), "elasticsearch"),
        name("Tier 1 analyst"),
    ]
}

/// What of the entries is held.
fn is_held(held: &Value) -> [bool; 6] {
    let rows = |pointer: &str| held.pointer(pointer).and_then(Value::as_array).unwrap().clone();
    let elasticsearch = rows("/project/elasticsearch");
    let carries = |name: &str| {
        elasticsearch
            .iter()
            .any(|row| row["application_roles"] == json!([name]))
    };
    let deployments = rows("/deployment");
    [
        !rows("/organization").is_empty(),
        deployments
            .iter()
            .any(|row| row["deployment_ids"].to_string().contains("da")),
        deployments.iter().any(|row| row["all"] == json!(true)),
        carries("marketing-reader"),
        carries("admin"),
        !rows("/project/security").is_empty(),
    ]
}

/// What nobody asked for.
fn rest(held: &Value) -> [bool; 3] {
    let text = held.to_string();
    ["\"db\"", "elasticsearch-developer", "cloud-connected-admin"].map(|part| text.contains(part))
}

type Mutation = (&'static str, fn(&Value) -> Option<Value>);

const MUTATIONS: [Mutation; 15] = [
    ("null", |old| (!old.is_null()).then_some(Value::Null)),
    ("other type", |old| {
        Some(if old.is_string() {
            json!({"value": old})
        } else {
            json!("other")
        })
    }),
    ("number", |old| old.is_string().then(|| json!(7))),
    ("empty", |old| old.is_string().then(|| json!(""))),
    ("blank", |old| old.is_string().then(|| json!(" \u{a0}"))),
    ("other case", |old| Some(json!(old.as_str()?.to_uppercase()))),
    ("spaces", |old| Some(json!(format!(" {}  ", old.as_str()?)))),
    ("look-alike", |old| Some(json!(old.as_str()?.replace('a', "\u{430}")))),
    ("underscores", |old| Some(json!(old.as_str()?.replace('-', "_")))),
    ("broken", |old| Some(json!(format!("{}\u{fffd}", old.as_str()?)))),
    ("flipped text", |old| Some(json!(old.as_bool()?.to_string()))),
    ("list", |old| (!old.is_array()).then(|| json!([old]))),
    ("null row", |old| with_row(old, Value::Null)),
    ("unknown row", |old| with_row(old, json!({"unknown": ["row"]}))),
    ("doubled", |old| with_row(old, old.as_array()?.first()?.clone())),
];

fn with_row(old: &Value, row: Value) -> Option<Value> {
    let mut rows = old.as_array().filter(|rows| !rows.is_empty())?.clone();
    rows.insert(0, row);
    Some(Value::Array(rows))
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let mut child = |key: String, value: &Value| {
        let at = format!("{at}/{key}");
        found.push(at.clone());
        pointers(value, &at, found);
    };
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                child(key.clone(), value);
            }
        }
        Value::Array(rows) => {
            for (index, row) in rows.iter().enumerate() {
                child(index.to_string(), row);
            }
        }
        _ => {}
    }
}

/// A key that is missing is documented as nothing: no reader can see what stood there.
const LEFT_OUT: [&str; 7] = [
    "organization",
    "deployment",
    "project",
    "elasticsearch",
    "security",
    "cloud_connected_resource",
    "application_roles",
];

fn apply(document: &Value, pointer: &str, change: Option<fn(&Value) -> Option<Value>>) -> Option<Value> {
    let mut document = document.clone();
    let (parent, key) = pointer.rsplit_once('/')?;
    if let Some(change) = change {
        let value = document.pointer_mut(pointer)?;
        // Application roles that are `null` are documented as none.
        let changed = change(value).filter(|new| !(key == "application_roles" && new.is_null()))?;
        *value = changed;
    } else {
        let fields = document.pointer_mut(parent)?.as_object_mut()?;
        fields.shift_remove(key).filter(|_| !LEFT_OUT.contains(&key))?;
    }
    Some(document)
}

#[test]
fn no_document_makes_a_held_role_look_gone_or_takes_another_one() {
    let clean = World::holding(assignments());
    assert_eq!(clean.outcomes(&asked()), ["removed"; 6]);
    assert_eq!((is_held(&clean.held()), rest(&clean.held())), ([false; 6], [true; 3]));
    let owner = json!({"user_id": "1009", "role_assignments": {"organization": [{"role_id": "organization-admin"}]}});
    let user = json!({"user_id": "1001", "email": "ann.lee@example.com", "role_assignments": assignments()});
    let mut places = Vec::new();
    pointers(&json!({"members": [owner, user]}), "", &mut places);
    let changes = MUTATIONS.iter().map(|(what, change)| (*what, Some(*change)));
    let changes: Vec<_> = changes.chain([("removed", None)]).collect();
    let cases = places.iter().flat_map(|place| {
        let of_place = changes.iter().map(move |change| (place, change));
        of_place.flat_map(|(place, change)| [Some(0), Some(1), None].map(|when| (place, change, when)))
    });
    let is_full = std::env::var("MATRIX").is_ok_and(|size| size == "full");
    let mut runs = 0;
    for (place, (what, change), when) in cases.step_by(if is_full { 1 } else { 7 }) {
        if let Some(answered) = run(place, *change, when) {
            runs += 1;
            assert_eq!(answered, Ok(()), "{place} {what}, read {when:?}");
        }
    }
    assert!(runs > 100, "{runs}");
}

/// `None`: the change does not fit the place.
fn run(place: &str, change: Option<fn(&Value) -> Option<Value>>, when: Option<usize>) -> Option<Result<(), String>> {
    let fits = std::rc::Rc::new(std::cell::Cell::new(false));
    let (has_fit, pointer) = (std::rc::Rc::clone(&fits), place.to_owned());
    let world = World::holding(assignments()).with(|organization| {
        organization.mutation = Some(Box::new(move |read, document| {
            if when.is_some_and(|when| when != read) {
                return document;
            }
            let changed = apply(&document, &pointer, change);
            has_fit.set(has_fit.get() || changed.is_some());
            changed.unwrap_or(document)
        }));
    });
    let answer = world.ask(&asked());
    if !fits.get() {
        return None;
    }
    Some(judge(&world, &answer))
}

fn judge(
    world: &World,
    answer: &Result<crate::contract::types::Success, crate::contract::types::Failure>,
) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {answer:?}"));
    let held = is_held(&world.held());
    if rest(&world.held()) != [true; 3] {
        return wrong("something else went");
    }
    let (outcomes, user) = match answer {
        Ok(success) => (&success.outcomes, Some(&success.user)),
        Err(failure) if !failure.sent && held != [true; 6] => return wrong("it was sent"),
        Err(failure) => (&failure.outcomes, failure.user.as_ref()),
    };
    if answer.is_ok() && held != [false; 6] {
        return wrong("all is said to be gone");
    }
    for (entry, held) in outcomes.iter().zip(held) {
        match entry.outcome {
            Outcome::Removed | Outcome::AlreadyAbsent if held => return wrong("it is held"),
            Outcome::Refused | Outcome::NotAttempted | Outcome::Failed | Outcome::NotFound | Outcome::Inherited
                if !held =>
            {
                return wrong("it is gone");
            }
            _ => {}
        }
    }
    let ids = [
        "billing-admin",
        "deployment-editor",
        "deployment-viewer",
        "elasticsearch-viewer+marketing-reader",
        "elasticsearch-viewer+admin",
        "security-t1-analyst",
    ];
    if let Some(user) = user.filter(|user| user.truncated.is_empty()) {
        for (id, held) in ids.into_iter().zip(held) {
            if held && !user.roles.iter().any(|role| role.id.as_deref() == Some(id)) {
                return wrong("it is held, and not shown");
            }
        }
    }
    Ok(())
}
