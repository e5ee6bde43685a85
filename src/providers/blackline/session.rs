//! Calls with the account's token, and how it is got.

use std::time::Duration;

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder, Repeat, Requested, TokenRequest, access_token, basic, send_with_token,
    },
    error::{FaultKind, ProviderFault},
    provider::Context,
    secret::Secret,
};

use super::{
    config::{ClientAuth, Config, GrantType},
    core,
};

/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(1_800);

/// How much a call matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// The operation needs it.
    Full,
    /// It decides nothing: one attempt, with the token that is there.
    Single,
}

/// Sends a call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call, effort: Effort) -> Result<Answer, ProviderFault> {
    if effort == Effort::Full {
        return send_with_token(&cx.client, cx.caches, config.key(), call, async || {
            token(config, cx).await
        })
        .await;
    }
    let token = known_token(config, cx)
        .ok_or_else(|| ProviderFault::new(FaultKind::Unreachable, "there is no access token"))?;
    let call = Call {
        repeat: Repeat::Reread,
        ..call.clone()
    };
    cx.client
        .send_authorized(&call, ("authorization", "Bearer", &token))
        .await
}

fn known_token(config: &Config, cx: &Context<'_>) -> Option<Secret> {
    cx.caches.token(config.key(), cx.client.transport().monotonic())
}

/// Gets a token, if there is none yet.
pub async fn sign_in(config: &Config, cx: &Context<'_>) -> Result<(), ProviderFault> {
    let fresh = async || token(config, cx).await;
    access_token(&cx.client, cx.caches, config.key(), &fresh).await?;
    Ok(())
}

async fn token(config: &Config, cx: &Context<'_>) -> Result<CachedToken, ProviderFault> {
    let form = match config.grant {
        GrantType::Password => QueryBuilder::new()
            .pair("grant_type", "password")
            .pair("username", &config.username)
            .pair("password", config.password.expose()),
        GrantType::ClientCredentials => QueryBuilder::new().pair("grant_type", "client_credentials"),
    };
    let form = form.pair("scope", &config.scope);
    let (form, basic) = match config.client_auth {
        ClientAuth::Form => {
            let form = form
                .pair("client_id", &config.client_id)
                .pair("client_secret", config.client_secret.expose());
            (form, None)
        }
        ClientAuth::Basic => {
            // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = basic(&encoded(&config.client_id), &encoded(config.client_secret.expose()));
            (form, Some(pair))
        }
    };
    let request = TokenRequest {
        url: config.base.join(&config.paths.token),
        form,
        basic,
        lifetime: TOKEN_LIFETIME,
    };
    let answer = match cx.client.request_token(request).await? {
        Requested::Token(token) => return Ok(token),
        Requested::Refused(answer) => answer,
    };
    // 400 with "Authentication failed" was seen.
    let kind = match answer.status {
        400 | 401 | 403 => FaultKind::CredentialsRejected,
        _ => answer.fault_kind(),
    };
    Err(core::fault(
        config,
        cx,
        &answer,
        kind,
        "BlackLine gives no access token",
    ))
}
