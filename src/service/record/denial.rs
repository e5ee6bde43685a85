//! Calls that were refused before their operation began.

use serde_json::{Map, Value};

use crate::{contract::timestamp, service::Host};

use super::pseudonym::is_address;

/// The version of the lines. `docs/record.schema.json` describes it.
pub const VERSION: u32 = 1;
/// Lines a second; the rest is counted.
const MOST: u32 = 10;
/// The most characters of a caller's text in such a line.
const LONGEST: usize = 64;

/// A call that was refused.
#[derive(Default)]
pub struct Denial<'a> {
    pub request_id: &'a str,
    pub status: u16,
    pub code: &'a str,
    /// What was asked for, as far as it was understood.
    pub mode: Option<&'a str>,
    /// The token's name, if it was accepted.
    pub token: Option<&'a str>,
    /// As the caller by account id says.
    pub claimed_actor: Option<&'a str>,
    /// As the caller wrote it.
    pub account: Option<&'a str>,
    /// The parameter or field at fault, as the caller wrote it.
    pub field: Option<&'a str>,
    pub traceparent: Option<&'a str>,
}

/// Writes the line of a refused call; above ten a second they are only counted.
pub fn denied(host: &dyn Host, denial: &Denial<'_>) {
    held_back_denials(host);
    let now = host.transport().wall_clock();
    if !host.caches().denials.admits(now, MOST) {
        return;
    }
    let mut line = head(host, "denied");
    line.insert(String::from("request_id"), Value::from(denial.request_id));
    line.insert(String::from("status"), Value::from(denial.status));
    line.insert(String::from("error_code"), Value::from(denial.code));
    for (name, text) in [
        ("mode", denial.mode),
        ("token", denial.token),
        ("claimed_actor", denial.claimed_actor),
        ("traceparent", denial.traceparent),
    ] {
        if let Some(text) = text {
            line.insert(name.to_owned(), Value::from(text));
        }
    }
    for (name, text) in [("account", denial.account), ("field", denial.field)] {
        if let Some(text) = text.and_then(cut) {
            line.insert(name.to_owned(), Value::from(text));
        }
    }
    host.record(&Value::Object(line).to_string());
}

/// Writes how many refused calls of an earlier second have no line of their own. There is no timer: the next call, or the next line,
/// comes with it.
pub fn held_back_denials(host: &dyn Host) {
    let now = host.transport().wall_clock();
    if let Some((since, count)) = host.caches().denials.held_back(now) {
        let mut line = head(host, "denied");
        line.insert(String::from("count"), Value::from(count));
        line.insert(String::from("since"), Value::from(timestamp::format(since)));
        host.record(&Value::Object(line).to_string());
    }
}

/// Writes a line about a part of the configuration that keeps calls from being carried out. The message contains no values.
pub fn invalid_configuration(
    host: &dyn Host,
    request_id: &str,
    variable: &str,
    account: Option<&str>,
    field: Option<&str>,
    message: &str,
) {
    held_back_denials(host);
    let mut line = head(host, "invalid_configuration");
    line.insert(String::from("request_id"), Value::from(request_id));
    line.insert(String::from("variable"), Value::from(variable));
    for (name, text) in [("account", account), ("field", field)] {
        if let Some(text) = text.and_then(cut) {
            line.insert(name.to_owned(), Value::from(text));
        }
    }
    line.insert(String::from("message"), Value::from(message));
    host.record(&Value::Object(line).to_string());
}

/// What every line begins with.
pub fn head(host: &dyn Host, event: &str) -> Map<String, Value> {
    let now = timestamp::format(host.transport().wall_clock());
    [
        ("v", Value::from(VERSION)),
        ("event", Value::from(event)),
        ("time", Value::from(now)),
        ("version", Value::from(env!("CARGO_PKG_VERSION"))),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// A caller's text: short, printable, and no e-mail address.
fn cut(text: &str) -> Option<String> {
    let is_printable = |c: &char| !c.is_control() && !crate::naming::is_invisible(*c);
    (!is_address(text)).then(|| text.chars().filter(is_printable).take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_text_is_short_printable_and_no_address() {
        assert_eq!(cut("a\u{1b}[31m\u{202e}b").as_deref(), Some("a[31mb"));
        assert_eq!(cut(&"x".repeat(1_000)).map(|text| text.len()), Some(LONGEST));
        assert_eq!(cut("ann@example.com"), None);
    }
}
