//! CrowdStrike's requests: the token, reads, and the meaning of an answer.

use std::time::Duration;

use serde_json::{Value, value::RawValue};

use crate::{
    client::{
        Answer, Backoff, CachedToken, Call, QueryBuilder, Requested, TokenRequest, access_token,
        lenient::{Fields, FromJson, Row, Rows},
        paging::{Page, Repeats, by_offset},
        send_with_token,
    },
    error::{FaultKind, ProviderAnswer, ProviderFault},
    provider::Context,
};

use super::{
    cid::Cid,
    config::Config,
    documents::{Counted, Envelope, Errors, ListedGrant, error_code},
};

/// The region that an account belongs to.
const REGION_HEADER: &str = "x-cs-region";
/// Used if the token answer does not say how long the token lasts: below the documented 30 minutes.
const TOKEN_LIFETIME: Duration = Duration::from_mins(25);
/// The largest page of a list of grants.
const PAGE: u64 = 500;
/// How often a list is read that contradicts itself: it may have changed between two pages.
const MOST_ATTEMPTS: u32 = 3;

/// One row of a list, as it came.
pub type RawRow = Row<Box<RawValue>>;

/// Whom a call knows. The newer calls also know external users, who are homed in a partner CID. Source: `CrowdStrike/falconpy`
/// 1.6.6 (`queryUserV2`, `retrieveUsersGETV2`, `CombinedUserRolesV3`, `userRolesActionV2`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    #[default]
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
    pub counted: Counted,
}

/// The status that an answer means: a success may carry the code of an error, among the documented errors or in another place.
pub fn status_of(answer: &Answer) -> u16 {
    if answer.is_given() {
        return answer.status;
    }
    match meaning(answer.status, || answer.json("a call").ok()) {
        200..300 => answer.meaning(),
        status => status,
    }
}

/// A status, or that of the errors inside a success.
fn meaning(status: u16, errors: impl FnOnce() -> Option<Errors>) -> u16 {
    if !(200..300).contains(&status) {
        return status;
    }
    errors().and_then(|errors| error_code(&errors.errors)).unwrap_or(status)
}

/// Sends an API call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    send_with_token(&cx.client, cx.caches, config.key(), call, async || {
        fresh_token(config, cx).await
    })
    .await
}

/// Gets a token, if there is none yet: of several calls at once each would ask for one.
pub async fn sign_in(config: &Config, cx: &Context<'_>) -> Result<(), ProviderFault> {
    let fresh = async || fresh_token(config, cx).await;
    access_token(&cx.client, cx.caches, config.key(), &fresh).await?;
    Ok(())
}

async fn fresh_token(config: &Config, cx: &Context<'_>) -> Result<CachedToken, ProviderFault> {
    let form = QueryBuilder::new()
        .pair("client_id", &config.client_id)
        .pair("client_secret", config.client_secret.expose())
        .maybe("member_cid", config.member_cid.as_ref().map(Cid::as_str));
    let request = TokenRequest::of_form(config.base.join("/oauth2/token"), form, TOKEN_LIFETIME);
    let answer = match cx.client.request_token(request).await? {
        Requested::Token(token) => return Ok(token),
        Requested::Refused(answer) => answer,
    };
    let said = envelope(&answer).map_or_else(String::new, |envelope| envelope.error_message());
    let kind = match answer.status {
        // An address that is not on the allow list gets a 403, too; a wrong secret gets another text.
        403 if said.contains("authorization failed") => FaultKind::Forbidden,
        400 | 401 | 403 => FaultKind::CredentialsRejected,
        status => FaultKind::of_status(status),
    };
    let message = format!("CrowdStrike gives no access token ({}): {said}", answer.status);
    Err(fault(cx, &answer, kind, &message))
}

/// The answer as the documented JSON; `None` for anything else.
pub fn envelope(answer: &Answer) -> Option<Envelope> {
    answer.json("a call").ok()
}

/// Whether an answer of 2xx carries an error: the documented one, or what a gateway before the API says in its place.
pub fn says_error(answer: &Answer, envelope: Option<&Envelope>) -> bool {
    !answer.is_given() || envelope.is_some_and(Envelope::has_errors)
}

/// What the errors of an answer say, for people.
pub fn said(answer: &Answer, envelope: Option<&Envelope>) -> String {
    if answer.is_success() && !envelope.is_some_and(Envelope::has_errors) {
        return answer.excerpt();
    }
    envelope.map_or_else(String::new, Envelope::error_message)
}

/// The rows of a read. `what` is for messages.
///
/// # Errors
/// A refusal, also one inside a 200; an answer that is not the documented JSON or has no list.
pub async fn resources(config: &Config, cx: &Context<'_>, call: &Call, what: &str) -> Result<Resources, ProviderFault> {
    let answer = send(config, cx, call).await?;
    let envelope = envelope(&answer);
    if !answer.is_success() || says_error(&answer, envelope.as_ref()) {
        let said = said(&answer, envelope.as_ref());
        let message = format!("CrowdStrike refuses to read {what} ({}): {said}", answer.status);
        let refusal = refusal(cx, &answer, &message);
        return Err(match (refusal.kind, status_of(&answer)) {
            // An error that is none of the documented ones is no refusal.
            (FaultKind::Refused, 200..300) if !envelope.as_ref().is_some_and(Envelope::has_errors) => {
                refusal.with_kind(FaultKind::ServerError)
            }
            _ => refusal,
        });
    }
    let unreadable = || {
        answer.fault(
            FaultKind::BadAnswer,
            format!("CrowdStrike's answer is not the documented list of {what}"),
        )
    };
    let envelope = envelope.ok_or_else(unreadable)?;
    let counted = envelope.counted();
    // A list without rows may be written as null. A list that is missing proves nothing, unless the count says so.
    let rows = match envelope.resources {
        Rows::List(rows) => rows,
        Rows::Null => Vec::new(),
        Rows::Absent if counted == Counted::Rows(0) => Vec::new(),
        Rows::Absent | Rows::Unread(_) => return Err(unreadable()),
    };
    Ok(Resources { rows, counted })
}

/// Every row of the list of grants in a CID (`None`: the CID in view).
///
/// # Errors
/// What [`resources`] gives; [`FaultKind::BadAnswer`] for a list that keeps contradicting itself.
pub async fn grants(
    config: &Config,
    cx: &Context<'_>,
    uuid: &str,
    cid: Option<&Cid>,
    audience: Audience,
) -> Result<Vec<ListedGrant>, ProviderFault> {
    let page = |offset: u64| {
        let path = QueryBuilder::new()
            .pair("user_uuid", uuid)
            .maybe("cid", cid.map(Cid::as_str))
            .pair("limit", &PAGE.to_string())
            .pair("offset", &offset.to_string())
            .on(audience.grants());
        api(Call::get(config.base.join(&path)))
    };
    let mut attempts: u32 = 1;
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(1));
    loop {
        match grants_once(config, cx, &page).await {
            Err(fault) if fault.kind == FaultKind::BadAnswer && attempts < MOST_ATTEMPTS => {
                attempts = attempts.saturating_add(1);
                let transport = cx.client.transport();
                transport.sleep(backoff.wait(transport.random())).await;
            }
            read => return Ok(read?.into_iter().map(ListedGrant::of).collect()),
        }
    }
}

/// The pages of the list, by the calls for them.
async fn grants_once(
    config: &Config,
    cx: &Context<'_>,
    page: &dyn Fn(u64) -> Call,
) -> Result<Vec<RawRow>, ProviderFault> {
    let (mut repeats, mut has_repeated) = (Repeats::default(), false);
    let list = by_offset(&cx.client, "grants", PAGE, async |offset: u64| {
        let Resources { rows, counted } = resources(config, cx, &page(offset), "the grants").await?;
        // Where the count cannot be read, the list ends with an empty page.
        let total = counted.known();
        // A row that comes again has moved between two pages, and another one was missed. What is no object does not tell which row it is.
        let read = rows.iter().filter_map(Row::read).map(|row| row.get());
        has_repeated |= repeats.has_any(read.filter(|row| row.starts_with('{')));
        if rows.is_empty() && total.is_some_and(|total| total > offset) {
            return Err(contradiction("ends before its count"));
        }
        Ok::<_, ProviderFault>(Page {
            total,
            ..Page::new(rows)
        })
    })
    .await?;
    if !list.is_whole() {
        return Err(contradiction("has fewer rows than it counts"));
    }
    if has_repeated {
        return Err(contradiction("repeats a row"));
    }
    Ok(list.rows)
}

fn contradiction(what: &str) -> ProviderFault {
    ProviderFault::new(FaultKind::BadAnswer, format!("CrowdStrike's list of grants {what}"))
}

/// The fault of a refusal, also of one inside a 200, with the provider's own words.
pub fn refusal(cx: &Context<'_>, answer: &Answer, message: &str) -> ProviderFault {
    let kind = match status_of(answer) {
        // Errors without a code.
        200..300 => FaultKind::Refused,
        status => FaultKind::of_status(status),
    };
    if kind != FaultKind::CredentialsRejected {
        return fault(cx, answer, kind, message);
    }
    // Another region gives tokens, and then refuses them (`CrowdStrike/falconpy` issue 130).
    let region = answer
        .label(REGION_HEADER)
        .map_or_else(String::new, |region| format!(" (CrowdStrike names `{region}`)"));
    let message = format!("{message}; check that the account's region is right{region}");
    fault(cx, answer, kind, &message)
}

/// A fault with the provider's words, but without the documents that may stand beside them.
fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, message: &str) -> ProviderFault {
    let mut words = answer.error_only();
    if let Some(body) = without_resources(&words.text()) {
        words.body = body.into_bytes();
    }
    cx.client.fault(&words, kind, message)
}

/// The body without the documents that may stand beside the errors; `None` if there are none.
fn without_resources(body: &str) -> Option<String> {
    let fields = Fields::of(body).ok()?;
    let is_beside = |(key, _): &(&str, &RawValue)| *key != "resources";
    if fields.iter().all(|field| is_beside(&field)) {
        return None;
    }
    let beside = fields.iter().filter(is_beside);
    let beside: Vec<String> = beside
        .map(|(key, value)| format!("{}:{value}", Value::from(key)))
        .collect();
    Some(format!("{{{}}}", beside.join(",")))
}

/// `content-type` is required even if there is no body (`CrowdStrike/gofalcon`, `falcon/api_client.go`).
pub fn api(call: Call) -> Call {
    call.header("content-type", "application/json")
}

/// The documented refusal for a user that the call does not know.
pub fn is_unknown_user(fault: &ProviderFault) -> bool {
    let is_400 = |answer: &ProviderAnswer| meaning(answer.status, || Errors::from_text(&answer.body).ok()) == 400;
    fault.kind == FaultKind::Refused
        && fault.answer.as_ref().is_some_and(is_400)
        && fault.message.contains("invalid user uuid")
}

/// What CrowdStrike says where the credentials have no authority. Source: issues of `CrowdStrike/psfalcon` and `CrowdStrike/falconpy`.
const NO_AUTHORITY: &str = "access denied, authorization failed";

/// The documented 403 for a CID over which the credentials have no authority. Another 403, or one whose errors say something else as
/// well, is none: what it is about cannot be told.
pub fn is_no_authority(fault: &ProviderFault) -> bool {
    let answer = fault.answer.as_ref().filter(|answer| answer.status == 403);
    let is_documented = |body: &str| match Errors::from_text(body).map(|document| document.errors) {
        Ok(Rows::List(errors)) if !errors.is_empty() => errors.iter().all(|row| {
            row.read().is_some_and(|error| {
                let says_so = |message: &str| message.trim().eq_ignore_ascii_case(NO_AUTHORITY);
                error.code.as_u64() == Some(403) && error.message.as_str().is_some_and(says_so)
            })
        }),
        _ => false,
    };
    fault.kind == FaultKind::Forbidden && answer.is_some_and(|answer| is_documented(&answer.body))
}

/// A no to this one thing: nothing that passes, and nothing about the account as a whole.
pub fn is_no(fault: &ProviderFault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused
    )
}
