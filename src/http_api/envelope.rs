//! The error envelope.

use std::borrow::Cow;

use crate::{
    contract::{
        json::{
            self,
            text::{Fields, object},
        },
        types::{Failure, FailureKind},
    },
    service::Refusal,
};

use super::{
    LeftOut,
    answer::{Answer, evidence},
    bounded::{self, Cut},
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
    /// What is missing, and under which name it is told.
    missing: Option<(&'static str, &'static str)>,
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
            missing: None,
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
        rejection.0.missing = Some((insight, name));
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
            missing,
            mut headers,
            fault: _,
        } = *self.0;
        let body = object(|fields| {
            base(status, &message, code, fields);
            fields.text("field", field.as_deref());
            if let Some((insight, name)) = missing {
                fields.object("truto_error_insight", |fields| {
                    fields.object(insight, |fields| {
                        fields.text("description", Some(&message));
                        fields.text_array("value", &mut [name].into_iter());
                    });
                });
            }
        });
        headers.push(("x-error-code", code.to_owned()));
        Answer {
            status,
            headers,
            body: body.into_bytes(),
        }
    }
}

/// The answer to an operation that failed.
pub fn of_failure(failure: Failure, left_out: &LeftOut) -> Answer {
    let code = json::failure_kind_name(failure.kind);
    let mut headers = vec![("x-error-code", code.to_owned())];
    if let Some(seconds) = failure.retry_after {
        headers.push(("retry-after", seconds.to_string()));
    }
    if !failure.outcomes.is_empty() {
        headers.push(("x-role-outcomes", outcome_counts(&failure.outcomes)));
    }
    Answer {
        status: failure.status,
        headers,
        body: bounded::body(false, |cut| object(|fields| failed(&failure, left_out, cut, fields))),
    }
}

fn failed(failure: &Failure, left_out: &LeftOut, cut: Cut, fields: &mut Fields<'_>) {
    let is_remote = remote::is_cause(failure);
    let Failure {
        kind,
        message,
        status,
        field,
        answer,
        retry_after: _,
        retryable,
        outcomes,
        sent,
        user,
        plan,
        plan_digest,
        receipt,
    } = failure;
    base(*status, message, json::failure_kind_name(*kind), fields);
    // Only a refusal is shown here, never a document.
    let shown = answer.as_ref().filter(|_| is_remote);
    if is_remote {
        fields.flag("truto_is_remote_error", Some(true));
    }
    fields.json("raw_response", shown.map(|answer| answer.body.as_str()));
    insight(failure, is_remote, fields);
    fields.text("field", field.as_deref());
    fields.flag("retryable", Some(*retryable));
    fields.flag("sent", Some(*sent));
    fields.list("role_outcomes", outcomes, json::role_outcome);
    evidence([plan, plan_digest, receipt], fields);
    if let Some(user) = user {
        fields.object("user", |fields| left_out.user(user, cut, fields));
    }
}

/// What somebody can do about it.
fn insight(failure: &Failure, is_remote: bool, fields: &mut Fields<'_>) {
    let described = |fields: &mut Fields<'_>, text: &str| fields.text("description", Some(text));
    let answer = failure.answer.as_ref();
    let missing_scopes = answer.map_or(&[] as &[String], |answer| &answer.missing_scopes);
    let is_forbidden = failure.kind == FailureKind::Forbidden || !missing_scopes.is_empty();
    let is_rate_limited = failure.kind == FailureKind::RateLimited;
    if !(is_remote || is_forbidden || is_rate_limited) {
        return;
    }
    fields.object("truto_error_insight", |fields| {
        if is_remote {
            fields.object("remote_error", |fields| described(fields, &failure.message));
        }
        if is_forbidden {
            fields.object("forbidden_error", |fields| {
                described(fields, "the account's credentials may not do this");
                // An empty list would mean that nothing is missing.
                if !missing_scopes.is_empty() {
                    fields.object("value", |fields| fields.text_list("missing_scopes", missing_scopes));
                }
            });
        }
        if is_rate_limited {
            fields.object("rate_limit_error", |fields| {
                described(fields, "the provider's rate limit is reached");
            });
        }
    });
}

fn base(status: u16, message: &str, code: &str, fields: &mut Fields<'_>) {
    fields.number("statusCode", status);
    fields.text("error", Some(phrase(status)));
    fields.text("message", Some(message));
    fields.text("error_code", Some(code));
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
    use serde_json::{Value, json};

    use super::*;
    use crate::contract::{
        failure::blank_failure,
        reason::Reason,
        types::{Outcome, ProviderAnswer, RoleOutcome},
        user::blank_user,
    };

    pub const EVERYTHING: LeftOut = LeftOut::nothing();

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
