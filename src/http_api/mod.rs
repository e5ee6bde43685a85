//! The HTTP face: `POST /unified/user-directory/users/unassign-role` as a function from request to answer. It imports no WASI.

mod answer;
mod audit;
mod auth;
mod body;
mod bounded;
mod check;
mod config;
mod discovery;
mod envelope;
mod host;
mod names;
mod normalized;
mod parameters;
mod query;
mod remote;
mod route;
mod secret_name;
mod streamed;
mod table;
#[cfg(test)]
mod tests;

pub use self::{
    auth::token_digest,
    check::{Checkup, check_accounts, check_tokens},
    host::{BODY_LIMIT, BodyBuffer, ClientGone, Host, Inbound, InboundBody, Responder, Setting},
    secret_name::{environment_variable, spin_variable},
    table::account_of,
};

pub use crate::account::Secrets;

use serde_json::{Map, Value};

use crate::{account, client::body_sink::BodySink, contract::types};

use self::{audit::Record, envelope::Rejection, parameters::Parameters, streamed::StreamedAnswer};

/// Answers one request. The status is final before the first byte is sent.
pub async fn handle(host: &dyn Host, inbound: Inbound<'_>, responder: &mut dyn Responder) {
    let request_id = audit::request_id(host, &inbound.headers);
    let answer = match answer(host, inbound, &request_id, responder).await {
        Ok(Some(answer)) => answer,
        // It was streamed.
        Ok(None) => return,
        Err(rejection) => rejection.into_answer(),
    };
    responder.start(answer.status, with_common_headers(answer.headers, &request_id));
    // If the client has disconnected, the record still has the answer.
    if responder.write(&answer.body).await.is_ok() {
        let _ = responder.finish().await;
    }
}

fn with_common_headers(mut headers: Vec<(&'static str, String)>, request_id: &str) -> Vec<(&'static str, String)> {
    headers.extend([
        ("content-type", String::from("application/json; charset=utf-8")),
        ("cache-control", String::from("no-store")),
        ("x-content-type-options", String::from("nosniff")),
        ("x-request-id", request_id.to_owned()),
    ]);
    headers
}

/// The answer; `None` if it was streamed to the responder.
async fn answer(
    host: &dyn Host,
    inbound: Inbound<'_>,
    request_id: &str,
    responder: &mut dyn Responder,
) -> Result<Option<answer::Answer>, Rejection> {
    let Inbound {
        method,
        target,
        headers,
        body,
    } = inbound;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    match route::of(&method, path)? {
        route::Route::UnassignRole => {}
        route::Route::Discovery(what) => return Ok(Some(discovery::answer(what))),
    }
    let tokens = config::read_tokens(host, request_id).await?;
    let token = auth::token(host, &tokens, &headers)?;
    let envelope = config::read_envelope(host).await?;
    let query = query::parse(query)?;
    let Parameters {
        account: account_id,
        format,
        exclude,
        ignore_remote_data,
        request,
        mut options,
    } = Parameters::take(query, body::read(&headers, body.await)?)?;
    let dry_run = options.mode != types::Mode::Revoke;
    auth::permit(token, dry_run, matches!(format, Format::Raw | Format::Stream))?;
    let account = auth::account(host, token, &account_id).await?;
    let account = account::parse(&account).map_err(|error| Rejection::account(&error))?;
    auth::usable(account.status, dry_run)?;
    // Last, so that a caller who may not use the account learns nothing about its secrets.
    let account = account
        .account(host)
        .await
        .map_err(|error| Rejection::account(&error))?;
    let left_out = LeftOut {
        fields: exclude,
        remote_data: ignore_remote_data || !token.may.raw,
    };
    // What the request and the token both allow; the account narrows it further.
    options.allow.retain(|effect| token.allow.contains(effect));
    let record = Record::new(host, request_id, &token.name, &account_id, &account, &request);
    let mut streamed = StreamedAnswer::new(responder, &record, request_id);
    let sink: Option<&mut dyn BodySink> = (format == Format::Stream).then_some(&mut streamed);
    let result = crate::operate(
        host.transport(),
        host.caches(),
        crate::Call {
            account_id: &account_id,
            account,
            request,
            options,
            audit: &record,
        },
        sink,
    )
    .await;
    if streamed.has_begun() {
        return Ok(None);
    }
    record.finished(result.as_ref().err());
    let mut answer = match result {
        Ok(success) => answer::of_success(success, format, &left_out, envelope),
        Err(failure) => envelope::of_failure(failure, &left_out),
    };
    answer.headers.extend(record.quota_headers());
    Ok(Some(answer))
}

/// The form of the success body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Unified,
    Normalized,
    Raw,
    Stream,
}

/// The parts of the user that an answer leaves out.
struct LeftOut {
    fields: Vec<String>,
    /// The provider's documents: the caller does not want them, or its token may not see them.
    remote_data: bool,
}

impl LeftOut {
    /// The user as JSON, still with the other fields that are left out. Documents that nobody sees are not even parsed.
    fn user(&self, mut user: types::User) -> Map<String, Value> {
        if self.remote_data || self.fields.iter().any(|field| field == "remote_data") {
            user.remote_data = None;
        }
        match crate::contract::json::user(user) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    fn take_from(&self, user: &mut Map<String, Value>) {
        for field in &self.fields {
            user.shift_remove(field);
        }
    }
}

/// How the success body is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Envelope {
    Bare,
    Result,
}

/// The result of a check before the operation starts.
type Checked<T> = Result<T, Rejection>;

/// For messages: the counts of each outcome, e.g. `removed=1, failed=1`.
fn outcome_counts(outcomes: &[types::RoleOutcome]) -> String {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for entry in outcomes {
        let name = crate::contract::json::outcome_name(entry.outcome);
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => counts.push((name, 1)),
        }
    }
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(name, count)| format!("{name}={count}"))
        .collect();
    counts.join(", ")
}
