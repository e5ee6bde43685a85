//! The bearer tokens of the service.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use unassign_role::{
    contract::{json, timestamp},
    http_api::check_tokens,
};

use super::{
    Level, Notes, Report, Surroundings,
    words::{mismatch, nearest, unknown, unknown_value},
};

const FIELDS: [&str; 6] = ["name", "sha256", "accounts", "may", "allow", "expires_at"];
const MAY: [&str; 5] = ["read", "plan", "revoke", "revoke_everything", "raw"];

/// Checks the list of tokens, against the accounts that are checked and the others that there are.
pub fn check(value: &Value, accounts: &[&str], others: &[&str], around: &Surroundings<'_>, report: &mut Report) {
    let known = [accounts, others].concat();
    let mut whole = Notes::of(String::from("tokens"));
    let Value::Array(entries) = value else {
        whole.wrong("", mismatch("a list of tokens", value));
        report.findings.append(&mut whole.findings);
        return;
    };
    if entries.is_empty() {
        whole.add(Level::Warning, "", "there is none: every call is refused");
    }
    let mut digests: BTreeMap<String, String> = BTreeMap::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let name = entry["name"].as_str().filter(|name| !name.trim().is_empty());
        let mut notes = Notes::of(name.map_or_else(|| format!("token [{index}]"), |name| format!("token {name}")));
        if let Value::Object(fields) = entry {
            self::token(fields, &known, around, &mut notes);
            if let Some(digest) = fields.get("sha256").and_then(Value::as_str).map(str::to_lowercase) {
                let title = notes.entry.clone();
                match digests.get(&digest) {
                    Some(first) => notes.wrong(
                        "sha256",
                        format!("is that of {first} too: one token cannot have two entries"),
                    ),
                    None => {
                        digests.insert(digest, title);
                    }
                }
            }
            let listed = texts(fields, "accounts");
            named.extend(listed.iter().cloned());
            if let Some(name) = name
                && !names.insert(name.to_owned())
            {
                notes.add(
                    Level::Warning,
                    "name",
                    "two entries have it: the record cannot tell them apart",
                );
            }
            ask_the_service(entry, &mut notes);
            if !notes.is_wrong() {
                report.good_tokens.push((name.unwrap_or_default().to_owned(), listed));
            }
        } else {
            notes.wrong("", mismatch("an object", entry));
        }
        report.findings.append(&mut notes.findings);
    }
    for account in accounts.iter().filter(|account| !named.contains(**account)) {
        let mut notes = Notes::of(format!("account {account}"));
        notes.add(Level::Note, "", "no token may use it");
        report.findings.append(&mut notes.findings);
    }
    report.findings.append(&mut whole.findings);
}

fn token(fields: &Map<String, Value>, accounts: &[&str], around: &Surroundings<'_>, notes: &mut Notes) {
    for name in fields.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
        notes.wrong(name.clone(), unknown(name, &FIELDS));
    }
    match fields.get("name") {
        Some(Value::String(name)) if !name.trim().is_empty() => {}
        None | Some(Value::String(_)) => notes.wrong("name", "it is missing: the name that the record shows"),
        Some(other) => notes.wrong("name", mismatch("a text", other)),
    }
    digest(fields.get("sha256"), notes);
    list(fields, "accounts", true, notes);
    for account in texts(fields, "accounts") {
        if account.contains('*') {
            notes.wrong("accounts", "there is no wildcard: name every account");
        } else if !accounts.contains(&account.as_str()) {
            let meant =
                nearest(&account, accounts).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            notes.wrong("accounts", format!("there is no account `{account}`{meant}"));
        }
    }
    list(fields, "may", true, notes);
    let may = texts(fields, "may");
    for word in may.iter().filter(|word| !MAY.contains(&word.as_str())) {
        notes.wrong("may", unknown_value(word, &MAY));
    }
    let has = |word: &str| may.iter().any(|may| may == word);
    if has("revoke_everything") && !has("revoke") {
        notes.add(
            Level::Warning,
            "may",
            "`revoke_everything` does nothing without `revoke`",
        );
    }
    list(fields, "allow", false, notes);
    for effect in texts(fields, "allow")
        .iter()
        .filter(|effect| json::side_effect(effect).is_none())
    {
        notes.wrong("allow", unknown_value(effect, &json::side_effect_names()));
    }
    match fields.get("expires_at") {
        None | Some(Value::Null) => {}
        Some(Value::String(time)) => match timestamp::parse(time) {
            None => notes.wrong("expires_at", "must be a time such as 2027-01-01T00:00:00Z"),
            Some(end) if end <= around.now => notes.add(
                around.expired_token,
                "expires_at",
                "has passed: the token is refused; make a new one",
            ),
            Some(_) => {}
        },
        Some(other) => notes.wrong("expires_at", mismatch("a text such as 2027-01-01T00:00:00Z", other)),
    }
}

fn digest(value: Option<&Value>, notes: &mut Notes) {
    match value {
        None => notes.wrong("sha256", "it is missing: `unassign-role token new` makes an entry"),
        Some(Value::String(text)) if text.starts_with("uar_") => notes.wrong(
            "sha256",
            "is the token itself: write its SHA-256, and make a new token, because this one has been shown",
        ),
        Some(Value::String(text)) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {}
        Some(Value::String(_)) => notes.wrong("sha256", "must be 64 hexadecimal digits"),
        Some(other) => notes.wrong("sha256", mismatch("a text", other)),
    }
}

fn list(fields: &Map<String, Value>, name: &str, is_required: bool, notes: &mut Notes) {
    match fields.get(name) {
        None if is_required => notes.wrong(name, "it is missing: a list of texts"),
        None => {}
        Some(Value::Array(items)) => {
            if let Some(other) = items.iter().find(|item| !item.is_string()) {
                notes.wrong(name, mismatch("a list of texts", other));
            } else if items.is_empty() && is_required {
                notes.add(Level::Warning, name, "is empty: the token can do nothing");
            }
        }
        Some(other) => notes.wrong(name, mismatch("a list of texts", other)),
    }
}

fn texts(fields: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = fields.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// What the service itself would say of the entry, if nothing of the above is at fault.
fn ask_the_service(entry: &Value, notes: &mut Notes) {
    if !notes.is_wrong()
        && let Err(why) = check_tokens(&Value::Array(vec![entry.clone()]).to_string())
    {
        notes.wrong("", why);
    }
}
