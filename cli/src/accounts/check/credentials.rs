//! The credentials of an account, and the secrets that they refer to.

use std::{collections::BTreeSet, fs, os::unix::fs::MetadataExt, path::Path};

use serde_json::{Map, Value};
use unassign_role::{
    contract::{json, types::Provider},
    http_api::environment_variable,
    providers,
};

use crate::accounts::{
    Entry,
    secret::{Reference, of_file},
};

use super::{
    Level, Notes, Surroundings,
    words::{mismatch, unknown, unknown_value},
};

/// Kinds of credentials, and their fields: the required ones, the optional ones.
const KINDS: [(&str, &[&str], &[&str]); 5] = [
    ("client_credentials", &["client_id", "client_secret"], &["member_cid"]),
    (
        "password",
        &["username", "password", "client_id", "client_secret", "scope"],
        &[],
    ),
    ("api_key", &["api_key"], &[]),
    ("bearer_token", &["token"], &[]),
    ("refresh_token", &["client_id", "client_secret", "refresh_token"], &[]),
];
/// The fields whose values must not stand in a file that people read.
const CONFIDENTIAL: [&str; 5] = ["client_secret", "password", "api_key", "token", "refresh_token"];

/// Checks credentials, and gives the names of the secrets that come from variables.
pub fn check(
    fields: &Map<String, Value>,
    provider: Option<Provider>,
    entry: &Entry,
    around: &Surroundings<'_>,
    notes: &mut Notes,
) -> BTreeSet<String> {
    let kind = kind(fields, provider, notes);
    if let Some((kind, required, optional)) = kind {
        let known: Vec<&str> = required.iter().chain(optional.iter()).copied().collect();
        for name in required.iter().filter(|name| !fields.contains_key(**name)) {
            notes.wrong(format!("credentials.{name}"), format!("it is missing: {kind} needs it"));
        }
        for name in fields
            .keys()
            .filter(|name| *name != "type" && !known.contains(&name.as_str()))
        {
            notes.wrong(format!("credentials.{name}"), unknown(name, &known));
        }
    }
    let mut secrets = BTreeSet::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "type") {
        let field = format!("credentials.{name}");
        match Reference::of(value, &entry.file) {
            Err(why) => notes.wrong(field, why),
            Ok(Some(reference)) => {
                if let Reference::Variable(secret) = &reference {
                    secrets.insert(secret.clone());
                }
                if let Some(value) = look_up(&reference, &field, entry, around, notes) {
                    inspect(&field, &value, provider, notes);
                }
            }
            Ok(None) => match value {
                Value::String(text) => {
                    if CONFIDENTIAL.contains(&name.as_str()) {
                        notes.add(
                            Level::Warning,
                            field.clone(),
                            "the secret itself is in the file: refer to it by {\"secret\": name}, {\"file\": path} or {\"command\": […]}",
                        );
                        readable_by_others(&field, &entry.file, notes);
                    }
                    inspect(&field, text, provider, notes);
                }
                other => notes.wrong(field, mismatch("a text or a reference to a secret", other)),
            },
        }
    }
    secrets
}

type Kind = (&'static str, &'static [&'static str], &'static [&'static str]);

fn kind(fields: &Map<String, Value>, provider: Option<Provider>, notes: &mut Notes) -> Option<Kind> {
    let profile = providers()
        .into_iter()
        .find(|profile| Some(profile.provider) == provider);
    let taken = profile.map_or_else(
        || KINDS.iter().map(|(kind, ..)| (*kind).to_owned()).collect(),
        |profile| profile.credentials,
    );
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    match fields.get("type") {
        None => {
            notes.wrong("credentials.type", format!("it is missing: {}", taken.join(" or ")));
            None
        }
        Some(Value::String(name)) => {
            let kind = KINDS.iter().find(|(kind, ..)| kind == name).copied();
            if kind.is_none() {
                notes.wrong("credentials.type", unknown_value(name, &taken));
            } else if !taken.contains(&name.as_str()) {
                let provider = provider.map_or("the provider", json::provider_name);
                notes.wrong(
                    "credentials.type",
                    format!("{provider} takes {}, and not {name}", taken.join(" or ")),
                );
            }
            kind
        }
        Some(other) => {
            notes.wrong("credentials.type", mismatch("a text", other));
            None
        }
    }
}

/// The secret, if it can be looked up here: a command is not run.
fn look_up(
    reference: &Reference,
    field: &str,
    entry: &Entry,
    around: &Surroundings<'_>,
    notes: &mut Notes,
) -> Option<String> {
    match reference {
        Reference::Variable(name) => {
            let variable = environment_variable(name);
            let value = (around.variable)(&variable);
            if value.is_none() {
                notes.add(
                    Level::Note,
                    field,
                    format!("{variable} is not set here; set it where the service runs"),
                );
            }
            value
        }
        Reference::File(path) => match of_file(path) {
            Ok(text) => {
                readable_by_others(field, path, notes);
                Some(text)
            }
            Err(why) => {
                notes.wrong(field, why);
                None
            }
        },
        Reference::Command(_) => {
            if let Some(why) = entry.distrust {
                notes.wrong(
                    field,
                    format!("the command will not run: {}: {why}", file_name(&entry.file)),
                );
            }
            None
        }
    }
}

fn readable_by_others(field: &str, path: &Path, notes: &mut Notes) {
    let is_readable = fs::metadata(path).is_ok_and(|data| data.mode() & 0o004 != 0);
    if is_readable {
        notes.add(
            Level::Warning,
            field,
            format!("every user of this machine can read {}: chmod o-r", file_name(path)),
        );
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// What a credential itself tells about a mistake.
fn inspect(field: &str, value: &str, provider: Option<Provider>, notes: &mut Notes) {
    if value.trim().is_empty() {
        notes.wrong(field, "must not be empty");
        return;
    }
    if value.chars().any(char::is_control) {
        notes.wrong(field, "holds a line break or another control character");
        return;
    }
    for scheme in ["Bearer ", "ApiKey ", "Basic "] {
        if value.starts_with(scheme) {
            notes.wrong(
                field,
                format!("begins with `{}`: only the token itself belongs here", scheme.trim()),
            );
            return;
        }
    }
    if value.starts_with("uar_") {
        notes.wrong(field, "is a token of this service, and not of the provider");
        return;
    }
    let is_slack = provider == Some(Provider::SlackEnterprise);
    let slack = [
        ("xoxb-", "a bot token"),
        ("xapp-", "an app-level token"),
        ("xoxe.", "a token of the app configuration, or one that rotates"),
        ("xoxc-", "the token of a browser"),
        ("xoxr-", "a refresh token"),
    ];
    if let Some((prefix, what)) = slack.iter().find(|(prefix, _)| value.starts_with(prefix))
        && is_slack
    {
        notes.wrong(
            field,
            format!("is {what} ({prefix}…): Slack needs a user token (xoxp-…) of an app that is installed on the whole organization"),
        );
    } else if value.starts_with("xox") && !is_slack && provider.is_some() {
        notes.wrong(field, "is a token of Slack, and the account is not one of Slack");
    }
}
