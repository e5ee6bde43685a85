//! The accounts at hand.

use anyhow::Result;
use serde_json::{Value, json};
use unassign_role::origins;

use crate::{
    accounts::{Account, Entry, take_own_fields},
    commands::global::{Global, Source},
    exit::Exit,
    terminal::{line, note, table, visible},
};

/// Lists accounts. No secret is looked up.
pub fn run(global: &Global) -> Result<Exit> {
    let (mut accounts, is_whole) = listed(global)?;
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    global.check_accounts(&ids)?;
    accounts.retain(|account| global.means(&account.id));
    let exit = if is_whole { Exit::Done } else { Exit::Configuration };
    if global.json {
        let accounts: Vec<Value> = accounts.iter().map(document).collect();
        return exit.after(line(serde_json::to_string_pretty(&accounts)?));
    }
    let mut rows = table(["account", "provider", "tags", "status", "approval", "hosts"]);
    for account in &accounts {
        rows.push([
            visible(&account.id),
            visible(&account.provider),
            account
                .tags
                .iter()
                .map(|tag| visible(tag))
                .collect::<Vec<_>>()
                .join(", "),
            status(account),
            String::from(if account.approval_required { "required" } else { "" }),
            origins::needed(&account.document)
                .into_iter()
                .collect::<Vec<_>>()
                .join("\n"),
        ]);
    }
    exit.after(
        line(rows).and_then(|()| {
            line("\nNext: try one at its provider, read-only: unassign-role accounts probe --account ID")
        }),
    )
}

fn listed(global: &Global) -> Result<(Vec<Account>, bool)> {
    match global.source()? {
        Source::Sandbox => sandboxes().map(|accounts| (accounts, true)),
        Source::Files(_) => {
            let listing = global.listing()?;
            for (file, why) in &listing.faults {
                note(format_args!("error: {}: {why}", file.display()));
            }
            Ok((
                listing.entries.iter().map(unresolved).collect(),
                listing.faults.is_empty(),
            ))
        }
    }
}

#[cfg(feature = "wasmtime")]
fn sandboxes() -> Result<Vec<Account>> {
    Ok(crate::commands::sandbox::Sandboxes::accounts())
}

#[cfg(not(feature = "wasmtime"))]
fn sandboxes() -> Result<Vec<Account>> {
    Err(Exit::Usage.because("this program was built without the sandboxes"))
}

fn unresolved(entry: &Entry) -> Account {
    let mut document = entry.value.as_object().cloned().unwrap_or_default();
    let tags = take_own_fields(&mut document);
    Account {
        tags,
        ..Account::of_document(&entry.id, document)
    }
}

fn status(account: &Account) -> String {
    let flag = |name: &str| account.document.get(name) == Some(&Value::Bool(true));
    if flag("is_blocked") {
        return String::from("blocked");
    }
    if flag("is_sandbox") {
        return String::from("sandbox");
    }
    account
        .document
        .get("status")
        .and_then(Value::as_str)
        .map_or_else(|| String::from("active"), visible)
}

fn document(account: &Account) -> Value {
    json!({
        "id": account.id, "provider": account.provider, "tags": account.tags, "status": status(account),
        "approval_required": account.approval_required, "hosts": origins::needed(&account.document),
    })
}
