//! The main cases, through the HTTP face of the real component, with the sandboxes' own state before and after; then the story of one
//! removal, from the question who holds what to the receipt.

mod cases;
mod story;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Args;
use host::service::Service;
use serde_json::{Value, json};

use crate::{
    exit::Exit,
    terminal::{Progress, Style, cut, line, note, styled, visible, wrapped},
};

use self::cases::Case;
use super::sandbox::{Component, Sandboxes, TOKEN};

#[derive(Args)]
#[command(
    after_help = "Needs no account and no network. `held → gone` is what the provider really held, before and after."
)]
pub struct Demo {
    /// The component that serves
    #[arg(long, value_enum, default_value_t)]
    component: Component,
    /// Skips the cases that wait for a provider in real time
    #[arg(long)]
    fast: bool,
}

/// The width that everything fits.
const COLUMNS: usize = 80;

/// What came of all cases.
#[derive(Default)]
struct Tally {
    outcomes: Vec<(String, usize)>,
    calls: usize,
    surprises: Vec<String>,
    skipped: usize,
}

impl Demo {
    pub async fn run(self) -> Result<Exit> {
        let started = Instant::now();
        let how_long = if self.fast {
            "a few seconds"
        } else {
            "about 20 seconds, most of it waiting for a slow provider"
        };
        line(format_args!(
            "Six sandboxed providers, and the {:?} component. Takes {how_long}.",
            self.component
        ))?;
        let sandboxes = Sandboxes::start();
        let service = sandboxes.service(self.component, false)?;
        let mut tally = Tally::default();
        let mut provider = "";
        for case in cases::all() {
            if provider != case.account {
                provider = case.account;
                line(format_args!("\n{}", case.account.trim_start_matches("demo-")))?;
            }
            if self.fast && case.is_slow() {
                tally.skipped += 1;
                line(format_args!("{:<20} left out: it waits in real time", case.about))?;
                continue;
            }
            play(&sandboxes, &service, &case, &mut tally).await?;
        }
        let story = story::play(&sandboxes).await?;
        summary(&tally, story, started.elapsed())
    }
}

/// What came of it all, and what to do next.
fn summary(tally: &Tally, is_story_good: bool, took: Duration) -> Result<Exit> {
    let outcomes: Vec<String> = tally
        .outcomes
        .iter()
        .map(|(outcome, count)| format!("{count} {}", outcome.replace('_', " ")))
        .collect();
    let asked: usize = tally.outcomes.iter().map(|(_, count)| count).sum();
    line("")?;
    line(wrapped(
        &format!(
            "{asked} roles asked for: {}; {} calls to providers, {:.1} s.",
            outcomes.join(", "),
            tally.calls,
            took.as_secs_f64()
        ),
        0,
        COLUMNS,
    ))?;
    if tally.skipped > 0 {
        line(format_args!("{} cases left out by --fast.", tally.skipped))?;
    }
    for surprise in &tally.surprises {
        note(format_args!("unexpected: {surprise}"));
    }
    let is_good = tally.surprises.is_empty() && is_story_good;
    line(styled(
        if is_good {
            "Everything came out as it must."
        } else {
            "Something came out as it must not."
        },
        if is_good { Style::Good } else { Style::Bad },
    ))?;
    line(
        "\nNext, on the same sandboxes:\n  unassign-role show ann.lee@example.com --sandbox --account demo-crowdstrike",
    )?;
    line("and with an account of your own:\n  unassign-role accounts check accounts.toml")?;
    Ok(if is_good { Exit::Done } else { Exit::NotGone })
}

/// One case, with its lines as soon as they are known.
async fn play(sandboxes: &Sandboxes, service: &Service, case: &Case, tally: &mut Tally) -> Result<()> {
    let (before, status, answer) = {
        let _progress = Progress::show(case.about);
        tokio::time::sleep(case.wait_before).await;
        let before = held(sandboxes, case);
        sandboxes.demo.network.forget_calls();
        let (status, answer) = ask(service, case).await?;
        (before, status, answer)
    };
    let after = held(sandboxes, case);
    tally.calls += sandboxes.demo.network.calls().len();
    let entries = answer["role_outcomes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let outcomes: Vec<&str> = entries.iter().filter_map(|entry| entry["outcome"].as_str()).collect();
    let (user, _) = case.user.1.split_once('@').unwrap_or((case.user.1, ""));
    for (index, asked) in case.roles.iter().enumerate() {
        let outcome = *outcomes.get(index).unwrap_or(&"?");
        let (about, user) = if index == 0 { (case.about, user) } else { ("", "") };
        line(format_args!(
            "{:<20} {:<8} {:<22} {:<11} {}",
            cut(about, 20),
            cut(user, 8),
            cut(&label(&asked.role), 22),
            change(before[index], after[index]),
            colored(outcome),
        ))?;
        if outcome != "removed" {
            line(wrapped(
                &why(entries.get(index).unwrap_or(&Value::Null), outcome),
                4,
                COLUMNS,
            ))?;
        }
        match tally.outcomes.iter_mut().find(|(known, _)| known == outcome) {
            Some((_, count)) => *count += 1,
            None => tally.outcomes.push((outcome.to_owned(), 1)),
        }
    }
    if (status, &outcomes) != (case.expected, &case.outcomes) {
        tally.surprises.push(format!(
            "{} {}: {status} {outcomes:?}, expected {} {:?}: {}",
            case.account, case.about, case.expected, case.outcomes, answer["message"]
        ));
    }
    Ok(())
}

/// What the provider really held, before and after.
fn change(before: &str, after: &str) -> &'static str {
    match (before == cases::GONE, after == cases::GONE) {
        (false, true) => "held → gone",
        (false, false) => "still held",
        (true, true) => "not held",
        (true, false) => "given",
    }
}

fn colored(outcome: &str) -> String {
    let style = match outcome {
        "removed" | "already_absent" => Style::Good,
        "planned" => Style::Dim,
        "unverified" | "unknown" => Style::Doubtful,
        _ => Style::Bad,
    };
    styled(&visible(outcome), style)
}

/// Why an outcome is not `removed`, in the service's words.
fn why(entry: &Value, outcome: &str) -> String {
    let grants = || entry["grants"].as_array().into_iter().flatten();
    let text = |name: &str| {
        let of_grant = || grants().find_map(|grant| grant[name].as_str());
        entry[name].as_str().or_else(of_grant).map(visible)
    };
    let general = match outcome {
        "planned" => "a dry run: nothing was sent",
        "already_absent" => "it was not held, and a read proves that",
        "inherited" => "held through something else, which was not asked for",
        _ => "the answer gives no reason",
    };
    text("message").unwrap_or_else(|| general.to_owned())
}

fn held(sandboxes: &Sandboxes, case: &Case) -> Vec<&'static str> {
    case.roles.iter().map(|asked| (asked.held)(sandboxes)).collect()
}

/// What a role is called in the table: id or name, and its scope.
fn label(role: &Value) -> String {
    let text = |key: &str| role[key].as_str();
    let what = text("id").or(text("name")).unwrap_or_default();
    match text("workspace").or(text("group")).or(text("organization")) {
        Some(scope) => format!("{what} @ {scope}"),
        None => what.to_owned(),
    }
}

async fn ask(service: &Service, case: &Case) -> Result<(u16, Value)> {
    let roles: Vec<&Value> = case.roles.iter().map(|asked| &asked.role).collect();
    let body = json!({"id": case.user.0, "roles": roles, "options": case.options});
    let request = http::Request::post(format!(
        "http://127.0.0.1:3000/unified/user-directory/users/unassign-role?integrated_account_id={}{}",
        case.account, case.query
    ))
    .header("host", "127.0.0.1:3000")
    .header("authorization", format!("Bearer {TOKEN}"))
    .header("content-type", "application/json")
    .body(Bytes::from(body.to_string()))?;
    let (head, body) = service.send(request).await?.into_parts();
    let body = serde_json::from_slice(&body).context("the answer is not JSON")?;
    Ok((head.status.as_u16(), body))
}
