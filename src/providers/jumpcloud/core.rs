//! JumpCloud's requests and what their answers say.

use std::{collections::HashMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder, Repeat, Requested, TokenRequest, basic, lenient::Number, path_segment,
        send_with_token,
    },
    error::{FaultKind, ProviderAnswer, ProviderFault},
    provider::Context,
    transport::Method,
};

use super::{
    config::{Access, Config},
    documents::{Administrator, Listed, id_of},
    mapping,
};

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
        _ => Err(refused_to_read(config, cx, &answer, what)),
    }
}

/// The administrator whose API key the account uses, or `None` where JumpCloud does not tell (401, 403, 404: a service account's
/// key). Source: `TheJumpCloud/support` (`Set-JCOrganization`).
pub async fn key_owner(config: &Config, cx: &Context<'_>) -> Result<Option<Administrator>, ProviderFault> {
    let what = "the owner of the API key";
    let answer = send(config, cx, &get(config, "/api/users/getSelf")).await?;
    match answer.status {
        401 | 403 | 404 => Ok(None),
        _ if answer.is_success() => {
            let document: Value = answer.json(what)?;
            let owner = Administrator::of(&document);
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
pub fn refused_to_read(config: &Config, cx: &Context<'_>, answer: &Answer, what: &str) -> ProviderFault {
    let mut fault = fault(
        cx,
        answer,
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

/// The rows of a list, as far as they were shown.
#[derive(Debug)]
pub struct List<T> {
    /// Each once.
    pub rows: Vec<T>,
    /// Rows that could not be read, cut.
    pub unread: Vec<String>,
    pub extent: Extent,
}

/// How much of a list was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// So many rows that JumpCloud counts are not in it: rows that the caller may not see, or of what was deleted.
    Lacks(u64),
    /// Its counts do not say: why.
    Unclear(&'static str),
}

/// What a list says about its own length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// `totalCount` always: the lists of V1.
    Always,
    /// `totalCount`, `x-total-count` or nothing at all: the lists of V2. One without a count ends with an empty page.
    Perhaps,
}

/// The largest page.
const PAGE: u64 = 100;
/// Pages that may be empty one after the other before the count.
const MOST_EMPTY: u32 = 3;
/// Bytes of a row that are kept where it cannot be read.
const UNREAD_LIMIT: usize = 256;

/// Every row of a list. A short page is not its end: JumpCloud leaves out rows that the caller may not see. Source:
/// `TheJumpCloud/support` (issues 239 and 369).
///
/// # Errors
/// A page could not be read, or is no list.
pub async fn list<T: Listed>(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    count: Count,
    what: &'static str,
) -> Result<List<T>, ProviderFault> {
    let mut pages = Pages::default();
    let (mut skip, mut empty) = (0_u64, 0_u32);
    loop {
        cx.client.budget().page(what)?;
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = format!("{path}{separator}limit={PAGE}&skip={skip}");
        let answer = send(config, cx, &get(config, &page)).await?;
        if !answer.is_success() {
            return Err(refused_to_read(config, cx, &answer, what));
        }
        let (rows, counted) = page_of(&answer, what)?;
        if counted == Counted::Nothing && count == Count::Always {
            return Err(answer.fault(
                FaultKind::BadAnswer,
                format!("JumpCloud's list of {what} does not say how many there are"),
            ));
        }
        empty = if rows.is_empty() { empty.saturating_add(1) } else { 0 };
        skip = skip.saturating_add(PAGE);
        let is_last = match counted {
            Counted::Rows(total) => skip >= total || empty >= MOST_EMPTY,
            Counted::Nothing | Counted::Unreadable => rows.is_empty(),
        };
        pages.add(rows, counted);
        if is_last {
            return Ok(pages.list());
        }
    }
}

/// What a page says about the length of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Rows(u64),
    Nothing,
    Unreadable,
}

/// The rows of one page, and the count of the whole list.
fn page_of(answer: &Answer, what: &str) -> Result<(Vec<Value>, Counted), ProviderFault> {
    let in_header = match answer.header("x-total-count") {
        None => Counted::Nothing,
        Some(text) => text.trim().parse().map_or(Counted::Unreadable, Counted::Rows),
    };
    let no_list = || {
        answer.fault(
            FaultKind::BadAnswer,
            format!("JumpCloud's answer has no list when reading {what}"),
        )
    };
    let mut document = match answer.json(what)? {
        Value::Array(rows) => return Ok((rows, in_header)),
        Value::Object(document) => document,
        _ => return Err(no_list()),
    };
    let rows = match document.remove("results") {
        Some(Value::Array(rows)) => rows,
        Some(Value::Null) => Vec::new(),
        _ => return Err(no_list()),
    };
    let total = document.remove("totalCount").unwrap_or_default();
    let total = Number::deserialize(total).unwrap_or_default();
    let in_body = match total.as_u64() {
        Some(total) => Counted::Rows(total),
        None if total.is_absent() => Counted::Nothing,
        None => Counted::Unreadable,
    };
    let counted = match (in_body, in_header) {
        (Counted::Nothing, counted) | (counted, Counted::Nothing) => counted,
        (body, header) if body == header => body,
        _ => Counted::Unreadable,
    };
    Ok((rows, counted))
}

/// The pages of a list that were read so far.
struct Pages<T> {
    rows: Vec<T>,
    unread: Vec<String>,
    known: HashMap<String, usize>,
    counted: Option<Counted>,
    fault: Option<&'static str>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            unread: Vec::new(),
            known: HashMap::new(),
            counted: None,
            fault: None,
        }
    }
}

impl<T: Listed> Pages<T> {
    fn add(&mut self, rows: Vec<Value>, counted: Counted) {
        if counted == Counted::Unreadable {
            self.fault = Some("its count cannot be read");
        }
        if self.counted.replace(counted).is_some_and(|before| before != counted) {
            self.fault = Some("its count changed while it was read");
        }
        for row in rows {
            let Some(read) = T::of(&row) else {
                self.unread.push(cut(&row));
                continue;
            };
            let next = self.rows.len();
            let position = *self.known.entry(read.key()).or_insert(next);
            if position == next {
                self.rows.push(read);
            } else if self.rows.get(position).is_some_and(|known| *known != read) {
                // Two rows of one key that say different things: neither can be relied on.
                self.unread.push(cut(&row));
            }
        }
    }

    fn list(self) -> List<T> {
        let length = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        let (read, unread) = (length(self.rows.len()), length(self.unread.len()));
        let extent = match (self.fault, self.counted) {
            (Some(why), _) => Extent::Unclear(why),
            (None, Some(Counted::Rows(total))) if read > total => Extent::Unclear("it has more rows than it counts"),
            (None, Some(Counted::Rows(total))) => match total.saturating_sub(read.saturating_add(unread)) {
                0 => Extent::Whole,
                hidden => Extent::Lacks(hidden),
            },
            (None, _) => Extent::Whole,
        };
        List {
            rows: self.rows,
            unread: self.unread,
            extent,
        }
    }
}

impl<T> List<T> {
    /// Why something may be missing, for people.
    pub fn gap(&self, what: &str) -> Option<String> {
        match &self.extent {
            Extent::Unclear(why) => Some(format!("JumpCloud's list of {what} cannot be relied on: {why}")),
            Extent::Lacks(hidden) => Some(format!(
                "JumpCloud counts {hidden} more in the list of {what} than it shows"
            )),
            Extent::Whole if !self.unread.is_empty() => Some(format!(
                "{} rows in JumpCloud's list of {what} cannot be read",
                self.unread.len()
            )),
            Extent::Whole => None,
        }
    }
}

fn cut(row: &Value) -> String {
    let mut text = row.to_string();
    text.truncate(text.floor_char_boundary(UNREAD_LIMIT));
    text
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
