//! BlackLine's requests: the session, lists, and what refusals say.

use std::{collections::HashSet, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;

use crate::{
    client::{Answer, CachedToken, Call, QueryBuilder, Repeat, paging::PageBound, send_with_token},
    error::{FaultKind, ProviderFault},
    provider::Context,
    secret::Secret,
    transport::Method,
};

use super::{
    config::{ClientAuth, Config, GrantType},
    documents::{self, Raw},
};

/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(1_800);
const MOST_PAGES: u32 = 1_000;
/// The page lengths that servers have where nobody asks for one. No source tells BlackLine's.
const USUAL_PAGES: [usize; 12] = [10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000];

/// How much a call matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// The operation needs it.
    Full,
    /// It decides nothing: one attempt, with the token that is there.
    Single,
}

/// Which list.
#[derive(Clone, Copy)]
pub struct List<'a> {
    /// For messages.
    pub what: &'static str,
    pub path: &'a str,
    pub filter: Option<&'a str>,
    /// The rows of a page, where they are asked for.
    pub page_size: Option<usize>,
    /// The most rows that one page without a next one had before: a shorter page is not cut off.
    pub longest: usize,
    pub effort: Effort,
}

/// What a list shows.
pub struct Rows {
    pub rows: Vec<Raw>,
    /// Why there may be more of them.
    pub doubt: Option<String>,
}

impl<'a> List<'a> {
    pub const fn new(config: &Config, what: &'static str, path: &'a str) -> Self {
        Self {
            what,
            path,
            filter: None,
            page_size: config.page_size,
            longest: 0,
            effort: Effort::Full,
        }
    }

    /// Returns true if one page may hold this many rows and no more.
    fn is_page(&self, rows: usize) -> bool {
        match self.page_size {
            Some(size) => rows == size,
            None => USUAL_PAGES.contains(&rows) && rows >= self.longest,
        }
    }
}

/// Sends a call with the account's token. An expired session is answered 401, or 400 with a documented text: neither was acted on.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call, effort: Effort) -> Result<Answer, ProviderFault> {
    if effort == Effort::Single {
        return send_once(config, cx, call).await;
    }
    let known = known_token(config, cx);
    let send = async || send_with_token(&cx.client, cx.caches, config.key(), call, async || token(config, cx).await).await;
    let answer = send().await?;
    match known {
        Some(token) if is_session_over(&answer) => {
            cx.caches.forget_token(config.key(), &token);
            send().await
        }
        _ => Ok(answer),
    }
}

async fn send_once(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
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

/// Source: integrators renew the token when they see this text; it was seen with status 400.
fn is_session_over(answer: &Answer) -> bool {
    answer.status == 400
        && String::from_utf8_lossy(&answer.body)
            .to_ascii_lowercase()
            .contains("authentication failed")
}

fn known_token(config: &Config, cx: &Context<'_>) -> Option<Secret> {
    cx.caches.token(config.key(), cx.client.transport().monotonic())
}

/// Gets a token, if there is none yet.
pub async fn sign_in(config: &Config, cx: &Context<'_>) -> Result<(), ProviderFault> {
    if known_token(config, cx).is_some() {
        return Ok(());
    }
    let transport = cx.client.transport();
    let end = transport
        .monotonic()
        .saturating_add(cx.client.deadline().left(transport));
    let Some(_turn) = cx.caches.turn(transport, end, config.key()).await else {
        return Err(ProviderFault::new(
            FaultKind::TimedOut,
            "the deadline passed before there was an access token",
        ));
    };
    if known_token(config, cx).is_none() {
        cx.caches.keep_token(config.key(), token(config, cx).await?);
    }
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
        let kind = match answer.status {
            400 | 401 | 403 => FaultKind::CredentialsRejected,
            _ => answer.fault_kind(),
        };
        let what = "BlackLine gives no access token";
        return Err(fault(config, cx, &answer, kind, what));
    }
    answer.access_token(cx.client.transport().monotonic(), TOKEN_LIFETIME)
}

/// Every row of a list. The next page must be on the account's own host.
///
/// # Errors
/// Besides a failed read, a list that contradicts itself: fewer or more rows than it says, a count that changes, or a row that
/// comes again on a later page, so that another one may have been skipped.
pub async fn rows(config: &Config, cx: &Context<'_>, list: List<'_>) -> Result<Rows, ProviderFault> {
    let mut bound = PageBound::new(list.what, MOST_PAGES);
    let mut url = config.base.join(
        &QueryBuilder::new()
            .maybe("pageSize", list.page_size.map(|size| size.to_string()).as_deref())
            .maybe("filter", list.filter)
            .on(list.path),
    );
    let mut rows: Vec<Raw> = Vec::new();
    let mut earlier: HashSet<String> = HashSet::new();
    let mut first_total = None;
    let mut is_first = true;
    loop {
        bound.turn()?;
        let answer = send(config, cx, &Call::get(url), list.effort).await?;
        let contradiction = |what: &str| {
            let message = format!("BlackLine's list {what} when reading {}", list.what);
            answer.fault(FaultKind::BadAnswer, message)
        };
        let document: Raw = document(config, cx, &answer, list.what)?;
        let page = documents::at(&document, &config.fields.list)
            .and_then(documents::rows)
            .ok_or_else(|| contradiction("is missing"))?;
        let total = total(config, &document).map_err(contradiction)?;
        if !is_first && total != first_total {
            return Err(contradiction("changes its count"));
        }
        if page.iter().any(|row| earlier.contains(row.get())) {
            return Err(contradiction("repeats a row of an earlier page"));
        }
        let next = next(config, &answer, &document)?;
        if next.is_some() {
            earlier.extend(page.iter().map(|row| row.get().to_owned()));
        }
        rows.extend(page);
        if let Some(next) = next {
            (url, is_first, first_total) = (next, false, total);
            continue;
        }
        if total.is_some_and(|total| usize::try_from(total) != Ok(rows.len())) {
            return Err(contradiction("has another number of rows than it says"));
        }
        // Where next pages are named, the page that names none is the last.
        let may_be_cut_off = is_first && total.is_none() && list.is_page(rows.len());
        let doubt = may_be_cut_off.then(|| {
            format!(
                "BlackLine's list of {} names no next page and is as long as one page, so that it may be cut off (settings.page_size)",
                list.what
            )
        });
        return Ok(Rows { rows, doubt });
    }
}

/// What an answer of 2xx holds, unless it is an error.
pub fn document<T: DeserializeOwned>(
    config: &Config,
    cx: &Context<'_>,
    answer: &Answer,
    what: &'static str,
) -> Result<T, ProviderFault> {
    let kind = if !answer.is_success() {
        kind_of(answer)
    } else if says_error(config, answer) {
        // An error may come with an empty list beside it.
        FaultKind::BadAnswer
    } else {
        return answer.json(what);
    };
    let message = format!("BlackLine refuses to read {what}");
    Err(fault(config, cx, answer, kind, &message))
}

fn next(config: &Config, answer: &Answer, document: &Raw) -> Result<Option<String>, ProviderFault> {
    let pointers = config.fields.next.iter();
    let Some(next) = pointers
        .filter_map(|pointer| documents::at(document, pointer))
        .find(|next| !matches!(next.get(), "null" | "\"\""))
    else {
        return Ok(None);
    };
    let next: String = serde_json::from_str(next.get())
        .map_err(|_| answer.fault(FaultKind::BadAnswer, "BlackLine's link to the next page is not a text"))?;
    let next = config.base.follow(&next);
    next.map(Some)
        .ok_or_else(|| answer.fault(FaultKind::BadAnswer, "BlackLine's next page is on another host"))
}

/// How many rows the list says that it has; an error if it says so in no number.
fn total(config: &Config, document: &Raw) -> Result<Option<u64>, &'static str> {
    let mut totals = config.fields.total.iter();
    let Some(total) = totals.find_map(|pointer| documents::at(document, pointer).filter(|total| total.get() != "null"))
    else {
        return Ok(None);
    };
    documents::number(total).map(Some).ok_or("has a count that is no number")
}

/// A fault with what BlackLine says.
pub fn fault(config: &Config, cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let message = error_message(config, answer);
    ProviderFault {
        retry_after: cx.client.retry_after(answer),
        ..answer.fault(kind, format!("{what} ({}): {message}", answer.status))
    }
}

/// The kind of fault that a refusal says.
pub fn kind_of(answer: &Answer) -> FaultKind {
    if is_session_over(answer) {
        FaultKind::CredentialsRejected
    } else {
        answer.fault_kind()
    }
}

/// Whether an answer of 2xx carries the code of an error.
pub fn says_error(config: &Config, answer: &Answer) -> bool {
    first_text(answer, &config.fields.error_code).is_some_and(|code| code != "0")
}

/// The shape of errors is not confirmed: the common keys, else the text.
pub fn error_message(config: &Config, answer: &Answer) -> String {
    first_text(answer, &config.fields.error_message)
        .or_else(|| first_text(answer, &config.fields.error_code))
        .unwrap_or_else(|| String::from_utf8_lossy(&answer.body).chars().take(200).collect())
}

fn first_text(answer: &Answer, pointers: &[String]) -> Option<String> {
    let body: Raw = serde_json::from_slice(&answer.body).ok()?;
    let mut pointers = pointers.iter();
    pointers.find_map(|pointer| documents::text(documents::at(&body, pointer)?))
}
