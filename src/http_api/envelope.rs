//! The error envelope.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    contract::{
        json,
        types::{Failure, FailureKind},
    },
    service::Refusal,
};

use super::{
    LeftOut,
    answer::{Answer, add_evidence},
    bounded::{self, UserAt},
    outcome_counts, remote,
};

/// The refusal of a request before the operation started. Nothing was sent. On the heap: every check of a parameter can end in one.
#[derive(Debug)]
pub struct Rejection(Box<Rejected>);

#[derive(Debug)]
struct Rejected {
    status: u16,
    code: &'static str,
    message: String,
    field: Option<String>,
    insight: Option<(&'static str, Value)>,
    headers: Vec<(&'static str, String)>,
    /// A part of the service's configuration that is at fault, with what the log says of it.
    fault: Option<(Cow<'static, str>, String)>,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let fault = refusal.variable.map(|variable| (variable, refusal.message.clone()));
        let mut rejection = Self::new(refusal.kind.status(), refusal.kind.code(), refusal.message);
        rejection.0.field = refusal.field;
        rejection.0.fault = fault;
        rejection
    }
}

impl Rejection {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Rejected {
            status,
            code,
            message: message.into(),
            field: None,
            insight: None,
            headers: Vec::new(),
            fault: None,
        }))
    }

    /// The same with another message; the log keeps the first one.
    pub fn said_as(mut self, message: &str) -> Self {
        message.clone_into(&mut self.0.message);
        self
    }

    /// The part of the service's configuration that is at fault.
    pub fn fault(&self) -> Option<&(Cow<'static, str>, String)> {
        self.0.fault.as_ref()
    }

    pub fn code(&self) -> &'static str {
        self.0.code
    }

    pub fn at(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// 400, naming the query parameter or body field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut rejection = Self::new(400, "invalid_request", message);
        rejection.0.field = Some(field.into());
        rejection
    }

    pub fn missing_query(name: &'static str) -> Self {
        Self::missing(name, "missing_required_query_parameters")
    }

    pub fn missing_body(name: &'static str) -> Self {
        Self::missing(name, "missing_required_body_fields")
    }

    fn missing(name: &'static str, insight: &'static str) -> Self {
        let mut rejection = Self::field(name, format!("{name} is required"));
        rejection.0.insight = Some((insight, json!([name])));
        rejection
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    pub fn status(&self) -> u16 {
        self.0.status
    }

    pub fn into_answer(self) -> Answer {
        let Rejected {
            status,
            code,
            message,
            field,
            insight,
            mut headers,
            fault: _,
        } = *self.0;
        let mut body = base(status, &message, code);
        if let Some(field) = field {
            body.insert(String::from("field"), Value::from(field));
        }
        if let Some((key, value)) = insight {
            let insight = json!({key: {"description": message, "value": value}});
            body.insert(String::from("truto_error_insight"), insight);
        }
        headers.push(("x-error-code", code.to_owned()));
        Answer {
            status,
            headers,
            body: Value::Object(body).to_string().into_bytes(),
        }
    }
}

/// The answer to an operation that failed.
pub fn of_failure(failure: Failure, left_out: &LeftOut) -> Answer {
    let is_remote = remote::is_cause(&failure);
    let Failure {
        kind,
        message,
        status,
        field,
        answer,
        retry_after,
        retryable,
        outcomes,
        sent,
        user,
        plan,
        plan_digest,
        receipt,
    } = failure;
    let code = json::failure_kind_name(kind);
    let mut body = base(status, &message, code);
    let mut insight = Map::new();
    if is_remote {
        body.insert(String::from("truto_is_remote_error"), Value::Bool(true));
        insight.insert(String::from("remote_error"), json!({"description": message}));
    }
    let mut missing_scopes = Vec::new();
    if let Some(answer) = answer {
        missing_scopes = answer.missing_scopes;
        // Only a refusal is shown here, never a document.
        if is_remote {
            let raw = serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body));
            body.insert(String::from("raw_response"), raw);
        }
    }
    if kind == FailureKind::Forbidden || !missing_scopes.is_empty() {
        let mut forbidden = Map::new();
        forbidden.insert(
            String::from("description"),
            Value::from("the account's credentials may not do this"),
        );
        // An empty list would mean that nothing is missing.
        if !missing_scopes.is_empty() {
            forbidden.insert(String::from("value"), json!({"missing_scopes": missing_scopes}));
        }
        insight.insert(String::from("forbidden_error"), Value::Object(forbidden));
    }
    if kind == FailureKind::RateLimited {
        insight.insert(
            String::from("rate_limit_error"),
            json!({"description": "the provider's rate limit is reached"}),
        );
    }
    if !insight.is_empty() {
        body.insert(String::from("truto_error_insight"), Value::Object(insight));
    }
    if let Some(field) = field {
        body.insert(String::from("field"), Value::from(field));
    }
    body.insert(String::from("retryable"), Value::Bool(retryable));
    body.insert(String::from("sent"), Value::Bool(sent));
    let mut headers = vec![("x-error-code", code.to_owned())];
    if let Some(seconds) = retry_after {
        headers.push(("retry-after", seconds.to_string()));
    }
    if !outcomes.is_empty() {
        headers.push(("x-role-outcomes", outcome_counts(&outcomes)));
        let outcomes = outcomes.into_iter().map(json::role_outcome).collect();
        body.insert(String::from("role_outcomes"), Value::Array(outcomes));
    }
    add_evidence(&mut body, plan, plan_digest, receipt);
    if let Some(user) = user {
        let mut user = left_out.user(user);
        left_out.take_from(&mut user);
        body.insert(String::from("user"), Value::Object(user));
    }
    Answer {
        status,
        headers,
        body: bounded::to_bytes(body, UserAt::Field),
    }
}

fn base(status: u16, message: &str, code: &str) -> Map<String, Value> {
    let fields = [
        ("statusCode", Value::from(status)),
        ("error", Value::from(phrase(status))),
        ("message", Value::from(message)),
        ("error_code", Value::from(code)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The canonical reason phrase of the statuses that this face uses.
const fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::contract::{
        failure::blank_failure,
        reason::Reason,
        types::{Outcome, ProviderAnswer, RoleOutcome},
        user::blank_user,
    };

    pub const EVERYTHING: LeftOut = LeftOut {
        fields: Vec::new(),
        remote_data: false,
        is_normalized: false,
    };

    pub fn failure(kind: FailureKind, status: u16) -> Failure {
        blank_failure(kind, status, String::from("why"))
    }

    fn answered(kind: FailureKind, status: u16, body: &str) -> Failure {
        let answer = ProviderAnswer {
            status,
            body: body.to_owned(),
            trace_id: None,
            missing_scopes: Vec::new(),
        };
        Failure {
            answer: Some(answer),
            ..failure(kind, 422)
        }
    }

    fn with_outcomes(outcomes: &[(Outcome, Option<Reason>)], sent: bool) -> Failure {
        let entry = |&(outcome, reason): &(Outcome, Option<Reason>)| RoleOutcome {
            verify_after: None,
            same_as: None,
            role: None,
            organization: None,
            outcome,
            reason: reason.map(|reason| reason.as_str().to_owned()),
            message: None,
            warnings: Vec::new(),
            grants: Vec::new(),
        };
        Failure {
            outcomes: outcomes.iter().map(entry).collect(),
            sent,
            ..failure(FailureKind::NotRemoved, 422)
        }
    }

    fn body(failure: Failure, left_out: &LeftOut) -> Value {
        serde_json::from_slice(&of_failure(failure, left_out).body).unwrap()
    }

    #[test]
    fn the_providers_refusal_is_shown_whatever_its_status() {
        for (kind, status) in [
            (FailureKind::NotRemoved, 409),
            (FailureKind::Forbidden, 403),
            (FailureKind::ProviderError, 503),
            // A refusal inside of a 200.
            (FailureKind::Forbidden, 200),
        ] {
            let body = body(answered(kind, status, r#"{"error": "no"}"#), &EVERYTHING);
            assert_eq!(body["raw_response"], json!({"error": "no"}), "{kind:?} {status}");
        }
    }

    #[test]
    fn the_provider_is_the_cause_if_it_answered_no_or_its_state_is_why() {
        let removed = (Outcome::Removed, None);
        for (failure, is_remote) in [
            (answered(FailureKind::NotRemoved, 409, "{}"), true),
            (failure(FailureKind::NotRemoved, 422), false),
            (failure(FailureKind::InvalidRequest, 400), false),
            (failure(FailureKind::InvalidAccount, 500), false),
            (failure(FailureKind::NotFound, 404), true),
            (
                with_outcomes(&[removed, (Outcome::Refused, Some(Reason::ProtectedRole))], true),
                false,
            ),
            (
                with_outcomes(&[removed, (Outcome::Inherited, Some(Reason::Inherited))], true),
                false,
            ),
            (
                with_outcomes(&[(Outcome::Refused, Some(Reason::Ambiguous))], false),
                false,
            ),
            (
                with_outcomes(&[(Outcome::Refused, Some(Reason::ProviderRefused))], true),
                true,
            ),
            (with_outcomes(&[(Outcome::Failed, Some(Reason::StillHeld))], true), true),
            // A repeat of what is gone is no cause of anything.
            (
                with_outcomes(
                    &[
                        (Outcome::AlreadyAbsent, Some(Reason::UnknownRole)),
                        (Outcome::Refused, Some(Reason::SideEffect)),
                    ],
                    true,
                ),
                false,
            ),
        ] {
            let shown = format!("{failure:?}");
            let body = body(failure, &EVERYTHING);
            assert_eq!(body.get("truto_is_remote_error").is_some(), is_remote, "{shown}");
            assert_eq!(
                body["truto_error_insight"].get("remote_error").is_some(),
                is_remote,
                "{shown}"
            );
        }
    }

    #[test]
    fn the_user_of_a_failure_has_no_more_than_the_one_of_a_success() {
        let user = crate::contract::types::User {
            title: Some(String::from("CFO")),
            username: Some(String::from("ann")),
            remote_data: Some(String::from(r#"{"user": {}}"#)),
            ..blank_user("u")
        };
        let failure = Failure {
            user: Some(user),
            ..with_outcomes(&[(Outcome::Failed, Some(Reason::StillHeld))], true)
        };
        let left_out = LeftOut {
            fields: vec![String::from("title"), String::from("role_outcomes")],
            remote_data: true,
            is_normalized: false,
        };
        let unified = body(failure.clone(), &left_out);
        assert_eq!(unified["user"], json!({"id": "u", "username": "ann", "roles": []}));
        assert_eq!(unified["role_outcomes"].as_array().map(Vec::len), Some(1));
        // The format is that of a success.
        let normalized = LeftOut {
            fields: Vec::new(),
            remote_data: false,
            is_normalized: true,
        };
        let user = &body(failure, &normalized)["user"];
        assert_eq!((user.get("remote_data"), &user["first_name"]), (None, &Value::Null));
    }

    #[test]
    fn a_field_at_fault_is_not_called_missing() {
        let failure = Failure {
            field: Some(String::from("roles")),
            ..failure(FailureKind::InvalidRequest, 400)
        };
        let body = body(failure, &EVERYTHING);
        assert_eq!(
            (&body["field"], body.get("truto_error_insight")),
            (&json!("roles"), None)
        );
    }
}
