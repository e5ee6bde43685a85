//! One account.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use unassign_role::{
    client::BaseUrl,
    contract::{json, types::Provider},
    http_api::check_accounts,
    origins,
};

use crate::accounts::{Entry, take_own_fields};

use super::{
    Level, Notes, Surroundings, credentials, settings,
    words::{mismatch, unknown, unknown_value},
};

/// What an account is made of.
#[derive(Default)]
pub struct Checked {
    /// Its JSON name; empty if it is none.
    pub provider: String,
    /// The secrets that come from variables, by name.
    pub secrets: BTreeSet<String>,
    pub hosts: BTreeSet<String>,
}

const FIELDS: [&str; 9] = [
    "id",
    "provider",
    "base_url",
    "credentials",
    "settings",
    "status",
    "is_blocked",
    "is_sandbox",
    "tags",
];
const STATUSES: [&str; 5] = [
    "active",
    "connecting",
    "needs_reauth",
    "validation_error",
    "post_install_error",
];

/// Checks one account.
pub fn check(entry: &Entry, around: &Surroundings<'_>, notes: &mut Notes) -> Checked {
    if entry.id.trim().is_empty() {
        notes.wrong("", "the id of an account must not be empty");
    }
    let Value::Object(account) = &entry.value else {
        notes.wrong("", mismatch("an object", &entry.value));
        return Checked::default();
    };
    for name in account.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
        notes.wrong(name.clone(), unknown(name, &FIELDS));
    }
    id(account, &entry.id, notes);
    let provider = provider(account, notes);
    base_url(account, provider, notes);
    for name in ["is_blocked", "is_sandbox"] {
        if let Some(value) = account.get(name).filter(|value| !value.is_boolean()) {
            notes.wrong(name, mismatch("true or false", value));
        }
    }
    status(account, notes);
    tags(account, notes);
    if let Some(value) = account.get("settings").filter(|value| !value.is_null()) {
        match value {
            Value::Object(fields) => settings::check(fields, provider, notes),
            other => notes.wrong("settings", mismatch("an object", other)),
        }
    }
    let secrets = match account.get("credentials") {
        None => {
            notes.wrong("credentials", "they are missing: how does the account sign in?");
            BTreeSet::new()
        }
        Some(Value::Object(fields)) => credentials::check(fields, provider, entry, around, notes),
        Some(other) => {
            notes.wrong("credentials", mismatch("an object", other));
            BTreeSet::new()
        }
    };
    ask_the_service(entry, account, notes);
    Checked {
        provider: provider.map_or_else(String::new, |provider| json::provider_name(provider).to_owned()),
        secrets,
        hosts: origins::needed(account),
    }
}

/// An account may repeat its id, and no other one.
fn id(account: &Map<String, Value>, id: &str, notes: &mut Notes) {
    match account.get("id") {
        None | Some(Value::Null) => {}
        Some(Value::String(own)) if own == id => {}
        Some(Value::String(_)) => notes.wrong("id", "is that of another account"),
        Some(other) => notes.wrong("id", mismatch("a text", other)),
    }
}

fn provider(account: &Map<String, Value>, notes: &mut Notes) -> Option<Provider> {
    let names = json::provider_names();
    match account.get("provider") {
        None => {
            notes.wrong("provider", format!("it is missing: one of {}", names.join(", ")));
            None
        }
        Some(Value::String(name)) => {
            let provider = json::provider(name);
            if provider.is_none() {
                notes.wrong("provider", unknown_value(name, &names));
            }
            provider
        }
        Some(other) => {
            notes.wrong("provider", mismatch("a text", other));
            None
        }
    }
}

fn base_url(account: &Map<String, Value>, provider: Option<Provider>, notes: &mut Notes) {
    match account.get("base_url") {
        None | Some(Value::Null) => {
            if provider == Some(Provider::Blackline) {
                notes.wrong(
                    "base_url",
                    "it is missing: every BlackLine installation has its own, e.g. https://us2.api.blackline.com",
                );
            }
        }
        Some(Value::String(url)) => url_of("base_url", url, notes),
        Some(other) => notes.wrong("base_url", mismatch("a text", other)),
    }
}

/// An address, which may hold a password in the wrong place: it is not repeated.
pub fn url_of(field: &str, url: &str, notes: &mut Notes) {
    if url.contains('@') {
        notes.wrong(
            field,
            "holds a user: credentials belong into `credentials`, and never into an address",
        );
    } else if url.contains('*') {
        notes.wrong(field, "holds a wildcard: an account has one address");
    } else if let Err(why) = BaseUrl::parse(url) {
        notes.wrong(field, why);
    }
}

fn status(account: &Map<String, Value>, notes: &mut Notes) {
    match account.get("status") {
        None | Some(Value::Null) => {}
        Some(Value::String(status)) if status == "active" => {}
        Some(Value::String(status)) if STATUSES.contains(&status.as_str()) => {
            notes.add(Level::Note, "status", "only an account that is `active` is used");
        }
        Some(Value::String(status)) => notes.wrong("status", unknown_value(status, &STATUSES)),
        Some(other) => notes.wrong("status", mismatch("a text", other)),
    }
    if account.get("is_blocked") == Some(&Value::Bool(true)) {
        notes.add(
            Level::Note,
            "is_blocked",
            "the account is blocked: every call is refused",
        );
    }
    if account.get("is_sandbox") == Some(&Value::Bool(true)) {
        notes.add(
            Level::Note,
            "is_sandbox",
            "only plans and reads are allowed: nothing is removed",
        );
    }
}

fn tags(account: &Map<String, Value>, notes: &mut Notes) {
    match account.get("tags") {
        None => {}
        Some(Value::Array(tags)) => {
            if let Some(other) = tags.iter().find(|tag| !tag.is_string()) {
                notes.wrong("tags", mismatch("a list of texts", other));
            }
        }
        Some(other) => notes.wrong("tags", mismatch("a list of texts", other)),
    }
}

/// What the service itself would say of the account, if nothing of the above is at fault.
fn ask_the_service(entry: &Entry, account: &Map<String, Value>, notes: &mut Notes) {
    if notes.is_wrong() {
        return;
    }
    let mut account = account.clone();
    take_own_fields(&mut account);
    if let Some(Value::Object(credentials)) = account.get_mut("credentials") {
        for value in credentials.values_mut().filter(|value| value.is_object()) {
            *value = serde_json::json!({"secret": "set"});
        }
    }
    let document = serde_json::json!({entry.id.as_str(): account}).to_string();
    match check_accounts(&document) {
        Ok(checkups) => {
            for why in checkups.into_iter().filter_map(|checkup| checkup.result.err()) {
                notes.wrong("", why);
            }
        }
        Err(why) => notes.wrong("", why),
    }
}
