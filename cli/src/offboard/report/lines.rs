//! The result for programs: a line for each person and account.

use serde_json::{Value, json};

use super::{NOT_COVERED, Report};

pub fn of(report: &Report<'_>) -> String {
    let mut text = String::new();
    for (task, index) in report.tasks.iter().zip(0..) {
        let target = &task.described.target;
        let todos = report.standings.of_task(index);
        let todos: Vec<Value> = todos
            .map(|todo| json!({"what": todo.what, "why": todo.why, "next": todo.next}))
            .collect();
        let planned = task.planned.as_ref();
        let line = json!({
            "person": report.person(task),
            "email": report.begin.leaver(target).and_then(|leaver| leaver.email.as_ref()),
            "account": target.account,
            "provider": task.described.provider,
            "asked_for": target.user,
            "user_id": planned.and_then(|planned| planned.reply.user.as_ref()),
            "standing": report.standing(index).name(),
            "is_verified": task.is_verified,
            "plan_digest": planned.and_then(|planned| planned.plan_digest.as_ref()),
            "reference": report.begin.reference,
            "grants": task.grants.values().collect::<Vec<_>>(),
            "warnings": planned.map(|planned| &planned.reply.warnings),
            "receipts": task.receipts,
            "still_to_do": todos,
            "not_covered": NOT_COVERED,
            "at": report.at,
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}
