//! Verifying: a fresh read, repeated until it is settled or there is no more time for it. Never by subtraction.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::{
    client::Backoff,
    contract::types::ViaKind,
    error::{Error, FaultKind},
    provider::{Context, Grant, GrantKind, Held, Provider, Reading, Verdict},
};

use super::{ReadBack, Target, Work, moment::Moment};

/// Left for the answer itself.
const ANSWER_RESERVE: Duration = Duration::from_millis(500);

/// Reads back until the reading is settled and shows none of what was revoked, or waiting can no longer change the answer.
///
/// `may_start_over`: the provider's sequence can be repeated, so that a grant that is still shown is not waited for.
pub async fn read_back(provider: &dyn Provider, cx: &Context<'_>, work: &mut Work, may_start_over: bool) {
    let transport = cx.client.transport();
    let verification = provider.verification();
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    work.after = None;
    if !verification.earliest.is_zero() {
        if let Ok(reading) = provider.read(cx, &work.user).await
            && shows_what_remains(&reading, work)
        {
            note_what_is_gone(work, &reading);
        }
        wait_for_earliest(cx, work, verification.earliest).await;
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
        match read {
            Ok(reading) => {
                let settled = shows_what_remains(&reading, work);
                if settled {
                    note_what_is_gone(work, &reading);
                }
                let at = Moment::now(transport);
                let shown = |target: &&Target| target.needs_read_back() && reading.shows(&target.grant);
                let all_gone = !work.targets.iter().any(|target| shown(&target));
                let window_over = work
                    .targets
                    .iter()
                    .filter(shown)
                    .all(|target| is_window_over(cx, target, at, verification.window));
                let can_start_over =
                    may_start_over
                        && cx.client.deadline().allows_write(transport)
                        && work.targets.iter().filter(shown).all(|target| {
                            target.seen_gone || matches!(target.verdict(), Some(Verdict::Unanswered { .. }))
                        });
                // With nothing that should remain, an empty read is no control: a write without an answer is not proven by it.
                let needs_window = |target: &&Target| {
                    target.needs_read_back()
                        && (reading.is_sparse || (target.acknowledged_at.is_none() && !has_control(work)))
                };
                let proves_absence = settled
                    && work
                        .targets
                        .iter()
                        .filter(needs_window)
                        .all(|target| has_settled(target, at, verification.window));
                let enough = if all_gone {
                    proves_absence
                } else {
                    settled && (window_over || can_start_over)
                };
                work.after = Some(ReadBack {
                    reading,
                    settled,
                    proves_absence,
                    at,
                });
                if enough {
                    return;
                }
            }
            Err(error) if !may_pass(&error) => return,
            Err(_) => {}
        }
        let wait = backoff.wait(transport.random());
        if wait + ANSWER_RESERVE >= cx.client.deadline().left(transport) {
            return;
        }
        transport.sleep(wait).await;
    }
}

fn note_what_is_gone(work: &mut Work, reading: &Reading) {
    for target in &mut work.targets {
        target.seen_gone |= target.needs_read_back() && !reading.shows(&target.grant);
    }
}

/// Whether the staleness window is over since a target's own last write: what a read does not show then is not held.
pub fn has_settled(target: &Target, now: Moment, window: Duration) -> bool {
    target.landed_at.is_none_or(|landed| now.since(landed) >= window)
}

/// Whether a target that is still shown is not waited for any longer. An earlier acknowledgement can only make that sooner, and so the
/// answer worse.
pub fn is_window_over(cx: &Context<'_>, target: &Target, now: Moment, window: Duration) -> bool {
    let is_over_by_earlier = cx
        .ask
        .acknowledged_at
        .is_some_and(|earlier| earlier.saturating_add(window) <= now.wall);
    is_over_by_earlier || has_settled(target, now, window)
}

/// Unix time at which the staleness window of a target ends; `None` if nothing was sent.
pub fn window_end(cx: &Context<'_>, target: &Target, window: Duration) -> Option<Duration> {
    let at = target.landed_at?.wall;
    let since = cx.ask.acknowledged_at.map_or(at, |earlier| earlier.min(at));
    Some(since.saturating_add(window))
}

async fn wait_for_earliest(cx: &Context<'_>, work: &Work, earliest: Duration) {
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

/// A settled read covers what the first read covered, and shows every grant that this call did not touch.
fn shows_what_remains(reading: &Reading, work: &Work) -> bool {
    work.is_covered_by(reading) && what_remains(work).all(|grant| reading.shows(grant))
}

/// Whether anything should remain that a read-back can be held against.
pub fn has_control(work: &Work) -> bool {
    what_remains(work).next().is_some()
}

/// The grants that were read and that nothing of what was sent takes.
fn what_remains(work: &Work) -> impl Iterator<Item = &Grant> {
    let goes = |grant: &Grant| {
        work.targets.iter().any(|target| {
            target.needs_read_back()
                && (goes_with(grant, &target.grant) || target.takes.iter().any(|taken| taken.same_key(grant)))
        })
    };
    work.before.grants.iter().filter(move |grant| !goes(grant))
}

/// Whether a grant goes when the target goes: it is the target, or it is held through what goes with it.
fn goes_with(grant: &Grant, target: &Grant) -> bool {
    if target.same_key(grant) {
        return true;
    }
    if target.kind == GrantKind::Role {
        // What gave the role here, a wider grant or a higher role, is itself the target.
        let Held::Through(via) = &grant.held else {
            return false;
        };
        let is_wider = via.iter().all(|via| via.kind == ViaKind::WiderScope)
            && target.role_id == grant.role_id
            && target.scope.organization == grant.scope.organization
            && target.scope.workspace != grant.scope.workspace;
        let is_higher = via.iter().all(|via| via.kind == ViaKind::HigherRole) && target.scope == grant.scope;
        return !via.is_empty() && (is_wider || is_higher);
    }
    let is_of_group = |text: Option<&String>| {
        text.is_some() && (text == target.scope.group.as_ref() || text == Some(&target.role_id))
    };
    match &grant.held {
        Held::Through(via) => via
            .iter()
            .any(|via| is_of_group(via.id.as_ref()) || is_of_group(via.name.as_ref())),
        Held::Direct => {
            target.kind == GrantKind::Membership && grant.scope.group.is_some() && grant.scope == target.scope
        }
    }
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
