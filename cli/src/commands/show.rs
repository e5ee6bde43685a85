//! Who holds what.

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::{
    exit::Exit,
    session::{Answer, texts},
    terminal::{line, named, note, table, visible},
};

use super::{
    answer::{self, exit_of, place, via},
    calls::{Calls, next, quoted},
    global::Global,
};

/// The user to show.
#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role show ann.lee@example.com --accounts accounts.toml --account acme
  unassign-role show ann.lee@example.com --sandbox --account demo-crowdstrike --json | jq .role_grants

Nothing is written. Each row names the options that select exactly that grant in `plan` and `revoke`.")]
pub struct Show {
    /// The user's id or e-mail address
    user: String,
}

impl Show {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let calls = Calls::open(global)?;
        let answer = calls.user(&self.user).await?;
        let exit = exit_of(&answer);
        if global.json {
            return exit.after(line(serde_json::to_string_pretty(&answer.body)?));
        }
        if answer.status != 200 {
            return failed(&calls, &answer, exit);
        }
        exit.after(self.print(&calls, &answer.body))
    }

    fn print(&self, calls: &Calls, body: &Value) -> Result<()> {
        line(format_args!(
            "{} at {} ({})\n",
            answer::user(body),
            visible(&calls.account.id),
            visible(&calls.account.provider)
        ))?;
        let grants = body["role_grants"].as_array().map(Vec::as_slice).unwrap_or_default();
        if grants.is_empty() {
            line("holds nothing that can be seen")?;
        } else {
            line(grant_table(grants))?;
        }
        let is_whole = body["whole"] == Value::Bool(true);
        for unread in texts(&body["unread"]) {
            line(format_args!("not read: {}", visible(unread)))?;
        }
        for warning in texts(&body["warnings"]) {
            line(format_args!("warning: {}", visible(warning).replace('_', " ")))?;
        }
        if !is_whole {
            line("Not everything could be read: the user may hold more.")?;
        }
        let user = format!(" {}", quoted(&self.user));
        if grants.iter().any(|grant| grant["removable"] != "no") {
            next(format!(
                "plan what to remove: {}",
                calls.command("plan", &format!("{user} --everything"))
            ))
        } else if is_whole {
            next("nothing: there is no grant that can be removed here")
        } else {
            next("let the credentials see more; `accounts probe` says what they lack")
        }
    }
}

/// A failure without outcomes, for a person.
pub fn failed(calls: &Calls, answer: &Answer, exit: Exit) -> Result<Exit> {
    note(format_args!("error: {}", answer::message(answer)));
    note(format_args!(
        "       {}",
        answer::advice(answer, &|verb| calls.command(verb, ""))
    ));
    Ok(exit)
}

/// What is held, and the options that select it.
fn grant_table(grants: &[Value]) -> String {
    let mut rows = table(["role", "where", "held", "removable", "selected by"]);
    for grant in grants {
        let through = via(grant);
        rows.push([
            match grant["kind"].as_str() {
                Some("membership") => format!("membership of {}", place(&grant["scope"])),
                Some("organization_link") => {
                    format!("access to organization {}", named(grant["role_id"].as_str(), None))
                }
                _ => named(grant["role_id"].as_str(), grant["role_name"].as_str()),
            },
            // The options that select it say where.
            if grant["selector"].is_object() {
                String::new()
            } else {
                place(&grant["scope"])
            },
            match (grant["direct"] == Value::Bool(true), through.is_empty()) {
                (true, _) => String::from("directly"),
                (false, true) => String::from("not directly"),
                (false, false) => format!("through {through}"),
            },
            removable(grant),
            options(&grant["selector"]),
        ]);
    }
    rows.to_string()
}

fn removable(grant: &Value) -> String {
    match grant["removable"].as_str() {
        Some("yes") => String::from("yes"),
        Some("needs_allow") => {
            let effects = grant["needs_allow"].as_array().into_iter().flatten();
            let effects: Vec<String> = effects
                .filter_map(|effect| Some(format!("--allow {}", effect.as_str()?)))
                .collect();
            format!("with {}", effects.join(" "))
        }
        _ => format!(
            "no: {}",
            grant["obstacle"].as_str().unwrap_or("unknown").replace('_', " ")
        ),
    }
}

/// The options of `plan` and `revoke` that select a grant.
fn options(selector: &Value) -> String {
    let mut options = Vec::new();
    let mut add = |option: &str, value: &Value| {
        if let Some(value) = value.as_str() {
            options.push(format!("{option} {}", quoted(value)));
        }
    };
    let role = &selector["role"];
    add("--role", &role["id"]);
    if role["id"].is_null() {
        add("--role-name", &role["name"]);
    }
    add("--group", &role["group"]);
    add("--organization", &role["organization"]);
    add("--workspace", &role["workspace"]);
    add("--organization", &selector["organization"]["id"]);
    options.join("\n")
}
