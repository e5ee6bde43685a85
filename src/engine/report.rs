//! From the state of an operation to its answer.

use std::time::Duration;

use crate::{
    binding::plan::{self, PlanDocument},
    contract::{
        json::text::object,
        reason::Reason,
        redact,
        types::{
            Failure, FailureKind, GrantOutcome, Mode, Organization, Outcome, PlannedRequest, Role, RoleOutcome,
            Success, User,
        },
        warning::Warning,
    },
    error::Error,
    provider::{Context, Grant, GrantKey, Provider, reading::Reading},
    request::Entry,
};

use super::{
    Audit, AuditEvent, Work,
    decided::{self, DecidedEntry, DecidedGrant},
    later::Later,
    outcome,
    select::Selection,
    status::{self, Cause},
};

/// The outcomes of all entries, with what decides the status.
pub struct Report<'a> {
    cx: &'a Context<'a>,
    work: &'a Work<'a>,
    /// The user of the latest reading, without documents.
    user: User,
    outcomes: Vec<RoleOutcome>,
    /// What the grants of each outcome are, in their order.
    keys: Vec<Vec<GrantKey>>,
    causes: Vec<Cause>,
}

impl<'a> Report<'a> {
    pub fn new(
        provider: &'a dyn Provider,
        cx: &'a Context<'a>,
        work: &'a Work<'a>,
        selections: Vec<Selection>,
    ) -> Self {
        let mut outcomes: Vec<RoleOutcome> = Vec::with_capacity(selections.len());
        let mut keys = Vec::with_capacity(selections.len());
        let mut causes = Vec::new();
        let latest = latest(work);
        let user = unified(latest);
        let later = Later::of(work, warnings(latest, &user));
        let window = Window::of(cx, work);
        for selection in selections {
            if let Some(earlier) = selection.same_as {
                let same = outcomes
                    .get(earlier)
                    .map(|outcome| repeated(&selection.entry, outcome, earlier));
                outcomes.extend(same);
                keys.push(Vec::new());
                continue;
            }
            let (mut entry, of_grants) = entry_outcome(provider, cx, work, selection, &later);
            window.settle(&mut entry);
            causes.extend(Cause::of_entry(&entry));
            outcomes.push(entry.written());
            keys.push(of_grants);
        }
        if cx.request.everything
            && let Some((entry, of_grants)) = later.rest(&|grant| has_gone(&outcomes, &keys, grant))
        {
            causes.extend(Cause::of_entry(&entry));
            outcomes.push(entry.written());
            keys.push(of_grants);
        }
        Self {
            cx,
            work,
            user,
            outcomes,
            keys,
            causes,
        }
    }

    /// The answer after a revoke, or after nothing had to be sent.
    pub fn finish(self, audit: &dyn Audit) -> Result<Success, Failure> {
        self.answer(audit)
    }

    /// The answer of a dry run.
    pub fn planned(self, requests: Vec<PlannedRequest>, text: String, audit: &dyn Audit) -> Result<Success, Failure> {
        let digest = plan::digest(&text);
        audit.step(AuditEvent::Planned { digest: &digest });
        match self.answer(audit) {
            Ok(success) => Ok(Success {
                dry_run: true,
                planned_requests: requests,
                plan: Some(text),
                plan_digest: Some(digest),
                ..success
            }),
            // What can be sent can be approved, whatever else cannot go.
            Err(failure) => Err(Failure {
                plan: Some(text),
                plan_digest: Some(digest),
                ..failure
            }),
        }
    }

    /// The answer where more would be sent than the plan lists: nothing was.
    pub fn plan_changed(self, why: &str, plan: &PlanDocument, audit: &dyn Audit) -> Failure {
        let text = plan.to_text();
        let digest = plan::digest(&text);
        let message = format!("{why}: nothing was sent; look at the new plan, and have it approved");
        let plan = |failure: Failure| Failure {
            kind: FailureKind::PlanChanged,
            message,
            status: 422,
            retry_after: None,
            retryable: false,
            plan: Some(text),
            plan_digest: Some(digest),
            ..failure
        };
        match self.answer(audit) {
            Err(failure) => plan(failure),
            // Every entry is refused; a request without one is not taken.
            Ok(_) => plan(status::failure_of(
                &Error::request("options.binding", "the plan changed"),
                false,
            )),
        }
    }

    fn answer(mut self, audit: &dyn Audit) -> Result<Success, Failure> {
        // Before anybody takes note of them.
        redact::mask(&self.cx.client, &mut self.outcomes);
        let after = self.after_write();
        // What the user in the answer is made from.
        let reading = after.unwrap_or(&self.work.before);
        let answers = self.cx.revoke_answers.borrow();
        audit.step(AuditEvent::Result {
            outcomes: &self.outcomes,
            keys: &self.keys,
            grants_after: after.map(|reading| reading.grants.as_slice()),
            traces: answers.iter().filter_map(|answer| answer.trace_id.clone()).collect(),
        });
        let user = if std::ptr::eq(reading, latest(self.work)) {
            self.user
        } else {
            unified(reading)
        };
        let user = documented(self.cx, reading, user);
        let accepts = |outcome: Outcome| match outcome {
            Outcome::Removed | Outcome::AlreadyAbsent | Outcome::Planned => true,
            Outcome::Unverified => self.cx.request.accept_unverified,
            _ => false,
        };
        // The worst grant gives the entry its outcome; what is accepted must be all of them.
        let is_good =
            |entry: &RoleOutcome| accepts(entry.outcome) && entry.grants.iter().all(|grant| accepts(grant.outcome));
        if self.outcomes.iter().all(is_good) {
            return Ok(Success {
                user,
                outcomes: self.outcomes,
                dry_run: false,
                planned_requests: Vec::new(),
                plan: None,
                plan_digest: None,
                receipt: None,
            });
        }
        // A removal that only the read-back proves must not be lost in an answer that is sent again at once either.
        let has_effect = |grant: &GrantOutcome| grant.acknowledged || grant.outcome == Outcome::Removed;
        let acknowledged = self.outcomes.iter().flat_map(|entry| &entry.grants).any(has_effect);
        let wrote = self.cx.client.wrote();
        let is_current = !wrote || after.is_some();
        let asked_to_wait = *self.cx.retry_after.borrow();
        let now = self.cx.client.transport().wall_clock();
        let verdict = if self.cx.request.mode == Mode::Verify {
            status::of_verify(&self.causes, asked_to_wait, now)
        } else {
            status::of_outcomes(&self.causes, acknowledged, asked_to_wait, now)
        };
        Err(Failure {
            kind: verdict.kind,
            message: message(&self.outcomes, &is_good),
            status: verdict.status,
            field: None,
            answer: answers
                .iter()
                .rev()
                .find(|answer| answer.is_refusal)
                .map(status::contract_answer),
            retry_after: verdict.retry_after,
            retryable: verdict.retryable,
            outcomes: self.outcomes,
            sent: wrote,
            user: is_current.then_some(user),
            plan: None,
            plan_digest: None,
            receipt: None,
        })
    }

    /// The read after the revoke, unless it may miss what is held.
    fn after_write(&self) -> Option<&'a Reading<'a>> {
        let after = self.work.after.as_ref().filter(|after| after.proves_absence)?;
        Some(&after.reading)
    }
}

/// Whether a grant of the same role was removed.
fn has_gone(outcomes: &[RoleOutcome], keys: &[Vec<GrantKey>], grant: &Grant) -> bool {
    let removed = outcomes
        .iter()
        .zip(keys)
        .flat_map(|(entry, keys)| entry.grants.iter().zip(keys));
    let mut removed = removed.filter(|(grant, _)| grant.outcome == Outcome::Removed);
    removed.any(|(_, key)| key.role_id() == grant.role_id)
}

/// The unified user of a reading, with the documents that it was made from.
pub fn user(cx: &Context<'_>, reading: &Reading<'_>) -> User {
    documented(cx, reading, unified(reading))
}

fn documented(cx: &Context<'_>, reading: &Reading<'_>, user: User) -> User {
    let answers = cx.revoke_answers.borrow();
    let documents = object(|fields| {
        for (name, text) in &reading.documents {
            fields.json(name, Some(text));
        }
        fields.json_array("revoke", &mut answers.iter().map(|answer| answer.body.as_str()));
    });
    User {
        remote_data: Some(documents),
        ..user
    }
}

/// The user without documents. Roles are never shown partly.
fn unified(reading: &Reading<'_>) -> User {
    let mut user = reading.unify();
    if reading.unread.iter().any(|row| !row.is_link) {
        leave_out_roles(&mut user);
    }
    user
}

/// Leaves the roles out, and says so.
pub fn leave_out_roles(user: &mut User) {
    if !lacks_roles(user) {
        user.roles.clear();
        user.truncated.push(String::from("roles"));
    }
}

/// Whether the roles are left out.
fn lacks_roles(user: &User) -> bool {
    user.truncated.iter().any(|name| name == "roles")
}

fn latest<'a>(work: &'a Work<'_>) -> &'a Reading<'a> {
    work.after.as_ref().map_or(&work.before, |after| &after.reading)
}

/// What holds for the whole of a reading, with its user.
pub fn warnings(reading: &Reading<'_>, user: &User) -> Vec<String> {
    let mut warnings = reading.warnings.clone();
    let not_whole = Warning::RolesNotWhole.text();
    if lacks_roles(user) && !warnings.contains(&not_whole) {
        warnings.push(not_whole);
    }
    warnings
}

fn entry_outcome(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &Work<'_>,
    selection: Selection,
    later: &Later,
) -> (DecidedEntry, Vec<GrantKey>) {
    let Selection {
        entry,
        targets,
        inherited,
        decided,
        mut warnings,
        role_ids,
        selector,
        same_as: _,
    } = selection;
    let mut keys = Vec::new();
    let mut grants = Vec::new();
    for target in targets.iter().filter_map(|&index| work.targets.get(index)) {
        let decided = outcome::of_target(provider, cx, work, target);
        let left = outcome::left_behind(work, target, decided.outcome());
        keys.push(target.grant.key());
        grants.push(decided);
        for (grant, decided) in left {
            keys.push(grant.key());
            grants.push(decided);
        }
    }
    let changed = grants
        .iter()
        .any(|grant: &DecidedGrant| grant.outcome() == Outcome::Removed);
    let after = work.after.as_ref();
    for grant in &inherited {
        keys.push(grant.key());
        grants.push(outcome::of_inherited(grant, changed, after));
    }
    // What appears later belongs to the rest of everything.
    let (meant, doubt) = if cx.request.everything {
        (Vec::new(), None)
    } else {
        later.meant(provider, work, &selector, &role_ids)
    };
    for grant in meant {
        keys.push(grant.key());
        grants.push(Later::outcome(grant, changed));
    }
    warnings.extend(later.warnings.iter().cloned());
    let of_grant = |grant: &DecidedGrant| (grant.outcome(), grant.reason, grant.message().cloned());
    let (outcome, reason, message) = match (decided::worst(&grants), decided) {
        (Some(worst), None) => of_grant(worst),
        (Some(worst), Some((decided, ..))) if outcome::severity(worst.outcome()) > outcome::severity(decided) => {
            of_grant(worst)
        }
        (_, Some((decided, reason, message))) => (decided, reason, Some(message)),
        // Neither a grant nor a decision would be a fault of the engine: the answer must then not be a good one.
        (None, None) => (Outcome::Unknown, Some(Reason::NotVisible), None),
    };
    let (outcome, reason, message) = match doubt {
        // What appeared may be meant: the entry is not gone for certain.
        Some(why) if matches!(outcome, Outcome::Removed | Outcome::AlreadyAbsent) => {
            (Outcome::Unknown, Some(Reason::NotVisible), Some(why))
        }
        _ => (outcome, reason, message),
    };
    let (role, organization) = as_requested(&entry);
    let record = RoleOutcome {
        role,
        organization,
        outcome,
        reason: None,
        message,
        warnings,
        verify_after: None,
        grants: Vec::new(),
        same_as: None,
    };
    let entry = DecidedEntry {
        record,
        reason,
        verify_after: grants.iter().filter_map(|grant| grant.verify_after).max(),
        grants,
    };
    (entry, keys)
}

/// The outcome of an entry that means the same as an earlier one: a thousand of them must not list the grants a thousand times.
fn repeated(entry: &Entry, earlier: &RoleOutcome, position: usize) -> RoleOutcome {
    let (role, organization) = as_requested(entry);
    RoleOutcome {
        role,
        organization,
        outcome: earlier.outcome,
        reason: earlier.reason.clone(),
        message: earlier.message.clone(),
        warnings: earlier.warnings.clone(),
        verify_after: earlier.verify_after.clone(),
        grants: Vec::new(),
        same_as: u32::try_from(position).ok(),
    }
}

fn as_requested(entry: &Entry) -> (Option<Role>, Option<Organization>) {
    match entry {
        Entry::Role { asked, .. } => (Some(asked.clone()), None),
        Entry::Organization { asked, .. } => (None, Some(asked.clone())),
        Entry::Rest { .. } => (None, None),
    }
}

/// Mode verify, soon after a write: until the staleness window is over, a read proves nothing.
struct Window(Option<Duration>);

impl Window {
    fn of(cx: &Context<'_>, work: &Work<'_>) -> Self {
        let end = cx
            .request
            .acknowledged_at
            .map(|at| at.saturating_add(work.staleness_window));
        let now = cx.client.transport().wall_clock();
        let is_open = |end: &Duration| cx.request.mode == Mode::Verify && *end > now;
        Self(end.filter(is_open))
    }

    fn settle(&self, entry: &mut DecidedEntry) {
        let Some(end) = self.0 else { return };
        let is_by_read =
            |outcome: Outcome| matches!(outcome, Outcome::AlreadyAbsent | Outcome::Held | Outcome::Inherited);
        for grant in entry.grants.iter_mut().filter(|grant| is_by_read(grant.outcome())) {
            grant.unsettle(end);
        }
        if is_by_read(entry.record.outcome) {
            entry.record.outcome = Outcome::Unknown;
            entry.reason = Some(Reason::NotSettled);
            entry.record.message = Some(String::from(
                "reads may still be stale after the write that was acknowledged: ask again",
            ));
            entry.verify_after = Some(end);
        }
    }
}

fn message(outcomes: &[RoleOutcome], is_good: &dyn Fn(&RoleOutcome) -> bool) -> String {
    let open: Vec<String> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| !is_good(outcome))
        .map(|(index, outcome)| {
            let entry = match (&outcome.role, &outcome.organization) {
                (Some(_), _) => format!("roles[{index}]"),
                (None, Some(_)) => format!("organizations[{index}]"),
                // It names neither: what is left of everything.
                (None, None) => String::from("everything"),
            };
            let what = crate::contract::json::outcome_name(outcome.outcome);
            match &outcome.message {
                Some(message) => format!("{entry} {what}: {message}"),
                None => format!("{entry} {what}"),
            }
        })
        .collect();
    format!("{} of {} not gone: {}", open.len(), outcomes.len(), open.join("; "))
}
