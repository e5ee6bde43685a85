//! What of the contract JumpCloud understands.

use std::time::Duration;

use crate::{contract::types::SideEffect, provider::capability::Capability};

/// The provider's row of the matrix.
pub const CAPABILITY: Capability = Capability {
    name: "JumpCloud",
    rows_have_own_names: true,
    credentials: &["api_key", "client_credentials"],
    permissions: &["an Administrator With Billing, or a service account with that role"],
    user_ids: &[
        "the system user's id",
        "the administrator's id",
        "the e-mail address of exactly one",
    ],
    role_ids: &["the role id", "the name"],
    group: Some("alone: a user group, by id or name, that the user leaves"),
    organization: Some("the account's own organization"),
    workspace: None,
    organization_links: true,
    remote_data: true,
    side_effects: &[
        SideEffect::DeleteAdministrator,
        SideEffect::LastAdministrator,
        SideEffect::LeaveGroup,
        SideEffect::RemoveOrganizationAccess,
        SideEffect::RemoveOwnAccess,
    ],
    not_guarded: &[],
    grants_per_request: None,
    staleness_window: Duration::from_secs(10),
    reserved: &[
        "email",
        "firstname",
        "lastname",
        "enableMultiFactor",
        "apiKeyAllowed",
        "roleName",
        "roleNames",
        "growthData",
        "lastWhatsNewChecked",
        "op",
        "type",
        "id",
        "attributes",
    ],
};
