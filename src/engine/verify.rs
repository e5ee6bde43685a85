//! Verifying: a fresh read, repeated until it is settled or there is no more time for it. Never by subtraction.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::{
    client::Backoff,
    contract::types::ViaKind,
    error::{Error, FaultKind},
    hashed::{HashMap, HashSet},
    provider::{Context, Grant, GrantKey, GrantKind, Held, Provider, Verdict, reading::Reading},
};

use super::{Keys, ReadBack, Target, Work, matching, moment::Moment};

/// Left for the answer itself.
const ANSWER_RESERVE: Duration = Duration::from_millis(500);

/// Reads back until the reading is settled and shows none of what was revoked, or waiting can no longer change the answer.
///
/// `may_start_over`: the provider's sequence can be repeated, so that a grant that is still shown is not waited for.
pub async fn read_back<'p>(provider: &'p dyn Provider, cx: &Context<'_>, work: &mut Work<'p>, may_start_over: bool) {
    let transport = cx.client.transport();
    let (window, earliest) = (work.staleness_window, provider.verification().earliest);
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    work.after = None;
    if !earliest.is_zero() {
        match provider.read(cx, &work.user).await {
            Ok(reading) => {
                let keys = Keys::of(&reading);
                if is_settled(provider, &reading, &keys, work) {
                    note_what_is_gone(work, &keys);
                }
            }
            Err(error) if !wait_as_asked(cx, asked_wait(cx, &error)).await => return,
            Err(_) => {}
        }
        wait_for_earliest(cx, work, earliest).await;
    }
    loop {
        let left = cx.client.deadline().left(transport).saturating_sub(ANSWER_RESERVE);
        if left.is_zero() {
            return;
        }
        cx.client.budget().release();
        let read = match select(pin!(provider.read(cx, &work.user)), pin!(transport.sleep(left))).await {
            Either::Left((read, _)) => read,
            Either::Right(_) => return,
        };
        let mut asked = Duration::ZERO;
        match read {
            Ok(reading) => {
                let keys = Keys::of(&reading);
                let settled = is_settled(provider, &reading, &keys, work);
                if settled {
                    note_what_is_gone(work, &keys);
                }
                let at = Moment::now(transport);
                let shown = |target: &&Target| target.needs_read_back() && keys.has(&target.grant);
                let all_gone = !work.targets.iter().any(|target| shown(&target));
                // A refusal and a read that agree need no more time.
                let window_over = work
                    .targets
                    .iter()
                    .filter(shown)
                    .all(|target| target.vanished || is_window_over(cx, target, at, window));
                let can_start_over = may_start_over
                    && cx.client.deadline().allows_write(transport)
                    && work
                        .targets
                        .iter()
                        .filter(shown)
                        .all(|target| target.seen_gone || target.verdict().is_some_and(Verdict::may_go_again));
                // With nothing that should remain, an empty read is no control: a write without an answer is not proven by it.
                let has_control = has_control(work);
                let needs_window = |target: &&Target| {
                    target.needs_read_back()
                        && (reading.is_sparse || target.vanished || (target.acknowledged_at.is_none() && !has_control))
                };
                let proves_absence = settled
                    && work
                        .targets
                        .iter()
                        .filter(needs_window)
                        .all(|target| has_settled(target, at, window));
                let enough = if all_gone {
                    proves_absence
                } else {
                    settled && (window_over || can_start_over)
                };
                work.after = Some(ReadBack {
                    reading,
                    keys,
                    settled,
                    has_control,
                    proves_absence,
                    at,
                });
                if enough {
                    return;
                }
            }
            Err(error) if !may_pass(&error) => return,
            Err(error) => asked = asked_wait(cx, &error),
        }
        if !wait_as_asked(cx, backoff.wait(transport.random()).max(asked)).await {
            return;
        }
    }
}

/// How long the provider asks to wait before it is read again; kept for the answer.
pub fn asked_wait(cx: &Context<'_>, error: &Error) -> Duration {
    match error {
        Error::Provider(fault) => cx.note_wait(fault),
        _ => Duration::ZERO,
    }
}

/// Waits, if something can be read after it; else returns false at once.
async fn wait_as_asked(cx: &Context<'_>, wait: Duration) -> bool {
    let transport = cx.client.transport();
    if wait.saturating_add(ANSWER_RESERVE) >= cx.client.deadline().left(transport) {
        return false;
    }
    transport.sleep(wait).await;
    true
}

fn note_what_is_gone(work: &mut Work<'_>, keys: &Keys) {
    for target in &mut work.targets {
        target.seen_gone |= target.needs_read_back() && !keys.has(&target.grant);
    }
}

/// Whether the staleness window is over since a target's own last write: what a read does not show then is not held.
pub fn has_settled(target: &Target, now: Moment, window: Duration) -> bool {
    target.landed_at.is_none_or(|landed| now.since(landed) >= window)
}

/// Returns true once polling for a target that is still shown should stop. An earlier acknowledgement can only end polling sooner, which
/// makes the outcome more pessimistic.
pub fn is_window_over(cx: &Context<'_>, target: &Target, now: Moment, window: Duration) -> bool {
    let is_over_by_earlier = cx
        .request
        .acknowledged_at
        .is_some_and(|earlier| earlier.saturating_add(window) <= now.wall);
    is_over_by_earlier || has_settled(target, now, window)
}

/// Unix time at which the staleness window of a target ends; `None` if nothing was sent.
pub fn window_end(cx: &Context<'_>, target: &Target, window: Duration) -> Option<Duration> {
    let at = target.landed_at?.wall;
    let since = cx.request.acknowledged_at.map_or(at, |earlier| earlier.min(at));
    Some(since.saturating_add(window))
}

async fn wait_for_earliest(cx: &Context<'_>, work: &Work<'_>, earliest: Duration) {
    let transport = cx.client.transport();
    let now = Moment::now(transport);
    let passed = work
        .targets
        .iter()
        .filter_map(|target| target.landed_at)
        .map(|at| now.since(at))
        .min();
    let wait = passed.map_or(Duration::ZERO, |passed| earliest.saturating_sub(passed));
    if !wait.is_zero() {
        transport.sleep(wait.min(cx.client.deadline().left(transport))).await;
    }
}

/// A read is settled if it covers at least as much as the first read, still shows every grant that this call left alone, and shows
/// nothing new that may be one of the targets in another spelling.
fn is_settled(provider: &dyn Provider, reading: &Reading<'_>, keys: &Keys, work: &Work<'_>) -> bool {
    let going = Going::of(work);
    work.is_covered_by(reading)
        && work
            .before
            .grants
            .iter()
            .all(|grant| going.takes(grant) || keys.has(grant))
        && !may_hide_a_target(provider, reading, keys, work)
}

/// Pairs of a new grant and a target that are held against each other at most: a reading with more of them is not settled.
const MOST_COMPARED: usize = 1_000_000;

/// Whether a target that the reading does not show may stand there in another spelling.
fn may_hide_a_target(provider: &dyn Provider, reading: &Reading<'_>, keys: &Keys, work: &Work<'_>) -> bool {
    let missing: Vec<&Grant> = work
        .targets
        .iter()
        .filter(|target| target.needs_read_back() && !keys.has(&target.grant))
        .map(|target| &target.grant)
        .collect();
    let new: Vec<&Grant> = reading
        .grants
        .iter()
        .filter(|grant| !work.first_keys.has(grant))
        .collect();
    if missing.len().saturating_mul(new.len()) > MOST_COMPARED {
        return true;
    }
    new.iter().any(|grant| {
        missing
            .iter()
            .any(|target| matching::may_be_same(provider, target, grant))
    })
}

/// Whether anything should remain that a read-back can be held against.
fn has_control(work: &Work<'_>) -> bool {
    let going = Going::of(work);
    work.before.grants.iter().any(|grant| !going.takes(grant))
}

/// What goes with the targets that were sent, indexed: the grants of a reading are held against it one by one.
#[derive(Default)]
struct Going<'a> {
    /// The targets, and what the provider says goes with them.
    keys: HashSet<GrantKey>,
    /// Ids and names of groups that are left or lose their role.
    groups: HashSet<&'a str>,
    /// Scopes whose membership goes.
    memberships: HashSet<[&'a Option<String>; 3]>,
    /// Role and organization of a target, with its workspace: a wider grant gives the role at every narrower place.
    wider: HashMap<(&'a str, &'a Option<String>), Vec<&'a Option<String>>>,
    /// Scopes of the targets: a higher role gives the lower ones at its scope.
    scopes: HashSet<[&'a Option<String>; 3]>,
}

impl<'a> Going<'a> {
    fn of(work: &'a Work<'a>) -> Self {
        let mut going = Self::default();
        for target in work.targets.iter().filter(|target| target.needs_read_back()) {
            let grant = &target.grant;
            going.keys.insert(grant.key());
            going.keys.extend(target.takes.iter().map(Grant::key));
            if grant.kind == GrantKind::Role {
                let wider = (grant.role_id.as_str(), &grant.scope.organization);
                going.wider.entry(wider).or_default().push(&grant.scope.workspace);
                going.scopes.insert(scope_parts(grant));
            } else {
                going.groups.extend(grant.scope.group.as_deref());
                going.groups.insert(&grant.role_id);
            }
            if grant.kind == GrantKind::Membership {
                going.memberships.insert(scope_parts(grant));
            }
        }
        going
    }

    /// Whether a grant goes when the targets go: it is one, or it is held through what goes with one.
    fn takes(&self, grant: &Grant) -> bool {
        if self.keys.contains(&grant.key()) {
            return true;
        }
        match &grant.held {
            Held::NotRead => false,
            Held::Direct => grant.scope.group.is_some() && self.memberships.contains(&scope_parts(grant)),
            Held::Through(via) => {
                let is_of_group = |text: Option<&str>| text.is_some_and(|text| self.groups.contains(text));
                let all = |kind: ViaKind| !via.is_empty() && via.iter().all(|via| via.kind == kind);
                let wider = (grant.role_id.as_str(), &grant.scope.organization);
                via.iter()
                    .any(|via| is_of_group(via.id.as_deref()) || is_of_group(via.name.as_deref()))
                    || (all(ViaKind::WiderScope)
                        && self
                            .wider
                            .get(&wider)
                            .is_some_and(|places| places.iter().any(|place| **place != grant.scope.workspace)))
                    || (all(ViaKind::HigherRole) && self.scopes.contains(&scope_parts(grant)))
            }
        }
    }
}

const fn scope_parts(grant: &Grant) -> [&Option<String>; 3] {
    [&grant.scope.group, &grant.scope.organization, &grant.scope.workspace]
}

/// Whether the next read can succeed where this one failed.
fn may_pass(error: &Error) -> bool {
    match error {
        Error::Provider(fault) => !matches!(
            fault.kind,
            FaultKind::CredentialsRejected | FaultKind::Forbidden | FaultKind::TooLarge
        ),
        _ => false,
    }
}
