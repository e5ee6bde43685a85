//! Tasks and answers for tests.

use serde_json::{Value, json};

use super::Task;
use crate::{
    offboard::{
        journal::event::{Begin, Described, Event, Planned},
        list::Leaver,
        reply::Reply,
        selection::Target,
    },
    session::Answer,
};

pub const PLAN: &str = r#"{"probes":[],"side_effects":[],"targets":[{"kind":"role","role_id":"viewer"},{"kind":"role","role_id":"editor"}],"user":"u-1"}"#;

pub fn described() -> Described {
    Described {
        target: Target {
            person: 0,
            account: String::from("acme"),
            user: String::from("ann@example.com"),
        },
        provider: String::from("teamviewer"),
        account_sha256: None,
        approval_required: false,
    }
}

pub fn begin() -> Begin {
    Begin {
        version: String::from("0"),
        people: vec![Leaver {
            person: String::from("Ann"),
            email: Some(String::from("ann@example.com")),
            ..Leaver::default()
        }],
        tasks: vec![described()],
        ..Begin::default()
    }
}

/// An answer with these grants: id and outcome.
pub fn answer(status: u16, grants: &[(&str, &str)]) -> Value {
    let entries: Vec<Value> = grants
        .iter()
        .map(|(id, outcome)| {
            let direct = *outcome != "inherited";
            json!({"outcome": outcome, "grants": [{"role_id": id, "scope": {}, "direct": direct, "outcome": outcome}]})
        })
        .collect();
    let mut body = json!({"id": "u-1", "role_outcomes": entries});
    if status != 200 {
        body["error_code"] = json!("not_removed");
        body["user"] = json!({"id": "u-1"});
    }
    body
}

pub fn reply(status: u16, body: Value) -> Reply {
    Reply::of(&Answer {
        status,
        body,
        retry_after: None,
    })
}

/// Two roles would go.
pub fn planned() -> Task {
    let mut task = Task::new(described());
    let planned = Planned {
        reply: reply(200, answer(200, &[("viewer", "planned"), ("editor", "planned")])),
        plan: Some(PLAN.to_owned()),
        plan_digest: Some(String::from("d")),
        approval: None,
    };
    task.apply(&Event::Planned { task: 0, planned });
    task
}

pub fn intent() -> Event {
    Event::Intent {
        task: 0,
        plan_digest: String::from("d"),
    }
}

pub fn result(status: u16, body: Value) -> Event {
    Event::Result {
        task: 0,
        reply: reply(status, body),
    }
}

pub fn verified(status: u16, body: Value, is_bare: bool) -> Event {
    Event::Verified {
        task: 0,
        reply: reply(status, body),
        is_bare,
        absent: Vec::new(),
        is_last: true,
    }
}

/// Nothing is held, and a whole reading proves it.
pub fn nothing() -> Value {
    json!({"id": "u-1", "role_outcomes": [{"outcome": "already_absent"}]})
}

/// Nothing is shown, and that proves nothing.
pub fn nothing_shown() -> Value {
    json!({"error_code": "incomplete", "user": {"id": "u-1"}, "role_outcomes": [{"outcome": "unknown", "reason": "not_visible", "message": "only a revoke would prove it"}]})
}
