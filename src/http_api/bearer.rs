//! The bearer token of a request.

use std::rc::Rc;

use sha2::{Digest, Sha256};

use crate::service::{Host, Refusal, Setting, Token, configured_tokens};

use super::{Checked, envelope::Rejection};

/// Reads the tokens. Without any, every call is refused. If they are malformed no caller can be trusted, so the reason goes to the
/// log only.
pub async fn configured(host: &dyn Host) -> Checked<Rc<Vec<Token>>> {
    configured_tokens(host).await.map_err(|why| {
        Rejection::from(Refusal::setting(host, Setting::ApiTokens, &why))
            .said_as("the service's configuration is malformed; its log says where")
    })
}

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
    if found.entitlement.is_over(host.transport().wall_clock()) {
        return Err(unauthorized("the bearer token has expired"));
    }
    Ok(found)
}

fn unauthorized(message: &str) -> Rejection {
    Rejection::new(401, "unauthenticated", message).header("www-authenticate", "Bearer")
}

/// Compares in constant time.
fn equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b));
    std::hint::black_box(difference) == 0
}
