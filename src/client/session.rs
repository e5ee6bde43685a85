//! Calls with an access token that is got for them, kept, and renewed once when it is refused.

use crate::{
    account::secret::Secret,
    error::{FaultKind, ProviderFault},
};

use super::{AccountKey, Answer, CachedToken, Caches, Call, Client, Repeat};

/// Sends a call with the account's token. A 401 was not acted on, so that it is sent once more with a new token; but not a write that
/// depends on what was read before it, since getting a token takes time.
///
/// # Errors
/// What [`Client::send`] gives, and what getting a token gives; [`FaultKind::TokenRefused`] for a write that has to be planned afresh.
pub async fn send_with_token(
    client: &Client<'_>,
    caches: &Caches,
    key: AccountKey,
    call: &Call,
    fresh: impl AsyncFn() -> Result<CachedToken, ProviderFault>,
) -> Result<Answer, ProviderFault> {
    let (token, from_cache) = match caches.token(key, client.transport().monotonic()) {
        Some(token) => (token, true),
        None => (
            access_token(client, caches, key, &fresh)
                .await
                .map_err(ProviderFault::not_sent)?,
            false,
        ),
    };
    let answer = client
        .send_authorized(call, ("authorization", "Bearer", &token))
        .await?;
    if client.status_of(&answer) != 401 {
        return Ok(answer);
    }
    caches.forget_token(key, &token);
    if !from_cache {
        return Ok(answer);
    }
    if call.write && call.repeat == Repeat::Reread {
        if !client.may_renew_token() {
            return Ok(answer);
        }
        let message = "the access token was refused before the write, which has to be planned afresh with a new one";
        return Err(client.fault(&answer, FaultKind::TokenRefused, message));
    }
    let token = access_token(client, caches, key, &fresh)
        .await
        .map_err(ProviderFault::not_sent)?;
    client.send_authorized(call, ("authorization", "Bearer", &token)).await
}

/// The account's token: the one that is kept, one that another call is getting, or a new one.
///
/// # Errors
/// What getting a token gives; [`FaultKind::TimedOut`] if the deadline passes before.
pub async fn access_token(
    client: &Client<'_>,
    caches: &Caches,
    key: AccountKey,
    fresh: &impl AsyncFn() -> Result<CachedToken, ProviderFault>,
) -> Result<Secret, ProviderFault> {
    let transport = client.transport();
    let kept = || caches.token(key, transport.monotonic());
    if let Some(token) = kept() {
        return Ok(token);
    }
    let end = transport.monotonic().saturating_add(client.deadline().left(transport));
    // Without the turn in time this call asks for a token of its own: who has the turn may hang.
    let _turn = caches.turn(transport, end, key).await;
    if let Some(token) = kept() {
        return Ok(token);
    }
    if client.deadline().left(transport).is_zero() {
        let fault = ProviderFault::new(
            FaultKind::TimedOut,
            "the deadline passed before there was an access token",
        );
        return Err(fault.not_sent());
    }
    let cached = fresh().await?;
    let token = cached.token.clone();
    caches.keep_token(key, cached);
    Ok(token)
}
