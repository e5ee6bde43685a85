//! Why an entry is not simply `removed`: machine-readable, and what decides the HTTP status.

/// A machine-readable reason. [`Reason::as_str`] is its name in every answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    // -- the provider, or the way to it
    /// The deadline passed before an answer came, or too little of it was left to start.
    Deadline,
    /// The provider did not answer in time.
    TimedOut,
    /// The provider's rate limit.
    RateLimited,
    /// No connection.
    Unreachable,
    /// The runtime does not let the component reach the provider's host.
    HostNotAllowed,
    /// The exchange broke off after the request may have reached the provider.
    NoAnswer,
    /// A 5xx of the provider.
    ProviderError,
    /// The answer is not what the provider documents.
    BadAnswer,
    /// The provider refuses the credentials.
    CredentialsRejected,
    /// The credentials may not do this.
    Forbidden,
    /// The account names the wrong host or region.
    Misconfigured,

    // -- what was found
    /// The provider knows no such role.
    UnknownRole,
    /// Held through something else.
    Inherited,
    /// Acknowledged; the staleness window is over and it is still shown.
    StillHeld,
    /// Acknowledged; still shown, inside the staleness window.
    StillShown,
    /// The read-back failed, or was not complete.
    NotReadBack,
    /// The read-back did not show grants that were not touched.
    NotSettled,
    /// The set of roles changes at the same time.
    ConcurrentChange,
    /// A matching grant appeared after the first read.
    AppearedAfterRead,
    /// The read cannot be trusted to show absence.
    NotVisible,
    /// Only revoking it would prove that it is not held.
    NeedsProbe,

    // -- refusals
    /// The name fits several roles, or (strict scope) the id several grants.
    Ambiguous,
    /// Id and name name different roles.
    NameMismatch,
    /// The provider said no.
    ProviderRefused,
    /// A side effect that was not allowed.
    SideEffect,
    /// The account protects this user.
    ProtectedUser,
    /// The account protects this role.
    ProtectedRole,
    /// The user is not who the request expects.
    NotExpected,
    /// The provider cannot do it at this scope.
    NotSupported,
    /// A wider grant is all that could be taken, and that was not asked for.
    WouldWiden,
    /// Something that had to come first was not done.
    Prerequisite,
    /// What would be sent is more than the plan lists.
    PlanChanged,
    /// The approval expired before it was sent.
    ApprovalExpired,
    /// More than one call may read, or the request selects more than one call may remove.
    TooMuchAtOnce,
}

impl Reason {
    /// Whether it says that a read failed, and may succeed when it is repeated.
    pub const fn may_pass(self) -> bool {
        matches!(
            self,
            Self::TimedOut
                | Self::RateLimited
                | Self::Unreachable
                | Self::NoAnswer
                | Self::ProviderError
                | Self::BadAnswer
        )
    }

    /// The name in answers, e.g. `"still_held"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::TimedOut => "timed_out",
            Self::RateLimited => "rate_limited",
            Self::Unreachable => "unreachable",
            Self::HostNotAllowed => "host_not_allowed",
            Self::NoAnswer => "no_answer",
            Self::ProviderError => "provider_error",
            Self::BadAnswer => "bad_answer",
            Self::CredentialsRejected => "credentials_rejected",
            Self::Forbidden => "forbidden",
            Self::Misconfigured => "misconfigured",
            Self::UnknownRole => "unknown_role",
            Self::Inherited => "inherited",
            Self::StillHeld => "still_held",
            Self::StillShown => "still_shown",
            Self::NotReadBack => "not_read_back",
            Self::NotSettled => "not_settled",
            Self::ConcurrentChange => "concurrent_change",
            Self::AppearedAfterRead => "appeared_after_read",
            Self::NotVisible => "not_visible",
            Self::NeedsProbe => "needs_probe",
            Self::Ambiguous => "ambiguous",
            Self::NameMismatch => "name_mismatch",
            Self::ProviderRefused => "provider_refused",
            Self::SideEffect => "side_effect_not_allowed",
            Self::ProtectedUser => "protected_user",
            Self::ProtectedRole => "protected_role",
            Self::NotExpected => "not_expected",
            Self::NotSupported => "not_supported",
            Self::WouldWiden => "would_widen",
            Self::Prerequisite => "prerequisite",
            Self::PlanChanged => "plan_changed",
            Self::ApprovalExpired => "approval_expired",
            Self::TooMuchAtOnce => "too_much_at_once",
        }
    }
}

#[cfg(test)]
mod tests {
    /// The first column of the docs' tables.
    fn documented() -> Vec<&'static str> {
        let page = include_str!("../../docs/outcomes.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| row.split('`').next()).collect()
    }

    #[test]
    fn every_reason_is_documented() {
        let own = include_str!("reason.rs");
        let names = own.lines().filter_map(|line| line.trim().split_once(" => \""));
        let names: Vec<&str> = names.map(|(_, name)| name.trim_end_matches("\",")).collect();
        assert!(names.len() > 20, "{names:?}");
        let documented = documented();
        for name in &names {
            assert!(documented.contains(name), "{name} is not in docs/outcomes.md");
        }
    }
}
