//! Calls that were refused before their operation began.

use crate::{contract::timestamp, service::Host};

use super::{line, pseudonym::is_address};

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
    line::write(host, "denied", |line| {
        line.text("request_id", Some(denial.request_id));
        line.number("status", denial.status);
        line.text("error_code", Some(denial.code));
        line.text("mode", denial.mode);
        line.text("token", denial.token);
        line.text("claimed_actor", denial.claimed_actor);
        line.text("traceparent", denial.traceparent);
        line.text("account", denial.account.and_then(cut).as_deref());
        line.text("field", denial.field.and_then(cut).as_deref());
    });
}

/// Writes how many refused calls of an earlier second have no line of their own. There is no timer: the next call, or the next line,
/// comes with it.
pub fn held_back_denials(host: &dyn Host) {
    let now = host.transport().wall_clock();
    if let Some((since, count)) = host.caches().denials.held_back(now) {
        line::write(host, "denied", |line| {
            line.number("count", count);
            line.text("since", Some(&timestamp::format(since)));
        });
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
    line::write(host, "invalid_configuration", |line| {
        line.text("request_id", Some(request_id));
        line.text("variable", Some(variable));
        line.text("account", account.and_then(cut).as_deref());
        line.text("field", field.and_then(cut).as_deref());
        line.text("message", Some(message));
    });
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
