//! The record: one JSON line before the first write and one when the operation is over. No secrets, no provider message text.

use std::cell::RefCell;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{
    client::Quota,
    contract::{
        json, timestamp,
        types::{Account, Failure, Request, RoleOutcome},
    },
    engine::{Audit, AuditEvent},
    provider::Grant,
};

use super::Host;

/// The most keys that a line lists. Pass-through accepts no more either.
const MOST_KEYS: usize = 32;
/// The most characters of a key that a line shows.
const LONGEST_KEY: usize = 64;

/// The record of one operation.
pub struct Record<'a> {
    host: &'a dyn Host,
    /// The fields of both lines.
    base: Map<String, Value>,
    /// The fields that the operation has reported so far.
    reported: RefCell<Map<String, Value>>,
    quota: RefCell<Option<Quota>>,
}

/// The caller's request id if it is harmless, otherwise a random one.
pub fn request_id(host: &dyn Host, headers: &[(String, String)]) -> String {
    let is_harmless = |id: &str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    headers
        .iter()
        .find(|(name, value)| name == "x-request-id" && is_harmless(value))
        .map_or_else(
            || format!("{:016x}{:016x}", host.transport().random(), host.transport().random()),
            |(_, value)| value.clone(),
        )
}

/// Writes a line about malformed tokens, with which every call is refused. The message contains no values.
pub fn malformed_configuration(host: &dyn Host, request_id: &str, message: &str) {
    let line = json!({
        "event": "invalid_configuration",
        "time": timestamp::format(host.transport().wall_clock()),
        "request_id": request_id,
        "message": message,
    });
    host.record(&line.to_string());
}

impl<'a> Record<'a> {
    pub fn new(
        host: &'a dyn Host,
        request_id: &str,
        token: &str,
        account_id: &str,
        account: &Account,
        request: &Request,
    ) -> Self {
        let base = [
            ("request_id", Value::from(request_id)),
            ("token", Value::from(token)),
            ("account", Value::from(account_id)),
            ("provider", Value::from(json::provider_name(account.provider))),
            ("version", Value::from(env!("CARGO_PKG_VERSION"))),
        ];
        let mut base: Map<String, Value> = base.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (name, passed) in [
            ("remote_query_keys", &request.remote_query),
            ("remote_data_keys", &request.remote_data),
        ] {
            let keys = keys(passed.as_deref().unwrap_or_default());
            if !keys.is_empty() {
                base.insert(name.to_owned(), Value::from(keys));
            }
        }
        let mut reported = Map::new();
        // The id may be an e-mail address. The resolved id replaces this digest.
        reported.insert(String::from("user_sha256"), Value::from(digest_prefix(&request.id)));
        Self {
            host,
            base,
            reported: RefCell::new(reported),
            quota: RefCell::default(),
        }
    }

    /// Writes the result line.
    pub fn finished(&self, failure: Option<&Failure>) {
        self.set("status", Value::from(failure.map_or(200, |failure| failure.status)));
        if let Some(failure) = failure {
            self.set("error_code", Value::from(json::failure_kind_name(failure.kind)));
            self.set("sent", Value::from(failure.sent));
        }
        self.write("result");
    }

    /// The provider's quota as headers of the answer.
    pub fn quota_headers(&self) -> Vec<(&'static str, String)> {
        let quota = self.quota.borrow().clone().unwrap_or_default();
        [
            ("ratelimit-limit", quota.limit),
            ("ratelimit-remaining", quota.remaining),
            ("ratelimit-reset", quota.reset.map(|seconds| seconds.to_string())),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    fn set(&self, name: &str, value: Value) {
        self.reported.borrow_mut().insert(name.to_owned(), value);
    }

    fn write(&self, event: &str) {
        let mut line = Map::new();
        line.insert(String::from("event"), Value::from(event));
        let now = self.host.transport().wall_clock();
        line.insert(String::from("time"), Value::from(timestamp::format(now)));
        line.extend(self.base.clone());
        line.extend(self.reported.borrow().clone());
        self.host.record(&Value::Object(line).to_string());
    }
}

impl Audit for Record<'_> {
    fn step(&self, step: AuditEvent<'_>) {
        match step {
            AuditEvent::Read { user, grants } => {
                self.reported.borrow_mut().shift_remove("user_sha256");
                self.set("user", Value::from(user));
                self.set("grants_before", Value::Array(grants.iter().map(grant).collect()));
            }
            AuditEvent::Intent { targets, allowed } => {
                self.set(
                    "targets",
                    Value::Array(targets.iter().map(|target| grant(target)).collect()),
                );
                let allowed = allowed
                    .iter()
                    .map(|effect| Value::from(json::side_effect_name(*effect)))
                    .collect();
                self.set("allowed", Value::Array(allowed));
                self.write("intent");
            }
            AuditEvent::Result {
                outcomes,
                grants,
                traces,
            } => {
                self.set("grants_after", Value::Array(grants.iter().map(grant).collect()));
                self.set("outcomes", Value::Array(outcomes.iter().map(outcome).collect()));
                self.set("traces", Value::from(traces));
            }
            AuditEvent::Bound { digest, .. } | AuditEvent::Planned { digest } => {
                self.set("plan_digest", Value::from(digest))
            }
            AuditEvent::Quota(quota) => *self.quota.borrow_mut() = Some(quota),
        }
    }
}

fn grant(grant: &Grant) -> Value {
    json!({
        "role": grant.role_id,
        "group": grant.scope.group,
        "organization": grant.scope.organization,
        "workspace": grant.scope.workspace,
        "direct": grant.is_direct(),
    })
}

/// Without `message`, which may quote the provider.
fn outcome(entry: &RoleOutcome) -> Value {
    json!({
        "role": entry.role.as_ref().and_then(|role| role.id.as_ref().or(role.name.as_ref())),
        "organization": entry.organization.as_ref().and_then(|organization| organization.id.as_ref()),
        "outcome": json::outcome_name(entry.outcome),
        "reason": entry.reason,
        "same_as": entry.same_as,
        "grants": entry.grants.iter().map(|grant| json!({
            "role": grant.role_id,
            "organization": grant.scope.organization,
            "outcome": json::outcome_name(grant.outcome),
            "acknowledged": grant.acknowledged,
            "acknowledged_at": grant.acknowledged_at,
        })).collect::<Vec<_>>(),
    })
}

/// The keys of what passes through, never the values. Sorted and bounded, because the caller chose them.
fn keys(passed: &str) -> Vec<String> {
    let fields: Map<String, Value> = serde_json::from_str(passed).unwrap_or_default();
    let mut keys: Vec<String> = fields
        .keys()
        .map(|key| key.chars().take(LONGEST_KEY).collect())
        .collect();
    keys.sort();
    keys.truncate(MOST_KEYS);
    keys
}

fn digest_prefix(text: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_what_passes_are_sorted_and_bounded_and_have_no_values() {
        assert_eq!(keys(r#"{"b": "sesame", "a": {"c": "sesame"}}"#), ["a", "b"]);
        assert!(keys("").is_empty() && keys("{}").is_empty());
        let many: Map<String, Value> = (0..100).map(|n| (format!("{n:0100}"), Value::Null)).collect();
        let keys = keys(&Value::Object(many).to_string());
        assert!(keys.len() == 32 && keys.iter().all(|key| key.len() == 64));
    }
}
