//! The configuration of the HTTP face: tokens and the response envelope.
//!
//! ```json
//! [{"name": "offboarding", "sha256": "2c26…", "expires_at": "2027-01-01T00:00:00Z", "accounts": ["acme-crowdstrike"],
//!   "may": ["plan", "revoke", "raw"], "allow": ["leave-group"]}]
//! ```

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    contract::{
        json::{self, unique},
        timestamp,
        types::SideEffect,
    },
    transport::brief,
};

use super::{Checked, Envelope, Host, audit, envelope::Rejection, host::Setting};

/// A bearer token, of which only the digest is known.
#[derive(Debug)]
pub struct Token {
    /// For the record.
    pub name: String,
    pub digest: [u8; 32],
    /// Unix time from which it is refused.
    pub expires_at: Option<Duration>,
    /// Ids of the integrated accounts that it may use.
    pub accounts: Vec<String>,
    pub may: May,
    /// Side effects that its requests may allow.
    pub allow: Vec<SideEffect>,
}

/// What a token's requests may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Dry runs.
    pub plan: bool,
    /// Removals.
    pub revoke: bool,
    /// The provider's own documents: `raw`, `stream` and `remote_data`.
    pub raw: bool,
}

/// Reads the tokens. Without any, every call is refused. If they are malformed no caller can be trusted, so the reason goes to the
/// log only.
pub async fn read_tokens(host: &dyn Host, request_id: &str) -> Checked<Vec<Token>> {
    let name = host.setting_name(Setting::ApiTokens);
    let read = match host.setting(Setting::ApiTokens).await {
        Ok(None) => Ok(Vec::new()),
        Ok(Some(text)) => tokens(&text),
        Err(why) => Err(why),
    };
    read.map_err(|why| {
        audit::malformed_configuration(host, request_id, &format!("{name} is malformed: {}", brief(&why)));
        Rejection::new(
            500,
            "invalid_configuration",
            "the service's configuration is malformed; its log says where",
        )
    })
}

/// Reads how a success body is wrapped. Only authenticated callers get this far, so the message says what is wrong.
pub async fn read_envelope(host: &dyn Host) -> Checked<Envelope> {
    let name = host.setting_name(Setting::ResponseEnvelope);
    let wrong = |why: &str| {
        Rejection::new(
            500,
            "invalid_configuration",
            format!("{name} is malformed: {}", brief(why)),
        )
    };
    match host.setting(Setting::ResponseEnvelope).await {
        Ok(None) => Ok(Envelope::Bare),
        Ok(Some(text)) if text == "result" => Ok(Envelope::Result),
        Ok(Some(_)) => Err(wrong("it must be `result` or nothing")),
        Err(why) => Err(wrong(&why)),
    }
}

/// Parses the tokens. An error names the entry and the field, and contains no value.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let Value::Array(entries) = unique::parse_configuration(text)? else {
        return Err(String::from("it must be a JSON list of tokens"));
    };
    entries
        .into_iter()
        .enumerate()
        .map(|(index, entry)| match entry {
            Value::Object(fields) => token(fields).map_err(|why| format!("entry {index}: {why}")),
            _ => Err(format!("entry {index} must be an object")),
        })
        .collect()
}

fn token(mut fields: Map<String, Value>) -> Result<Token, String> {
    let name = text(fields.shift_remove("name"), "name")?;
    let within = |why: String| format!("token `{name}`: {why}");
    let digest = digest(&text(fields.shift_remove("sha256"), "sha256").map_err(within)?)
        .ok_or_else(|| within(String::from("sha256 must be 64 hexadecimal digits")))?;
    let expires_at = match fields.shift_remove("expires_at") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_str()
                .and_then(timestamp::parse)
                .ok_or_else(|| within(String::from("expires_at must be a time such as 2027-01-01T00:00:00Z")))?,
        ),
    };
    let accounts = texts(fields.shift_remove("accounts"), "accounts").map_err(within)?;
    let mut may = May::default();
    for verb in texts(fields.shift_remove("may"), "may").map_err(within)? {
        match verb.as_str() {
            "plan" => may.plan = true,
            "revoke" => may.revoke = true,
            "raw" => may.raw = true,
            _ => return Err(within(String::from("may is a list of plan, revoke and raw"))),
        }
    }
    let allow = match fields.shift_remove("allow") {
        None => Vec::new(),
        allow => texts(allow, "allow")
            .map_err(within)?
            .iter()
            .map(|effect| {
                json::side_effect(effect).ok_or_else(|| within(String::from("allow has a name that is no side effect")))
            })
            .collect::<Result<_, _>>()?,
    };
    if let Some(unknown) = fields.keys().next() {
        return Err(within(format!("there is no field `{unknown}`")));
    }
    Ok(Token {
        name,
        digest,
        expires_at,
        accounts,
        may,
        allow,
    })
}

fn text(value: Option<Value>, field: &str) -> Result<String, String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text),
        _ => Err(format!("{field} is required, a text")),
    }
}

fn texts(value: Option<Value>, field: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{field} is required, a list of texts");
    match value {
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                _ => Err(wrong()),
            })
            .collect(),
        _ => Err(wrong()),
    }
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_an_error_that_names_the_entry_and_no_value() {
        let digest = "0".repeat(64);
        let good = format!(r#"[{{"name": "a", "sha256": "{digest}", "accounts": ["x"], "may": ["plan"]}}]"#);
        let token = tokens(&good).unwrap().remove(0);
        assert_eq!(token.accounts, ["x"]);
        assert_eq!(
            token.may,
            May {
                plan: true,
                ..May::default()
            }
        );
        assert!(token.allow.is_empty(), "what is not allowed is not allowed");
        for (bad, named) in [
            (String::from("{}"), "list"),
            (String::from("[1]"), "entry 0"),
            (good.replace(&digest, "sesame-open"), "token `a`: sha256"),
            (good.replace(r#", "may": ["plan"]"#, ""), "token `a`: may"),
            (good.replace("plan", "plna"), "token `a`: may"),
            (good.replace(r#""may""#, r#""mai": 1, "may""#), "`mai`"),
            (
                good.replace(r#""may""#, r#""allow": ["leave_group"], "may""#),
                "token `a`: allow",
            ),
            (
                good.replace(r#""may""#, r#""expires_at": "tomorrow", "may""#),
                "token `a`: expires_at",
            ),
            (good.replace(r#"["x"]"#, r#""x""#), "token `a`: accounts"),
            (
                good.replace(r#""may""#, r#""accounts": ["sesame"], "may""#),
                "a key twice",
            ),
        ] {
            let why = tokens(&bad).unwrap_err();
            assert!(why.contains(named), "{bad}: {why}");
            assert!(!why.contains("sesame"), "{why}");
        }
    }
}
