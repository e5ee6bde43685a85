//! The configuration of the HTTP face.
//!
//! ```json
//! {"tokens": [{"name": "offboarding", "sha256": "2c26…", "accounts": ["acme-crowdstrike"], "allow": ["leave-group"]}],
//!  "response_envelope": "result"}
//! ```

use serde::Deserialize;

use crate::{contract::types::SideEffect, json};

use super::{Checked, Envelope, Host, envelope::Rejection};

/// The configuration as it works.
#[derive(Debug, Default)]
pub struct Config {
    /// None: every call is refused.
    pub tokens: Vec<Token>,
    pub envelope: Envelope,
}

/// A bearer token, known by its digest alone.
#[derive(Debug)]
pub struct Token {
    /// For the record.
    pub name: String,
    pub digest: [u8; 32],
    /// Ids of the integrated accounts that it may use.
    pub accounts: Vec<String>,
    /// Side effects that its requests may allow.
    pub allow: Vec<SideEffect>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tokens: Vec<TokenDocument>,
    response_envelope: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenDocument {
    name: String,
    sha256: String,
    accounts: Vec<String>,
    #[serde(default)]
    allow: Vec<String>,
}

/// Reads the host's configuration. A malformed one is a 500 that says where, and lets nobody in.
pub async fn read(host: &dyn Host) -> Checked<Config> {
    let text = host.config().await.map_err(|why| wrong(&why))?;
    match text {
        None => Ok(Config::default()),
        Some(text) => parse(&text).map_err(|why| wrong(&why)),
    }
}

fn parse(text: &str) -> Result<Config, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let envelope = match document.response_envelope.as_deref() {
        None => Envelope::Bare,
        Some("result") => Envelope::Result,
        Some(_) => return Err(String::from("response_envelope must be \"result\" or absent")),
    };
    let tokens = document.tokens.into_iter().map(token).collect::<Result<_, _>>()?;
    Ok(Config { tokens, envelope })
}

fn token(document: TokenDocument) -> Result<Token, String> {
    let TokenDocument {
        name,
        sha256,
        accounts,
        allow,
    } = document;
    let digest =
        digest(&sha256).ok_or_else(|| format!("sha256 of the token `{name}` must be 64 hexadecimal digits"))?;
    let allow = allow
        .iter()
        .map(|effect| {
            json::side_effect(effect).ok_or_else(|| format!("`{effect}` is no side effect that can be allowed"))
        })
        .collect::<Result<_, _>>()?;
    Ok(Token {
        name,
        digest,
        accounts,
        allow,
    })
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

fn wrong(why: &str) -> Rejection {
    Rejection::new(
        500,
        "invalid_configuration",
        format!("the service's configuration is malformed: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_an_error_and_not_a_default() {
        let digest = "0".repeat(64);
        let good = format!(r#"{{"tokens": [{{"name": "a", "sha256": "{digest}", "accounts": ["x"]}}]}}"#);
        let config = parse(&good).unwrap();
        assert_eq!(config.tokens[0].accounts, ["x"]);
        assert!(config.tokens[0].allow.is_empty(), "what is not allowed is not allowed");
        for bad in [
            "{}",
            r#"{"tokens": [{"name": "a", "sha256": "00", "accounts": []}]}"#,
            r#"{"tokens": [], "response_envelop": "result"}"#,
            r#"{"tokens": [], "response_envelope": "data"}"#,
            &good.replace(r#""accounts""#, r#""allow": ["leave_group"], "accounts""#),
            &good.replace('0', "é"),
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
