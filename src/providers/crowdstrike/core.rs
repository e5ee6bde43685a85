//! CrowdStrike's requests: the token, reads, and the meaning of an answer.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use serde_json::value::RawValue;

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder,
        lenient::{Row, Rows},
        paging::PageBound,
        send_with_token,
    },
    error::{FaultKind, ProviderFault},
    provider::Context,
    transport::Method,
};

use super::{cid::Cid, config::Config, documents::Envelope};

/// Trace ids come in this header, too.
pub const TRACE_HEADER: &str = "x-cs-traceid";

/// The region that an account belongs to.
const REGION_HEADER: &str = "x-cs-region";
/// Used if the token answer does not say how long the token lasts: below the documented 30 minutes.
const TOKEN_LIFETIME: Duration = Duration::from_mins(25);
/// CrowdStrike's own client waits at least this long after a rate limit (`CrowdStrike/psfalcon` issue 53).
const LEAST_PAUSE: Duration = Duration::from_secs(5);
/// Larger numbers of seconds are a moment.
const LONGEST_PAUSE: u64 = 24 * 3_600;
/// The largest page of a list of grants.
const PAGE: u64 = 500;
/// 100,000 grants of one user.
const MOST_PAGES: u32 = 200;
/// How often a list is read that contradicts itself: it may have changed between two pages.
const MOST_ATTEMPTS: u32 = 3;

/// One row of a list, as it came.
pub type RawRow = Row<Box<RawValue>>;

/// Whom a call knows. The newer calls also know external users, who are homed in a partner CID. Source: `CrowdStrike/falconpy`
/// 1.6.6 (`queryUserV2`, `retrieveUsersGETV2`, `CombinedUserRolesV3`, `userRolesActionV2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Internal,
    All,
}

impl Audience {
    pub const fn user_query(self) -> &'static str {
        match self {
            Self::Internal => "/user-management/queries/users/v1",
            Self::All => "/user-management/queries/users/v2",
        }
    }

    pub const fn users(self) -> &'static str {
        match self {
            Self::Internal => "/user-management/entities/users/GET/v1",
            Self::All => "/user-management/entities/users/GET/v2",
        }
    }

    pub const fn grants(self) -> &'static str {
        match self {
            Self::Internal => "/user-management/combined/user-roles/v2",
            Self::All => "/user-management/combined/user-roles/v3",
        }
    }

    pub const fn role_actions(self) -> &'static str {
        match self {
            Self::Internal => "/user-management/entities/user-role-actions/v1",
            Self::All => "/user-management/entities/user-role-actions/v2",
        }
    }
}

/// The rows of an answer.
pub struct Resources {
    pub rows: Vec<RawRow>,
    /// The rows of all pages together, by the provider's own count.
    pub total: Option<u64>,
}

/// How long a 429 asks to wait; never less than [`LEAST_PAUSE`]. `X-RateLimit-RetryAfter` is described as milliseconds since 1970
/// and parsed by the official clients as seconds since 1970; it may lie in the past, or have decimals.
pub fn rate_limit_pause(answer: &Answer, unix_now: Duration) -> Option<Duration> {
    if answer.status != 429 {
        return None;
    }
    let value = answer
        .header("x-ratelimit-retryafter")
        .or_else(|| answer.header("retry-after"));
    let asked = value.and_then(|value| pause(value.trim(), unix_now));
    Some(asked.unwrap_or_default().max(LEAST_PAUSE))
}

fn pause(value: &str, unix_now: Duration) -> Option<Duration> {
    let whole = value.split('.').next().unwrap_or_default();
    let number: u64 = whole.parse().ok()?;
    Some(match number {
        0..=LONGEST_PAUSE => Duration::from_secs(number),
        moment if moment > 100_000_000_000 => Duration::from_millis(moment).saturating_sub(unix_now),
        moment => Duration::from_secs(moment).saturating_sub(unix_now),
    })
}

/// Sends an API call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    send_with_token(&cx.client, cx.caches, config.key(), call, async || {
        fresh_token(config, cx).await
    })
    .await
}

async fn fresh_token(config: &Config, cx: &Context<'_>) -> Result<CachedToken, ProviderFault> {
    let form = QueryBuilder::new()
        .pair("client_id", &config.client_id)
        .pair("client_secret", config.client_secret.expose())
        .maybe("member_cid", config.member_cid.as_ref().map(Cid::as_str))
        .build();
    let call = Call::read(Method::Post, config.base.join("/oauth2/token"), Some(form.into_bytes()))
        .header("content-type", "application/x-www-form-urlencoded");
    let answer = cx.client.send(&call).await?;
    if !answer.is_success() {
        let said = envelope(&answer).map_or_else(String::new, |envelope| envelope.error_message());
        let kind = match answer.status {
            // An address that is not on the allow list gets a 403, too; a wrong secret gets another text.
            403 if said.contains("authorization failed") => FaultKind::Forbidden,
            400 | 401 | 403 => FaultKind::CredentialsRejected,
            status => FaultKind::of_status(status),
        };
        let message = format!("CrowdStrike gives no access token ({}): {said}", answer.status);
        return Err(fault(cx, &answer, kind, &message));
    }
    answer.access_token(cx.client.transport().monotonic(), TOKEN_LIFETIME)
}

/// The answer as the documented JSON; `None` for anything else.
pub fn envelope(answer: &Answer) -> Option<Envelope> {
    serde_json::from_slice::<Row<Envelope>>(&answer.body).ok()?.into_read()
}

/// The rows of a read. `what` is for messages.
///
/// # Errors
/// A refusal, also one inside a 200; an answer that is not the documented JSON or has no list.
pub async fn resources(config: &Config, cx: &Context<'_>, call: &Call, what: &str) -> Result<Resources, ProviderFault> {
    let answer = send(config, cx, call).await?;
    let envelope = envelope(&answer);
    if !answer.is_success() || envelope.as_ref().is_some_and(Envelope::has_errors) {
        let said = envelope.as_ref().map_or_else(String::new, Envelope::error_message);
        let message = format!("CrowdStrike refuses to read {what} ({}): {said}", answer.status);
        return Err(refusal(cx, &answer, envelope.as_ref(), &message));
    }
    let unreadable = || {
        answer.fault(
            FaultKind::BadAnswer,
            format!("CrowdStrike's answer is not the documented list of {what}"),
        )
    };
    let envelope = envelope.ok_or_else(unreadable)?;
    let total = envelope.total();
    // A list without rows may be written as null. A list that is missing proves nothing, unless the count says so.
    let rows = match envelope.resources {
        Rows::List(rows) => rows,
        Rows::Null => Vec::new(),
        Rows::Absent if total == Some(0) => Vec::new(),
        Rows::Absent | Rows::Unread(_) => return Err(unreadable()),
    };
    Ok(Resources { rows, total })
}

/// Every row of the list of grants in a CID (`None`: the CID in view).
pub async fn grants(
    config: &Config,
    cx: &Context<'_>,
    uuid: &str,
    cid: Option<&Cid>,
    audience: Audience,
) -> Result<Vec<RawRow>, ProviderFault> {
    let mut bound = PageBound::new("grants", MOST_PAGES);
    let mut contradiction = "";
    for _ in 0..MOST_ATTEMPTS {
        match grants_once(config, cx, uuid, cid, audience, &mut bound).await? {
            Ok(rows) => return Ok(rows),
            Err(why) => contradiction = why,
        }
    }
    Err(ProviderFault::new(
        FaultKind::BadAnswer,
        format!("CrowdStrike's list of grants {contradiction}"),
    ))
}

/// The inner error says why the list is not whole.
async fn grants_once(
    config: &Config,
    cx: &Context<'_>,
    uuid: &str,
    cid: Option<&Cid>,
    audience: Audience,
    bound: &mut PageBound,
) -> Result<Result<Vec<RawRow>, &'static str>, ProviderFault> {
    let mut rows: Vec<RawRow> = Vec::new();
    let mut total: Option<u64> = None;
    let mut offset: u64 = 0;
    loop {
        bound.turn()?;
        let path = QueryBuilder::new()
            .pair("user_uuid", uuid)
            .maybe("cid", cid.map(Cid::as_str))
            .pair("limit", &PAGE.to_string())
            .pair("offset", &offset.to_string())
            .on(audience.grants());
        let call = api(Call::get(config.base.join(&path)));
        let page = resources(config, cx, &call, "the grants").await?;
        if let (Some(before), Some(now)) = (total, page.total)
            && before != now
        {
            return Ok(Err("changed while it was read"));
        }
        total = total.or(page.total);
        let length = count(&page.rows);
        rows.extend(page.rows);
        let is_paged = offset > 0;
        // A provider that ignores the limit sends more rows than were asked for.
        offset = offset.saturating_add(PAGE.max(length));
        let is_over = length == 0 || total.is_some_and(|total| offset >= total || count(&rows) >= total);
        if !is_over {
            continue;
        }
        if total.is_some_and(|total| total != count(&rows)) {
            return Ok(Err("has another number of rows than it says"));
        }
        // A row that comes twice has moved between two pages, and another one was missed.
        if is_paged && repeats(&rows) {
            return Ok(Err("repeats a row"));
        }
        return Ok(Ok(rows));
    }
}

fn count<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}

fn repeats(rows: &[RawRow]) -> bool {
    let mut seen = HashSet::new();
    !rows.iter().filter_map(Row::read).all(|row| seen.insert(row.get()))
}

/// The code of a refusal: the status, or the code inside a 200.
pub fn code_of(answer: &Answer, envelope: Option<&Envelope>) -> u16 {
    if answer.is_success() {
        envelope.and_then(Envelope::error_code).unwrap_or(400)
    } else {
        answer.status
    }
}

/// The fault of a refusal, with the provider's own words.
pub fn refusal(cx: &Context<'_>, answer: &Answer, envelope: Option<&Envelope>, message: &str) -> ProviderFault {
    let code = code_of(answer, envelope);
    if code != 401 {
        return fault(cx, answer, FaultKind::of_status(code), message);
    }
    // Another region gives tokens, and then refuses them (`CrowdStrike/falconpy` issue 130).
    let region = answer
        .header(REGION_HEADER)
        .map_or_else(String::new, |region| format!(" (CrowdStrike names `{region}`)"));
    let message = format!("{message}; check that the account's region is right{region}");
    fault(cx, answer, FaultKind::CredentialsRejected, &message)
}

/// A fault with the provider's words, its trace id and how long it asks to wait.
fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, message: &str) -> ProviderFault {
    let mut words = answer.clone();
    words.body = without_resources(&answer.body).unwrap_or(words.body);
    let mut fault = words.fault(kind, message);
    if let Some(shown) = &mut fault.answer {
        shown.trace_id = answer.header(TRACE_HEADER).map(str::to_owned);
    }
    fault.retry_after = cx.client.retry_after(answer);
    fault
}

/// The body without the documents that may stand beside the errors; `None` if there are none.
fn without_resources(body: &[u8]) -> Option<Vec<u8>> {
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
    fields.remove("resources")?;
    serde_json::to_vec(&fields).ok()
}

/// `content-type` is required even if there is no body (`CrowdStrike/gofalcon`, `falcon/api_client.go`).
pub fn api(call: Call) -> Call {
    call.header("content-type", "application/json")
}

/// The documented refusal for a user that the call does not know.
pub fn is_unknown_user(fault: &ProviderFault) -> bool {
    fault.kind == FaultKind::Refused && fault.message.contains("invalid user uuid")
}

/// The documented 403 for a CID over which the credentials have no authority.
pub fn is_no_authority(fault: &ProviderFault) -> bool {
    let is_documented = |body: &str| {
        let envelope = serde_json::from_str::<Row<Envelope>>(body);
        envelope.is_ok_and(|envelope| envelope.read().is_some_and(Envelope::has_errors))
    };
    let answer = fault.answer.as_ref().filter(|answer| answer.status == 403);
    fault.kind == FaultKind::Forbidden && answer.is_some_and(|answer| is_documented(&answer.body))
}

/// The status of the provider's answer; `None` if there was none.
fn status_of(fault: &ProviderFault) -> Option<u16> {
    fault.answer.as_ref().map(|answer| answer.status)
}

/// A no to this one thing: nothing that passes, and nothing about the account as a whole.
pub const fn is_no(fault: &ProviderFault) -> bool {
    matches!(fault.kind, FaultKind::Forbidden | FaultKind::Refused)
}

/// The provider says that there is no such thing.
pub fn is_not_found(fault: &ProviderFault) -> bool {
    status_of(fault) == Some(404)
}
