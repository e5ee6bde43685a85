//! The parts of the contract that TeamViewer supports.

use std::time::Duration;

use crate::{contract::types::SideEffect, provider::capability::Capability};

/// TeamViewer's row of the matrix.
pub const CAPABILITY: Capability = Capability {
    name: "TeamViewer",
    rows_have_own_names: false,
    credentials: &["bearer_token", "refresh_token"],
    permissions: &[
        "User management: view and edit users",
        "what the token dialog offers for user roles (view and edit), user groups (view; edit for `strip-group` and `leave-group`) and the token's own account (view): the names are not published",
    ],
    user_ids: &["the id, with or without `u`", "the e-mail address of exactly one user"],
    role_ids: &["the role's UUID", "the name"],
    group: Some("a user group, by id or name: with a role, that role goes from it; alone, the user leaves it"),
    organization: None,
    workspace: None,
    organization_links: false,
    remote_data: true,
    side_effects: &[
        SideEffect::LeaveGroup,
        SideEffect::StripGroup,
        SideEffect::RemoveOwnAccess,
    ],
    not_guarded: &[SideEffect::LastAdministrator],
    grants_per_request: Some(1),
    staleness_window: Duration::from_secs(10),
    reserved: &["UserIds", "UserRoleId", "UserGroupId"],
};
