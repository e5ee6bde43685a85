//! The outcome table: from a target's verdict and the read-back to what may be said.

use std::time::Duration;

use crate::{
    contract::{
        reason::Reason,
        timestamp,
        types::{GrantOutcome, Mode, Outcome, Scope, UnknownRole, Via, ViaKind},
        warning::Warning,
    },
    provider::{Affects, Consequence, Context, Grant, Held, Provider, Verdict},
};

use super::{ReadBack, Target, Work, decided::DecidedGrant, verify};

/// What may be said of one target.
pub fn of_target(provider: &dyn Provider, cx: &Context<'_>, work: &Work<'_>, target: &Target) -> DecidedGrant {
    let decision = decide(provider, cx, work, target);
    let unverified = decision.outcome == Outcome::Unverified;
    let by_read = matches!(
        decision.outcome,
        Outcome::Removed | Outcome::AlreadyAbsent | Outcome::Failed | Outcome::Unverified
    );
    let verify_after = unverified
        .then(|| verify::window_end(cx, target, work.staleness_window))
        .flatten()
        .map(|end| end.max(cx.client.transport().wall_clock()));
    let reason = decision.reason;
    let record = GrantOutcome {
        needs_allow: target.not_allowed(&cx.request.allow),
        acknowledged: target.acknowledged_at.is_some(),
        acknowledged_at: target.acknowledged_at.map(|at| timestamp::format(at.wall)),
        verified_at: work
            .after
            .as_ref()
            .filter(|_| by_read && target.needs_read_back())
            .map(|after| timestamp::format(after.at.wall)),
        ..describe(&target.grant, decision, side_effects(work, target))
    };
    DecidedGrant {
        verify_after,
        ..DecidedGrant::new(record, reason)
    }
}

/// What else goes with a target, for people: without what the read after its write still shows.
fn side_effects(work: &Work<'_>, target: &Target) -> Vec<String> {
    let after = work.after.as_ref().filter(|_| target.needs_read_back());
    let mut all = Vec::new();
    for consequence in &target.consequences {
        let is_shown = |taken: &Grant| after.is_some_and(|after| after.shows(taken));
        let stayed: Vec<&Grant> = consequence.takes.iter().filter(|taken| is_shown(taken)).collect();
        let has_gone = |taken: &Grant| work.first_keys.has(taken) && !is_shown(taken);
        if stayed.is_empty() {
            all.extend(lines(consequence));
        } else if consequence.takes.iter().any(has_gone) || went_without(target, &stayed, after) {
            // Some of it went: what stayed has an outcome of its own.
            let has_stayed = |line: &String| stayed.iter().any(|grant| mentions(line, what_it_is(grant)));
            all.extend(lines(consequence).into_iter().filter(|line| !has_stayed(line)));
        }
    }
    all
}

/// Whether a target went, and nothing stayed but what is of another kind: a link may be shown longer than the record that had it.
fn went_without(target: &Target, stayed: &[&Grant], after: Option<&ReadBack<'_>>) -> bool {
    let is_of_its_kind = |grant: &&Grant| grant.kind == target.grant.kind;
    !stayed.iter().any(is_of_its_kind) && after.is_some_and(|after| !after.shows(&target.grant))
}

/// The id by which a line of what goes names a grant.
fn what_it_is(grant: &Grant) -> &str {
    match innermost(&grant.scope) {
        "" => &grant.role_id,
        place => place,
    }
}

/// Whether an id stands in a line as a word of its own: `T1` does not stand in `T10`.
fn mentions(line: &str, id: &str) -> bool {
    let is_apart = |next: Option<char>| !next.is_some_and(|next| next.is_alphanumeric() || "-_".contains(next));
    line.match_indices(id).any(|(start, found)| {
        let (before, rest) = line.split_at(start);
        is_apart(before.chars().next_back()) && is_apart(rest.chars().nth(found.chars().count()))
    })
}

/// The id of the innermost place of a scope.
fn innermost(scope: &Scope) -> &str {
    let places = scope.group.as_ref().or(scope.workspace.as_ref());
    places.or(scope.organization.as_ref()).map_or("", String::as_str)
}

fn lines(consequence: &Consequence) -> Vec<String> {
    let others = match &consequence.affects {
        Affects::Nobody => None,
        Affects::People(people) => Some(format!("people who lose it too: {}", people.len())),
        Affects::Unknown(why) => Some(format!("who else loses it cannot be told: {why}")),
    };
    others.into_iter().chain(consequence.lists.iter().cloned()).collect()
}

/// A grant that the request means and that this call cannot remove; it may have gone with what gave it.
pub fn of_inherited(grant: &Grant, changed: bool, after: Option<&ReadBack<'_>>) -> DecidedGrant {
    if let Some(after) = after.filter(|after| after.proves_absence && !after.shows(grant)) {
        let record = GrantOutcome {
            verified_at: Some(timestamp::format(after.at.wall)),
            ..describe(grant, Decision::plain(Outcome::Removed), Vec::new())
        };
        return DecidedGrant::new(record, None);
    }
    let through = match &grant.held {
        Held::Through(via) => via.as_slice(),
        Held::Direct | Held::NotRead => &[],
    };
    let decision = Decision {
        outcome: Outcome::Inherited,
        reason: Some(Reason::Inherited),
        message: Some(format!("`{}` is held {}", cut(&grant.role_id), through_words(through))),
        warning: None,
    };
    let record = GrantOutcome {
        changed,
        ..describe(grant, decision, Vec::new())
    };
    DecidedGrant::new(record, Some(Reason::Inherited))
}

/// A grant that a settled read-back shows, which the request means and the first read did not show.
pub fn of_later_grant(grant: &Grant) -> DecidedGrant {
    let decision = Decision::new(
        Outcome::NotAttempted,
        Reason::AppearedAfterRead,
        "this grant appeared after the first read; repeat the call to remove it",
    );
    DecidedGrant::new(describe(grant, decision, Vec::new()), Some(Reason::AppearedAfterRead))
}

/// An outcome with its reason.
struct Decision {
    outcome: Outcome,
    reason: Option<Reason>,
    message: Option<String>,
    warning: Option<Warning>,
}

impl Decision {
    fn new(outcome: Outcome, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            outcome,
            reason: Some(reason),
            message: Some(message.into()),
            warning: None,
        }
    }

    const fn plain(outcome: Outcome) -> Self {
        Self {
            outcome,
            reason: None,
            message: None,
            warning: None,
        }
    }
}

fn decide(provider: &dyn Provider, cx: &Context<'_>, work: &Work<'_>, target: &Target) -> Decision {
    if cx.request.mode == Mode::Verify {
        return by_reading(work, target);
    }
    let after = work.after.as_ref();
    if let Some((reason, message)) = &target.guard {
        return Decision::new(Outcome::Refused, *reason, message.clone());
    }
    let gone = if target.probe {
        Outcome::AlreadyAbsent
    } else {
        Outcome::Removed
    };
    if target.acknowledged_at.is_some() {
        return acknowledged(provider, cx, work, target, gone);
    }
    if target.needs_read_back() {
        let (reason, message) = match target.verdict() {
            Some(
                Verdict::Unanswered { reason, message }
                | Verdict::NotSent { reason, message }
                | Verdict::Refused { reason, message },
            ) => (*reason, message.as_str()),
            Some(Verdict::UnknownRole { message }) => (Reason::ProviderRefused, message.as_str()),
            Some(Verdict::Acknowledged) | None => (Reason::NoAnswer, "the write was not answered"),
        };
        let is_proof = |after: &ReadBack<'_>| {
            (after.has_control && !after.reading.is_sparse && !target.vanished)
                || verify::has_settled(target, after.at, work.staleness_window)
        };
        let after = after.filter(|after| is_proof(after));
        if !target.vanished {
            return unanswered(after, target, gone, reason, message);
        }
        if !is_shown_again(work, target) {
            let message = format!("{message}; a read after that does not show it, and may be stale");
            return unanswered(after, target, gone, Reason::ConcurrentChange, &message);
        }
    }
    match target.verdict() {
        None if cx.request.mode == Mode::Plan && target.probe => Decision {
            message: Some(String::from(
                "the provider does not show this role; only the revoke can prove that it is not held",
            )),
            ..Decision::plain(Outcome::Planned)
        },
        None if cx.request.mode == Mode::Plan => Decision::plain(Outcome::Planned),
        None => Decision::new(
            Outcome::NotAttempted,
            Reason::ConcurrentChange,
            "not sent: what was planned no longer fits what is held",
        ),
        // Both have landed.
        Some(Verdict::Acknowledged) => acknowledged(provider, cx, work, target, gone),
        Some(Verdict::Unanswered { reason, message }) => unanswered(None, target, gone, *reason, message),
        Some(Verdict::UnknownRole { message }) if target.probe => match cx.request.unknown_role {
            UnknownRole::NotFound => Decision::new(Outcome::NotFound, Reason::UnknownRole, message.clone()),
            UnknownRole::Absent => Decision {
                warning: Some(Warning::UnknownRole),
                ..Decision::new(Outcome::AlreadyAbsent, Reason::UnknownRole, message.clone())
            },
        },
        Some(Verdict::UnknownRole { message }) => {
            Decision::new(Outcome::Refused, Reason::ProviderRefused, message.clone())
        }
        Some(Verdict::Refused { reason, message }) => Decision::new(Outcome::Refused, *reason, message.clone()),
        Some(Verdict::NotSent { reason, message }) if *reason == Reason::ConcurrentChange => {
            Decision::new(Outcome::Failed, *reason, message.clone())
        }
        Some(Verdict::NotSent { reason, message }) => Decision::new(Outcome::NotAttempted, *reason, message.clone()),
    }
}

/// Mode verify: what the one read says.
fn by_reading(work: &Work<'_>, target: &Target) -> Decision {
    if !target.probe {
        return Decision::plain(Outcome::Held);
    }
    let unknown = |why: &str| {
        Decision::new(
            Outcome::Unknown,
            Reason::NeedsProbe,
            format!("the reading does not show it, and {why}: only revoking it would prove that it is not held"),
        )
    };
    // The provider leaves out what it does not show; that it shows something of the user is all the control there is.
    if work.before.grants.is_empty() {
        return unknown("shows nothing that it could be held against");
    }
    if work.before.has_gap_at(&target.grant.scope) {
        return unknown("a part of what the provider shows at that place cannot be read");
    }
    Decision {
        warning: Some(Warning::NotProbed),
        ..Decision::plain(Outcome::AlreadyAbsent)
    }
}

fn acknowledged(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &Work<'_>,
    target: &Target,
    gone: Outcome,
) -> Decision {
    let Some(after) = &work.after else {
        return Decision::new(
            Outcome::Unverified,
            Reason::NotReadBack,
            "the provider acknowledged it; reading it back failed",
        );
    };
    let window = work.staleness_window;
    let is_early = after.reading.is_sparse && !verify::has_settled(target, after.at, window);
    match (after.shows(&target.grant), after.settled && !is_early) {
        (false, true) => Decision::plain(gone),
        (true, true) if target.seen_gone && provider.verification().rounds > 1 => Decision::new(
            Outcome::Failed,
            Reason::ConcurrentChange,
            "the provider acknowledged it, and the role is there again: something else changes the same set",
        ),
        (true, true) if verify::is_window_over(cx, target, after.at, window) => Decision::new(
            Outcome::Failed,
            Reason::StillHeld,
            "the provider acknowledged it and still shows the role after the time in which its reads may be stale",
        ),
        (true, _) => Decision::new(
            Outcome::Unverified,
            Reason::StillShown,
            "the provider acknowledged it and still shows the role, as its reads may for some time",
        ),
        (false, false) => Decision::new(
            Outcome::Unverified,
            Reason::NotSettled,
            "the provider acknowledged it; the read-back also misses roles that were not touched, so it proves nothing yet",
        ),
    }
}

fn unanswered(after: Option<&ReadBack<'_>>, target: &Target, gone: Outcome, reason: Reason, message: &str) -> Decision {
    match after.filter(|after| after.settled) {
        Some(after) if after.shows(&target.grant) => Decision::new(Outcome::Failed, reason, message),
        // Without an acknowledgement a probe is no positive control.
        Some(_) if gone == Outcome::Removed => Decision::plain(Outcome::Removed),
        _ => Decision::new(Outcome::Unknown, reason, message),
    }
}

/// Whether what a read did not show is held after all: then the last answer stands.
fn is_shown_again(work: &Work<'_>, target: &Target) -> bool {
    let after = work.after.as_ref().filter(|after| after.settled);
    after.is_some_and(|after| after.shows(&target.grant))
}

/// What should have gone along with a target whose removal was not acknowledged: the target is gone, and this is still there.
pub fn left_behind<'w>(work: &Work<'_>, target: &'w Target, outcome: Outcome) -> Vec<(&'w Grant, DecidedGrant)> {
    let Some(after) = work.after.as_ref().filter(|after| after.settled) else {
        return Vec::new();
    };
    let (
        Outcome::Removed,
        None,
        Some(
            Verdict::Unanswered { reason, message }
            | Verdict::NotSent { reason, message }
            | Verdict::Refused { reason, message },
        ),
    ) = (outcome, target.acknowledged_at, target.verdict())
    else {
        return Vec::new();
    };
    let gone = cut(&target.grant.role_id);
    let left = target.takes.iter().filter(|taken| after.shows(taken));
    let left = left.map(|grant| {
        let decision = Decision::new(
            Outcome::Failed,
            *reason,
            format!("{message}; `{gone}` is gone, still held: {}", scoped_name(grant)),
        );
        let record = GrantOutcome {
            verified_at: Some(timestamp::format(after.at.wall)),
            ..describe(grant, decision, Vec::new())
        };
        (grant, DecidedGrant::new(record, Some(*reason)))
    });
    // What no reading could list may be there, too.
    let unlisted = target
        .consequences
        .iter()
        .filter(|consequence| consequence.takes_unknown);
    let unlisted = unlisted.flat_map(|consequence| &consequence.takes);
    let unlisted = unlisted.filter(|taken| !work.first_keys.has(taken) && !after.shows(taken));
    let unlisted = unlisted.map(|grant| {
        let what = format!(
            "{message}; `{gone}` is gone, and what went with it cannot be told: {}",
            scoped_name(grant)
        );
        let record = describe(grant, Decision::new(Outcome::Unknown, *reason, what), Vec::new());
        (grant, DecidedGrant::new(record, Some(*reason)))
    });
    left.chain(unlisted).collect()
}

/// A grant for people: the role, and the innermost part of its scope.
fn scoped_name(grant: &Grant) -> String {
    let role = cut(&grant.role_id);
    match innermost(&grant.scope) {
        "" => format!("`{role}`"),
        at => format!("`{role}` at `{}`", cut(at)),
    }
}

/// The record of a grant, but for the reason and the time to verify after.
fn describe(grant: &Grant, decision: Decision, side_effects: Vec<String>) -> GrantOutcome {
    let mut warnings = grant.warnings.clone();
    warnings.extend(decision.warning.map(Warning::text));
    GrantOutcome {
        role_id: cut(&grant.role_id),
        role_name: grant.role_name.as_deref().map(cut),
        scope: Scope {
            group: grant.scope.group.as_deref().map(cut),
            organization: grant.scope.organization.as_deref().map(cut),
            workspace: grant.scope.workspace.as_deref().map(cut),
        },
        direct: grant.is_direct(),
        outcome: decision.outcome,
        reason: None,
        message: decision.message,
        acknowledged: false,
        via: match &grant.held {
            Held::Direct | Held::NotRead => Vec::new(),
            Held::Through(via) => via.iter().take(MOST_VIA).map(cut_via).collect(),
        },
        changed: false,
        warnings,
        side_effects,
        needs_allow: Vec::new(),
        acknowledged_at: None,
        verify_after: None,
        verified_at: None,
    }
}

/// The longest id or name in an outcome, in characters: the report must fit whatever a provider calls its roles.
const LONGEST_NAME: usize = 256;
/// The most groups or wider grants that an outcome names.
const MOST_VIA: usize = 32;

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_NAME).collect()
}

fn cut_via(via: &Via) -> Via {
    Via {
        kind: via.kind,
        id: via.id.as_deref().map(cut),
        name: via.name.as_deref().map(cut),
    }
}

fn through_words(via: &[Via]) -> String {
    let words: Vec<String> = via
        .iter()
        .take(MOST_VIA)
        .map(|via| {
            let kind = match via.kind {
                ViaKind::Group => "the group",
                ViaKind::CidGroup => "the CID group",
                ViaKind::HigherRole => "the higher role",
                ViaKind::WiderScope => "the wider scope",
            };
            let name = via.name.as_deref().or(via.id.as_deref()).unwrap_or("(not named)");
            format!("{kind} `{}`", cut(name))
        })
        .collect();
    if words.is_empty() {
        String::from("through something that the provider does not name")
    } else {
        format!("through {}", words.join(" and "))
    }
}

/// How bad an outcome is: an entry takes the worst of its grants.
pub const fn severity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Unknown => 9,
        Outcome::Unverified => 8,
        Outcome::Failed => 7,
        Outcome::Refused | Outcome::Held => 6,
        Outcome::Inherited => 5,
        Outcome::NotFound => 4,
        Outcome::NotAttempted => 3,
        Outcome::Planned => 2,
        Outcome::Removed => 1,
        Outcome::AlreadyAbsent => 0,
    }
}

/// Whole seconds until `end`, at least one and at most a week.
pub fn seconds_until(end: Duration, now: Duration) -> u32 {
    let left = end.saturating_sub(now);
    u32::try_from(left.as_secs())
        .unwrap_or(u32::MAX)
        .saturating_add(u32::from(left.subsec_nanos() > 0))
        .clamp(1, LONGEST_RETRY_AFTER)
}

/// The longest wait in seconds that an answer asks for: a week. What comes back then is told how long the rest is.
const LONGEST_RETRY_AFTER: u32 = 7 * 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_mentions_an_id_only_as_a_word_of_its_own() {
        let says = |line| mentions(line, "T1");
        assert!(says("T1") && says("the ownership of `T1`, too") && says("T10 and T1"));
        assert!(!says("T10") && !says("AT1") && !says("the workspace T1-a"));
    }

    #[test]
    fn no_answer_asks_for_a_wait_longer_than_a_week() {
        let until = |seconds| seconds_until(Duration::from_secs(seconds), Duration::ZERO);
        assert_eq!(
            (until(0), until(100_000), until(253_402_300_799), until(u64::MAX)),
            (1, 100_000, 604_800, 604_800)
        );
    }

    #[test]
    fn an_entry_takes_the_worst_of_its_grants_in_this_order() {
        let worst_first = [
            Outcome::Unknown,
            Outcome::Unverified,
            Outcome::Failed,
            Outcome::Refused,
            Outcome::Inherited,
            Outcome::NotFound,
            Outcome::NotAttempted,
            Outcome::Removed,
            Outcome::AlreadyAbsent,
        ];
        assert!(worst_first.is_sorted_by(|worse, better| severity(*worse) > severity(*better)));
    }
}
