//! Checks a configuration without using it: all mistakes in one run, each with the field at fault, and none with a value.

mod account;
mod credentials;
mod settings;
mod tokens;
mod words;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};
use unassign_role::http_api::{environment_variable, spin_variable};

use super::{document, file::Listing, pasted::shown};

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// The accounts that nothing is wrong with: id and provider.
    pub good: Vec<(String, String)>,
    /// The tokens that nothing is wrong with: name and accounts.
    pub good_tokens: Vec<(String, Vec<String>)>,
    /// The secrets that are read from variables, by name.
    pub secrets: BTreeSet<String>,
    /// The hosts that a deployment has to allow, each with the accounts that need it.
    pub hosts: BTreeMap<String, BTreeSet<String>>,
}

/// One thing to know of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub level: Level,
    /// E.g. `account acme`, `token offboarding`, `file accounts.json`.
    pub entry: String,
    /// E.g. `credentials.token`; empty: the entry as a whole.
    pub field: String,
    pub message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It cannot work, or not as it is meant.
    Wrong,
    /// It works, and should be otherwise.
    Warning,
    /// To know.
    Note,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.entry)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// The findings about one entry, while it is checked.
pub struct Notes {
    entry: String,
    findings: Vec<Finding>,
}

/// A part of a field's name, with its index.
fn shown_part(part: &str) -> String {
    let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
    match index {
        Some((name, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{}[{index}]", shown(name)),
        _ => shown(part),
    }
}

impl Notes {
    fn of(entry: String) -> Self {
        Self {
            entry,
            findings: Vec::new(),
        }
    }

    fn add(&mut self, level: Level, field: impl Into<String>, message: impl Into<String>) {
        // A part of it may be a credential that stands where a key belongs.
        let field: String = field.into();
        let parts: Vec<String> = field.split('.').map(shown_part).collect();
        self.findings.push(Finding {
            level,
            entry: self.entry.clone(),
            field: parts.join("."),
            message: message.into(),
        });
    }

    fn wrong(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.add(Level::Wrong, field, message);
    }

    fn is_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Wrong)
    }
}

/// What is around a configuration.
pub struct Surroundings<'a> {
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Unix time.
    pub now: Duration,
    /// How bad it is that a token has expired. A service refuses such a token by itself, and must not refuse the others with it.
    pub expired_token: Level,
}

/// Checks accounts, and tokens if there are any.
pub fn check(listing: &Listing, tokens: Option<(&Path, &[u8])>, around: &Surroundings<'_>) -> Report {
    let mut report = Report::default();
    for (file, why) in &listing.faults {
        let mut notes = Notes::of(format!("file {}", file.display()));
        notes.wrong("", why.clone());
        report.findings.append(&mut notes.findings);
    }
    let mut variables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in &listing.entries {
        let mut notes = Notes::of(format!("account {}", entry.id));
        let checked = account::check(entry, around, &mut notes);
        for name in checked.secrets {
            variables
                .entry(environment_variable(&name))
                .or_default()
                .insert(name.clone());
            report.secrets.insert(name);
        }
        for host in checked.hosts {
            report.hosts.entry(host).or_default().insert(entry.id.clone());
        }
        if !notes.is_wrong() {
            report.good.push((entry.id.clone(), checked.provider));
        }
        report.findings.append(&mut notes.findings);
    }
    for (variable, names) in variables.into_iter().filter(|(_, names)| names.len() > 1) {
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        let mut notes = Notes::of(String::from("secrets"));
        notes.wrong(
            "",
            format!(
                "{} are read from one variable, {variable}: rename all but one",
                names.join(" and ")
            ),
        );
        report.findings.append(&mut notes.findings);
    }
    if let Some((path, bytes)) = tokens {
        let parsed = document::parse(bytes, document::Format::Json);
        let mut notes = Notes::of(format!("file {}", path.display()));
        for why in parsed.faults {
            notes.wrong("", why);
        }
        report.findings.append(&mut notes.findings);
        if let Some(value) = parsed.value {
            let ids: Vec<&str> = listing.entries.iter().map(|entry| entry.id.as_str()).collect();
            let others: Vec<&str> = listing.others.iter().map(String::as_str).collect();
            tokens::check(&value, &ids, &others, around, &mut report);
        }
    }
    report
}

impl Report {
    /// Whether it can be deployed.
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.level != Level::Wrong)
    }

    /// What is wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.level == Level::Wrong)
    }

    /// The report as JSON.
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|finding| {
                json!({"level": finding.level.name(), "entry": finding.entry, "field": finding.field, "message": finding.message})
            })
            .collect();
        let secrets: Vec<Value> = self
            .secrets
            .iter()
            .map(|name| json!({"name": name, "variable": environment_variable(name), "spin_variable": spin_variable(name)}))
            .collect();
        json!({"ok": self.is_good(), "findings": findings, "secrets": secrets, "hosts": self.hosts})
    }
}

/// What a deployment sets for a secret, on each kind of host.
pub fn where_it_is_set(secret: &str) -> String {
    let spin = spin_variable(secret);
    format!(
        "secret {secret}: {} (wasi); SPIN_VARIABLE_{} (spin, declared as {spin})",
        environment_variable(secret),
        spin.to_ascii_uppercase()
    )
}
