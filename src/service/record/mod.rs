//! The record: one JSON line before the first write and one when the operation is over. No secrets, no provider message text.
//! `docs/record.md` describes it.

mod denial;
mod pseudonym;
mod rows;
mod trace_parent;

pub use self::{
    denial::{Denial, denied, held_back_denials, invalid_configuration},
    trace_parent::trace_parent,
};

use std::{cell::RefCell, fmt, rc::Rc, time::Duration};

use serde_json::{Map, Value, json};

use crate::{
    binding::jwk::PrivateKey,
    client::Quota,
    contract::{
        json,
        types::{Account, Failure, FailureKind, Options, Request, RoleOutcome, Success},
    },
    engine::{Audit, AuditEvent},
    provider::{Grant, GrantKey},
    receipt::{self, ApprovalClaim, Claims},
    sorted,
};

use super::{AccountPlace, Host, Operation, Refusal};

use self::pseudonym::Pseudonyms;

/// The most keys that a line lists. Pass-through accepts no more either.
const MOST_KEYS: usize = 32;
/// The most grants of a reading that a line lists: a provider must not make it as long as it likes. Targets and outcomes are bounded.
const MOST_GRANTS: usize = 2_000;
/// The most entries of each kind that a line lists. A call takes no more; one that asks for more is refused, and has a line, too.
const MOST_ENTRIES: usize = 1_000;
/// The most characters of a key that a line shows.
const LONGEST_KEY: usize = 64;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// Whoever has the token of this name.
    Token(&'a str),
    /// A component, by account id; the name is what it says.
    Caller(Option<&'a str>),
}

/// A call, as far as it is known before it begins.
pub struct Described<'a> {
    pub request_id: &'a str,
    pub actor: Actor<'a>,
    pub operation: Operation,
    pub account_id: &'a str,
    pub account: &'a Account,
    /// Where the account stands.
    pub place: &'a AccountPlace,
    /// As the caller wrote it, if a user is asked for.
    pub user: Option<&'a str>,
    pub traceparent: Option<&'a str>,
    /// Signs a receipt of the call.
    pub receipt_key: Option<Rc<PrivateKey>>,
    /// The answer has no room for a receipt: it stands in the record.
    pub receipt_in_record: bool,
}

/// The record of one operation.
pub struct Record<'a> {
    host: &'a dyn Host,
    place: AccountPlace,
    pseudonyms: Pseudonyms,
    began: Duration,
    /// The fields of both lines.
    base: Map<String, Value>,
    /// The fields that the operation has reported so far.
    reported: RefCell<Map<String, Value>>,
    quota: RefCell<Option<Quota>>,
    receipt_key: Option<Rc<PrivateKey>>,
    receipt_in_record: bool,
    /// What a receipt says, as far as it is known.
    claims: RefCell<Claims>,
    /// The grants of the first read.
    before: RefCell<Vec<Grant>>,
    /// What the grants of each outcome are.
    keys: RefCell<Vec<Vec<GrantKey>>>,
}

/// A random id of a request.
pub fn random_request_id(host: &dyn Host) -> String {
    format!("{:016x}{:016x}", host.transport().random(), host.transport().random())
}

impl<'a> Record<'a> {
    /// Begins the record of a call.
    ///
    /// # Errors
    /// The key for e-mail addresses cannot be read.
    pub async fn begin(host: &'a dyn Host, call: Described<'_>) -> Result<Self, Refusal> {
        let pseudonyms = Pseudonyms::configured(host).await?;
        let provider = json::provider_name(call.account.provider);
        let mut base: Map<String, Value> = [
            ("request_id", Value::from(call.request_id)),
            ("mode", Value::from(call.operation.name())),
            ("account", Value::from(call.account_id)),
            ("provider", Value::from(provider)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let actor = match call.actor {
            Actor::Token(name) => Some(("token", name)),
            Actor::Caller(Some(name)) => Some(("claimed_actor", name)),
            Actor::Caller(None) => None,
        };
        for (name, text) in actor
            .into_iter()
            .chain(call.traceparent.map(|text| ("traceparent", text)))
        {
            base.insert(name.to_owned(), Value::from(text));
        }
        let mut reported = Map::new();
        // The resolved id takes its place.
        if let Some(user) = call.user.and_then(|user| pseudonyms.shown(user)) {
            reported.insert(String::from("requested_user"), Value::from(user));
        }
        let claims = Claims {
            v: receipt::VERSION.to_owned(),
            request_id: call.request_id.to_owned(),
            iat: 0,
            mode: call.operation.name().to_owned(),
            provider: provider.to_owned(),
            account: call.account_id.to_owned(),
            user: None,
            actor: match call.actor {
                Actor::Token(name) => receipt::Actor::Token(name.to_owned()),
                Actor::Caller(name) => receipt::Actor::Caller(name.map(str::to_owned)),
            },
            plan_digest: None,
            approval: None,
            reference: None,
            before: Vec::new(),
            after: None,
            outcomes: Vec::new(),
            status: 0,
            traces: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Self {
            host,
            place: call.place.clone(),
            pseudonyms,
            began: host.transport().monotonic(),
            base,
            reported: RefCell::new(reported),
            quota: RefCell::default(),
            receipt_key: call.receipt_key.filter(|_| call.operation.has_receipt()),
            receipt_in_record: call.receipt_in_record,
            claims: RefCell::new(claims),
            before: RefCell::default(),
            keys: RefCell::default(),
        })
    }

    /// What the call asks for.
    pub fn requested(&mut self, request: &Request, options: &Options) {
        let shown = |text: &Option<String>| text.as_deref().and_then(|text| self.pseudonyms.shown(text));
        let roles = request
            .roles
            .iter()
            .take(MOST_ENTRIES)
            .cloned()
            .map(crate::contract::types::Role::from)
            .map(|role| {
                json!({
                    "id": shown(&role.id),
                    "name": shown(&role.name),
                    "group": shown(&role.group),
                    "organization": shown(&role.organization),
                    "workspace": shown(&role.workspace),
                })
            });
        let organizations = request.organizations.iter().take(MOST_ENTRIES).cloned();
        let organizations = organizations
            .map(crate::contract::types::Organization::from)
            .map(|organization| json!({"id": shown(&organization.id), "name": shown(&organization.name)}));
        let lists: [(&str, Vec<Value>, usize); 2] = [
            ("roles", roles.collect(), request.roles.len()),
            ("organizations", organizations.collect(), request.organizations.len()),
        ];
        let workspace: Option<String> = request.workspace_id.clone().into();
        let mut allowed: Vec<&str> = Vec::new();
        for effect in &options.allow {
            let name = json::side_effect_name(*effect);
            if !allowed.contains(&name) {
                allowed.push(name);
            }
        }
        let mut requested = Map::new();
        if request.everything {
            requested.insert(String::from("everything"), Value::Bool(true));
        }
        for (name, entries, count) in lists {
            let left_out = count.saturating_sub(entries.len());
            if left_out > 0 {
                requested.insert(format!("{name}_left_out"), Value::from(left_out));
            }
            if !entries.is_empty() {
                requested.insert(name.to_owned(), Value::Array(entries));
            }
        }
        if let Some(workspace) = shown(&workspace) {
            requested.insert(String::from("workspace_id"), Value::from(workspace));
        }
        let reference = options
            .reference
            .as_deref()
            .filter(|text| crate::naming::is_label(text))
            .map(str::to_owned);
        let passed = [
            ("remote_query_keys", &request.remote_query),
            ("remote_data_keys", &request.remote_data),
        ];
        let passed = passed.map(|(name, passed)| {
            let keys = keys(passed.as_deref().unwrap_or_default());
            let shown: Vec<String> = keys.iter().filter_map(|key| self.pseudonyms.shown(key)).collect();
            (name, shown)
        });
        self.base.insert(String::from("requested"), Value::Object(requested));
        self.base.insert(String::from("allowed"), Value::from(allowed));
        if let Some(reference) = &reference {
            self.base
                .insert(String::from("reference"), Value::from(reference.clone()));
        }
        for (name, keys) in passed {
            if !keys.is_empty() {
                self.base.insert(name.to_owned(), Value::from(keys));
            }
        }
        self.claims.borrow_mut().reference = reference;
    }

    /// Writes the result line, and gives the receipt.
    pub fn finished(&self, result: Result<&Success, &Failure>) -> Option<String> {
        let (status, outcomes) = match result {
            Ok(success) => (200, success.outcomes.as_slice()),
            Err(failure) => (failure.status, failure.outcomes.as_slice()),
        };
        self.set("status", Value::from(status));
        if let Err(failure) = result {
            self.failed(failure);
        }
        let receipt = self.receipt(status, outcomes);
        // A failure has room for it in every format.
        let is_in_record = self.receipt_in_record && result.is_ok();
        if is_in_record && let Some(receipt) = &receipt {
            self.set("receipt", Value::from(receipt.clone()));
        }
        self.end();
        receipt.filter(|_| !is_in_record)
    }

    /// Writes the result line of a call that only read.
    pub fn read(&self, failure: Option<&Failure>) {
        self.set("status", Value::from(failure.map_or(200, |failure| failure.status)));
        if let Some(failure) = failure {
            self.failed(failure);
        }
        self.end();
    }

    fn failed(&self, failure: &Failure) {
        self.set("error_code", Value::from(json::failure_kind_name(failure.kind)));
        self.set("sent", Value::from(failure.sent));
        // Whoever keeps the configuration finds it by this line, and not among the results.
        if failure.kind == FailureKind::InvalidAccount {
            let request_id = self.base.get("request_id").and_then(Value::as_str).unwrap_or_default();
            let account = self.base.get("account").and_then(Value::as_str);
            invalid_configuration(
                self.host,
                request_id,
                self.place.name(self.host),
                account,
                failure.field.as_deref(),
                "the account cannot work",
            );
        }
    }

    fn end(&self) {
        let took = self.host.transport().monotonic().saturating_sub(self.began);
        self.set(
            "duration_ms",
            Value::from(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        );
        self.write("result");
    }

    fn receipt(&self, status: u16, outcomes: &[RoleOutcome]) -> Option<String> {
        let key = self.receipt_key.as_ref()?;
        let mut claims = self.claims.borrow().clone();
        claims.iat = self.host.transport().wall_clock().as_secs();
        claims.status = status;
        let keys = self.keys.borrow();
        claims.outcomes = receipt::outcomes(outcomes, &keys);
        claims.before = receipt::selected(&self.before.borrow(), &keys);
        Some(receipt::sign(key, &claims))
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
        held_back_denials(self.host);
        let head = denial::head(self.host, event);
        let line = Line([&head, &self.base, &self.reported.borrow()]);
        self.host.record(&line.to_string());
    }
}

impl Audit for Record<'_> {
    fn step(&self, step: AuditEvent<'_>) {
        match step {
            AuditEvent::Read { user, grants } => {
                self.reported.borrow_mut().shift_remove("requested_user");
                if let Some(user) = self.pseudonyms.shown(user) {
                    self.set("user", Value::from(user));
                }
                self.grants("grants_before", grants);
                self.claims.borrow_mut().user = Some(user.to_owned());
                if self.receipt_key.is_some() {
                    *self.before.borrow_mut() = grants.to_vec();
                }
            }
            AuditEvent::Intent { targets } => {
                let targets = targets.iter().map(|target| self.grant(target)).collect();
                self.set("targets", Value::Array(targets));
                self.write("intent");
            }
            AuditEvent::Result {
                outcomes,
                keys,
                grants_after,
                traces,
            } => {
                if let Some(grants) = grants_after {
                    self.grants("grants_after", grants);
                }
                let shown = outcomes.iter().map(|entry| self.outcome(entry)).collect();
                self.set("outcomes", Value::Array(shown));
                if self.receipt_key.is_some() {
                    let after = grants_after.map(|grants| receipt::selected(grants, keys));
                    self.claims.borrow_mut().after = after;
                    *self.keys.borrow_mut() = keys.to_vec();
                }
                self.claims.borrow_mut().traces.clone_from(&traces);
                self.set("traces", Value::from(traces));
            }
            AuditEvent::Bound { digest, approval } => {
                self.set("plan_digest", Value::from(digest));
                let mut claims = self.claims.borrow_mut();
                claims.plan_digest = Some(digest.to_owned());
                if let Some(approval) = approval {
                    self.set(
                        "approval",
                        json!({
                            "approver": approval.approver,
                            "kid": approval.kid,
                            "jti": approval.jti,
                            "reference": approval.reference,
                        }),
                    );
                    claims.approval = Some(ApprovalClaim::from(approval));
                }
            }
            AuditEvent::Planned { digest } => self.set("plan_digest", Value::from(digest)),
            AuditEvent::Calls(count) => self.set("provider_calls", Value::from(count)),
            AuditEvent::Quota(quota) => *self.quota.borrow_mut() = Some(quota),
        }
    }
}

/// The fields of a line, whose names differ: they are not copied to be written.
struct Line<'a>([&'a Map<String, Value>; 3]);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (position, (name, value)) in self.0.iter().flat_map(|fields| fields.iter()).enumerate() {
            let comma = if position == 0 { "" } else { "," };
            // A field's name is one of ours, and needs no escape.
            write!(f, "{comma}\"{name}\":{value}")?;
        }
        f.write_str("}")
    }
}

/// What a warning is about is left out: it may be a name.
fn names_of(warnings: &[String]) -> Vec<&str> {
    let name = |warning: &str| warning.split(':').next().map(str::len);
    warnings
        .iter()
        .filter_map(|warning| warning.get(..name(warning)?))
        .collect()
}

/// The keys of what passes through, never the values. Sorted and bounded, because the caller chose them.
fn keys(passed: &str) -> Vec<String> {
    let fields: Map<String, Value> = serde_json::from_str(passed).unwrap_or_default();
    let mut keys: Vec<String> = fields
        .keys()
        .map(|key| key.chars().take(LONGEST_KEY).collect())
        .collect();
    sorted::sort(&mut keys);
    keys.truncate(MOST_KEYS);
    keys
}

#[cfg(test)]
mod tests;
