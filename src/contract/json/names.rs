//! The JSON names of the contract's enums.

use crate::contract::types::{Credentials, FailureKind, GrantKind, Outcome, Provider, SideEffect, ViaKind};
use crate::providers;
pub use crate::providers::name as provider_name;

/// E.g. `"already_absent"`.
pub const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Removed => "removed",
        Outcome::AlreadyAbsent => "already_absent",
        Outcome::Inherited => "inherited",
        Outcome::NotFound => "not_found",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
        Outcome::Unverified => "unverified",
        Outcome::Unknown => "unknown",
        Outcome::NotAttempted => "not_attempted",
        Outcome::Planned => "planned",
        Outcome::Held => "held",
    }
}

/// E.g. `"organization_link"`.
pub const fn grant_kind_name(kind: GrantKind) -> &'static str {
    match kind {
        GrantKind::Role => "role",
        GrantKind::GroupRole => "group_role",
        GrantKind::OrganizationLink => "organization_link",
        GrantKind::Membership => "membership",
    }
}

/// E.g. `"cid_group"`.
pub const fn via_kind_name(kind: ViaKind) -> &'static str {
    match kind {
        ViaKind::Group => "group",
        ViaKind::CidGroup => "cid_group",
        ViaKind::HigherRole => "higher_role",
        ViaKind::WiderScope => "wider_scope",
    }
}

/// E.g. `"not_removed"`.
pub const fn failure_kind_name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidRequest => "invalid_request",
        FailureKind::InvalidAccount => "invalid_account",
        FailureKind::HostNotAllowed => "host_not_allowed",
        FailureKind::Unauthenticated => "unauthenticated",
        FailureKind::Forbidden => "forbidden",
        FailureKind::NotFound => "not_found",
        FailureKind::NotRemoved => "not_removed",
        FailureKind::Incomplete => "incomplete",
        FailureKind::RateLimited => "rate_limited",
        FailureKind::ProviderError => "provider_error",
        FailureKind::TimedOut => "timed_out",
        FailureKind::PlanChanged => "plan_changed",
        FailureKind::ApprovalRequired => "approval_required",
        FailureKind::ApprovalRefused => "approval_refused",
        FailureKind::ClockWrong => "clock_wrong",
        FailureKind::UnknownAccount => "unknown_account",
        FailureKind::NotPermitted => "not_permitted",
        FailureKind::AccountNotActive => "account_not_active",
    }
}

/// E.g. `"client_credentials"`: the `type` of an account's credentials in JSON.
pub const fn credentials_kind(credentials: &Credentials) -> &'static str {
    match credentials {
        Credentials::ClientCredentials(_) => "client_credentials",
        Credentials::Password(_) => "password",
        Credentials::ApiKey(_) => "api_key",
        Credentials::BearerToken(_) => "bearer_token",
        Credentials::RefreshToken(_) => "refresh_token",
    }
}

/// E.g. `"leave-group"`.
pub const fn side_effect_name(effect: SideEffect) -> &'static str {
    match effect {
        SideEffect::DeleteAdministrator => "delete-administrator",
        SideEffect::DemoteOwner => "demote-owner",
        SideEffect::DemoteOwnerEverywhere => "demote-owner-everywhere",
        SideEffect::LeaveGroup => "leave-group",
        SideEffect::StripGroup => "strip-group",
        SideEffect::RemoveOrganizationAccess => "remove-organization-access",
        SideEffect::RemoveOwnAccess => "remove-own-access",
        SideEffect::LastAdministrator => "last-administrator",
    }
}

const SIDE_EFFECTS: [SideEffect; 8] = [
    SideEffect::DeleteAdministrator,
    SideEffect::DemoteOwner,
    SideEffect::DemoteOwnerEverywhere,
    SideEffect::LeaveGroup,
    SideEffect::StripGroup,
    SideEffect::RemoveOrganizationAccess,
    SideEffect::RemoveOwnAccess,
    SideEffect::LastAdministrator,
];

/// The side effect of that name.
pub fn side_effect(name: &str) -> Option<SideEffect> {
    SIDE_EFFECTS
        .into_iter()
        .find(|effect| side_effect_name(*effect) == name)
}

/// The names of all of them, for messages.
pub fn side_effect_names() -> [&'static str; 8] {
    SIDE_EFFECTS.map(side_effect_name)
}

/// The provider of that name; hyphens, underscores and their absence are the same.
pub fn provider(name: &str) -> Option<Provider> {
    let plain = |text: &str| text.replace(['-', '_'], "");
    providers::ALL
        .iter()
        .copied()
        .find(|known| plain(provider_name(*known)) == plain(name))
}

/// The names of all of them, for messages.
pub fn provider_names() -> Vec<&'static str> {
    providers::ALL.iter().map(|&provider| provider_name(provider)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_known_by_every_spelling_of_their_name() {
        for name in ["elastic_cloud", "elastic-cloud", "elasticcloud"] {
            assert_eq!(provider(name), Some(Provider::ElasticCloud), "{name}");
        }
        assert_eq!(provider("okta"), None);
    }

    #[test]
    fn side_effects_are_known_only_by_their_exact_name() {
        assert_eq!(side_effect("leave-group"), Some(SideEffect::LeaveGroup));
        assert_eq!(side_effect("leave_group"), None);
    }
}
