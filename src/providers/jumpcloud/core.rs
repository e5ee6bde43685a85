//! JumpCloud's requests and what their answers say.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    client::{Answer, CachedToken, Call, QueryBuilder, paging::PageBound, send_with_token},
    error::{FaultKind, ProviderFault},
    provider::Context,
    secret::Secret,
    transport::Method,
};

use super::{
    config::{Access, Config},
    documents::Results,
};

/// The largest page.
const PAGE: usize = 100;
const MOST_PAGES: u32 = 1_000;
/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3_600);

/// Sends a call with the account's key or token, and its organization.
pub async fn send(config: &Config, cx: &Context<'_>, call: Call) -> Result<Answer, ProviderFault> {
    let mut call = call.header("content-type", "application/json");
    if let Some(organization) = &config.org_id {
        call = call.header("x-org-id", organization.clone());
    }
    match &config.access {
        Access::Key(key) => cx.client.send_authorized(&call, ("x-api-key", "", key)).await,
        Access::Client { .. } => {
            send_with_token(&cx.client, cx.caches, config.key(), &call, async || {
                token(config, cx).await
            })
            .await
        }
    }
}

async fn token(config: &Config, cx: &Context<'_>) -> Result<CachedToken, ProviderFault> {
    let Access::Client { id, secret, token_url } = &config.access else {
        return Err(ProviderFault::new(
            FaultKind::CredentialsRejected,
            "the account has no client",
        ));
    };
    let form = QueryBuilder::new()
        .pair("grant_type", "client_credentials")
        .pair("scope", "api")
        .build();
    let call = Call::read(Method::Post, token_url.as_str(), Some(form.into_bytes()))
        .header("content-type", "application/x-www-form-urlencoded");
    let basic = Secret::new(STANDARD.encode(format!("{id}:{}", secret.expose())));
    let answer = cx
        .client
        .send_authorized(&call, ("authorization", "Basic", &basic))
        .await?;
    if !answer.is_success() {
        let kind = match answer.status {
            400 | 401 => FaultKind::CredentialsRejected,
            _ => answer.fault_kind(),
        };
        return Err(fault(cx, &answer, kind, "JumpCloud gives no access token"));
    }
    answer.access_token(cx.client.transport().monotonic(), TOKEN_LIFETIME)
}

/// A document, or `None` if there is none with that id.
pub async fn find(config: &Config, cx: &Context<'_>, path: &str, what: &str) -> Result<Option<Value>, ProviderFault> {
    let answer = send(config, cx, Call::get(config.base.join(path))).await?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => answer.json(what).map(Some),
        _ => Err(fault(
            cx,
            &answer,
            answer.fault_kind(),
            &format!("JumpCloud refuses to read {what}"),
        )),
    }
}

/// Every row of a list: `results` up to `totalCount`, or a bare array up to a short page.
pub async fn list<T: DeserializeOwned>(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    what: &'static str,
) -> Result<Vec<T>, ProviderFault> {
    let mut bound = PageBound::new(what, MOST_PAGES);
    let mut rows: Vec<Value> = Vec::new();
    loop {
        bound.turn()?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = format!("{path}{separator}limit={PAGE}&skip={}", rows.len());
        let answer = send(config, cx, Call::get(config.base.join(&page))).await?;
        if !answer.is_success() {
            return Err(fault(
                cx,
                &answer,
                answer.fault_kind(),
                &format!("JumpCloud refuses to read {what}"),
            ));
        }
        let document: Value = answer.json(what)?;
        let (page, total) = match document {
            Value::Array(page) => (page, None),
            other => {
                let Results { results, total } = serde_json::from_value(other).map_err(|_| {
                    answer.fault(
                        FaultKind::BadAnswer,
                        format!("JumpCloud's answer has no list when reading {what}"),
                    )
                })?;
                (results, total)
            }
        };
        let length = page.len();
        rows.extend(page);
        let is_whole = match total {
            Some(total) if rows.len() as u64 > total || (length == 0 && (rows.len() as u64) < total) => {
                return Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!("JumpCloud's list of {what} contradicts its own count"),
                ));
            }
            Some(total) => rows.len() as u64 == total,
            None => length < PAGE,
        };
        if is_whole {
            return rows
                .into_iter()
                .map(|row| {
                    serde_json::from_value(row).map_err(|_| {
                        answer.fault(
                            FaultKind::BadAnswer,
                            format!("a row in JumpCloud's list of {what} is not as documented"),
                        )
                    })
                })
                .collect();
        }
    }
}

/// A fault with what JumpCloud says: `message`, else `error`, else the text.
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = ["message", "error"]
        .iter()
        .find_map(|key| body.get(*key).and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_else(|| String::from_utf8_lossy(&answer.body).chars().take(200).collect());
    ProviderFault {
        retry_after: cx.client.retry_after(answer),
        ..answer.fault(kind, format!("{what} ({}): {said}", answer.status))
    }
}
