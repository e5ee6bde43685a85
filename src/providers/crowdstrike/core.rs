//! CrowdStrike's requests: token, reads with paging, and what their answers say.

use std::{collections::BTreeSet, time::Duration};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    client::{Answer, CachedToken, Call, QueryBuilder, send_with_token},
    error::{Error, FaultKind, ProviderFault},
    provider::Context,
    transport::Method,
};

use super::{
    cid::Cid,
    config::Config,
    documents::{Envelope, Errors, GrantRow, Ids, Role, User},
};

/// Trace ids come in this header too.
pub const TRACE_HEADER: &str = "x-cs-traceid";

/// The largest page that `combined/user-roles/v2` gives.
const PAGE: usize = 500;
/// Role ids in one directory request; 5,000 is the documented most.
const ROLES_AT_ONCE: usize = 1_000;
/// Used when the token answer does not say how long it is good for: below the 30 minutes that are documented.
const TOKEN_LIFETIME: Duration = Duration::from_mins(25);

/// The status that an answer means: a success may carry the code of an error.
pub fn status_of(answer: &Answer) -> u16 {
    if !answer.is_success() {
        return answer.status;
    }
    let errors = serde_json::from_slice::<Errors>(&answer.body).map(|envelope| envelope.errors);
    let codes = errors.ok().flatten().unwrap_or_default();
    let mut codes = codes
        .iter()
        .filter_map(|error| u16::try_from(error.code.as_u64()?).ok());
    codes.find(|code| (400..600).contains(code)).unwrap_or(answer.status)
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
        let said = said(&answer);
        let kind = match answer.status {
            // An address that is not on the allow list gets 403 too; a wrong secret has another text.
            403 if said.contains("authorization failed") => FaultKind::Forbidden,
            400 | 401 | 403 => FaultKind::CredentialsRejected,
            _ => answer.fault_kind(),
        };
        return Err(fault(
            cx,
            &answer,
            kind,
            format!("CrowdStrike gives no access token ({}): {said}", answer.status),
        ));
    }
    answer.access_token(cx.client.transport().monotonic(), TOKEN_LIFETIME)
}

/// The user's own document, raw and parsed.
pub async fn user(config: &Config, cx: &Context<'_>, uuid: &str) -> Result<(String, User), Error> {
    let body = serde_json::to_vec(&Ids { ids: &[uuid] }).unwrap_or_default();
    let call = api(Call::read(
        Method::Post,
        config.base.join("/user-management/entities/users/GET/v1"),
        Some(body),
    ));
    let resources = resources(config, cx, &call, "the user").await?.0;
    let mut found = None;
    for raw in resources {
        let user: User = parse(&raw, "the user")?;
        if user.uuid == uuid {
            found = Some((raw.get().to_owned(), user));
        }
    }
    found.ok_or_else(|| not_found(uuid))
}

/// The uuids of users with that login.
pub async fn users_by_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Vec<String>, Error> {
    let escaped = email.to_lowercase().replace('\\', "\\\\").replace('\'', "\\'");
    let path = QueryBuilder::new()
        .pair("filter", &format!("uid:'{escaped}'"))
        .pair("limit", "10")
        .on("/user-management/queries/users/v1");
    let call = api(Call::get(config.base.join(&path)));
    let resources = resources(config, cx, &call, "the user by e-mail").await?.0;
    resources
        .iter()
        .map(|raw| parse(raw, "the user by e-mail").map_err(Error::from))
        .collect()
}

/// Every grant that is shown in a CID (`None`: the CID in view), all pages; the rows raw and parsed.
pub async fn grants(
    config: &Config,
    cx: &Context<'_>,
    uuid: &str,
    cid: Option<&Cid>,
) -> Result<Vec<(Box<RawValue>, GrantRow)>, Error> {
    let mut rows: Vec<(Box<RawValue>, GrantRow)> = Vec::new();
    loop {
        cx.client.budget().page("grants")?;
        let path = QueryBuilder::new()
            .pair("user_uuid", uuid)
            .maybe("cid", cid.map(Cid::as_str))
            .pair("limit", &PAGE.to_string())
            .pair("offset", &rows.len().to_string())
            .on("/user-management/combined/user-roles/v2");
        let call = api(Call::get(config.base.join(&path)));
        let (page, total) = match resources(config, cx, &call, "the grants").await {
            // The documented answer for a uuid that is unknown. Another CID's no is that CID's alone.
            Err(fault) if cid.is_none() && fault.message.contains("invalid user uuid") => return Err(not_found(uuid)),
            other => other?,
        };
        let length = page.len();
        for raw in page {
            let row: GrantRow = parse(&raw, "the grants")?;
            if row.uuid.as_deref().is_some_and(|owner| owner != uuid) {
                return Err(
                    ProviderFault::new(FaultKind::BadAnswer, "the list of grants has a row of another user").into(),
                );
            }
            rows.push((raw, row));
        }
        let read = rows.len() as u64;
        match total {
            Some(total) if read < total && length > 0 => {}
            Some(total) if read == total => return Ok(rows),
            Some(total) => {
                return Err(ProviderFault::new(
                    FaultKind::BadAnswer,
                    format!("the list of grants has {read} rows and says that it has {total}"),
                )
                .into());
            }
            None if length < PAGE => return Ok(rows),
            None => {}
        }
    }
}

/// All roles that exist in a CID: what is not among them does not exist there. The list of ids has no paging, and must never be asked for with a user: it would then show the
/// roles that are available to the user and not those that are held (`CrowdStrike/psfalcon` issues 313 and 365).
pub async fn roles(config: &Config, cx: &Context<'_>, cid: &Cid) -> Result<Vec<Role>, Error> {
    let path = QueryBuilder::new()
        .pair("cid", cid.as_str())
        .on("/user-management/queries/roles/v1");
    let call = api(Call::get(config.base.join(&path)));
    let ids = resources(config, cx, &call, "the role ids").await?.0;
    let ids = ids
        .iter()
        .map(|raw| parse(raw, "the role ids"))
        .collect::<Result<Vec<String>, _>>()?;
    // Every CID has the default roles.
    if ids.is_empty() {
        return Err(incomplete(cid, "is empty"));
    }
    let mut roles: Vec<Role> = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(ROLES_AT_ONCE) {
        let chunk: Vec<&str> = chunk.iter().map(String::as_str).collect();
        let body = serde_json::to_vec(&Ids { ids: &chunk }).unwrap_or_default();
        let path = QueryBuilder::new()
            .pair("cid", cid.as_str())
            .on("/user-management/entities/roles/GET/v2");
        let call = api(Call::read(Method::Post, config.base.join(&path), Some(body)));
        for raw in resources(config, cx, &call, "the roles").await?.0 {
            roles.push(parse(&raw, "the roles")?);
        }
    }
    let described: BTreeSet<&str> = roles.iter().map(|role| role.id.as_str()).collect();
    if ids.iter().any(|id| !described.contains(id.as_str())) {
        return Err(incomplete(cid, "does not describe every role that it names"));
    }
    Ok(roles)
}

fn incomplete(cid: &Cid, what: &str) -> Error {
    ProviderFault::new(
        FaultKind::BadAnswer,
        format!("CrowdStrike's directory of roles in the CID {cid} {what}"),
    )
    .into()
}

/// `content-type` is required even where there is no body (`CrowdStrike/gofalcon`, `falcon/api_client.go`).
pub fn api(call: Call) -> Call {
    call.header("content-type", "application/json")
}

/// A fault with the provider's answer, its trace id and how long it asks to wait.
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, message: String) -> ProviderFault {
    cx.client.fault(answer, kind, message)
}

/// The messages of an answer's `errors`, or a word for none.
pub fn said(answer: &Answer) -> String {
    let messages: Vec<String> = serde_json::from_slice::<Envelope>(&answer.body)
        .ok()
        .and_then(|envelope| envelope.errors)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|error| error.message)
        .collect();
    if messages.is_empty() {
        String::from("no message")
    } else {
        messages.join("; ")
    }
}

/// Whether an answer carries errors: a 200 can.
pub fn has_errors(envelope: &Envelope) -> bool {
    envelope.errors.as_ref().is_some_and(|errors| !errors.is_empty())
}

async fn resources(
    config: &Config,
    cx: &Context<'_>,
    call: &Call,
    what: &str,
) -> Result<(Vec<Box<RawValue>>, Option<u64>), ProviderFault> {
    let answer = send(config, cx, call).await?;
    if !answer.is_success() {
        let message = format!(
            "CrowdStrike refuses to read {what} ({}): {}",
            answer.status,
            said(&answer)
        );
        return Err(fault(cx, &answer, answer.fault_kind(), message));
    }
    let envelope: Envelope = answer.json(what)?;
    if has_errors(&envelope) {
        let message = format!(
            "CrowdStrike reports errors inside a success when reading {what}: {}",
            said(&answer)
        );
        let kind = match cx.client.status_of(&answer) {
            400.. => FaultKind::of_status(cx.client.status_of(&answer)),
            _ => FaultKind::Refused,
        };
        return Err(fault(cx, &answer, kind, message));
    }
    let total = envelope
        .meta
        .and_then(|meta| meta.pagination)
        .and_then(|pagination| pagination.total);
    match envelope.resources {
        Some(resources) => Ok((resources, total)),
        // An empty list may be written as null; a list that is missing without a word proves nothing.
        None if total == Some(0) => Ok((Vec::new(), total)),
        None => Err(fault(
            cx,
            &answer,
            FaultKind::BadAnswer,
            format!("CrowdStrike's answer has no resources when reading {what}"),
        )),
    }
}

fn parse<T: DeserializeOwned>(raw: &RawValue, what: &str) -> Result<T, ProviderFault> {
    serde_json::from_str(raw.get()).map_err(|_| {
        ProviderFault::new(
            FaultKind::BadAnswer,
            format!("a row in CrowdStrike's answer is not documented when reading {what}"),
        )
    })
}

fn not_found(uuid: &str) -> Error {
    Error::UserNotFound {
        message: format!("CrowdStrike knows no user with the uuid `{uuid}`"),
    }
}
