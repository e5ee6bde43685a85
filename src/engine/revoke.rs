//! Revoking: every target gets a verdict, and one failure does not stop the others.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use crate::{
    account::settings::General,
    client::{Backoff, Repeat},
    contract::reason::Reason,
    provider::{Context, Grant, Provider, Verdict, Write, reading::Reading},
};

use super::{Keys, State, Work, guard, moment::Moment, plan, verify};

/// Writes under way at once.
const CONCURRENT_WRITES: usize = 8;
/// A rate limit is waited out for at least this long.
const LEAST_WAIT: Duration = Duration::from_secs(1);
/// Grants of a refused atomic batch that are tried one by one.
const MOST_ALONE: usize = 8;

/// Revokes and verifies, starting over as often as the provider's semantics want it.
pub async fn rounds<'p>(provider: &'p dyn Provider, cx: &Context<'_>, general: &General, work: &mut Work<'p>) {
    let verification = provider.verification();
    let mut alone_left = MOST_ALONE;
    for round in 1..=verification.rounds.max(1) {
        let mut repeats = send_pending(provider, cx, general, work).await;
        if start_anew(provider, cx, work, &repeats, round == 1).await {
            repeats.extend(send_pending(provider, cx, general, work).await);
        }
        let refused = refused_and_held(work, &repeats, &mut alone_left, provider, cx).await;
        single_out(provider, cx, general, work, &refused, verification.replaces_set).await;
        if !work.targets.iter().any(super::Target::needs_read_back) {
            if round < verification.rounds && plan_afresh(provider, cx, work).await {
                continue;
            }
            return;
        }
        verify::read_back(provider, cx, work, round < verification.rounds).await;
        if round == verification.rounds || !start_over(work, &repeats, cx) {
            return;
        }
    }
}

/// After a rate limit or a refused access token, at a write that the client must not send again by itself: waits out the limit, if it
/// `may_wait`, reads the state afresh (with a new token, once) and plans the write from that. Returns true if anything is to be sent
/// again.
async fn start_anew<'p>(
    provider: &'p dyn Provider,
    cx: &Context<'_>,
    work: &mut Work<'p>,
    sent: &[Sent],
    may_wait: bool,
) -> bool {
    let may_renew = cx.client.may_renew_token();
    let has_passing = |reason: &Reason| match reason {
        Reason::RateLimited => may_wait,
        Reason::CredentialsRejected => may_renew,
        _ => false,
    };
    let stopped: Vec<(usize, Reason)> = sent
        .iter()
        .filter(|write| write.repeat == Repeat::Reread)
        .flat_map(|write| write.targets.iter().copied())
        .filter_map(|index| Some((index, not_sent(work.targets.get(index)?)?)))
        .filter(|(_, reason)| has_passing(reason))
        .collect();
    if stopped.is_empty() {
        return false;
    }
    let transport = cx.client.transport();
    let is_limited = stopped.iter().any(|(_, reason)| *reason == Reason::RateLimited);
    if stopped.iter().any(|(_, reason)| *reason == Reason::CredentialsRejected) {
        cx.client.stop_renewing_token();
    }
    let wait = if is_limited {
        cx.retry_after.borrow().unwrap_or_default().max(LEAST_WAIT)
    } else {
        Duration::ZERO
    };
    if !cx.client.deadline().allows_write_after(transport, wait) {
        return false;
    }
    if is_limited {
        transport.sleep(wait).await;
    }
    let Ok(now) = fresh(provider, cx, work).await else {
        return false;
    };
    if !cx.client.deadline().allows_write(transport) {
        return false;
    }
    let stopped: Vec<usize> = stopped.into_iter().map(|(index, _)| index).collect();
    plan_from(work, now, &stopped, Moment::now(transport));
    work.has_pending()
}

/// Why a target was not sent. A rate limit inside a success is one, too, though it may have landed.
const fn not_sent(target: &super::Target) -> Option<Reason> {
    match target.verdict() {
        Some(Verdict::NotSent { reason, .. }) => Some(*reason),
        Some(Verdict::Unanswered {
            reason: Reason::RateLimited,
            ..
        }) => Some(Reason::RateLimited),
        _ => None,
    }
}

/// Nothing was sent because the set changed after it was read: a fresh read takes the place of the first one, and what it still
/// shows becomes pending again.
async fn plan_afresh<'p>(provider: &'p dyn Provider, cx: &Context<'_>, work: &mut Work<'p>) -> bool {
    let is_overtaken = |target: &super::Target| {
        matches!(
            target.verdict(),
            Some(Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                ..
            })
        )
    };
    let overtaken: Vec<usize> = work
        .targets
        .iter()
        .enumerate()
        .filter(|(_, target)| is_overtaken(target))
        .map(|(index, _)| index)
        .collect();
    if overtaken.is_empty() || !cx.client.deadline().allows_write(cx.client.transport()) {
        return false;
    }
    let Ok(now) = fresh(provider, cx, work).await else {
        return false;
    };
    plan_from(work, now, &overtaken, Moment::now(cx.client.transport()));
    true
}

/// A fresh read takes the place of the first one: of these targets, what it still shows is to be sent again.
fn plan_from<'p>(work: &mut Work<'p>, now: Reading<'p>, targets: &[usize], at: Moment) {
    let keys = Keys::of(&now);
    for target in targets {
        if let Some(target) = work.targets.get_mut(*target) {
            if keys.has(&target.grant) {
                target.state = State::Pending;
            } else {
                target.vanish(at);
            }
        }
    }
    work.before = now;
}

/// A write that was sent: its targets, and how it may be repeated.
struct Sent {
    targets: Vec<usize>,
    repeat: Repeat,
}

async fn send_pending(provider: &dyn Provider, cx: &Context<'_>, general: &General, work: &mut Work<'_>) -> Vec<Sent> {
    if std::mem::replace(&mut work.has_sent, true) {
        guard::before_a_later_write(provider, cx, general, work).await;
    }
    let pending = work.pending();
    // A later round plans from what the last read-back showed.
    let reading = work.after.as_ref().map_or(&work.before, |after| &after.reading);
    let writes = plan::writes(cx, reading, &work.user, &work.targets, &pending);
    let targets = &work.targets;
    let answers: Vec<(Write, Vec<Verdict>, Moment)> = stream::iter(writes)
        .map(|write| async move {
            let verdicts = if cx.client.deadline().allows_write(cx.client.transport()) {
                let targets = write.targets.iter().filter_map(|&index| targets.get(index));
                let grants: Vec<&Grant> = targets.map(|target| &target.grant).collect();
                reading.send(cx, &write, &grants).await
            } else {
                vec![too_late(); write.targets.len()]
            };
            (write, verdicts, Moment::now(cx.client.transport()))
        })
        .buffer_unordered(CONCURRENT_WRITES)
        .collect()
        .await;
    let mut sent = Vec::with_capacity(answers.len());
    for (write, verdicts, at) in answers {
        for (position, &index) in write.targets.iter().enumerate() {
            let verdict = verdicts.get(position).cloned().unwrap_or_else(|| Verdict::Unanswered {
                reason: Reason::BadAnswer,
                message: String::from("the answer says nothing about this role"),
            });
            let verdict = if write.call.may_have_landed.get() {
                verdict.left_open()
            } else {
                verdict
            };
            work.answer(index, verdict, at);
        }
        sent.push(Sent {
            targets: write.targets,
            repeat: write.call.repeat,
        });
    }
    sent
}

fn too_late() -> Verdict {
    Verdict::NotSent {
        reason: Reason::Deadline,
        message: String::from("too little of the deadline was left to start: that part belongs to the read-back"),
    }
}

/// One bad entry must not block the rest of its batch for ever: what was refused in a batch, and a fresh read still shows, is
/// sent again, each in a request of its own.
async fn single_out<'p>(
    provider: &'p dyn Provider,
    cx: &Context<'_>,
    general: &General,
    work: &mut Work<'p>,
    refused: &Refused,
    one_by_one: bool,
) {
    if one_by_one {
        for &index in &refused.alone {
            // Each of them replaces the set that the one before left behind: two at once would undo each other.
            let Some(now) = read_until_removed(provider, cx, work).await else {
                let message = String::from(
                    "refused in a batch, and what went before it still shows: a set made from that would give it back; repeat the call",
                );
                work.answer(index, prerequisite(message), Moment::now(cx.client.transport()));
                continue;
            };
            work.before = now;
            // An earlier round's read-back is older than it.
            work.after = None;
            if work.is_shown(index, &work.before) {
                work.single_out(index);
                send_pending(provider, cx, general, work).await;
            } else {
                work.vanish(index, Moment::now(cx.client.transport()));
            }
        }
    } else if !refused.alone.is_empty() {
        for &index in &refused.alone {
            work.single_out(index);
        }
        // What is in the way may be among those that go by themselves.
        for &index in &refused.together {
            if let Some(target) = work.targets.get_mut(index) {
                target.state = State::Pending;
            }
        }
        send_pending(provider, cx, general, work).await;
        let at = Moment::now(cx.client.transport());
        for &index in &refused.together {
            if work.targets.get(index).is_some_and(is_refused) {
                work.answer(index, too_many_refused(), at);
            }
        }
    }
}

fn too_many_refused() -> Verdict {
    prerequisite(format!(
        "refused in a batch, of which {MOST_ALONE} at most are tried one by one; repeat the call"
    ))
}

/// Grants of a batch that was refused, and that are still held.
#[derive(Default)]
struct Refused {
    /// To be sent each in a request of its own.
    alone: Vec<usize>,
    /// What is more than that.
    together: Vec<usize>,
}

/// A fresh read; where it fails, or covers less than the first one and so proves less, how long the provider asks to wait.
async fn fresh<'p>(provider: &'p dyn Provider, cx: &Context<'_>, work: &Work<'p>) -> Result<Reading<'p>, Duration> {
    match provider.read(cx, &work.user).await {
        Ok(now) if work.is_covered_by(&now) => Ok(now),
        Ok(_) => Err(Duration::ZERO),
        Err(error) => Err(verify::asked_wait(cx, &error)),
    }
}

/// A fresh read that shows nothing of what was acknowledged, as soon as there is one and while a write may still start.
async fn read_until_removed<'p>(provider: &'p dyn Provider, cx: &Context<'_>, work: &Work<'p>) -> Option<Reading<'p>> {
    let transport = cx.client.transport();
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(2));
    while cx.client.deadline().allows_write(transport) {
        let mut asked = Duration::ZERO;
        match fresh(provider, cx, work).await {
            Ok(now) => {
                let went = |target: &&super::Target| target.acknowledged_at.is_some();
                if !work.targets.iter().filter(went).any(|target| now.shows(&target.grant)) {
                    return Some(now);
                }
            }
            Err(wait) => asked = wait,
        }
        let wait = backoff.wait(transport.random()).max(asked);
        if !cx.client.deadline().allows_write_after(transport, wait) {
            return None;
        }
        transport.sleep(wait).await;
    }
    None
}

/// What the provider refused, held against a fresh read: somebody else may have taken it just before. Of a batch, what it still
/// shows.
async fn refused_and_held<'p>(
    work: &mut Work<'p>,
    sent: &[Sent],
    alone_left: &mut usize,
    provider: &'p dyn Provider,
    cx: &Context<'_>,
) -> Refused {
    // No read can show what was only probed: its refusal stands.
    let is_refused = |index: &usize| {
        let target = work.targets.get(*index);
        target.is_some_and(|target| !target.probe && is_refused(target))
    };
    // What a batch's refusal did to one of them is open, if it came inside a success.
    let takes_apart = provider.verification().takes_apart_open_refusals;
    let is_open = |index: &usize| {
        let target = work.targets.get(*index).filter(|target| takes_apart && !target.probe);
        let verdict = target.and_then(super::Target::verdict);
        matches!(
            verdict,
            Some(Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                ..
            })
        )
    };
    let (batches, singles): (Vec<&Sent>, Vec<&Sent>) = sent.iter().partition(|write| write.targets.len() > 1);
    let batches = batches.into_iter().flat_map(|write| write.targets.iter().copied());
    let singles = singles.into_iter().flat_map(|write| write.targets.iter().copied());
    let mut refused: Vec<usize> = batches.filter(|index| is_open(index) || is_refused(index)).collect();
    let refused_alone: Vec<usize> = singles.filter(is_refused).collect();
    if *alone_left == 0 {
        refused.clear();
    }
    let is_any = !(refused.is_empty() && refused_alone.is_empty());
    if !is_any || !cx.client.deadline().allows_write(cx.client.transport()) {
        return Refused::default();
    }
    let Ok(now) = fresh(provider, cx, work).await else {
        return Refused::default();
    };
    let at = Moment::now(cx.client.transport());
    let (mut held, gone): (Vec<usize>, Vec<usize>) = refused.into_iter().partition(|&index| work.is_shown(index, &now));
    let gone_alone = refused_alone.into_iter().filter(|&index| !work.is_shown(index, &now));
    let gone: Vec<usize> = gone.into_iter().chain(gone_alone).collect();
    for index in gone {
        work.vanish(index, at);
    }
    let together = held.split_off(held.len().min(*alone_left));
    for &index in &together {
        work.answer(index, too_many_refused(), at);
    }
    *alone_left = alone_left.saturating_sub(held.len());
    Refused { alone: held, together }
}

const fn is_refused(target: &super::Target) -> bool {
    matches!(
        target.verdict(),
        Some(
            Verdict::Refused {
                reason: Reason::ProviderRefused,
                ..
            } | Verdict::UnknownRole { .. }
        )
    )
}

const fn prerequisite(message: String) -> Verdict {
    Verdict::NotSent {
        reason: Reason::Prerequisite,
        message,
    }
}

/// Makes pending again what a settled read still shows and what may be repeated; says whether there is any.
fn start_over(work: &mut Work<'_>, sent: &[Sent], cx: &Context<'_>) -> bool {
    let Some(after) = work.after.as_ref().filter(|after| after.settled) else {
        return false;
    };
    if !cx.client.deadline().allows_write(cx.client.transport()) {
        return false;
    }
    let mut any = false;
    for write in sent.iter().filter(|write| write.repeat == Repeat::Reread) {
        for &index in &write.targets {
            let Some(target) = work.targets.get_mut(index) else {
                continue;
            };
            let repeatable = match target.verdict() {
                Some(Verdict::Acknowledged) => target.seen_gone,
                Some(verdict @ Verdict::Unanswered { .. }) => verdict.may_go_again(),
                // A wait that the provider asks for is longer than this call, and an approval that is over stays so.
                Some(Verdict::NotSent { reason, .. }) => {
                    !matches!(reason, Reason::Deadline | Reason::RateLimited | Reason::ApprovalExpired)
                }
                _ => false,
            };
            if repeatable && after.shows(&target.grant) {
                target.state = State::Pending;
                any = true;
            }
        }
    }
    any
}
