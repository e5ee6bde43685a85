//! `GET …/users/{id}` and `GET …/roles`: what a user holds, and the roles that there are. Nothing is written.

use serde_json::{Map, Value};

use crate::{
    contract::{
        json,
        types::{Account, ReadOptions, UserReading},
    },
    service::{AccountPlace, Actor, Described, Operation, Record, Token, open},
};

use super::{
    Answering, Checked, Envelope, Format, LeftOut,
    answer::{self, Answer},
    bounded::{self, UserAt},
    envelope,
    names::Place,
    parameters, query,
};

/// Fields beside the user that no parameter can drop.
pub const BESIDE: [&str; 4] = ["role_grants", "whole", "unread", "warnings"];

/// The user, with `role_grants` beside it.
pub async fn user(answering: &Answering<'_>, token: &Token, id: &str, query: &str, wrap: Envelope) -> Checked<Answer> {
    let mut query = query::parse(query, Place::ReadUser)?;
    let account_id = parameters::account(&mut query)?;
    answering.concerns(&account_id);
    let format = parameters::format(&mut query)?;
    let ignore_remote_data = parameters::query_flag(&mut query, "truto_ignore_remote_data")?.unwrap_or(false);
    let exclude = parameters::name_list(&mut query, "truto_exclude_fields")?;
    let options = read_options(&mut query)?;
    let is_raw = matches!(format, Format::Raw | Format::Stream);
    token.entitlement.permit(Operation::ReadUser, is_raw)?;
    let left_out = LeftOut {
        fields: exclude,
        remote_data: ignore_remote_data || !token.entitlement.may.raw,
        is_normalized: format == Format::Normalized,
    };
    let host = answering.host;
    let opened = open(host, &token.entitlement, &account_id, Operation::ReadUser).await?;
    let record = record(answering, token, Operation::ReadUser, &account_id, &opened, Some(id)).await?;
    let (account, _) = opened;
    let trace = answering.traceparent;
    let reading = crate::observe_user(host.transport(), host.caches(), account, id, options, trace, &record).await;
    record.read(reading.as_ref().err());
    let mut answer = match reading {
        Err(failure) => envelope::of_failure(failure, &left_out),
        Ok(reading) if is_raw => {
            let document = answer::document(reading.user.remote_data.as_deref().unwrap_or_default());
            Answer::ok(document.into_bytes())
        }
        Ok(reading) => {
            let body = bounded::to_bytes(described(reading, &left_out), UserAt::Top);
            Answer::ok(answer::wrapped(body, wrap))
        }
    };
    answer.headers.extend(record.quota_headers());
    Ok(answer)
}

/// The roles of the tenant.
pub async fn roles(answering: &Answering<'_>, token: &Token, query: &str, wrap: Envelope) -> Checked<Answer> {
    let mut query = query::parse(query, Place::ListRoles)?;
    let account_id = parameters::account(&mut query)?;
    answering.concerns(&account_id);
    let options = read_options(&mut query)?;
    token.entitlement.permit(Operation::ListRoles, false)?;
    let host = answering.host;
    let opened = open(host, &token.entitlement, &account_id, Operation::ListRoles).await?;
    let record = record(answering, token, Operation::ListRoles, &account_id, &opened, None).await?;
    let (account, _) = opened;
    let trace = answering.traceparent;
    let directory = crate::observe_roles(host.transport(), host.caches(), account, options, trace, &record).await;
    record.read(directory.as_ref().err());
    let mut answer = match directory {
        Ok(directory) => {
            let body = json::role_directory(directory).to_string().into_bytes();
            Answer::ok(answer::wrapped(body, wrap))
        }
        Err(failure) => envelope::of_failure(failure, &LeftOut::nothing()),
    };
    answer.headers.extend(record.quota_headers());
    Ok(answer)
}

async fn record<'a>(
    answering: &Answering<'a>,
    token: &Token,
    operation: Operation,
    account_id: &str,
    (account, place): &(Account, AccountPlace),
    user: Option<&str>,
) -> Checked<Record<'a>> {
    let call = Described {
        request_id: answering.request_id,
        actor: Actor::Token(&token.name),
        operation,
        account_id,
        account,
        place,
        user,
        traceparent: answering.traceparent,
        receipt_key: None,
        receipt_in_record: false,
    };
    Ok(Record::begin(answering.host, call).await?)
}

fn read_options(query: &mut Map<String, Value>) -> Checked<ReadOptions> {
    const NAME: &str = "deadline_ms";
    let milliseconds = |text: String| {
        // `+5000` would parse, too.
        let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        digits
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(|| envelope::Rejection::field(NAME, format!("{NAME} must be a whole number of milliseconds")))
    };
    let deadline = parameters::scalar(query, NAME, NAME)?.map(milliseconds).transpose()?;
    Ok(ReadOptions { deadline })
}

pub fn described(reading: UserReading, left_out: &LeftOut) -> Map<String, Value> {
    let UserReading {
        user,
        grants,
        whole,
        unread,
        warnings,
    } = reading;
    let mut body = left_out.user(user);
    left_out.take_from(&mut body);
    // Added last: no parameter can drop what is held.
    let grants = grants.into_iter().map(json::held_grant).collect();
    let beside = [
        Value::Array(grants),
        Value::Bool(whole),
        Value::from(unread),
        Value::from(warnings),
    ];
    body.extend(BESIDE.iter().map(|name| (*name).to_owned()).zip(beside));
    body
}
