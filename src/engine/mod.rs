//! The sequence that all providers share: read, match, guard, dry run, revoke, verify, unify.

mod audit;
mod bound;
mod decided;
mod directories;
mod document;
mod guard;
mod held;
mod know;
mod later;
mod masked;
mod matched;
mod matching;
mod moment;
mod names;
mod outcome;
mod plan;
mod report;
mod revoke;
mod select;
mod status;
mod unread;
mod verify;

#[cfg(test)]
mod tests;

pub use self::{
    audit::{Audit, AuditEvent, NoAudit},
    know::{list_roles, read_user},
    masked::Masked,
    status::failure_of,
};

use std::time::Duration;

use crate::{
    account::{secret::Secret, settings::General},
    binding::plan::PlanDocument,
    client::{Caches, Client, Deadline},
    contract::{
        reason::Reason,
        types::{Failure, Mode, SideEffect, Success},
    },
    error::Error,
    hashed::{HashMap, HashSet},
    provider::{Consequence, Context, Gap, Grant, GrantKey, GrantKind, Provider, UnreadRow, Verdict, reading::Reading},
    request::Entry,
};

use self::{bound::Bound, directories::Directories, moment::Moment, report::Report, select::Selection};

/// Runs one operation.
///
/// # Errors
/// The failure says what was done and what was not, entry by entry.
pub async fn run(
    provider: &dyn Provider,
    cx: &Context<'_>,
    general: &General,
    audit: &dyn Audit,
) -> Result<Success, Failure> {
    let ended = |error: &Error| status::failure_of(error, cx.client.wrote());
    // An approval that is not valid costs the provider no call.
    let bound = Bound::of(cx, general).map_err(|error| ended(&error))?;
    if let Some(digest) = &bound.digest {
        audit.step(AuditEvent::Bound {
            digest,
            approval: bound.approval.as_ref(),
        });
    }
    if let Some(approval) = &bound.approval {
        cx.client.end_writes_at(approval.expires_at);
    }
    let mut work = Work::begin(provider, cx, general, audit)
        .await
        .map_err(|error| ended(&error))?;
    bound.check_clock(cx).map_err(|error| ended(&error))?;
    if let Some((reason, message)) = guard::user(provider, cx.request, general, &work.user, &work.before) {
        return Report::new(provider, cx, &work, refused(cx, reason, &message)).finish(audit);
    }
    let mut selected = if cx.request.everything {
        select::everything(provider, cx, &mut work)
    } else {
        select::select(provider, cx, &mut work)
            .await
            .map_err(|error| ended(&error))?
    };
    if let Some(message) = select::excess(&work, &selected) {
        return Report::new(provider, cx, &work, refused(cx, Reason::TooMuchAtOnce, &message)).finish(audit);
    }
    if cx.request.mode == Mode::Verify {
        return Report::new(provider, cx, &work, selected).finish(audit);
    }
    guard::targets(provider, cx, general, &mut work)
        .await
        .map_err(|error| ended(&error))?;
    bound.drop_probes(&mut work, &mut selected);

    if cx.request.mode == Mode::Plan {
        let planned = plan::dry_run(provider, cx, &work);
        let text = document::of(provider, cx, &work, &selected).to_text();
        if !PlanDocument::can_be_sent_back(&text) {
            let message = "the plan would be too long to be sent back with a revoke: split the call";
            return Report::new(provider, cx, &work, refused(cx, Reason::TooMuchAtOnce, message)).finish(audit);
        }
        return Report::new(provider, cx, &work, selected).planned(planned, text, audit);
    }
    if let Some(plan) = &bound.plan {
        let document = document::of(provider, cx, &work, &selected);
        if let Err(why) = plan.covers(&document) {
            return Err(Report::new(provider, cx, &work, refused(cx, Reason::PlanChanged, &why))
                .plan_changed(&why, &document, audit));
        }
    }
    work.bound = bound.plan;
    if work.has_pending() {
        audit.step(AuditEvent::Intent {
            targets: &work
                .targets
                .iter()
                .filter(|target| target.is_pending())
                .map(|target| &target.grant)
                .collect::<Vec<_>>(),
        });
        revoke::rounds(provider, cx, general, &mut work).await;
    }
    Report::new(provider, cx, &work, selected).finish(audit)
}

/// Every entry refused for one reason.
fn refused(cx: &Context<'_>, reason: Reason, message: &str) -> Vec<Selection> {
    let entries: &[Entry] = if cx.request.everything {
        &[Entry::rest()]
    } else {
        &cx.request.entries
    };
    entries
        .iter()
        .map(|entry| Selection::refused(reason, message).of(entry.clone()))
        .collect()
}

/// The state of one operation.
struct Work<'p> {
    /// The provider's own user id.
    user: String,
    /// How long a read may be stale after an acknowledged write.
    staleness_window: Duration,
    /// What the next write is planned from: the first read, or a fresh one that took its place.
    before: Reading<'p>,
    /// The grants of the first read: what the entries were matched with.
    first_keys: Keys,
    /// The rows of the first read that could not be read, and how often each was there.
    first_unread: HashMap<UnreadKey, usize>,
    /// Over `before`, as long as entries are matched with it.
    index: held::Index,
    /// The unread rows of `before`, for as long.
    unread: unread::UnreadRows,
    directories: Directories,
    /// What the first read could not see: a later read that misses more proves nothing.
    unreadable: Vec<Gap>,
    /// The latest complete read after the first write.
    after: Option<ReadBack<'p>>,
    /// What may be sent, at most: the plan that this call is bound to.
    bound: Option<PlanDocument>,
    /// Writes were sent: what the guards saw before them may have changed.
    has_sent: bool,
    targets: Vec<Target>,
    /// Positions of targets by what identifies a grant.
    target_of: HashMap<GrantKey, usize>,
}

/// A read after the revoke.
struct ReadBack<'p> {
    reading: Reading<'p>,
    keys: Keys,
    /// It is complete and shows every grant that should remain.
    settled: bool,
    /// It was held against something that should remain.
    has_control: bool,
    /// What it does not show is not held: there was something to hold it against, or the staleness window is over.
    proves_absence: bool,
    /// When it was finished.
    at: Moment,
}

/// What identifies the grants of a reading, for looking up one of many.
struct Keys(HashSet<GrantKey>);

impl Keys {
    fn of(reading: &Reading<'_>) -> Self {
        Self(reading.grants.iter().map(Grant::key).collect())
    }

    fn has(&self, grant: &Grant) -> bool {
        self.0.contains(&grant.key())
    }
}

impl ReadBack<'_> {
    fn shows(&self, grant: &Grant) -> bool {
        self.keys.has(grant)
    }
}

/// One grant that is to go.
struct Target {
    grant: Grant,
    /// The reading does not show it; it is revoked to prove that.
    probe: bool,
    /// A guard that stands against it.
    guard: Option<(Reason, String)>,
    /// What goes with it, by what the provider says.
    takes: Vec<Grant>,
    /// What it takes from other people, and from the user besides.
    consequences: Vec<Consequence>,
    state: State,
    /// When it was last acknowledged. What comes later, a rate limit, a refusal, does not undo it.
    acknowledged_at: Option<Moment>,
    /// When the last write had, or may have had, an effect on it.
    landed_at: Option<Moment>,
    /// It is sent in a request of its own from now on.
    alone: bool,
    /// Not to be sent: the plan has no such probe, or it takes more by now than the guards saw.
    is_left_out: bool,
    /// A read after its last write showed it gone.
    seen_gone: bool,
    /// A later read did not show it, and no write of this call may have taken it.
    vanished: bool,
}

/// How far a target has come.
enum State {
    Pending,
    Answered(Verdict),
}

/// An unread row, as far as two readings can be held against each other: the same text about another role or scope is another row.
#[derive(PartialEq, Eq, Hash)]
struct UnreadKey {
    raw: String,
    scope: [Option<String>; 3],
    ids: Vec<String>,
    names: Vec<String>,
    is_link: bool,
}

impl UnreadKey {
    fn of(row: &UnreadRow) -> Self {
        let scope = row.scope.clone();
        Self {
            raw: row.raw.clone(),
            scope: [scope.group, scope.organization, scope.workspace],
            ids: row.ids.clone(),
            names: row.names.clone(),
            is_link: row.is_link,
        }
    }

    /// It may be any grant of its kind.
    fn says_nothing(&self) -> bool {
        self.ids.is_empty() && self.names.is_empty()
    }
}

fn unread_rows(reading: &Reading<'_>) -> HashMap<UnreadKey, usize> {
    let mut rows = HashMap::new();
    for row in &reading.unread {
        let count: &mut usize = rows.entry(UnreadKey::of(row)).or_default();
        *count = count.saturating_add(1);
    }
    rows
}

impl<'p> Work<'p> {
    /// Finds the user and reads what is held.
    async fn begin(
        provider: &'p dyn Provider,
        cx: &Context<'_>,
        general: &General,
        audit: &dyn Audit,
    ) -> Result<Self, Error> {
        let user = provider.find_user(cx).await?;
        let before = provider.read(cx, &user).await?;
        audit.step(AuditEvent::Read {
            user: &user,
            grants: &before.grants,
        });
        let window = general
            .staleness_window
            .unwrap_or(provider.capability().staleness_window);
        Ok(Self::new(user, before, window))
    }

    fn new(user: String, before: Reading<'p>, staleness_window: Duration) -> Self {
        Self {
            user,
            staleness_window,
            first_keys: Keys::of(&before),
            first_unread: unread_rows(&before),
            index: held::Index::of(&before.grants),
            unread: unread::UnreadRows::of(&before.unread),
            directories: Directories::default(),
            target_of: HashMap::new(),
            unreadable: before.unreadable.clone(),
            before,
            after: None,
            bound: None,
            has_sent: false,
            targets: Vec::new(),
        }
    }

    /// Whether a reading covers all that the first one covered.
    fn is_covered_by(&self, reading: &Reading<'_>) -> bool {
        let awaited = || self.targets.iter().filter(|target| target.needs_read_back());
        // A row that could be read before and cannot now may be a target. So may one that says nothing, if something of its kind is
        // shown that was not shown before: that is what such a row stood for, or may be.
        let is_link = |grant: &Grant| grant.kind == GrantKind::OrganizationLink;
        let (new_links, new_others): (Vec<&Grant>, Vec<&Grant>) = reading
            .grants
            .iter()
            .filter(|grant| !self.first_keys.has(grant))
            .partition(|grant| is_link(grant));
        let has_moved = |row: &UnreadKey| {
            let new = if row.is_link { &new_links } else { &new_others };
            row.says_nothing() && !new.is_empty() && awaited().any(|target| is_link(&target.grant) == row.is_link)
        };
        let is_known = |(row, count): (UnreadKey, usize)| {
            self.first_unread.get(&row).is_some_and(|known| count <= *known) && !has_moved(&row)
        };
        let hides_kind = |kind: GrantKind| awaited().any(|target| target.grant.kind == kind);
        // Nothing of the place can be read, before and after: a row elsewhere showed what stands there.
        let is_place_of_target = |gap: &Gap| {
            let mut places = awaited().filter_map(|target| target.grant.scope.organization.as_ref());
            gap.part.is_empty() && places.any(|place| *place == gap.place)
        };
        let is_harmless =
            |gap: &Gap| self.unreadable.contains(gap) && !gap.hides.is_some_and(hides_kind) && !is_place_of_target(gap);
        reading.unreadable.iter().all(is_harmless) && unread_rows(reading).into_iter().all(is_known)
    }

    /// The position of the target for a grant: entries that mean the same grant share it.
    fn target(&mut self, grant: Grant, probe: bool) -> usize {
        let next = self.targets.len();
        let position = *self.target_of.entry(grant.key()).or_insert(next);
        if position == next {
            self.targets.push(Target::new(grant, probe));
        }
        position
    }

    /// The positions of the targets that are to be sent (again).
    fn pending(&self) -> Vec<usize> {
        let pending = self
            .targets
            .iter()
            .enumerate()
            .filter(|(_, target)| target.is_pending());
        pending.map(|(index, _)| index).collect()
    }

    /// Whether a reading shows a target.
    fn is_shown(&self, index: usize, reading: &Reading<'_>) -> bool {
        self.targets
            .get(index)
            .is_some_and(|target| reading.shows(&target.grant))
    }

    /// Sets a target back, to be sent again in a request of its own.
    fn single_out(&mut self, index: usize) {
        if let Some(target) = self.targets.get_mut(index) {
            target.alone = true;
            target.state = State::Pending;
        }
    }

    /// Notes what became of a target's last write.
    fn answer(&mut self, index: usize, verdict: Verdict, at: Moment) {
        if let Some(target) = self.targets.get_mut(index) {
            target.answer(verdict, at);
        }
    }

    /// Notes that a read that was finished then did not show a target.
    fn vanish(&mut self, index: usize, at: Moment) {
        if let Some(target) = self.targets.get_mut(index) {
            target.vanish(at);
        }
    }

    fn has_pending(&self) -> bool {
        self.targets.iter().any(Target::is_pending)
    }
}

impl Target {
    /// The side effects that it is refused for.
    fn not_allowed(&self, allowed: &[SideEffect]) -> Vec<SideEffect> {
        let is_refused = matches!(self.guard, Some((Reason::SideEffect, _)));
        let mut refused = Vec::new();
        for effect in self.grant.effects.iter().filter(|_| is_refused) {
            if !allowed.contains(effect) && !refused.contains(effect) {
                refused.push(*effect);
            }
        }
        refused
    }

    const fn new(grant: Grant, probe: bool) -> Self {
        Self {
            grant,
            probe,
            guard: None,
            takes: Vec::new(),
            consequences: Vec::new(),
            state: State::Pending,
            acknowledged_at: None,
            landed_at: None,
            alone: false,
            is_left_out: false,
            seen_gone: false,
            vanished: false,
        }
    }

    /// To be sent (again).
    const fn is_pending(&self) -> bool {
        self.guard.is_none() && !self.is_left_out && matches!(self.state, State::Pending)
    }

    const fn verdict(&self) -> Option<&Verdict> {
        match &self.state {
            State::Answered(verdict) => Some(verdict),
            State::Pending => None,
        }
    }

    /// What became of its last write.
    fn answer(&mut self, verdict: Verdict, at: Moment) {
        if matches!(verdict, Verdict::Acknowledged) {
            self.acknowledged_at = Some(at);
        }
        if matches!(verdict, Verdict::Acknowledged | Verdict::Unanswered { .. }) {
            self.landed_at = Some(at);
            self.seen_gone = false;
            self.vanished = false;
        }
        self.state = State::Answered(verdict);
    }

    /// A read that was finished then did not show it. One read contradicts the other: a read-back decides, once no read is stale any
    /// more.
    fn vanish(&mut self, at: Moment) {
        self.vanished |= self.landed_at.is_none();
        self.landed_at = Some(at);
        self.seen_gone = false;
    }

    /// It may be gone because of this call, or since it was read: only a read can tell.
    const fn needs_read_back(&self) -> bool {
        self.landed_at.is_some()
    }
}

/// The context of one operation.
pub fn context<'a>(
    transport: &'a dyn crate::transport::Transport,
    caches: &'a Caches,
    ask: &'a crate::request::ValidatedRequest,
    provider: &dyn Provider,
    secrets: Vec<Secret>,
) -> Context<'a> {
    let deadline = Deadline::starting_now(transport, ask.total);
    Context {
        client: Client::new(transport, deadline, secrets, provider.rate_limit()),
        caches,
        request: ask,
        account: crate::provider::AccountIdentity::default(),
        revoke_answers: std::cell::RefCell::default(),
        retry_after: std::cell::RefCell::default(),
    }
}
