//! What the component answered, as far as a run needs it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    record::Unannounced,
    session::{Answer, texts},
};

use super::grant::{Grant, Outcome};

/// The code of a removal that could not be written to the record, and was not sent.
const NOT_RECORDED: &str = "not_recorded";

/// An answer. It is what the journal keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// 0 if the component failed as a component.
    pub status: u16,
    /// `error_code`; none of a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Repeating the call can help.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    /// It is about the provider's own refusal or failure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_remote: bool,
    /// A request that writes may have reached the provider.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// The provider's own user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Entries that stand for no single grant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<Rest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// An entry that stands for no single grant: nothing is held, or more may be held than is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How much of what a user holds a reply speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// What it does not list is not held.
    Whole,
    /// More may be held than it lists.
    Gaps,
    /// Nothing is said of any grant.
    Silent,
}

impl Reply {
    pub fn of(answer: &Answer) -> Self {
        let body = &answer.body;
        let text = |member: &str| body.get(member).and_then(Value::as_str).map(str::to_owned);
        let flag = |member: &str| body.get(member).and_then(Value::as_bool);
        let is_success = answer.status == 200;
        let entries = body.get("role_outcomes").and_then(Value::as_array);
        let entries: Vec<&Value> = entries.into_iter().flatten().collect();
        let (mut grants, mut rest, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let listed = entry
                .get("grants")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let role = entry.get("role");
            let parsed: Vec<Grant> = listed.iter().filter_map(|grant| Grant::parse(grant, role)).collect();
            // An entry whose grants cannot all be read speaks for more than it lists.
            if parsed.len() != listed.len() || listed.is_empty() {
                rest.push(Rest::of(entry, !listed.is_empty()));
            }
            grants.extend(parsed);
            for warning in texts(&entry["warnings"]) {
                if !warnings.iter().any(|known| known == warning) {
                    warnings.push(warning.to_owned());
                }
            }
        }
        let user = if is_success { Some(body) } else { body.get("user") };
        let of_user = |member: &str| {
            user.and_then(|user| user.get(member))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        Self {
            status: answer.status,
            code: (!is_success).then(|| text("error_code").unwrap_or_else(|| String::from("no_answer"))),
            message: if is_success {
                String::new()
            } else {
                text("message").unwrap_or_default()
            },
            retryable: flag("retryable").unwrap_or(false),
            is_remote: flag("truto_is_remote_error").unwrap_or(false),
            // A failure that does not say so may have written.
            sent: flag("sent").unwrap_or(false),
            retry_after_s: answer.retry_after,
            user: of_user("id"),
            user_name: of_user("name").or_else(|| of_user("username")),
            grants,
            rest,
            receipt: text("receipt"),
            warnings,
        }
    }

    /// The component failed as a component: nobody knows what it sent, unless the record ended it before that.
    pub fn lost(error: &anyhow::Error, writes: bool) -> Self {
        let unannounced = error.downcast_ref::<Unannounced>();
        Self {
            status: 0,
            code: Some(String::from(unannounced.map_or("component_failed", |_| NOT_RECORDED))),
            message: unannounced.map_or_else(|| format!("the component failed: {error:#}"), ToString::to_string),
            retryable: unannounced.is_none(),
            is_remote: false,
            sent: writes && unannounced.is_none(),
            retry_after_s: None,
            user: None,
            user_name: None,
            grants: Vec::new(),
            rest: Vec::new(),
            receipt: None,
            warnings: Vec::new(),
        }
    }

    pub const fn is_success(&self) -> bool {
        self.status == 200
    }

    pub fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }

    /// The record cannot be written any more.
    pub fn is_not_recorded(&self) -> bool {
        self.is(NOT_RECORDED)
    }

    /// The provider knows no such user, or shows none.
    pub fn is_no_such_user(&self) -> bool {
        self.status == 404 && self.is("not_found") && self.grants.is_empty() && self.rest.is_empty()
    }

    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_s.map(Duration::from_secs)
    }

    pub fn coverage(&self) -> Coverage {
        if self.grants.is_empty() && self.rest.is_empty() {
            return Coverage::Silent;
        }
        // A refusal of the call as a whole, such as a plan that has changed or a protected user, says nothing of a grant.
        if self.rest.iter().any(|rest| rest.outcome == Outcome::Refused) {
            return Coverage::Silent;
        }
        let is_absence = |rest: &Rest| rest.outcome == Outcome::AlreadyAbsent;
        if self.rest.iter().all(is_absence) {
            Coverage::Whole
        } else {
            Coverage::Gaps
        }
    }

    /// It reads as "nothing is shown": no grant is listed, and what is said is not that more may be hidden behind a refusal.
    pub fn shows_nothing(&self) -> bool {
        self.grants.is_empty() && self.coverage() == Coverage::Gaps
    }

    /// When the latest write was acknowledged.
    pub fn acknowledged_at(&self) -> Option<&String> {
        self.grants
            .iter()
            .filter_map(|grant| grant.acknowledged_at.as_ref())
            .max()
    }
}

impl Rest {
    fn of(entry: &Value, is_unreadable: bool) -> Self {
        let text = |member: &str| entry.get(member).and_then(Value::as_str).map(str::to_owned);
        Self {
            outcome: if is_unreadable {
                Outcome::Unknown
            } else {
                Outcome::parse(entry.get("outcome").unwrap_or(&Value::Null))
            },
            reason: text("reason"),
            message: text("message").unwrap_or_default(),
        }
    }
}
