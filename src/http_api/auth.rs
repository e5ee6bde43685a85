//! Who calls, and which accounts they may use.

use sha2::{Digest, Sha256};

use super::{
    Checked, Host,
    config::{Config, Token},
    envelope::Rejection,
};

/// The token of the `Authorization` header. Every configured digest is compared, each in constant time.
pub fn token<'a>(config: &'a Config, headers: &[(String, String)]) -> Checked<&'a Token> {
    let mut values = headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value);
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthorized("the Authorization header must be there, once"));
    };
    let bearer = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| unauthorized("the Authorization header must be `Bearer <token>`"))?;
    let digest: [u8; 32] = Sha256::digest(bearer.as_bytes()).into();
    let mut found = None;
    for token in &config.tokens {
        if same(&token.digest, &digest) {
            found = Some(token);
        }
    }
    found.ok_or_else(|| unauthorized("the bearer token is not known"))
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
            format!("the integrated accounts cannot be read: {why}"),
        )),
    }
}

fn unauthorized(message: &str) -> Rejection {
    Rejection::new(401, "unauthenticated", message).header("www-authenticate", "Bearer")
}

/// Takes the same time wherever the two differ.
fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b));
    std::hint::black_box(difference) == 0
}
