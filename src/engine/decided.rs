//! What became of an entry and of its grants: reasons and times as what they are. The contract's records, which have them as text, are
//! written last.

use std::time::Duration;

use crate::contract::{
    reason::Reason,
    timestamp,
    types::{GrantOutcome, Outcome, RoleOutcome},
};

use super::outcome;

/// A grant with its outcome.
pub struct DecidedGrant {
    /// Without `reason` and `verify_after`.
    pub record: GrantOutcome,
    pub reason: Option<Reason>,
    /// When a read tells whether it is gone.
    pub verify_after: Option<Duration>,
}

/// An entry with its outcome.
pub struct DecidedEntry {
    /// Without `reason`, `verify_after` and `grants`.
    pub record: RoleOutcome,
    pub reason: Option<Reason>,
    pub verify_after: Option<Duration>,
    pub grants: Vec<DecidedGrant>,
}

impl DecidedGrant {
    pub const fn new(record: GrantOutcome, reason: Option<Reason>) -> Self {
        Self {
            record,
            reason,
            verify_after: None,
        }
    }

    pub const fn outcome(&self) -> Outcome {
        self.record.outcome
    }

    pub const fn message(&self) -> Option<&String> {
        self.record.message.as_ref()
    }

    /// A read says nothing of it yet.
    pub fn unsettle(&mut self, until: Duration) {
        self.record.outcome = Outcome::Unknown;
        self.reason = Some(Reason::NotSettled);
        self.verify_after = Some(until);
    }

    fn written(self) -> GrantOutcome {
        GrantOutcome {
            reason: self.reason.map(text),
            verify_after: self.verify_after.map(timestamp::format),
            ..self.record
        }
    }
}

impl DecidedEntry {
    pub fn written(self) -> RoleOutcome {
        RoleOutcome {
            reason: self.reason.map(text),
            verify_after: self.verify_after.map(timestamp::format),
            grants: self.grants.into_iter().map(DecidedGrant::written).collect(),
            ..self.record
        }
    }
}

/// The grant that gives its entry the outcome.
pub fn worst(grants: &[DecidedGrant]) -> Option<&DecidedGrant> {
    grants.iter().max_by_key(|grant| outcome::severity(grant.outcome()))
}

fn text(reason: Reason) -> String {
    reason.as_str().to_owned()
}
