//! BlackLine's requests: the session, lists, and what refusals say.

use std::{cell::Cell, time::Duration};

use serde_json::value::RawValue;

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder, Repeat, Requested, TokenRequest, access_token, basic,
        lenient::FromJson,
        paging::{self, Page, Repeats},
        send_with_token,
    },
    error::{FaultKind, ProviderFault},
    provider::Context,
};

use super::{
    config::{ClientAuth, Config, GrantType},
    documents::{self, Raw},
};

/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(1_800);
/// The page lengths that servers have where nobody asks for one. No source tells BlackLine's.
const USUAL_PAGES: [usize; 12] = [10, 20, 25, 50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000];

/// Pages of a list that decides nothing: the others need theirs.
const MOST_PAGES_ASIDE: usize = 20;

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
    /// How many of them the one page had that there was; 0 where there were several.
    pub page: usize,
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

/// Sends a call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call, effort: Effort) -> Result<Answer, ProviderFault> {
    if effort == Effort::Full {
        return send_with_token(&cx.client, cx.caches, config.key(), call, async || {
            token(config, cx).await
        })
        .await;
    }
    let known = cx.caches.token(config.key(), cx.client.transport().monotonic());
    let token = known.ok_or_else(|| ProviderFault::new(FaultKind::Unreachable, "there is no access token"))?;
    let call = Call {
        repeat: Repeat::Reread,
        ..call.clone()
    };
    cx.client
        .send_authorized(&call, ("authorization", "Bearer", &token))
        .await
}

/// The status that an answer means: a success may carry the code of an error. An expired session is 401, or 400 with a text that
/// integrators renew the token for.
pub fn status_of(error_codes: &[String], answer: &Answer) -> u16 {
    let status = code_inside(error_codes, answer).unwrap_or_else(|| answer.meaning());
    let says_so = || {
        let text = answer.text().to_ascii_lowercase();
        text.contains("authentication failed")
    };
    if status == 400 && says_so() { 401 } else { status }
}

/// The status inside an answer of 2xx. A code that is none of HTTP's says only that there was an error.
fn code_inside(error_codes: &[String], answer: &Answer) -> Option<u16> {
    if !answer.is_success() || answer.body.is_empty() {
        return None;
    }
    let body: Raw = answer.json("a call").ok()?;
    let codes = values(&body, error_codes).filter_map(documents::number);
    let mut codes = codes.filter_map(|code| u16::try_from(code).ok());
    codes.find(|code| (400..600).contains(code))
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
    let kind = match answer.status {
        400 | 401 | 403 => FaultKind::CredentialsRejected,
        _ => answer.fault_kind(),
    };
    Err(fault(config, cx, &answer, kind, "BlackLine gives no access token"))
}

/// Every row of a list. The next page must be on the account's own host.
///
/// # Errors
/// Besides a failed read, a list that contradicts itself: fewer or more rows than it says, a count that changes, or a row that
/// comes again on a later page, so that another one may have been skipped.
pub async fn rows(config: &Config, cx: &Context<'_>, list: List<'_>) -> Result<Rows, ProviderFault> {
    let contradiction = |what: &str| {
        let message = format!("BlackLine's list {what} when reading {}", list.what);
        ProviderFault::new(FaultKind::BadAnswer, message)
    };
    let first = QueryBuilder::new()
        .maybe("pageSize", list.page_size.map(|size| size.to_string()).as_deref())
        .maybe("filter", list.filter)
        .on(list.path);
    let pages = Cell::new(0_usize);
    let (mut repeats, mut has_repeated) = (Repeats::default(), false);
    let read = paging::by_link(
        &cx.client,
        &config.base,
        list.what,
        config.base.join(&first),
        async |url: &str| {
            pages.set(pages.get().saturating_add(1));
            let call = match list.effort {
                Effort::Full => Call::get(url),
                Effort::Single if pages.get() > MOST_PAGES_ASIDE => return Err(contradiction("is too long")),
                Effort::Single => Call::get(url).aside(),
            };
            let answer = send(config, cx, &call, list.effort).await?;
            let document: Raw = document(config, cx, &answer, list.what)?;
            let rows = documents::at(&document, &config.fields.list).ok().flatten();
            let rows = rows
                .and_then(documents::rows)
                .ok_or_else(|| contradiction("is missing or stands there twice"))?;
            // What is no object does not tell which row it is: it may be another one.
            let objects = rows.iter().map(|row| row.get()).filter(|row| row.starts_with('{'));
            has_repeated |= repeats.has_any(objects);
            Ok::<_, ProviderFault>(Page {
                rows,
                total: total(config, &document).map_err(contradiction)?,
                next: next(config, &document).map_err(contradiction)?,
            })
        },
    )
    .await?;
    if !read.is_whole() {
        return Err(contradiction("has fewer rows than it says"));
    }
    if has_repeated {
        return Err(contradiction("shows a row on two pages"));
    }
    let is_one_page = pages.get() == 1;
    // Where next pages are named, the page that names none is the last.
    let may_be_cut_off = is_one_page && read.total.is_none() && list.is_page(read.rows.len());
    let doubt = may_be_cut_off.then(|| {
        format!(
            "BlackLine's list of {} names no next page and is as long as one page, so that it may be cut off (settings.page_size)",
            list.what
        )
    });
    Ok(Rows {
        page: if is_one_page { read.rows.len() } else { 0 },
        rows: read.rows,
        doubt,
    })
}

/// What an answer of 2xx holds, unless it is an error.
pub fn document<T: FromJson>(
    config: &Config,
    cx: &Context<'_>,
    answer: &Answer,
    what: &'static str,
) -> Result<T, ProviderFault> {
    // An error may come with an empty list beside it.
    if answer.is_success() && !says_error(config, answer) {
        return answer.json(what);
    }
    let said = error_message(config, answer);
    let message = format!("BlackLine refuses to read {what} ({}): {said}", answer.status);
    Err(cx.client.fault(&answer.error_only(), kind_of(cx, answer), message))
}

/// The link to the next page; an error if it is no text.
fn next(config: &Config, document: &Raw) -> Result<Option<String>, &'static str> {
    let links = stated(document, &config.fields.next)?;
    let mut links = links.into_iter().filter(|link| link.get() != "\"\"");
    let next = links.next().map(String::from_json);
    next.transpose()
        .map_err(|_| "has a link to the next page that is no text")
}

/// How many rows the list says that it has; an error if it says so in no number.
fn total(config: &Config, document: &Raw) -> Result<Option<u64>, &'static str> {
    let mut known = None;
    for total in stated(document, &config.fields.total)? {
        let total = documents::number(total).ok_or("has a count that is no number")?;
        if known.replace(total).is_some_and(|before| before != total) {
            return Err("has two counts that contradict each other");
        }
    }
    Ok(known)
}

/// The values that the pointers lead to, without `null`; an error if one stands there twice, since which of them counts cannot be told.
fn stated<'a>(document: &'a Raw, pointers: &[String]) -> Result<Vec<&'a RawValue>, &'static str> {
    let mut values = Vec::new();
    for pointer in pointers {
        let value = documents::at(document, pointer).map_err(|_| "has a key twice")?;
        values.extend(value.filter(|value| value.get() != "null"));
    }
    Ok(values)
}

/// A fault with what BlackLine says.
pub fn fault(config: &Config, cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let message = error_message(config, answer);
    cx.client
        .fault(answer, kind, format!("{what} ({}): {message}", answer.status))
}

/// The kind of fault that a refusal says, also one inside a success.
pub fn kind_of(cx: &Context<'_>, answer: &Answer) -> FaultKind {
    FaultKind::of_status(cx.client.status_of(answer))
}

/// Whether an answer of 2xx carries an error, or its code.
pub fn says_error(config: &Config, answer: &Answer) -> bool {
    !answer.is_given() || has_error_code(answer, &config.fields.error_code)
}

/// A code of 0 or of a success says that there is no error.
fn has_error_code(answer: &Answer, pointers: &[String]) -> bool {
    let Ok(body) = answer.json::<Raw>("a call") else {
        return false;
    };
    let mut codes = values(&body, pointers).filter(|code| documents::text(code).is_some());
    codes.any(|code| !matches!(documents::number(code), Some(0 | 200..300)))
}

/// The shape of errors is not confirmed: the common keys, else the text.
pub fn error_message(config: &Config, answer: &Answer) -> String {
    first_text(answer, &config.fields.error_message)
        .or_else(|| first_text(answer, &config.fields.error_code))
        .unwrap_or_else(|| answer.excerpt())
}

fn first_text(answer: &Answer, pointers: &[String]) -> Option<String> {
    let body: Raw = answer.json("a call").ok()?;
    values(&body, pointers).find_map(documents::text)
}

/// What the pointers lead to; nothing where a key on the way stands there twice.
fn values<'a>(body: &'a Raw, pointers: &'a [String]) -> impl Iterator<Item = &'a RawValue> {
    pointers
        .iter()
        .filter_map(|pointer| documents::at(body, pointer).ok().flatten())
}
