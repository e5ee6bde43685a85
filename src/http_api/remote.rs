//! Whether a failure is the provider's, or of the connection to it.

use crate::contract::{
    reason::Reason,
    types::{Failure, FailureKind, Outcome},
};

/// The reasons that come from the provider. All others are decided by this service: guards, ambiguity, inheritance.
const PROVIDERS: &[Reason] = &[
    Reason::Deadline,
    Reason::TimedOut,
    Reason::RateLimited,
    Reason::Unreachable,
    Reason::NoAnswer,
    Reason::ProviderError,
    Reason::BadAnswer,
    Reason::CredentialsRejected,
    Reason::Forbidden,
    Reason::UnknownRole,
    Reason::StillHeld,
    Reason::StillShown,
    Reason::NotReadBack,
    Reason::NotSettled,
    Reason::ConcurrentChange,
    Reason::AppearedAfterRead,
    Reason::NotVisible,
    Reason::ProviderRefused,
];

/// Whether the failure is an error of the provider.
pub fn is_cause(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::InvalidRequest
        | FailureKind::InvalidAccount
        | FailureKind::HostNotAllowed
        | FailureKind::PlanChanged
        | FailureKind::ApprovalRequired
        | FailureKind::ApprovalRefused
        | FailureKind::ClockWrong
        | FailureKind::UnknownAccount
        | FailureKind::NotPermitted
        | FailureKind::AccountNotActive => false,
        // Ended before any entry had an outcome: by the provider's answer, or by a guard, which has none.
        FailureKind::NotRemoved if failure.outcomes.is_empty() => failure.answer.is_some(),
        FailureKind::NotRemoved => failure.outcomes.iter().any(|entry| {
            is_providers(entry.outcome, entry.reason.as_deref())
                || entry
                    .grants
                    .iter()
                    .any(|grant| is_providers(grant.outcome, grant.reason.as_deref()))
        }),
        FailureKind::Unauthenticated
        | FailureKind::Forbidden
        | FailureKind::NotFound
        | FailureKind::Incomplete
        | FailureKind::RateLimited
        | FailureKind::ProviderError
        | FailureKind::TimedOut => true,
    }
}

fn is_providers(outcome: Outcome, reason: Option<&str>) -> bool {
    !matches!(outcome, Outcome::Removed | Outcome::AlreadyAbsent | Outcome::Planned)
        && PROVIDERS.iter().any(|known| reason == Some(known.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_errors_lists_these_reasons() {
        let page = include_str!("../../docs/errors.md");
        let (_, list) = page.split_once("The provider's reasons: ").unwrap();
        let documented: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
        let known: Vec<&str> = PROVIDERS.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(documented, known);
    }
}
