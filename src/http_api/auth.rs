//! Who the caller is, and what they may do.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::{account::Status, transport::brief};

use super::{Checked, Host, config::Token, envelope::Rejection, host::Setting};

/// The token of the `Authorization` header. Every configured digest is compared, each in constant time.
pub fn token<'a>(host: &dyn Host, tokens: &'a [Token], headers: &[(String, String)]) -> Checked<&'a Token> {
    if tokens.is_empty() {
        return Err(unauthorized(&format!(
            "no API token is configured: {} is empty",
            host.setting_name(Setting::ApiTokens)
        )));
    }
    let mut values = headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value);
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthorized("exactly one Authorization header is required"));
    };
    let bearer = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| unauthorized("the Authorization header must be `Bearer <token>`"))?;
    let digest: [u8; 32] = Sha256::digest(bearer.as_bytes()).into();
    let mut found = None;
    for token in tokens {
        if equal(&token.digest, &digest) {
            found = Some(token);
        }
    }
    let found = found.ok_or_else(|| unauthorized("the bearer token is not known"))?;
    if found.expires_at.is_some_and(|end| end <= host.transport().wall_clock()) {
        return Err(unauthorized("the bearer token has expired"));
    }
    Ok(found)
}

/// The account's JSON text. One that does not exist and one that the token may not use give the same answer.
pub async fn account(host: &dyn Host, token: &Token, id: &str) -> Checked<String> {
    let unknown = || {
        Rejection::new(
            404,
            "unknown_account",
            "there is no such integrated account for this token",
        )
    };
    if !token.accounts.iter().any(|account| account == id) {
        return Err(unknown());
    }
    match host.account(id).await {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(unknown()),
        Err(why) => Err(Rejection::new(
            500,
            "invalid_configuration",
            format!("the integrated accounts cannot be read: {}", brief(&why)),
        )),
    }
}

/// Refuses a request that the token's `may` does not cover.
pub fn permit(token: &Token, dry_run: bool, raw: bool) -> Checked<()> {
    let (is_permitted, verb) = if dry_run {
        (token.may.plan, "plan")
    } else {
        (token.may.revoke, "revoke")
    };
    let missing = if !is_permitted {
        verb
    } else if raw && !token.may.raw {
        "raw"
    } else {
        return Ok(());
    };
    Err(Rejection::new(
        403,
        "not_permitted",
        format!("the bearer token does not allow this: its `may` lacks `{missing}`"),
    ))
}

/// Refuses an account that is not active, with the status that the original uses.
pub fn usable(status: Status, dry_run: bool) -> Checked<()> {
    let inactive = |status: u16, name: &str| {
        Err(Rejection::new(
            status,
            "account_not_active",
            format!("the integrated account cannot be used: {name}"),
        ))
    };
    match status {
        Status::Active => Ok(()),
        Status::Sandbox if dry_run => Ok(()),
        Status::NeedsReauth => inactive(401, "needs_reauth"),
        Status::Connecting => inactive(422, "connecting"),
        Status::ValidationError => inactive(422, "validation_error"),
        Status::PostInstallError => inactive(422, "post_install_error"),
        Status::Blocked => inactive(503, "it is blocked"),
        Status::Sandbox => inactive(
            405,
            "it is a sandbox account, where only dry runs are allowed (dry_run=true)",
        ),
    }
}

fn unauthorized(message: &str) -> Rejection {
    Rejection::new(401, "unauthenticated", message).header("www-authenticate", "Bearer")
}

/// Compares in constant time.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b));
    std::hint::black_box(difference) == 0
}

/// What the configuration knows of a bearer token: the lower-case hexadecimal SHA-256.
pub fn token_digest(token: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(token.as_bytes()) {
        // Writing into a text cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
