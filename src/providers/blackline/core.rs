//! BlackLine's requests and what their answers say.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    client::{Answer, CachedToken, Call, QueryBuilder, paging::PageBound, path_segment, send_with_token},
    error::{Error, FaultKind, ProviderFault},
    provider::Context,
    secret::Secret,
    transport::Method,
};

use super::config::{ClientAuth, Config, GrantType};

const MOST_PAGES: u32 = 1_000;
/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(1_800);

/// Every role: id and name.
pub type Directory = Vec<(String, Option<String>)>;

/// A role in a product, as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub role_id: String,
    pub role_name: Option<String>,
    pub product_id: String,
    pub product_name: Option<String>,
}

/// The pairs of a user, and the spelling of the path that answered.
pub struct Pairs {
    pub rows: Vec<Value>,
    pub pairs: Vec<Pair>,
    pub path: String,
}

/// Sends a call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    send_with_token(&cx.client, cx.caches, config.key(), call, async || {
        token(config, cx).await
    })
    .await
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
    let call = |form: QueryBuilder| {
        Call::read(
            Method::Post,
            config.base.join(&config.paths.token),
            Some(form.build().into_bytes()),
        )
        .header("content-type", "application/x-www-form-urlencoded")
    };
    let answer = match config.client_auth {
        ClientAuth::Form => {
            let form = form
                .pair("client_id", &config.client_id)
                .pair("client_secret", config.client_secret.expose());
            cx.client.send(&call(form)).await?
        }
        ClientAuth::Basic => {
            // RFC 6749 section 2.3.1: both are form-encoded before they are joined.
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let pair = Secret::new(STANDARD.encode(format!(
                "{}:{}",
                encoded(&config.client_id),
                encoded(config.client_secret.expose())
            )));
            cx.client
                .send_authorized(&call(form), ("authorization", "Basic", &pair))
                .await?
        }
    };
    if !answer.is_success() {
        // 400 with "Authentication failed" was seen.
        let kind = match answer.status {
            400 | 401 | 403 => FaultKind::CredentialsRejected,
            _ => answer.fault_kind(),
        };
        return Err(fault(config, cx, &answer, kind, "BlackLine gives no access token"));
    }
    answer.access_token(cx.client.transport().monotonic(), TOKEN_LIFETIME)
}

/// The user's own document.
pub async fn user(config: &Config, cx: &Context<'_>, id: &str) -> Result<Value, Error> {
    let url = config
        .base
        .join(&config.paths.user.replace("{user_id}", &path_segment(id)));
    let answer = send(config, cx, &Call::get(url)).await?;
    let user: Value = match answer.status {
        // Reading one user is ordinary REST, and no source shows it: the search is what is shown. So a 404 may be the path's.
        404 => search(config, cx, &format!("id eq {id}"))
            .await
            .unwrap_or_default()
            .into_iter()
            .next()
            .ok_or_else(|| not_found(id))?,
        405 => search(config, cx, &format!("id eq {id}"))
            .await?
            .into_iter()
            .next()
            .ok_or_else(|| not_found(id))?,
        _ if answer.is_success() => answer.json("the user")?,
        _ => {
            return Err(fault(
                config,
                cx,
                &answer,
                answer.fault_kind(),
                "BlackLine refuses to read the user",
            )
            .into());
        }
    };
    if text(user.get("id")).as_deref() == Some(id) {
        Ok(user)
    } else {
        Err(answer
            .fault(FaultKind::BadAnswer, "BlackLine answered with another user")
            .into())
    }
}

/// Users by e-mail address. Quotes are doubled, as OData escapes them.
pub async fn users_by_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Vec<Value>, ProviderFault> {
    search(config, cx, &format!("email eq '{}'", email.replace('\'', "''"))).await
}

async fn search(config: &Config, cx: &Context<'_>, filter: &str) -> Result<Vec<Value>, ProviderFault> {
    list(
        config,
        cx,
        &config.paths.user_search.replace("{filter}", &path_segment(filter)),
        "the user",
    )
    .await
}

/// Every role: id and name.
pub async fn roles(config: &Config, cx: &Context<'_>) -> Result<Directory, ProviderFault> {
    list(config, cx, &config.paths.roles, "the roles")
        .await?
        .iter()
        .map(|row| {
            let id = text(row.get("id")).ok_or_else(|| unreadable("a role without id"))?;
            Ok((id, text(row.get("name"))))
        })
        .collect()
}

/// Id and name of what the user belongs to; `None` where the path is switched off, or cannot be read: it decides nothing.
pub async fn memberships(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    id: &str,
) -> Option<Vec<(String, Option<String>)>> {
    if path.is_empty() {
        return None;
    }
    let path = path.replace("{user_id}", &path_segment(id));
    let rows = list(config, cx, &path, "what the user belongs to").await.ok()?;
    rows.iter()
        .map(|row| Some((text(row.get("id"))?, text(row.get("name")))))
        .collect()
}

/// The user's pairs, by the first spelling of the path that exists. A wrong spelling answers 404 or 405; the user is known to exist.
pub async fn pairs(config: &Config, cx: &Context<'_>, id: &str) -> Result<Pairs, ProviderFault> {
    let mut last = None;
    for spelling in &config.paths.user_roles {
        let path = spelling.replace("{user_id}", &path_segment(id));
        match list(config, cx, &path, "the user's roles").await {
            Ok(rows) => {
                let pairs = rows.iter().map(|row| pair(config, row)).collect::<Result<_, _>>()?;
                return Ok(Pairs { rows, pairs, path });
            }
            Err(fault)
                if fault
                    .answer
                    .as_ref()
                    .is_some_and(|answer| matches!(answer.status, 404 | 405)) =>
            {
                last = Some(fault);
            }
            Err(fault) => return Err(fault),
        }
    }
    Err(last.map_or_else(
        || unreadable("no path"),
        |fault| ProviderFault {
            kind: FaultKind::BadAnswer,
            message: String::from("none of settings.paths.user_roles exists at this BlackLine"),
            ..fault
        },
    ))
}

/// A fault with what BlackLine says.
pub fn fault(config: &Config, cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    ProviderFault {
        retry_after: cx.client.retry_after(answer),
        ..answer.fault(kind, format!("{what} ({}): {}", answer.status, said(config, answer)))
    }
}

/// Whether an answer of 2xx carries the code of an error.
pub fn says_error(config: &Config, answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.is_object()
        && config
            .fields
            .error_code
            .iter()
            .any(|pointer| text(body.pointer(pointer)).is_some_and(|code| code != "0"))
}

/// The shape of errors is not confirmed: the common keys, else the text.
pub fn said(config: &Config, answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    config
        .fields
        .error_message
        .iter()
        .chain(&config.fields.error_code)
        .find_map(|pointer| text(body.pointer(pointer)))
        .unwrap_or_else(|| String::from_utf8_lossy(&answer.body).chars().take(200).collect())
}

/// Every page of a list; the next page only on the account's own host.
async fn list(config: &Config, cx: &Context<'_>, path: &str, what: &'static str) -> Result<Vec<Value>, ProviderFault> {
    let mut bound = PageBound::new(what, MOST_PAGES);
    let mut url = config.base.join(path);
    let mut rows: Vec<Value> = Vec::new();
    loop {
        bound.turn()?;
        let answer = send(config, cx, &Call::get(url)).await?;
        if !answer.is_success() {
            return Err(fault(
                config,
                cx,
                &answer,
                answer.fault_kind(),
                &format!("BlackLine refuses to read {what}"),
            ));
        }
        let document: Value = answer.json(what)?;
        let Some(Value::Array(page)) = document.pointer(&config.fields.list) else {
            return Err(answer.fault(
                FaultKind::BadAnswer,
                format!("BlackLine's answer has no list when reading {what}"),
            ));
        };
        let length = page.len();
        rows.extend(page.iter().cloned());
        let next = config
            .fields
            .next
            .iter()
            .filter_map(|pointer| document.pointer(pointer))
            .find(|next| !next.is_null() && next.as_str() != Some(""));
        let total = config
            .fields
            .total
            .iter()
            .find_map(|pointer| document.pointer(pointer)?.as_u64());
        match next {
            Some(next) => {
                let next = next.as_str().ok_or_else(|| {
                    answer.fault(FaultKind::BadAnswer, "BlackLine's link to the next page is not a text")
                })?;
                url = config
                    .base
                    .follow(next)
                    .ok_or_else(|| answer.fault(FaultKind::BadAnswer, "BlackLine's next page is on another host"))?;
            }
            None if total.is_some_and(|total| total > rows.len() as u64) => {
                return Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!("BlackLine's list of {what} has fewer rows than it says, and names no next page"),
                ));
            }
            // How a page is asked for is not confirmed, so that a full page may be a cut-off list.
            None if length > 0 && length == config.page_size => {
                return Err(answer.fault(
                    FaultKind::BadAnswer,
                    format!("BlackLine's list of {what} is exactly one page long and names no next page: it may be cut off (settings.page_size)"),
                ));
            }
            None => return Ok(rows),
        }
    }
}

fn pair(config: &Config, row: &Value) -> Result<Pair, ProviderFault> {
    let first = |pointers: &[String]| pointers.iter().find_map(|pointer| text(row.pointer(pointer)));
    // A row that cannot be read is no row that is absent.
    Ok(Pair {
        role_id: first(&config.fields.role_id)
            .ok_or_else(|| unreadable("a row without role id (settings.fields.role_id)"))?,
        role_name: first(&config.fields.role_name),
        product_id: first(&config.fields.product_id)
            .ok_or_else(|| unreadable("a row without product id (settings.fields.product_id)"))?,
        product_name: first(&config.fields.product_name),
    })
}

/// A text, or a number as text.
pub fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn unreadable(what: &str) -> ProviderFault {
    ProviderFault::new(
        FaultKind::BadAnswer,
        format!("BlackLine's answer is not as expected: {what}"),
    )
}

fn not_found(id: &str) -> Error {
    Error::UserNotFound {
        message: format!("BlackLine knows no user with the id `{id}`"),
    }
}
