//! JumpCloud's requests and what their answers say.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder, Repeat, Requested, TokenRequest, basic, path_segment, send_with_token,
    },
    error::{FaultKind, ProviderAnswer, ProviderFault},
    provider::Context,
    transport::Method,
};

use super::{
    config::{Access, Config},
    documents::{Results, id_of},
    mapping,
};

/// The largest page.
const PAGE: usize = 100;
/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3_600);

/// A read.
pub fn get(config: &Config, path: &str) -> Call {
    with_headers(config, path, Call::get(config.base.join(path)))
}

/// A write: never re-sent, since what it replaces may have changed.
pub fn write(config: &Config, method: Method, path: &str, body: Option<Vec<u8>>) -> Call {
    with_headers(
        config,
        path,
        Call::write(method, config.base.join(path), body, Repeat::Reread),
    )
}

fn with_headers(config: &Config, path: &str, call: Call) -> Call {
    let call = call.header("content-type", "application/json");
    match &config.org_id {
        Some(organization) if takes_organization(path) => call.header("x-org-id", organization.clone()),
        _ => call,
    }
}

/// `x-org-id` on a route that does not take it is a 403. The published calls about several organizations lack it.
fn takes_organization(path: &str) -> bool {
    let is_about_several = [
        "/api/organizations",
        "/api/v2/organizations/",
        "/api/v2/administrators/",
    ];
    !is_about_several.iter().any(|begin| path.starts_with(begin))
}

/// Sends a call with the account's key or token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    match &config.access {
        Access::Key(key) => cx.client.send_authorized(call, ("x-api-key", "", key)).await,
        Access::Client { .. } => {
            send_with_token(&cx.client, cx.caches, config.key(), call, async || {
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
        .pair("scope", "api");
    let request = TokenRequest {
        url: token_url.as_str().to_owned(),
        form,
        basic: Some(basic(id, secret.expose())),
        lifetime: TOKEN_LIFETIME,
    };
    let answer = match cx.client.request_token(request).await? {
        Requested::Token(token) => return Ok(token),
        Requested::Refused(answer) => answer,
    };
    let kind = match answer.status {
        400 | 401 => FaultKind::CredentialsRejected,
        _ => answer.fault_kind(),
    };
    Err(fault(cx, &answer, kind, "JumpCloud gives no access token"))
}

/// The document with this id in a collection, or `None` if there is none.
pub async fn find(
    config: &Config,
    cx: &Context<'_>,
    collection: &str,
    id: &str,
    what: &str,
) -> Result<Option<Value>, ProviderFault> {
    let path = format!("{collection}/{}", path_segment(id));
    let answer = send(config, cx, &get(config, &path)).await?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => {
            let document: Value = answer.json(what)?;
            // Another document says nothing about this one.
            if id_of(&document).is_some_and(|found| found.eq_ignore_ascii_case(id)) {
                Ok(Some(document))
            } else {
                Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!("JumpCloud's answer to {what} is not the document with the id that was asked for"),
                ))
            }
        }
        _ => Err(fault(
            cx,
            &answer,
            answer.fault_kind(),
            &format!("JumpCloud refuses to read {what}"),
        )),
    }
}

/// How a list says that it is whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// `results` up to `totalCount`: the lists of V1.
    Counted,
    /// That, or up to a short page: the lists of V2.
    CountedOrShort,
}

/// Every row of a list.
pub async fn list<T: DeserializeOwned>(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    whole: Whole,
    what: &'static str,
) -> Result<Vec<T>, ProviderFault> {
    let mut rows: Vec<Value> = Vec::new();
    let mut known_total = None;
    loop {
        cx.client.budget().page(what)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = format!("{path}{separator}limit={PAGE}&skip={}", rows.len());
        let answer = send(config, cx, &get(config, &page)).await?;
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
            Some(total)
                if rows.len() as u64 > total
                    || (length == 0 && (rows.len() as u64) < total)
                    || known_total.replace(total).is_some_and(|before| before != total) =>
            {
                return Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!("JumpCloud's list of {what} contradicts its own count"),
                ));
            }
            Some(total) => rows.len() as u64 == total,
            None if whole == Whole::Counted => {
                return Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!("JumpCloud's list of {what} does not say how many there are"),
                ));
            }
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

/// What is kept of an answer to a write. It may be the administrator's document, so that what cannot be filtered is not kept.
pub fn evidence(answer: &Answer) -> ProviderAnswer {
    without_secrets(answer, Vec::new()).evidence(None)
}

/// The answer with a filtered body. Filtered before it is cut: half a document cannot be.
fn without_secrets(answer: &Answer, unreadable: Vec<u8>) -> Answer {
    let mut shown = answer.clone();
    shown.body = match serde_json::from_slice(&answer.body) {
        Ok(document) => mapping::without_secrets(&document).to_string().into_bytes(),
        Err(_) => unreadable,
    };
    shown
}

/// A fault with what JumpCloud says: `message`, else `error`, else the text.
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let answer = &without_secrets(answer, answer.body.clone());
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said = ["message", "error"]
        .iter()
        .find_map(|key| body.get(*key).and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_else(|| answer.excerpt());
    cx.client
        .fault(answer, kind, format!("{what} ({}): {said}", answer.status))
}
