//! JumpCloud's requests and what their answers say.

mod list;

use std::time::Duration;

use serde_json::Value;

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder, Repeat, Requested, TokenRequest, basic, path_segment, send_with_token,
    },
    contract::json::unique::Unique,
    error::{FaultKind, ProviderAnswer, ProviderFault},
    provider::Context,
    transport::Method,
};

use super::{
    config::{Access, Config},
    documents::{Administrator, Listed, id_of, raw},
    mapping,
};

pub use self::list::{Count, Extent, List, list};

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
    match answer.meaning() {
        404 => Ok(None),
        _ if answer.is_given() => {
            let Unique(document) = answer.json(what)?;
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
        _ => Err(refused_to_read(config, cx, &answer, what)),
    }
}

/// The administrator whose API key the account uses, or `None` where JumpCloud does not tell (401, 403, 404: a service account's
/// key). Source: `TheJumpCloud/support` (`Set-JCOrganization`).
pub async fn key_owner(config: &Config, cx: &Context<'_>) -> Result<Option<Administrator>, ProviderFault> {
    let what = "the owner of the API key";
    let path = "/api/users/getSelf";
    let mut answer = send(config, cx, &get(config, path)).await?;
    if config.org_id.is_some() && matches!(answer.meaning(), 403 | 404) {
        // Whether the route takes `x-org-id` is not published; one that does not answers it with a 403.
        let call = Call::get(config.base.join(path)).header("content-type", "application/json");
        answer = send(config, cx, &call).await?;
    }
    match answer.meaning() {
        401 | 403 | 404 => Ok(None),
        _ if answer.is_given() => {
            let Unique(document) = answer.json(what)?;
            let owner = Administrator::of(&raw(&document));
            owner.map(Some).ok_or_else(|| {
                answer.fault(
                    FaultKind::BadAnswer,
                    format!("JumpCloud's answer to {what} is not an administrator"),
                )
            })
        }
        _ => Err(refused_to_read(config, cx, &answer, what)),
    }
}

/// A fault of a read that JumpCloud answered with a no.
fn refused_to_read(config: &Config, cx: &Context<'_>, answer: &Answer, what: &str) -> ProviderFault {
    let mut fault = fault(
        cx,
        &answer.error_only(),
        answer.fault_kind(),
        &format!("JumpCloud refuses to read {what}"),
    );
    // Source: `agilize/terraform-provider-jumpcloud` (issue 12).
    if answer.status == 401 && config.org_id.is_none() {
        fault
            .message
            .push_str("; the key of an administrator of several organizations needs settings.org_id");
    }
    fault
}

/// What is kept of an answer to a write. It may be the administrator's document, so that what cannot be filtered is not kept.
pub fn evidence(answer: &Answer) -> ProviderAnswer {
    without_secrets(answer, Vec::new()).evidence(None)
}

/// The answer with a filtered body. Filtered before it is cut: half a document cannot be.
fn without_secrets(answer: &Answer, unreadable: Vec<u8>) -> Answer {
    let mut shown = answer.clone();
    shown.body = match serde_json::from_str(&answer.text()) {
        Ok(document) => mapping::without_secrets(&document).to_string().into_bytes(),
        Err(_) => unreadable,
    };
    shown
}

/// A fault with what JumpCloud says: `message`, else `error`, else the text.
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let answer = &without_secrets(answer, answer.body.clone());
    let body: Value = serde_json::from_str(&answer.text()).unwrap_or_default();
    let said = ["message", "error"]
        .iter()
        .find_map(|key| body.get(*key).and_then(Value::as_str).map(str::to_owned))
        .unwrap_or_else(|| answer.excerpt());
    cx.client
        .fault(answer, kind, format!("{what} ({}): {said}", answer.status))
}

/// `None` where JumpCloud refuses to show it (403, 404): a problem of the entries that need it only.
///
/// # Errors
/// Every other failure: the next call may succeed.
pub fn visible<T>(read: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(fault) if is_refusal(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

pub fn is_refusal(fault: &ProviderFault) -> bool {
    matches!(fault.kind, FaultKind::Forbidden | FaultKind::NotFound)
}
