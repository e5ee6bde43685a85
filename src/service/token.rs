//! What the configuration says of callers: bearer tokens of the HTTP face, and the caller by account id.
//!
//! ```json
//! [{"name": "offboarding", "sha256": "2c26…", "expires_at": "2027-01-01T00:00:00Z", "accounts": ["acme-crowdstrike"],
//!   "may": ["read", "plan", "revoke", "revoke_everything", "raw"], "allow": ["leave-group"]}]
//! ```

use std::{rc::Rc, time::Duration};

use serde_json::{Map, Value};

use crate::{
    contract::{
        json::{self, unique},
        timestamp,
        types::SideEffect,
    },
    hashed::HashSet,
};

/// What the configuration knows of a bearer token: the lower-case hexadecimal SHA-256.
pub use crate::digest::sha256 as token_digest;

use super::{Host, Refusal, RefusalKind, Setting};

/// A bearer token, of which only the digest is known.
#[derive(Debug)]
pub struct Token {
    /// For the record.
    pub name: String,
    pub digest: [u8; 32],
    pub entitlement: Entitlement,
}

/// What a caller may do.
#[derive(Debug, Default)]
pub struct Entitlement {
    /// Unix time from which it is refused.
    pub expires_at: Option<Duration>,
    /// Ids of the integrated accounts that it may use.
    pub accounts: Vec<String>,
    pub may: May,
    /// Side effects that its requests may allow.
    pub allow: Vec<SideEffect>,
}

/// What a caller's requests may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Reading a user, listing roles, and mode `verify`.
    pub read: bool,
    /// Mode `plan`.
    pub plan: bool,
    /// Removals.
    pub revoke: bool,
    /// Removals of everything, if removals, too.
    pub revoke_everything: bool,
    /// The provider's own documents: `raw`, `stream` and `remote_data`.
    pub raw: bool,
}

/// What the caller by account id may do. Not configured, every call is refused.
///
/// # Errors
/// It is not set, malformed, or has expired.
pub async fn caller(host: &dyn Host) -> Result<Rc<Entitlement>, Refusal> {
    let text = match host.setting(Setting::Caller).await {
        Ok(Some(text)) => text,
        Ok(None) => {
            return Err(Refusal::new(
                RefusalKind::NotPermitted,
                format!(
                    "calls by account id are not configured: {} is not set",
                    host.setting_name(Setting::Caller)
                ),
            ));
        }
        Err(why) => return Err(Refusal::setting(host, Setting::Caller, &why)),
    };
    let entitlement = host.parsed().caller.get(&text, caller_entitlement);
    let entitlement = entitlement.map_err(|why| Refusal::setting(host, Setting::Caller, &why))?;
    if entitlement.is_over(host.transport().wall_clock()) {
        return Err(Refusal::new(
            RefusalKind::NotPermitted,
            format!("what {} permits has expired", host.setting_name(Setting::Caller)),
        ));
    }
    Ok(entitlement)
}

impl Entitlement {
    /// Whether it has expired.
    pub fn is_over(&self, now: Duration) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// Parses the entry of the caller by account id. An error names the field, and contains no value.
pub fn caller_entitlement(text: &str) -> Result<Entitlement, String> {
    match unique::parse_configuration(text)? {
        Value::Object(mut fields) => {
            let entitlement = entitlement(&mut fields)?;
            no_other(&fields)?;
            Ok(entitlement)
        }
        _ => Err(String::from("it must be a JSON object")),
    }
}

/// The configured tokens; none if there is no such setting.
///
/// # Errors
/// They are malformed, or cannot be read. The message names entry and field, and contains no value.
pub async fn configured_tokens(host: &dyn Host) -> Result<Rc<Vec<Token>>, String> {
    match host.setting(Setting::ApiTokens).await? {
        None => Ok(Rc::default()),
        Some(text) => host.parsed().tokens.get(&text, tokens),
    }
}

/// Parses the tokens. An error names the entry and the field, and contains no value.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let Value::Array(entries) = unique::parse_configuration(text)? else {
        return Err(String::from("it must be a JSON list of tokens"));
    };
    let mut tokens: Vec<Token> = Vec::with_capacity(entries.len());
    let mut digests = HashSet::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let Value::Object(fields) = entry else {
            return Err(format!("entry {index} must be an object"));
        };
        let token = token(fields).map_err(|why| format!("entry {index}: {why}"))?;
        // One token with two entries would have the rights of either.
        if !digests.insert(token.digest) {
            return Err(format!(
                "entry {index}: token `{}`: an earlier entry has the same sha256",
                token.name
            ));
        }
        tokens.push(token);
    }
    Ok(tokens)
}

fn token(mut fields: Map<String, Value>) -> Result<Token, String> {
    let name = text(fields.shift_remove("name"), "name")?;
    let within = |why: String| format!("token `{name}`: {why}");
    let digest = digest(&text(fields.shift_remove("sha256"), "sha256").map_err(within)?)
        .ok_or_else(|| within(String::from("sha256 must be 64 hexadecimal digits")))?;
    let entitlement = entitlement(&mut fields).map_err(within)?;
    no_other(&fields).map_err(within)?;
    Ok(Token {
        name,
        digest,
        entitlement,
    })
}

fn entitlement(fields: &mut Map<String, Value>) -> Result<Entitlement, String> {
    let expires_at = match fields.shift_remove("expires_at") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_str()
                .and_then(timestamp::parse)
                .ok_or_else(|| String::from("expires_at must be a time such as 2027-01-01T00:00:00Z"))?,
        ),
    };
    let accounts = texts(fields.shift_remove("accounts"), "accounts")?;
    let mut may = May::default();
    for verb in texts(fields.shift_remove("may"), "may")? {
        match verb.as_str() {
            "read" => may.read = true,
            "plan" => may.plan = true,
            "revoke" => may.revoke = true,
            "revoke_everything" => may.revoke_everything = true,
            "raw" => may.raw = true,
            _ => {
                return Err(String::from(
                    "may is a list of read, plan, revoke, revoke_everything and raw",
                ));
            }
        }
    }
    let allow = match fields.shift_remove("allow") {
        None => Vec::new(),
        allow => texts(allow, "allow")?
            .iter()
            .map(|effect| {
                json::side_effect(effect).ok_or_else(|| String::from("allow has a name that is no side effect"))
            })
            .collect::<Result<_, _>>()?,
    };
    Ok(Entitlement {
        expires_at,
        accounts,
        may,
        allow,
    })
}

fn no_other(fields: &Map<String, Value>) -> Result<(), String> {
    match fields.keys().next() {
        None => Ok(()),
        Some(unknown) => Err(format!("there is no field `{unknown}`")),
    }
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
    fn the_caller_by_account_id_has_an_entry_without_a_digest() {
        let good = r#"{"accounts": ["acme"], "may": ["read", "revoke_everything"], "allow": ["leave-group"]}"#;
        let entitlement = caller_entitlement(good).unwrap();
        assert!(entitlement.may.read && entitlement.may.revoke_everything && !entitlement.may.revoke);
        assert_eq!(entitlement.allow, [SideEffect::LeaveGroup]);
        for (bad, named) in [
            ("[]", "object"),
            (r#"{"may": []}"#, "accounts"),
            (r#"{"accounts": [], "may": ["sesame"]}"#, "may"),
            (r#"{"accounts": [], "may": [], "sha256": "sesame"}"#, "`sha256`"),
            (r#"{"accounts": [], "may": [], "name": "sesame"}"#, "`name`"),
            (r#"{"accounts": [], "may": [], "may": ["read"]}"#, "a key twice"),
        ] {
            let why = caller_entitlement(bad).unwrap_err();
            assert!(why.contains(named) && !why.contains("sesame"), "{bad}: {why}");
        }
    }

    #[test]
    fn a_typo_is_an_error_that_names_the_entry_and_no_value() {
        let digest = "0".repeat(64);
        let good = format!(r#"[{{"name": "a", "sha256": "{digest}", "accounts": ["x"], "may": ["plan"]}}]"#);
        let token = tokens(&good).unwrap().remove(0);
        assert_eq!(token.entitlement.accounts, ["x"]);
        assert_eq!(
            token.entitlement.may,
            May {
                plan: true,
                ..May::default()
            }
        );
        assert!(token.entitlement.allow.is_empty(), "what is not allowed is not allowed");
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

    #[test]
    fn two_entries_of_one_token_are_refused_in_any_case_of_their_digits() {
        let entry = |name: &str, digit: &str| {
            let digest = digit.repeat(64);
            format!(r#"{{"name": "{name}", "sha256": "{digest}", "accounts": ["x"], "may": ["plan"]}}"#)
        };
        let list = |other: &str| format!("[{}, {}]", entry("a", "a"), entry("b", other));
        assert_eq!(tokens(&list("b")).unwrap().len(), 2);
        for same in ["a", "A"] {
            let why = tokens(&list(same)).unwrap_err();
            assert!(why.contains("entry 1: token `b`") && why.contains("sha256"), "{why}");
        }
    }
}
