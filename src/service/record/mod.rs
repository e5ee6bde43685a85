//! The record: one JSON line before the first write and one when the operation is over. No secrets, no provider message text.
//! `docs/record.md` describes it.

mod denial;
mod line;
mod pseudonym;
mod rows;
mod trace_parent;

pub use self::{
    denial::{Denial, denied, held_back_denials, invalid_configuration},
    trace_parent::trace_parent,
};

use std::{cell::RefCell, rc::Rc, time::Duration};

use crate::{
    binding::jwk::PrivateKey,
    client::Quota,
    contract::{
        json::{
            self,
            text::{array, object, quoted, texts},
        },
        types::{Account, Failure, FailureKind, Options, Organization, Request, Role, RoleOutcome, Success},
    },
    engine::{Audit, AuditEvent},
    provider::{Grant, GrantKey},
    receipt::{self, ApprovalClaim, Claims},
    sorted,
};

use super::{AccountPlace, Host, Operation, Refusal};

use self::{line::Known, pseudonym::Pseudonyms};

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
    base: Known,
    /// The fields that the operation has reported so far.
    reported: RefCell<Known>,
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
        let mut base = Known::default();
        let (token, claimed_actor) = match call.actor {
            Actor::Token(name) => (Some(name), None),
            Actor::Caller(name) => (None, name),
        };
        for (name, text) in [
            ("request_id", Some(call.request_id)),
            ("mode", Some(call.operation.name())),
            ("account", Some(call.account_id)),
            ("provider", Some(provider)),
            ("token", token),
            ("claimed_actor", claimed_actor),
            ("traceparent", call.traceparent),
        ] {
            if let Some(text) = text {
                base.set(name, quoted(text));
            }
        }
        let mut reported = Known::default();
        // The resolved id takes its place.
        if let Some(user) = pseudonyms.shown_of(call.user) {
            reported.set("requested_user", quoted(&user));
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
        let shown = |text: &Option<String>| self.pseudonyms.shown_of(text.as_deref());
        let requested = object(|fields| {
            if request.everything {
                fields.flag("everything", Some(true));
            }
            for (name, count) in [
                ("roles_left_out", request.roles.len()),
                ("organizations_left_out", request.organizations.len()),
            ] {
                let left_out = count.saturating_sub(MOST_ENTRIES);
                if left_out > 0 {
                    fields.written(name, &left_out.to_string());
                }
            }
            let roles = request.roles.get(..MOST_ENTRIES).unwrap_or(&request.roles);
            fields.list("roles", roles, |role, fields| {
                let role = Role::from(role.clone());
                fields.text_or_null("id", shown(&role.id).as_deref());
                fields.text_or_null("name", shown(&role.name).as_deref());
                fields.text_or_null("group", shown(&role.group).as_deref());
                fields.text_or_null("organization", shown(&role.organization).as_deref());
                fields.text_or_null("workspace", shown(&role.workspace).as_deref());
            });
            let organizations = request.organizations.get(..MOST_ENTRIES);
            fields.list(
                "organizations",
                organizations.unwrap_or(&request.organizations),
                |organization, fields| {
                    let organization = Organization::from(organization.clone());
                    fields.text_or_null("id", shown(&organization.id).as_deref());
                    fields.text_or_null("name", shown(&organization.name).as_deref());
                },
            );
            let workspace: Option<String> = request.workspace_id.clone().into();
            fields.text("workspace_id", shown(&workspace).as_deref());
        });
        let mut allowed: Vec<&str> = Vec::new();
        for effect in &options.allow {
            let name = json::side_effect_name(*effect);
            if !allowed.contains(&name) {
                allowed.push(name);
            }
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
        self.base.set("requested", requested);
        self.base.set("allowed", texts(&mut allowed.iter().copied()));
        if let Some(reference) = &reference {
            self.base.set("reference", quoted(reference));
        }
        for (name, keys) in passed {
            if !keys.is_empty() {
                self.base.set(name, texts(&mut keys.iter().map(String::as_str)));
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
        self.set("status", status.to_string());
        if let Err(failure) = result {
            self.failed(failure);
        }
        let receipt = self.receipt(status, outcomes);
        // A failure has room for it in every format.
        let is_in_record = self.receipt_in_record && result.is_ok();
        if is_in_record && let Some(receipt) = &receipt {
            self.set("receipt", quoted(receipt));
        }
        self.end();
        receipt.filter(|_| !is_in_record)
    }

    /// Writes the result line of a call that only read.
    pub fn read(&self, failure: Option<&Failure>) {
        self.set("status", failure.map_or(200, |failure| failure.status).to_string());
        if let Some(failure) = failure {
            self.failed(failure);
        }
        self.end();
    }

    fn failed(&self, failure: &Failure) {
        self.set("error_code", quoted(json::failure_kind_name(failure.kind)));
        self.set("sent", failure.sent.to_string());
        // Whoever keeps the configuration finds it by this line, and not among the results.
        if failure.kind == FailureKind::InvalidAccount {
            let claims = self.claims.borrow();
            invalid_configuration(
                self.host,
                &claims.request_id,
                self.place.name(self.host),
                Some(&claims.account),
                failure.field.as_deref(),
                "the account cannot work",
            );
        }
    }

    fn end(&self) {
        let took = self.host.transport().monotonic().saturating_sub(self.began);
        self.set("duration_ms", took.as_millis().to_string());
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

    fn set(&self, name: &'static str, json: String) {
        self.reported.borrow_mut().set(name, json);
    }

    fn grants(&self, name: &'static str, name_left_out: &'static str, grants: &[Grant]) {
        let shown = grants.iter().take(MOST_GRANTS);
        self.set(name, array(shown, |grant, fields| self.pseudonyms.grant(grant, fields)));
        let left_out = grants.len().saturating_sub(MOST_GRANTS);
        if left_out > 0 {
            self.set(name_left_out, left_out.to_string());
        }
    }

    fn write(&self, event: &str) {
        held_back_denials(self.host);
        line::write(self.host, event, |line| {
            self.base.write(line);
            self.reported.borrow().write(line);
        });
    }
}

impl Audit for Record<'_> {
    fn step(&self, step: AuditEvent<'_>) {
        match step {
            AuditEvent::Read { user, grants } => {
                self.reported.borrow_mut().remove("requested_user");
                if let Some(user) = self.pseudonyms.shown(user) {
                    self.set("user", quoted(&user));
                }
                self.grants("grants_before", "grants_before_left_out", grants);
                self.claims.borrow_mut().user = Some(user.to_owned());
                if self.receipt_key.is_some() {
                    *self.before.borrow_mut() = grants.to_vec();
                }
            }
            AuditEvent::Intent { targets } => {
                let shown = array(targets, |target, fields| self.pseudonyms.grant(target, fields));
                self.set("targets", shown);
                self.write("intent");
            }
            AuditEvent::Result {
                outcomes,
                keys,
                grants_after,
                traces,
            } => {
                if let Some(grants) = grants_after {
                    self.grants("grants_after", "grants_after_left_out", grants);
                }
                let shown = array(outcomes, |entry, fields| self.pseudonyms.outcome(entry, fields));
                self.set("outcomes", shown);
                if self.receipt_key.is_some() {
                    let after = grants_after.map(|grants| receipt::selected(grants, keys));
                    self.claims.borrow_mut().after = after;
                    *self.keys.borrow_mut() = keys.to_vec();
                }
                self.claims.borrow_mut().traces.clone_from(&traces);
                self.set("traces", texts(&mut traces.iter().map(String::as_str)));
            }
            AuditEvent::Bound { digest, approval } => {
                self.set("plan_digest", quoted(digest));
                let mut claims = self.claims.borrow_mut();
                claims.plan_digest = Some(digest.to_owned());
                if let Some(approval) = approval {
                    let shown = object(|fields| {
                        fields.text("approver", Some(&approval.approver));
                        fields.text("kid", Some(&approval.kid));
                        fields.text("jti", Some(&approval.jti));
                        fields.text("reference", Some(&approval.reference));
                    });
                    self.set("approval", shown);
                    claims.approval = Some(ApprovalClaim::from(approval));
                }
            }
            AuditEvent::Planned { digest } => self.set("plan_digest", quoted(digest)),
            AuditEvent::Calls(count) => self.set("provider_calls", count.to_string()),
            AuditEvent::Quota(quota) => *self.quota.borrow_mut() = Some(quota),
        }
    }
}

/// What a warning is about is left out: it may be a name.
fn names_of(warnings: &[String]) -> impl Iterator<Item = &str> {
    warnings.iter().filter_map(|warning| warning.split(':').next())
}

/// The keys of what passes through, never the values. Sorted and bounded, because the caller chose them.
fn keys(passed: &str) -> Vec<String> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(passed).unwrap_or_default();
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
