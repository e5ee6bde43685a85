//! Slack's requests and what their answers say: nearly everything is 200, and `ok` tells.

use serde_json::Value;

use crate::{
    client::{Answer, Call, QueryBuilder, Repeat, path_segment},
    error::{FaultKind, ProviderAnswer, ProviderFault},
    provider::Context,
    transport::Method,
};

use super::config::Config;

/// The list of all role assignments.
pub const ASSIGNMENTS: &str = "admin.roles.listAssignments";

/// The status that an answer means: a 200 may carry the word of a rate limit or of an internal error.
pub fn status_of(answer: &Answer) -> u16 {
    match error_of(answer).as_deref().map(kind_of) {
        Some(FaultKind::RateLimited) => 429,
        Some(FaultKind::ServerError) => answer.status.max(500),
        _ => answer.status,
    }
}

/// Calls a reading method; its answer is `ok`.
pub async fn read(
    config: &Config,
    cx: &Context<'_>,
    method: &str,
    query: QueryBuilder,
) -> Result<Value, ProviderFault> {
    let call = Call::get(config.base.join(&query.on(&format!("/api/{method}"))));
    let answer = send(config, cx, &call).await?;
    let document: Value = answer.json(method).map_err(|fault| {
        if answer.is_success() {
            fault
        } else {
            of_status(cx, &answer, method)
        }
    })?;
    if answer.is_success() && document.get("ok").and_then(Value::as_bool) == Some(true) {
        return Ok(document);
    }
    Err(refusal(cx, &answer, method))
}

/// Every page of a list, of `limit` rows each.
pub async fn list(
    config: &Config,
    cx: &Context<'_>,
    method: &'static str,
    arguments: &[(&str, &str)],
    limit: usize,
    key: &str,
) -> Result<Vec<Value>, ProviderFault> {
    let wrong = |what: &str| {
        let message = format!("Slack's answer to {method} {what}");
        ProviderFault::new(FaultKind::BadAnswer, message)
    };
    let mut cursor: Option<String> = None;
    let mut rows = Vec::new();
    loop {
        cx.client.budget().page(method)?;
        let query = arguments
            .iter()
            .fold(QueryBuilder::new(), |query, (name, value)| query.pair(name, value))
            .pair("limit", &limit.to_string())
            // An empty cursor must not be sent.
            .maybe("cursor", cursor.as_deref());
        let document = read(config, cx, method, query).await?;
        let Some(Value::Array(page)) = document.get(key) else {
            return Err(wrong(&format!("has no {key}")));
        };
        rows.extend(page.iter().cloned());
        match next_cursor(&document) {
            Err(()) => return Err(wrong("has a cursor that is no text")),
            // A list that ends on a full page says so; without a word there may be another one.
            Ok(None) if page.len() >= limit => {
                return Err(wrong("is a full page, and does not say whether it is the last"));
            }
            Ok(None | Some("")) => return Ok(rows),
            Ok(Some(next)) if cursor.as_deref() == Some(next) => return Err(wrong("repeats a page")),
            Ok(Some(next)) => cursor = Some(next.to_owned()),
        }
    }
}

/// The examples have it inside of `response_metadata`, the schema of `admin.roles.listAssignments` at the top.
fn next_cursor(document: &Value) -> Result<Option<&str>, ()> {
    let places = ["/response_metadata/next_cursor", "/next_cursor"];
    let mut found = None;
    for value in places.iter().filter_map(|pointer| document.pointer(pointer)) {
        match value {
            Value::String(next) if found.is_none_or(str::is_empty) => found = Some(next.as_str()),
            Value::Null | Value::String(_) => {}
            _ => return Err(()),
        }
    }
    Ok(found)
}

/// The user as SCIM knows it; `None` where it is not wanted or cannot be read: it decides nothing.
pub async fn scim_user(config: &Config, cx: &Context<'_>, user: &str) -> Option<Value> {
    let base = config.scim.as_ref()?;
    let call = Call::get(base.join(&format!("/Users/{}", path_segment(user))));
    let answer = send(config, cx, &call).await.ok()?;
    let document: Value = answer
        .is_success()
        .then(|| serde_json::from_slice(&answer.body).ok())??;
    (document.get("id").and_then(Value::as_str) == Some(user)).then_some(document)
}

/// A writing method with a JSON body.
pub fn write(config: &Config, method: &str, body: &Value, repeat: Repeat) -> Call {
    Call::write(
        Method::Post,
        config.base.join(&format!("/api/{method}")),
        Some(body.to_string().into_bytes()),
        repeat,
    )
    .header("content-type", "application/json; charset=utf-8")
}

/// Sends a call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    cx.client
        .send_authorized(call, ("authorization", "Bearer", &config.token))
        .await
}

/// The fault of an answer that is not `ok`.
pub fn refusal(cx: &Context<'_>, answer: &Answer, method: &str) -> ProviderFault {
    let Some(error) = error_of(answer) else {
        return of_status(cx, answer, method);
    };
    let fault = answer.fault(kind_of(&error), format!("Slack answers {method} with {error}"));
    ProviderFault {
        retry_after: cx.client.retry_after(answer),
        answer: fault.answer.map(|evidence| ProviderAnswer {
            missing_scopes: needed(answer),
            ..evidence
        }),
        ..fault
    }
}

/// The scopes that a `missing_scope` answer asks for: a comma list.
fn needed(answer: &Answer) -> Vec<String> {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let list = document.get("needed").and_then(Value::as_str).unwrap_or_default();
    let scopes = list.split(',').map(str::trim).filter(|scope| !scope.is_empty());
    scopes.map(str::to_owned).collect()
}

/// The `error` of an answer.
pub fn error_of(answer: &Answer) -> Option<String> {
    let document: Value = serde_json::from_slice(&answer.body).ok()?;
    document.get("error")?.as_str().map(str::to_owned)
}

/// What kind of fault an error is. Source: docs.slack.dev, the errors of each method.
pub fn kind_of(error: &str) -> FaultKind {
    match error {
        "not_authed" | "invalid_auth" | "token_revoked" | "token_expired" | "account_inactive" => {
            FaultKind::CredentialsRejected
        }
        "missing_scope"
        | "not_allowed_token_type"
        | "no_permission"
        | "access_denied"
        | "accesslimited"
        | "invalid_actor"
        | "not_an_admin"
        | "not_an_owner"
        | "invalid_permissions"
        | "cannot_modify_role_admin"
        | "cannot_modify_primary_owner"
        | "org_login_required"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "two_factor_setup_required"
        | "enterprise_is_restricted"
        | "feature_not_enabled" => FaultKind::Forbidden,
        "ratelimited" => FaultKind::RateLimited,
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" | "team_added_to_org" => {
            FaultKind::ServerError
        }
        _ => FaultKind::Refused,
    }
}

fn of_status(cx: &Context<'_>, answer: &Answer, method: &str) -> ProviderFault {
    cx.client.fault(
        answer,
        answer.fault_kind(),
        format!("Slack answers {method} with status {}", answer.status),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cursor_stands_in_either_place() {
        for (document, cursor) in [
            (json!({"response_metadata": {"next_cursor": "a"}}), Ok(Some("a"))),
            (json!({"next_cursor": "b"}), Ok(Some("b"))),
            (
                json!({"response_metadata": {"next_cursor": ""}, "next_cursor": "c"}),
                Ok(Some("c")),
            ),
            (json!({"response_metadata": {"next_cursor": ""}}), Ok(Some(""))),
            (json!({"next_cursor": null}), Ok(None)),
            (json!({}), Ok(None)),
            (json!({"next_cursor": 5}), Err(())),
        ] {
            assert_eq!(next_cursor(&document), cursor, "{document}");
        }
    }
}
