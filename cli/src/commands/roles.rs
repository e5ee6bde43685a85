//! The roles of a tenant.

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::{
    exit::Exit,
    session::texts,
    terminal::{line, named, table, visible},
};

use super::{
    answer::{exit_of, place},
    calls::{Calls, next},
    global::Global,
    show::failed,
};

/// The roles of a tenant.
#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role roles --accounts accounts.toml --account acme
  unassign-role roles --sandbox --account demo-teamviewer --json | jq -r '.roles[].name'")]
pub struct Roles;

impl Roles {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let calls = Calls::open(global)?;
        let answer = calls.roles().await?;
        let exit = exit_of(&answer);
        if global.json {
            return exit.after(line(serde_json::to_string_pretty(&answer.body)?));
        }
        if answer.status != 200 {
            return failed(&calls, &answer, exit);
        }
        exit.after(print(&calls, &answer.body))
    }
}

fn print(calls: &Calls, body: &Value) -> Result<()> {
    let mut rows = table(["role", "belongs to", "can be held in", "removable"]);
    let roles = body["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    for role in roles {
        let kinds = texts(&role["scopes"]);
        rows.push([
            named(role["id"].as_str(), role["name"].as_str()),
            place(&role["scope"]),
            kinds.map(visible).collect::<Vec<_>>().join(", "),
            String::from(if role["removable"] == Value::Bool(true) {
                "yes"
            } else {
                "no"
            }),
        ]);
    }
    line(rows)?;
    for unread in texts(&body["unread"]) {
        line(format_args!("not read: {}", visible(unread)))?;
    }
    line(if body["whole"] == Value::Bool(true) {
        format!("{} roles: all that there are", roles.len())
    } else {
        format!("{} roles; there may be more", roles.len())
    })?;
    next(format!("see who holds what: {}", calls.command("show", " USER")))
}
