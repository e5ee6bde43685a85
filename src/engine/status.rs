//! The HTTP status of a failure, and whether repeating the call can help.

use std::time::Duration;

use crate::{
    contract::{
        reason::Reason,
        types::{self, Failure, FailureKind, Outcome},
    },
    error::{ApprovalFault, Error, FaultKind, ProviderAnswer},
};

use super::{decided::DecidedEntry, outcome::seconds_until};

/// What one entry, or one grant of it, contributes to the status.
pub struct Cause {
    outcome: Outcome,
    reason: Option<Reason>,
    verify_after: Option<Duration>,
}

/// Status, kind and whether to come back.
pub struct Judgement {
    pub status: u16,
    pub kind: FailureKind,
    pub retryable: bool,
    pub retry_after: Option<u32>,
}

/// What a failure for these reasons is answered with.
struct Row {
    reasons: &'static [Reason],
    status: u16,
    kind: FailureKind,
}

impl Row {
    const fn of(reasons: &'static [Reason], status: u16, kind: FailureKind) -> Self {
        Self { reasons, status, kind }
    }
}

/// From a reason to the status, for outcomes and for faults: the first row that fits any of them. What stands in no row is 422.
const STATUSES: &[Row] = &[
    Row::of(&[Reason::TimedOut, Reason::Deadline], 504, FailureKind::TimedOut),
    Row::of(&[Reason::RateLimited], 429, FailureKind::RateLimited),
    Row::of(
        &[
            Reason::Unreachable,
            Reason::NoAnswer,
            Reason::ProviderError,
            Reason::BadAnswer,
            Reason::NotReadBack,
        ],
        502,
        FailureKind::ProviderError,
    ),
    Row::of(&[Reason::HostNotAllowed], 500, FailureKind::HostNotAllowed),
    Row::of(&[Reason::CredentialsRejected], 401, FailureKind::Unauthenticated),
    Row::of(&[Reason::ApprovalExpired], 403, FailureKind::ApprovalRefused),
    Row::of(&[Reason::Forbidden, Reason::NotVisible], 403, FailureKind::Forbidden),
];

/// Whether repeating the call can help.
const fn is_retryable(status: u16) -> bool {
    matches!(status, 429 | 502 | 504)
}

/// Seconds to wait where nothing says how long.
const DEFAULT_RETRY_AFTER: u32 = 5;

impl Cause {
    /// The causes in an entry that is not gone.
    pub fn of_entry(entry: &DecidedEntry) -> Vec<Self> {
        let own = Self {
            outcome: entry.record.outcome,
            reason: entry.reason,
            verify_after: entry.verify_after,
        };
        std::iter::once(own)
            .chain(entry.grants.iter().map(|grant| Self {
                outcome: grant.outcome(),
                reason: grant.reason,
                verify_after: grant.verify_after,
            }))
            .filter(|cause| {
                !matches!(
                    cause.outcome,
                    Outcome::Removed | Outcome::AlreadyAbsent | Outcome::Planned
                )
            })
            .collect()
    }

    fn is(&self, reasons: &[Reason]) -> bool {
        self.reason.is_some_and(|reason| reasons.contains(&reason))
    }

    /// Whether one of these reasons decides the status. What a guard refuses because the credentials do not see it is refused all the same.
    fn decides(&self, reasons: &[Reason]) -> bool {
        let is_refusal = self.outcome == Outcome::Refused && self.is(&[Reason::NotVisible]);
        self.is(reasons) && !is_refusal
    }

    /// Repeating the call can change it.
    fn can_pass(&self) -> bool {
        match self.outcome {
            Outcome::Unverified => true,
            Outcome::NotAttempted => !self.is(&[
                Reason::CredentialsRejected,
                Reason::Forbidden,
                Reason::ProviderRefused,
                Reason::HostNotAllowed,
                Reason::Misconfigured,
                Reason::PlanChanged,
                Reason::ApprovalExpired,
            ]),
            Outcome::Unknown => !self.is(&[
                Reason::NotVisible,
                Reason::NeedsProbe,
                Reason::HostNotAllowed,
                Reason::Misconfigured,
                Reason::TooMuchAtOnce,
            ]),
            _ => self.is(&[
                Reason::RateLimited,
                Reason::TimedOut,
                Reason::NoAnswer,
                Reason::ProviderError,
                Reason::BadAnswer,
            ]),
        }
    }
}

/// The judgement over all entries that are not gone.
pub fn of_outcomes(causes: &[Cause], acknowledged: bool, asked_to_wait: Option<Duration>, now: Duration) -> Judgement {
    let wait = || wait(causes, asked_to_wait, now);
    if acknowledged {
        let retryable = causes.iter().any(Cause::can_pass);
        return Judgement {
            status: if retryable { 500 } else { 422 },
            kind: if retryable {
                FailureKind::Incomplete
            } else {
                FailureKind::NotRemoved
            },
            retryable,
            retry_after: retryable.then(wait),
        };
    }
    let fits = |row: &&Row| causes.iter().any(|cause| cause.decides(row.reasons));
    let is_unknown_role = || causes.iter().all(|cause| cause.outcome == Outcome::NotFound);
    let (status, kind) = match STATUSES.iter().find(fits) {
        Some(row) => (row.status, row.kind),
        None if is_unknown_role() => (404, FailureKind::NotFound),
        None => (422, FailureKind::NotRemoved),
    };
    let retryable = is_retryable(status);
    Judgement {
        status,
        kind,
        retryable,
        retry_after: retryable.then(wait),
    }
}

/// The judgement of a verify: nothing was written, and what is held is no success.
pub fn of_verify(causes: &[Cause], asked_to_wait: Option<Duration>, now: Duration) -> Judgement {
    let has = |outcome: Outcome| causes.iter().any(|cause| cause.outcome == outcome);
    // What is held decides, whatever else could not be read.
    if has(Outcome::Held) || has(Outcome::Inherited) {
        return Judgement {
            status: 422,
            kind: FailureKind::NotRemoved,
            retryable: false,
            retry_after: None,
        };
    }
    if !has(Outcome::Unknown) {
        return of_outcomes(causes, false, asked_to_wait, now);
    }
    // The same read is refused again.
    let is_refused =
        |cause: &Cause| cause.is(&[Reason::CredentialsRejected, Reason::Forbidden, Reason::ProviderRefused]);
    let retryable = causes.iter().any(|cause| cause.can_pass() && !is_refused(cause));
    Judgement {
        status: 500,
        kind: FailureKind::Incomplete,
        retryable,
        retry_after: retryable.then(|| wait(causes, asked_to_wait, now)),
    }
}

/// Whole seconds until a repeat may help: what the provider asked for, or until the reads settle.
fn wait(causes: &[Cause], asked_to_wait: Option<Duration>, now: Duration) -> u32 {
    let asked = asked_to_wait.map(|wait| seconds_until(wait, Duration::ZERO));
    let settles = causes
        .iter()
        .filter_map(|cause| cause.verify_after)
        .max()
        .map(|end| seconds_until(end, now));
    asked.max(settles).unwrap_or(DEFAULT_RETRY_AFTER)
}

/// The failure of an operation that ended before any entry had an outcome.
pub fn failure_of(error: &Error, sent: bool) -> Failure {
    let (kind, status) = match error {
        Error::Request { .. } => (FailureKind::InvalidRequest, 400),
        Error::Account { .. } => (FailureKind::InvalidAccount, 500),
        Error::UserNotFound { .. } => (FailureKind::NotFound, 404),
        Error::Refused { .. } => (FailureKind::NotRemoved, 422),
        Error::Approval { fault, .. } => match fault {
            ApprovalFault::Required => (FailureKind::ApprovalRequired, 403),
            ApprovalFault::Refused => (FailureKind::ApprovalRefused, 403),
            ApprovalFault::ClockWrong => (FailureKind::ClockWrong, 500),
        },
        Error::Provider(fault) if fault.kind == FaultKind::Redirected => (FailureKind::InvalidAccount, 500),
        Error::Provider(fault) => {
            let row = STATUSES.iter().find(|row| row.reasons.contains(&fault.reason()));
            row.map_or((FailureKind::NotRemoved, 422), |row| (row.kind, row.status))
        }
    };
    let retryable = is_retryable(status);
    let (answer, asked) = match error {
        Error::Provider(fault) => (fault.answer.as_ref().map(contract_answer), fault.retry_after),
        Error::UserNotFound { answer, .. } => (answer.as_deref().map(contract_answer), None),
        _ => (None, None),
    };
    let field = match error {
        Error::Request { field, .. } | Error::Account { field, .. } => Some(field.clone()),
        _ => None,
    };
    Failure {
        kind,
        message: error.to_string(),
        status,
        field,
        answer,
        retry_after: retryable.then(|| asked.map_or(DEFAULT_RETRY_AFTER, |wait| seconds_until(wait, Duration::ZERO))),
        retryable,
        outcomes: Vec::new(),
        sent,
        user: None,
        plan: None,
        plan_digest: None,
        receipt: None,
    }
}

/// A provider's answer in the contract's record.
pub fn contract_answer(answer: &ProviderAnswer) -> types::ProviderAnswer {
    let ProviderAnswer {
        status,
        body,
        trace_id,
        missing_scopes,
        is_refusal: _,
    } = answer.clone();
    types::ProviderAnswer {
        status,
        body,
        trace_id,
        missing_scopes,
    }
}
