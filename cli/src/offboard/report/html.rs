//! The result as a page to print. Everything in it is text: nothing that a list or a provider says becomes markup.

use std::fmt::{self, Write};

use super::{NOT_COVERED, Report};
use crate::offboard::{grant::Grant, task::Task};

const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;width:100%;margin:1em 0}\
th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top}th{background:#eee}.not_gone,.not_run,.provider_failed\
{font-weight:bold}@media print{body{margin:0}tr{break-inside:avoid}}";

pub fn of(report: &Report<'_>) -> String {
    let mut page = String::new();
    // Writing into a text cannot fail.
    let _ = page_of(report, &mut page);
    page
}

fn page_of(report: &Report<'_>, page: &mut String) -> fmt::Result {
    writeln!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
    )?;
    writeln!(
        page,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(
        page,
        "<title>Offboarding</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>Offboarding</h1>"
    )?;
    let reference = report
        .begin
        .reference
        .as_deref()
        .map_or(String::new(), |reference| format!(", {}", Text(reference)));
    writeln!(
        page,
        "<p>{}{reference}. {}.</p>",
        Text(report.at),
        Text(&report.headline())
    )?;
    if let Some(why) = report.stopped {
        writeln!(
            page,
            "<p><strong>It did not come to its end: {}.</strong> Go on with it by <code>--resume</code>.</p>",
            Text(why)
        )?;
    }
    todos(report, page)?;
    writeln!(page, "<h2>What no removal of a role covers</h2>\n<ul>")?;
    for text in NOT_COVERED {
        writeln!(page, "<li>{}</li>", Text(text))?;
    }
    writeln!(page, "</ul>\n<h2>People and accounts</h2>")?;
    writeln!(
        page,
        "<table>\n<tr><th>Person</th><th>Account</th><th>Standing</th><th>Grant</th><th>Outcome</th><th>Last check</th><th>Receipts</th></tr>"
    )?;
    for (task, index) in report.tasks.iter().zip(0..) {
        rows(report, task, index, page)?;
    }
    writeln!(page, "</table>\n</body>\n</html>")
}

fn todos(report: &Report<'_>, page: &mut String) -> fmt::Result {
    writeln!(page, "<h2>Still to do, and why</h2>")?;
    if report.standings.todos.is_empty() {
        return writeln!(page, "<p>Nothing of what this command covers.</p>");
    }
    writeln!(
        page,
        "<table>\n<tr><th>Person</th><th>Account</th><th>What</th><th>Why</th><th>Next</th></tr>"
    )?;
    for todo in &report.standings.todos {
        let Some(task) = report.tasks.get(todo.task) else {
            continue;
        };
        writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            Text(report.person(task)),
            Text(&task.described.target.account),
            Text(todo.what.as_deref().unwrap_or("all of it")),
            Text(&todo.why),
            Text(todo.next)
        )?;
    }
    writeln!(page, "</table>")
}

fn rows(report: &Report<'_>, task: &Task, index: usize, page: &mut String) -> fmt::Result {
    let standing = report.standing(index);
    let target = &task.described.target;
    let of_task = format!(
        "<td>{}</td><td>{}</td><td class=\"{}\">{}</td>",
        Text(report.person(task)),
        Text(&target.account),
        standing.name(),
        Text(standing.words())
    );
    if task.grants.is_empty() {
        return writeln!(
            page,
            "<tr>{of_task}<td></td><td></td><td></td><td>{}</td></tr>",
            task.receipts.len()
        );
    }
    task.grants.values().try_for_each(|grant| {
        writeln!(
            page,
            "<tr>{of_task}<td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            Text(&grant.label()),
            Text(&outcome(grant)),
            grant
                .check
                .map_or("", crate::offboard::grant::Check::name)
                .replace('_', " "),
            task.receipts.len()
        )
    })
}

fn outcome(grant: &Grant) -> String {
    let outcome = grant.outcome.name().replace('_', " ");
    let at = grant.verified_at.as_ref().map_or(String::new(), |at| format!(", {at}"));
    format!("{outcome}{at}")
}

/// Text between tags and in attributes.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}
