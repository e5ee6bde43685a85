//! The result for spreadsheets.

use anyhow::Result;

use super::Report;
use crate::offboard::grant::Grant;

const HEADINGS: [&str; 20] = [
    "person",
    "email",
    "account",
    "provider",
    "user_id",
    "standing",
    "role_id",
    "role_name",
    "group",
    "organization",
    "workspace",
    "held",
    "outcome",
    "reason",
    "last_check",
    "acknowledged_at",
    "verified_at",
    "message",
    "still_to_do",
    "next",
];

/// A row for each grant; one without a grant where there is none, and where something is to do for the task as a whole.
pub fn of(report: &Report<'_>) -> Result<String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(HEADINGS)?;
    for (task, index) in report.tasks.iter().zip(0..) {
        let todos: Vec<_> = report.standings.of_task(index).collect();
        let target = &task.described.target;
        let email = report.begin.leaver(target).and_then(|leaver| leaver.email.as_deref());
        let of_task = [
            report.person(task),
            email.unwrap_or_default(),
            &target.account,
            &task.described.provider,
            task.user(),
            report.standing(index).name(),
        ];
        let mut write = |rest: [&str; 14]| writer.write_record(of_task.iter().chain(&rest).map(|cell| plain(cell)));
        for grant in task.grants.values() {
            let todo = todos.iter().find(|todo| todo.grant.as_ref() == Some(&grant.key));
            let (why, next) = todo.map_or(("", ""), |todo| (todo.why.as_str(), todo.next));
            write(of_grant(grant, why, next))?;
        }
        let of_whole: Vec<_> = todos.iter().filter(|todo| todo.grant.is_none()).collect();
        for todo in &of_whole {
            let mut cells = [""; 14];
            let [.., why, next] = &mut cells;
            (*why, *next) = (todo.why.as_str(), todo.next);
            write(cells)?;
        }
        if task.grants.is_empty() && of_whole.is_empty() {
            write([""; 14])?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

fn of_grant<'a>(grant: &'a Grant, why: &'a str, next: &'a str) -> [&'a str; 14] {
    let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
    let key = &grant.key;
    [
        &key.role_id,
        text(&grant.role_name),
        text(&key.group),
        text(&key.organization),
        text(&key.workspace),
        if key.direct { "directly" } else { "inherited" },
        grant.outcome.name(),
        text(&grant.reason),
        grant.check.map_or("", crate::offboard::grant::Check::name),
        text(&grant.acknowledged_at),
        text(&grant.verified_at),
        text(&grant.message),
        why,
        next,
    ]
}

/// A cell that a spreadsheet takes for text, whatever it begins with.
fn plain(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
