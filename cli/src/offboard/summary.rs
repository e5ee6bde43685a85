//! The one summary that is confirmed: people and accounts, what would go, what would not and why.

use std::fmt::Write;

use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use serde_json::Value;

use crate::terminal::visible;

use super::{
    grant::{Grant, Outcome},
    journal::{digest, event::Begin},
    task::{Finding, Task},
};

/// Columns that a column of the table needs.
const NARROWEST_COLUMN: usize = 12;

/// What identifies all plans together: it is written down with the confirmation.
pub fn sha256(begin: &Begin, tasks: &[Task]) -> String {
    let lines = tasks.iter().map(|task| {
        let target = &task.described.target;
        let person = begin.person(target);
        let plan = task
            .planned
            .as_ref()
            .and_then(|planned| planned.plan_digest.as_deref())
            .unwrap_or("-");
        format!("{person}\t{}\t{plan}\n", target.account)
    });
    digest(lines.collect::<String>().as_bytes())
}

/// The table: a row for each person, a column for each account. `width` is the terminal's.
pub fn table(begin: &Begin, tasks: &[Task], width: Option<u16>) -> String {
    let mut accounts: Vec<&str> = Vec::new();
    for task in tasks {
        let account = task.described.target.account.as_str();
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    if width.is_some_and(|width| usize::from(width) < NARROWEST_COLUMN * (accounts.len() + 1)) {
        return list(begin, tasks);
    }
    let mut table = Table::new();
    table
        .load_preset(UTF8_BORDERS_ONLY)
        .set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width);
    }
    table.set_header(std::iter::once("person").chain(accounts.iter().copied()));
    for (leaver, person) in begin.people.iter().zip(0..) {
        let cell = |account: &&str| {
            let is_it =
                |task: &&Task| task.described.target.person == person && task.described.target.account == **account;
            tasks.iter().find(is_it).map_or_else(|| String::from("-"), words)
        };
        table.add_row(std::iter::once(visible(&leaver.person)).chain(accounts.iter().map(cell)));
    }
    table.to_string()
}

/// The table as lines, for a terminal that it does not fit.
fn list(begin: &Begin, tasks: &[Task]) -> String {
    let lines = tasks.iter().map(|task| {
        let target = &task.described.target;
        let person = begin.person(target);
        format!("{} at {}: {}\n", visible(person), target.account, words(task))
    });
    lines.collect::<String>().trim_end().to_owned()
}

/// Everything that would go, and everything that would not, with reasons.
pub fn details(begin: &Begin, tasks: &[Task]) -> String {
    let mut text = String::new();
    for task in tasks {
        let target = &task.described.target;
        let person = begin.person(target);
        let _ = writeln!(text, "{} at {}: {}", visible(person), target.account, words(task));
        for grant in task.grants.values().filter(|grant| grant.outcome == Outcome::Planned) {
            let _ = writeln!(text, "  goes: {}{}", visible(&grant.label()), besides(grant));
        }
        for effect in side_effects(task) {
            let _ = writeln!(text, "  takes besides: {}", visible(&effect));
        }
        for line in stays(task) {
            let _ = writeln!(text, "  {}", visible(&line));
        }
    }
    text
}

/// What would not go, with reasons, and what a removal takes besides: what has to be read before it is confirmed.
pub fn remarks(begin: &Begin, tasks: &[Task]) -> Vec<String> {
    let mut remarks = Vec::new();
    for task in tasks {
        let target = &task.described.target;
        let person = begin.person(target);
        let besides = side_effects(task)
            .into_iter()
            .map(|effect| format!("takes besides: {effect}"));
        for line in besides.chain(stays(task)) {
            remarks.push(visible(&format!("{person} at {}: {line}", target.account)));
        }
    }
    remarks
}

/// One line over all tasks.
pub fn counts(begin: &Begin, tasks: &[Task]) -> String {
    let going: usize = tasks
        .iter()
        .map(|task| {
            if let Finding::Goes(count) = task.finding() {
                count
            } else {
                0
            }
        })
        .sum();
    let with_work = tasks.iter().filter(|task| task.has_work()).count();
    let mut text = format!(
        "{} people, {} accounts to look at, {going} grants to remove at {with_work}",
        begin.people.len(),
        tasks.len()
    );
    let lacking = tasks.iter().filter(|task| task.lacks_approval()).count();
    if lacking > 0 {
        let _ = write!(text, "; {lacking} plans need an approval and are not run without one");
    }
    text
}

/// The cell of a task.
pub fn words(task: &Task) -> String {
    let staying = task
        .grants
        .values()
        .filter(|grant| grant.outcome != Outcome::Planned)
        .count();
    match task.finding() {
        Finding::Failed => {
            let code = task.failure.as_ref().and_then(|failure| failure.code.clone());
            code.unwrap_or_else(|| String::from("not planned")).replace('_', " ")
        }
        Finding::NoSuchUser => String::from("no such user"),
        Finding::NothingHeld => String::from("nothing held"),
        Finding::NothingShown => String::from("nothing shown"),
        Finding::NothingCanGo => format!("0 go, {staying} stay"),
        Finding::Goes(count) => {
            let stay = if staying > 0 {
                format!(", {staying} stay")
            } else {
                String::new()
            };
            let approval = if task.lacks_approval() { ", needs approval" } else { "" };
            format!("{count} go{stay}{approval}")
        }
    }
}

fn stays(task: &Task) -> Vec<String> {
    let mut lines = Vec::new();
    for grant in task.grants.values().filter(|grant| grant.outcome != Outcome::Planned) {
        lines.push(format!(
            "stays ({}): {}: {}",
            grant.outcome.name().replace('_', " "),
            grant.label(),
            grant.obstacle()
        ));
    }
    match task.finding() {
        Finding::NoSuchUser => lines.push(String::from(
            "no such user: the account knows nobody by this address or id, or does not show them. Nothing is removed there, and nothing is proven",
        )),
        Finding::Failed => lines.extend(task.failure.as_ref().map(|failure| format!("no plan: {}", failure.message))),
        _ => lines.extend(task.gap.as_ref().map(|gap| format!("more may be held: {gap}"))),
    }
    lines
}

fn besides(grant: &Grant) -> String {
    if grant.side_effects.is_empty() {
        String::new()
    } else {
        format!(", with {}", grant.side_effects.join("; "))
    }
}

/// What a plan takes besides, by its names.
fn side_effects(task: &Task) -> Vec<String> {
    let plan = task
        .planned
        .as_ref()
        .and_then(|planned| planned.plan.as_deref())
        .unwrap_or_default();
    let plan: Value = serde_json::from_str(plan).unwrap_or_default();
    let effects = plan.get("side_effects").and_then(Value::as_array).into_iter().flatten();
    effects
        .map(|effect| {
            let name = effect.get("effect").and_then(Value::as_str).unwrap_or("something");
            let role = effect
                .pointer("/of/role_id")
                .and_then(Value::as_str)
                .unwrap_or("a role");
            let count = |member: &str| effect.get(member).and_then(Value::as_array).map_or(0, Vec::len);
            let mut text = format!("{name} with {role}");
            if count("takes") > 0 {
                let _ = write!(text, ", {} more grants", count("takes"));
            }
            if effect.get("takes_unknown") == Some(&Value::Bool(true)) {
                text.push_str(", and perhaps more that cannot be listed");
            }
            if count("people") > 0 {
                let _ = write!(text, ", something of {} other people", count("people"));
            }
            if effect.get("people_unknown") == Some(&Value::Bool(true)) {
                text.push_str(", something of people who cannot be told");
            }
            text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offboard::task::examples;

    #[test]
    fn the_table_fits_the_terminal_and_is_a_list_where_it_cannot() {
        let (begin, tasks) = (examples::begin(), [examples::planned()]);
        for width in [24, 40, 80] {
            let shown = table(&begin, &tasks, Some(width));
            let widest = shown.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(
                widest <= usize::from(width) && shown.contains("2 go"),
                "{width}:\n{shown}"
            );
        }
        assert_eq!(table(&begin, &tasks, Some(20)), "Ann at acme: 2 go");
    }

    #[test]
    fn what_is_confirmed_is_told_apart_by_its_plans() {
        let (begin, task) = (examples::begin(), examples::planned());
        let mut other = task.clone();
        other.planned.as_mut().unwrap().plan_digest = Some(String::from("e"));
        assert_ne!(sha256(&begin, &[task]), sha256(&begin, &[other]));
    }

    #[test]
    fn a_name_cannot_write_over_the_summary() {
        let mut begin = examples::begin();
        begin.people[0].person = String::from("Ann\u{1b}[2J");
        let tasks = [examples::planned()];
        for shown in [table(&begin, &tasks, None), details(&begin, &tasks)] {
            assert!(!shown.contains('\u{1b}'), "{shown}");
        }
    }
}
