//! The parts of the contract that Elastic Cloud supports.

use std::time::Duration;

use crate::{contract::types::SideEffect, provider::capability::Capability};

/// The provider's row of the matrix.
pub const CAPABILITY: Capability = Capability {
    name: "Elastic Cloud",
    rows_have_own_names: false,
    credentials: &["api_key"],
    permissions: &["the role organization owner"],
    user_ids: &["the user id", "the e-mail address of a member"],
    role_ids: &[
        "id: a role id, by itself or with its application roles (`elasticsearch-viewer+alpha`)",
        "name: the display name, the name of a custom role",
    ],
    group: Some("the kind of project: `elasticsearch`, `observability`, `security`"),
    organization: Some("the organization"),
    workspace: Some("the deployment or project; `*` is the assignment for all of them"),
    organization_links: false,
    remote_data: true,
    side_effects: &[SideEffect::LastAdministrator],
    not_guarded: &[SideEffect::RemoveOwnAccess],
    grants_per_request: None,
    staleness_window: Duration::from_secs(10),
    reserved: &[
        "organization",
        "deployment",
        "project",
        "platform",
        "force",
        "cloud_connected_resource",
        "stack",
    ],
};
