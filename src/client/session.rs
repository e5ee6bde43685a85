//! Calls with an access token that is got for them, kept, and renewed once when it is refused.

use crate::{error::ProviderFault, secret::Secret};

use super::{AccountKey, Answer, CachedToken, Caches, Call, Client};

/// Sends a call with the account's token. A 401 was not acted on, so that sending once more with a new token is safe for writes too.
///
/// # Errors
/// What [`Client::send`] gives, and what getting a token gives.
pub async fn send_with_token(
    client: &Client<'_>,
    caches: &Caches,
    key: AccountKey,
    call: &Call,
    fresh: impl AsyncFn() -> Result<CachedToken, ProviderFault>,
) -> Result<Answer, ProviderFault> {
    let (token, from_cache) = match caches.token(key, client.transport().monotonic()) {
        Some(token) => (token, true),
        None => (renew(client, caches, key, &fresh).await?, false),
    };
    let answer = client
        .send_authorized(call, ("authorization", "Bearer", &token))
        .await?;
    if answer.status != 401 {
        return Ok(answer);
    }
    caches.forget_token(key, &token);
    if !from_cache {
        return Ok(answer);
    }
    let token = renew(client, caches, key, &fresh).await?;
    client.send_authorized(call, ("authorization", "Bearer", &token)).await
}

/// A token that another call got meanwhile, or a new one.
async fn renew(
    client: &Client<'_>,
    caches: &Caches,
    key: AccountKey,
    fresh: &impl AsyncFn() -> Result<CachedToken, ProviderFault>,
) -> Result<Secret, ProviderFault> {
    let end = client.transport().monotonic() + client.deadline().left(client.transport());
    let Some(_turn) = caches.turn(client.transport(), end, key).await else {
        let mut fault = ProviderFault::new(
            crate::error::FaultKind::TimedOut,
            "the deadline passed before there was an access token",
        );
        fault.sent = false;
        return Err(fault);
    };
    if let Some(token) = caches.token(key, client.transport().monotonic()) {
        return Ok(token);
    }
    let cached = fresh().await?;
    let token = cached.token.clone();
    caches.keep_token(key, cached);
    Ok(token)
}
