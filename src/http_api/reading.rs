//! `GET …/users/{id}` and `GET …/roles`: what a user holds, and the roles that there are. Nothing is written.

use serde_json::{Map, Value};

use crate::{
    contract::{
        json::{
            self,
            text::{Fields, object},
        },
        types::{Account, ReadOptions, UserReading},
    },
    service::{AccountPlace, Actor, Described, Operation, Record, Token, open},
};

use super::{
    Answering, Checked, Envelope, Format, LeftOut,
    answer::{self, Answer},
    bounded::{self, Cut},
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
            let body = bounded::body(false, |cut| {
                object(|fields| described(&reading, &left_out, cut, fields))
            });
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
            let body = object(|fields| json::role_directory(&directory, fields));
            Answer::ok(answer::wrapped(body.into_bytes(), wrap))
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

pub fn described(reading: &UserReading, left_out: &LeftOut, cut: Cut, fields: &mut Fields<'_>) {
    let UserReading {
        user,
        grants,
        whole,
        unread,
        warnings,
    } = reading;
    let [of_grants, of_whole, of_unread, of_warnings] = BESIDE;
    left_out.user(user, cut, fields);
    // Added last: no parameter can drop what is held.
    fields.array(of_grants, grants, json::held_grant);
    fields.flag(of_whole, Some(*whole));
    fields.text_array(of_unread, &mut unread.iter().map(String::as_str));
    fields.text_array(of_warnings, &mut warnings.iter().map(String::as_str));
}
