//! One person at one account: what is planned, what was done, and what is known of it. It changes by events only.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::Value;
use unassign_role::contract::timestamp;

use super::{
    grant::{Check, Grant, Key, Outcome},
    journal::event::{Described, Event, Planned},
    reply::{Coverage, Reply},
};

/// A task.
#[derive(Clone, Debug)]
pub struct Task {
    pub described: Described,
    pub planned: Option<Planned>,
    /// What the plan would remove.
    targets: BTreeSet<Key>,
    /// Everything that was ever shown, and what became of it.
    pub grants: BTreeMap<Key, Grant>,
    /// Revokes that were, or may have been, sent.
    pub attempts: u32,
    /// A revoke was begun, and nobody knows what came of it.
    pub is_in_doubt: bool,
    /// What the last call failed with, if that says nothing of a grant.
    pub failure: Option<Reply>,
    /// The service refused a revoke as a whole, and sending it again cannot help.
    pub refusal: Option<Reply>,
    /// More may be held than is shown.
    pub gap: Option<String>,
    /// The provider knew the user, and does not any more.
    pub is_user_gone: bool,
    /// What the service signed, in order.
    pub receipts: Vec<String>,
    /// When the latest write was acknowledged.
    pub acknowledged_at: Option<String>,
    /// The last verification was made.
    pub is_verified: bool,
    /// Why it was not begun; of this run, and not in the journal.
    pub skipped: Option<String>,
}

/// What a plan found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No plan could be made, or none was.
    Failed,
    NoSuchUser,
    /// A whole reading that would have shown something shows nothing.
    NothingHeld,
    /// Nothing is shown, and that proves nothing.
    NothingShown,
    /// Something is held, and nothing of it can go.
    NothingCanGo,
    /// So many grants would go.
    Goes(usize),
}

/// What is to be done for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    /// Ask what is held: a revoke was begun without a result, or its result is not settled.
    Verify,
    Revoke,
}

impl Task {
    pub const fn new(described: Described) -> Self {
        Self {
            described,
            planned: None,
            targets: BTreeSet::new(),
            grants: BTreeMap::new(),
            attempts: 0,
            is_in_doubt: false,
            failure: None,
            refusal: None,
            gap: None,
            is_user_gone: false,
            receipts: Vec::new(),
            acknowledged_at: None,
            is_verified: false,
            skipped: None,
        }
    }

    /// Takes note of an event that is about this task.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Planned { planned, .. } => self.plan(planned),
            Event::Approved { approval, .. } => {
                if let Some(planned) = &mut self.planned {
                    planned.approval = Some(approval.clone());
                }
                self.failure = None;
                self.refusal = None;
            }
            Event::Intent { .. } => {
                self.attempts = self.attempts.saturating_add(1);
                self.is_in_doubt = true;
                self.is_verified = false;
                self.failure = None;
            }
            Event::Result { reply, .. } => self.revoked(reply),
            Event::Verified {
                reply,
                is_bare,
                is_last,
                absent,
                ..
            } => {
                self.verified(reply, *is_bare, absent);
                self.is_verified = *is_last;
            }
            Event::Begin(_)
            | Event::Confirmed { .. }
            | Event::Widened { .. }
            | Event::ReceiptKey { .. }
            | Event::Resumed { .. }
            | Event::Stopped { .. }
            | Event::End { .. } => {}
        }
    }

    pub fn finding(&self) -> Finding {
        let Some(planned) = &self.planned else {
            return Finding::Failed;
        };
        let reply = &planned.reply;
        if reply.is_no_such_user() {
            return Finding::NoSuchUser;
        }
        let Some(plan) = &planned.plan else {
            return Finding::Failed;
        };
        let counted = writes(plan);
        if counted > 0 {
            return Finding::Goes(counted);
        }
        match (reply.grants.is_empty(), reply.coverage()) {
            (true, Coverage::Whole) => Finding::NothingHeld,
            (true, Coverage::Gaps) => Finding::NothingShown,
            _ => Finding::NothingCanGo,
        }
    }

    /// Something would be sent.
    pub fn has_work(&self) -> bool {
        matches!(self.finding(), Finding::Goes(_))
    }

    /// An approval is needed, and there is none.
    pub fn lacks_approval(&self) -> bool {
        let approval = self.planned.as_ref().and_then(|planned| planned.approval.as_ref());
        self.described.approval_required && self.has_work() && approval.is_none()
    }

    pub fn next(&self) -> Next {
        if !self.has_work() || self.lacks_approval() || self.is_user_gone || self.refusal.is_some() {
            return Next::Nothing;
        }
        if self.is_in_doubt {
            return Next::Verify;
        }
        let mut next = Next::Nothing;
        for grant in self.targets.iter().filter_map(|key| self.grants.get(key)) {
            match (grant.outcome, grant.check) {
                (Outcome::Unverified | Outcome::Unknown, None | Some(Check::Unclear)) => return Next::Verify,
                (Outcome::Planned | Outcome::NotAttempted | Outcome::Failed | Outcome::Held, _)
                | (Outcome::Unverified | Outcome::Unknown, Some(Check::Held)) => next = Next::Revoke,
                _ => {}
            }
        }
        next
    }

    /// Until when a reading says nothing of what was acknowledged: Unix time.
    pub fn settles_at(&self) -> Option<Duration> {
        let open = self.targets().filter(|grant| !grant.is_called_gone());
        open.filter_map(|grant| timestamp::parse(grant.verify_after.as_deref()?))
            .max()
    }

    /// The user as the provider calls it; before a plan, as the list does. An address can be given to somebody else meanwhile.
    pub fn user(&self) -> &str {
        let found = self.planned.as_ref().and_then(|planned| planned.reply.user.as_deref());
        found.unwrap_or(&self.described.target.user)
    }

    /// What tells the account of the plan from others; `None` without a plan.
    pub fn planned_account(&self) -> Option<String> {
        let plan = self.planned.as_ref()?.plan.as_deref()?;
        let plan: Value = serde_json::from_str(plan).unwrap_or_default();
        plan.get("account_sha256").and_then(Value::as_str).map(str::to_owned)
    }

    /// Something was called removed, or may have been; or nothing was held when the plan was made, which may have changed since.
    pub fn needs_last_verification(&self) -> bool {
        self.attempts > 0 || self.finding() == Finding::NothingHeld
    }

    /// Every grant of the plan is called gone.
    pub fn targets(&self) -> impl Iterator<Item = &Grant> {
        self.targets.iter().filter_map(|key| self.grants.get(key))
    }

    fn plan(&mut self, planned: &Planned) {
        self.planned = Some(planned.clone());
        let reply = &planned.reply;
        self.targets = planned_keys(reply);
        self.grants = reply
            .grants
            .iter()
            .map(|grant| (grant.key.clone(), grant.clone()))
            .collect();
        self.note_gap(reply, false);
        if planned.plan.is_none() {
            self.failure = Some(reply.clone());
        }
    }

    fn revoked(&mut self, reply: &Reply) {
        self.is_in_doubt = false;
        self.is_verified = false;
        self.receipts.extend(reply.receipt.clone());
        self.acknowledged_at = self.acknowledged_at.take().max(reply.acknowledged_at().cloned());
        let coverage = reply.coverage();
        if coverage == Coverage::Silent {
            if is_final(reply) {
                self.refusal = Some(reply.clone());
            } else {
                self.failure = Some(reply.clone());
            }
            self.is_user_gone |= reply.is_no_such_user();
            // Something may have been sent, and nothing is said of it.
            self.is_in_doubt = reply.sent;
            return;
        }
        self.failure = (!reply.is_success() && reply.retryable).then(|| reply.clone());
        self.note_gap(reply, false);
        let listed: BTreeMap<&Key, &Grant> = reply.grants.iter().map(|grant| (&grant.key, grant)).collect();
        for (key, grant) in &mut self.grants {
            match listed.get(key) {
                Some(now) => {
                    *grant = Grant {
                        is_late: grant.is_late,
                        ..(*now).clone()
                    }
                }
                None if grant.is_called_gone() => grant.check = None,
                None => *grant = unlisted(grant, coverage),
            }
        }
        self.add_late(reply);
    }

    fn verified(&mut self, reply: &Reply, is_bare: bool, absent: &[Key]) {
        self.receipts.extend(reply.receipt.clone());
        let coverage = reply.coverage();
        // A reading of somebody else says nothing of this user.
        let is_the_user = reply.user.as_deref().is_none_or(|user| user == self.user());
        if coverage == Coverage::Silent || !is_the_user {
            self.failure = Some(reply.clone());
            self.is_user_gone |= reply.is_no_such_user();
            self.grants
                .values_mut()
                .for_each(|grant| grant.check = Some(Check::Unclear));
            return;
        }
        self.failure = None;
        self.is_user_gone = false;
        self.is_in_doubt = false;
        // With a removal that was read back, a bare reading is enough. Without one, only a reading that proves absence is.
        self.note_gap(reply, is_bare && !self.targets.is_empty());
        let listed: BTreeMap<&Key, &Grant> = reply.grants.iter().map(|grant| (&grant.key, grant)).collect();
        let attempts = self.attempts;
        let mut is_unsettled = false;
        for (key, grant) in &mut self.grants {
            match (listed.get(key), coverage) {
                (Some(now), _) => {
                    is_unsettled |= now.outcome == Outcome::Unknown;
                    see(grant, now);
                }
                (None, coverage) if coverage == Coverage::Whole || absent.contains(key) => {
                    grant.check = Some(Check::Gone);
                    if !grant.is_called_gone() {
                        grant.outcome = Outcome::AlreadyAbsent;
                        grant.reason = None;
                        grant.message = Some(String::from("a later reading does not show it any more"));
                    }
                }
                (None, _) => {
                    grant.check = Some(if is_bare { Check::NotShown } else { Check::Unclear });
                    // It was acknowledged, and a whole reading does not show it once reads have settled.
                    if is_bare && grant.outcome == Outcome::Unverified && grant.acknowledged_at.is_some() {
                        grant.outcome = Outcome::Removed;
                        grant.reason = None;
                        grant.message = None;
                    }
                    if attempts > 0 && matches!(grant.outcome, Outcome::Planned | Outcome::Unverified) {
                        grant.outcome = Outcome::Unknown;
                        grant.reason = Some(String::from("not_visible"));
                    }
                }
            }
        }
        // Reads may still be stale: what was begun is as unclear as before.
        self.is_in_doubt = is_unsettled && self.targets().any(|grant| grant.outcome == Outcome::Planned);
        self.add_late(reply);
    }

    /// What is shown now and was not planned with.
    fn add_late(&mut self, reply: &Reply) {
        for grant in &reply.grants {
            self.grants.entry(grant.key.clone()).or_insert_with(|| Grant {
                check: (grant.outcome == Outcome::Held).then_some(Check::Held),
                is_late: true,
                ..grant.clone()
            });
        }
    }

    fn note_gap(&mut self, reply: &Reply, is_bare: bool) {
        let gap = reply.rest.iter().find(|rest| rest.outcome != Outcome::AlreadyAbsent);
        self.gap = gap.filter(|_| !is_bare).map(|rest| rest.message.clone());
    }
}

/// The service itself refused the call, as it would again. What a provider refuses now, it may take later.
fn is_final(reply: &Reply) -> bool {
    let codes = [
        "plan_changed",
        "approval_required",
        "approval_refused",
        "not_removed",
        "invalid_request",
        "not_permitted",
    ];
    !reply.is_remote && codes.iter().any(|code| reply.is(code))
}

/// What becomes of a grant that a revoke's answer does not list.
fn unlisted(grant: &Grant, coverage: Coverage) -> Grant {
    match coverage {
        Coverage::Whole => Grant {
            outcome: Outcome::AlreadyAbsent,
            reason: None,
            message: Some(String::from("it was not held any more when it was to be removed")),
            check: None,
            ..grant.clone()
        },
        _ if grant.key.direct => Grant {
            outcome: Outcome::Unknown,
            reason: Some(String::from("not_visible")),
            message: None,
            check: None,
            ..grant.clone()
        },
        _ => grant.clone(),
    }
}

/// Takes note of what a verification says of a grant that it lists.
fn see(grant: &mut Grant, now: &Grant) {
    match now.outcome {
        Outcome::Held | Outcome::Inherited => {
            grant.check = Some(Check::Held);
            grant.via.clone_from(&now.via);
            // What was removed and came back was removed, and nobody confirmed that it goes again.
            if !matches!(
                grant.outcome,
                Outcome::Refused
                    | Outcome::NotAttempted
                    | Outcome::NotFound
                    | Outcome::Planned
                    | Outcome::Inherited
                    | Outcome::Removed
            ) {
                grant.outcome = now.outcome;
                grant.reason.clone_from(&now.reason);
                grant.message.clone_from(&now.message);
            }
        }
        Outcome::AlreadyAbsent => grant.check = Some(Check::Gone),
        _ => {
            grant.check = Some(Check::Unclear);
        }
    }
}

/// The grants that a plan would remove.
fn planned_keys(reply: &Reply) -> BTreeSet<Key> {
    let planned = reply.grants.iter().filter(|grant| grant.outcome == Outcome::Planned);
    planned.map(|grant| grant.key.clone()).collect()
}

/// How many grants a plan would send. A plan that cannot be read sends nothing.
pub fn writes(plan: &str) -> usize {
    let plan: Value = serde_json::from_str(plan).unwrap_or_default();
    let count = |member: &str| plan.get(member).and_then(Value::as_array).map_or(0, Vec::len);
    count("targets").saturating_add(count("probes"))
}

#[cfg(test)]
pub mod examples;
#[cfg(test)]
mod tests;
