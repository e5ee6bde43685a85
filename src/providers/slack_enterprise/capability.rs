//! What of the contract Slack Enterprise understands.

use std::time::Duration;

use crate::{contract::types::SideEffect, provider::capability::Capability};

/// The provider's row of the matrix.
pub const CAPABILITY: Capability = Capability {
    name: "Slack Enterprise",
    rows_have_own_names: false,
    credentials: &["bearer_token"],
    permissions: &[
        "`admin.roles:read`",
        "`admin.roles:write`",
        "`admin.users:write`",
        "`admin.teams:read`",
        "`users:read`",
        "`users:read.email`",
    ],
    user_ids: &["`U…` or `W…`", "the e-mail address"],
    role_ids: &[
        "`Rl…`",
        "`owner`, `admin`, `org_owner`, `org_admin`",
        "the name of a published role, in every known spelling",
    ],
    group: Some("a channel, `C…`"),
    organization: Some("`E…`"),
    workspace: Some("`T…`"),
    organization_links: false,
    remote_data: true,
    side_effects: &[
        SideEffect::DemoteOwner,
        SideEffect::DemoteOwnerEverywhere,
        SideEffect::RemoveOwnAccess,
    ],
    not_guarded: &[SideEffect::LastAdministrator],
    grants_per_request: Some(10),
    staleness_window: Duration::from_secs(10),
    reserved: &["role_id", "entity_ids", "user_ids", "team_id", "user_id"],
};
