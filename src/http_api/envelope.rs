//! The error envelope.

use serde_json::{Map, Value, json};

use crate::{
    contract::types::{Failure, FailureKind},
    error::Error,
    json,
};

use super::{answer::Answer, outcome_counts};

/// A request that never became an operation: nothing was sent.
#[derive(Debug)]
pub struct Rejection {
    status: u16,
    code: &'static str,
    message: String,
    field: Option<String>,
    insight: Option<(&'static str, Value)>,
    headers: Vec<(&'static str, String)>,
}

impl Rejection {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
            insight: None,
            headers: Vec::new(),
        }
    }

    /// 400, naming the query parameter or body field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::new(400, "invalid_request", message)
        }
    }

    pub fn missing_query(name: &'static str) -> Self {
        Self {
            insight: Some(("missing_required_query_parameters", json!([name]))),
            ..Self::field(name, format!("{name} is required"))
        }
    }

    pub fn missing_body(name: &'static str) -> Self {
        Self {
            insight: Some(("missing_required_body_fields", json!([name]))),
            ..Self::field(name, format!("{name} is required"))
        }
    }

    /// An account that cannot work.
    pub fn account(error: &Error) -> Self {
        let field = match error {
            Error::Account { field, .. } | Error::Request { field, .. } => Some(field.clone()),
            _ => None,
        };
        Self {
            field,
            ..Self::new(
                500,
                json::failure_kind_name(FailureKind::InvalidAccount),
                error.to_string(),
            )
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[cfg(test)]
    pub const fn status(&self) -> u16 {
        self.status
    }

    pub fn into_answer(self) -> Answer {
        let mut body = base(self.status, &self.message, self.code);
        if let Some(field) = self.field {
            body.insert(String::from("field"), Value::from(field));
        }
        if let Some((key, value)) = self.insight {
            let insight = json!({key: {"description": self.message, "value": value}});
            body.insert(String::from("truto_error_insight"), insight);
        }
        let mut headers = self.headers;
        headers.push(("x-error-code", self.code.to_owned()));
        Answer {
            status: self.status,
            headers,
            body: Value::Object(body).to_string().into_bytes(),
        }
    }
}

/// The answer to an operation that failed.
pub fn of_failure(failure: Failure, shows_documents: bool) -> Answer {
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
    } = failure;
    let code = json::failure_kind_name(kind);
    let mut body = base(status, &message, code);
    let mut insight = Map::new();
    let is_remote = match kind {
        FailureKind::InvalidRequest | FailureKind::InvalidAccount => false,
        // What was refused here and never sent is no error of the provider.
        FailureKind::NotRemoved => sent,
        _ => true,
    };
    if is_remote {
        body.insert(String::from("truto_is_remote_error"), Value::Bool(true));
        insight.insert(String::from("remote_error"), json!({"description": message}));
    }
    let mut missing_scopes = Vec::new();
    if let Some(answer) = answer {
        missing_scopes = answer.missing_scopes;
        let raw = serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body));
        body.insert(String::from("raw_response"), raw);
    }
    if kind == FailureKind::Forbidden || !missing_scopes.is_empty() {
        let mut forbidden = json!({"description": "the account's credentials may not do this"});
        // An empty list would say that nothing is missing.
        if !missing_scopes.is_empty() {
            forbidden["value"] = json!({"missing_scopes": missing_scopes});
        }
        insight.insert(String::from("forbidden_error"), forbidden);
    }
    match kind {
        FailureKind::RateLimited => {
            insight.insert(
                String::from("rate_limit_error"),
                json!({"description": "the provider's rate limit is reached"}),
            );
        }
        FailureKind::InvalidRequest if field.as_deref() == Some("roles") => {
            insight.insert(
                String::from("missing_required_body_fields"),
                json!({"description": message, "value": ["roles"]}),
            );
        }
        _ => {}
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
    if let Some(mut user) = user {
        user.remote_data.take_if(|_| !shows_documents);
        body.insert(String::from("user"), json::user(user));
    }
    Answer {
        status,
        headers,
        body: Value::Object(body).to_string().into_bytes(),
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
