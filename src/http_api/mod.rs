//! The HTTP face: `POST /unified/user-directory/users/unassign-role` as a function from request to answer. It imports no WASI.

mod answer;
mod bearer;
mod body;
mod bounded;
mod discovery;
mod envelope;
mod inbound;
mod left_out;
mod names;
mod parameters;
mod query;
mod reading;
mod remote;
mod route;
mod streamed;
#[cfg(test)]
mod tests;

pub use self::inbound::{BODY_LIMIT, BodyBuffer, ClientGone, Inbound, InboundBody, Responder};
// What a host needs to run this face.
pub use crate::{
    account::Secrets,
    service::{
        AccountPlace, AccountText, Checkup, Host, Parsed, Setting, account_file, account_sha256, account_variable,
        check_accounts, check_caller, check_tokens, environment_variable, spin_variable, token_digest,
    },
};

use std::cell::{Cell, RefCell};

use crate::{
    client::body_sink::BodySink,
    contract::types,
    service::{self, Actor, Denial, Described, Operation, Record, RefusalKind, Token, open},
};

use self::{
    answer::Answer, envelope::Rejection, left_out::LeftOut, names::Place, parameters::Parameters, route::Route,
    streamed::StreamedAnswer,
};

/// Answers one request. The status is final before the first byte is sent.
pub async fn handle(host: &dyn Host, inbound: Inbound<'_>, responder: &mut dyn Responder) {
    service::held_back_denials(host);
    let request_id = inbound::request_id(host, &inbound.headers);
    let is_head = inbound.method == "HEAD";
    let traceparent = service::trace_parent(&inbound.headers).map(str::to_owned);
    let answering = Answering {
        host,
        request_id: &request_id,
        traceparent: traceparent.as_deref(),
        operation: Cell::default(),
        token: RefCell::default(),
        account: RefCell::default(),
    };
    let answer = match answer(&answering, inbound, responder).await {
        Ok(Some(answer)) => answer,
        // It was streamed.
        Ok(None) => return,
        Err(rejection) => {
            answering.record(&rejection);
            rejection.into_answer()
        }
    };
    responder.start(answer.status, with_common_headers(answer.headers, &request_id));
    // If the client has disconnected, the record still has the answer.
    if is_head || responder.write(&answer.body).await.is_ok() {
        let _ = responder.finish().await;
    }
}

/// A request while it is being answered: what the record says of it if it is refused.
struct Answering<'a> {
    host: &'a dyn Host,
    request_id: &'a str,
    traceparent: Option<&'a str>,
    /// What is asked for, once it is understood.
    operation: Cell<Option<Operation>>,
    /// The token's name, once it is accepted.
    token: RefCell<Option<String>>,
    /// The account as the caller wrote it.
    account: RefCell<Option<String>>,
}

impl Answering<'_> {
    fn concerns(&self, account: &str) {
        *self.account.borrow_mut() = Some(account.to_owned());
    }

    /// Writes the line of a refusal: of those that somebody may have to look at.
    fn record(&self, rejection: &Rejection) {
        let account = self.account.borrow();
        if let Some((variable, message)) = rejection.fault() {
            service::invalid_configuration(
                self.host,
                self.request_id,
                variable,
                account.as_deref(),
                rejection.at(),
                message,
            );
            return;
        }
        let is_known_route = rejection.code() != "unknown_path";
        let is_of_account = rejection.code() == RefusalKind::AccountNotActive(0).code();
        if is_of_account || is_known_route && matches!(rejection.status(), 400 | 401 | 403 | 404) {
            let token = self.token.borrow();
            let denial = Denial {
                request_id: self.request_id,
                status: rejection.status(),
                code: rejection.code(),
                mode: self.operation.get().map(Operation::name),
                token: token.as_deref(),
                account: account.as_deref(),
                field: rejection.at(),
                traceparent: self.traceparent,
                ..Denial::default()
            };
            service::denied(self.host, &denial);
        }
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
    answering: &Answering<'_>,
    inbound: Inbound<'_>,
    responder: &mut dyn Responder,
) -> Result<Option<Answer>, Rejection> {
    let Inbound {
        method,
        target,
        headers,
        body,
    } = inbound;
    let host = answering.host;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let route = route::of(&method, path)?;
    answering.operation.set(match route {
        Route::ReadUser(_) => Some(Operation::ReadUser),
        Route::ListRoles => Some(Operation::ListRoles),
        _ => None,
    });
    match route {
        Route::Discovery(what) => return Ok(Some(discovery::answer(what))),
        Route::Keys => {
            let keys = service::public_keys(host).await?;
            return Ok(Some(Answer::ok(keys.to_string().into_bytes())));
        }
        Route::UnassignRole | Route::ReadUser(_) | Route::ListRoles => {}
    }
    let tokens = bearer::configured(host).await?;
    let token = bearer::token(host, &tokens, &headers)?;
    *answering.token.borrow_mut() = Some(token.name.clone());
    let envelope = envelope_of(host).await?;
    match route {
        Route::ReadUser(id) => reading::user(answering, token, &id, query, envelope).await.map(Some),
        Route::ListRoles => reading::roles(answering, token, query, envelope).await.map(Some),
        _ => {
            let query = query::parse(query, Place::Query)?;
            let parameters = Parameters::take(query, body::read(&headers, body.await)?)?;
            unassign(answering, token, parameters, envelope, responder).await
        }
    }
}

/// The operation itself.
async fn unassign(
    answering: &Answering<'_>,
    token: &Token,
    parameters: Parameters,
    envelope: Envelope,
    responder: &mut dyn Responder,
) -> Result<Option<Answer>, Rejection> {
    let Parameters {
        account: account_id,
        format,
        exclude,
        ignore_remote_data,
        request,
        mut options,
    } = parameters;
    let host = answering.host;
    answering.concerns(&account_id);
    let operation = Operation::of(options.mode, request.everything);
    answering.operation.set(Some(operation));
    let is_raw = matches!(format, Format::Raw | Format::Stream);
    token.entitlement.permit(operation, is_raw)?;
    // Last, so that a caller who may not use the account learns nothing about its secrets.
    let (account, place) = open(host, &token.entitlement, &account_id, operation).await?;
    let left_out = LeftOut {
        fields: exclude,
        remote_data: ignore_remote_data || !token.entitlement.may.raw,
        is_normalized: format == Format::Normalized,
    };
    // What the request and the token both allow; the account narrows it further.
    options.allow.retain(|effect| token.entitlement.allow.contains(effect));
    let call = Described {
        request_id: answering.request_id,
        actor: Actor::Token(&token.name),
        operation,
        account_id: &account_id,
        account: &account,
        place: &place,
        user: Some(&request.id),
        traceparent: answering.traceparent,
        receipt_key: service::signing_key(host).await?,
        receipt_in_record: is_raw,
    };
    let mut record = Record::begin(host, call).await?;
    record.requested(&request, &options);
    let mut streamed = StreamedAnswer::new(responder, &record, answering.request_id);
    let sink: Option<&mut dyn BodySink> = (format == Format::Stream).then_some(&mut streamed);
    let result = crate::operate(
        host.transport(),
        host.caches(),
        crate::Call {
            account_id: &account_id,
            account,
            request,
            options,
            traceparent: answering.traceparent,
            audit: &record,
        },
        sink,
    )
    .await;
    if streamed.has_begun() {
        return Ok(None);
    }
    let receipt = record.finished(result.as_ref());
    let mut answer = match result {
        Ok(success) => answer::of_success(types::Success { receipt, ..success }, format, &left_out, envelope),
        Err(failure) => envelope::of_failure(types::Failure { receipt, ..failure }, &left_out),
    };
    answer.headers.extend(record.quota_headers());
    Ok(Some(answer))
}

/// How the configuration wants success bodies.
async fn envelope_of(host: &dyn Host) -> Checked<Envelope> {
    let wrong = |why: &str| service::Refusal::setting(host, Setting::ResponseEnvelope, why);
    match host.setting(Setting::ResponseEnvelope).await {
        Ok(None) => Ok(Envelope::Bare),
        Ok(Some(text)) => match Setting::ResponseEnvelope.check(&text) {
            Ok(()) => Ok(Envelope::Result),
            Err(why) => Err(wrong(&why).into()),
        },
        Err(why) => Err(wrong(&why).into()),
    }
}

/// The form of the success body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Unified,
    Normalized,
    Raw,
    Stream,
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
