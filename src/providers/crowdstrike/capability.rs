//! The parts of the contract that CrowdStrike supports.

use std::time::Duration;

use crate::{contract::types::SideEffect, provider::capability::Capability};

/// CrowdStrike's row of the matrix.
pub const CAPABILITY: Capability = Capability {
    name: "CrowdStrike",
    rows_have_own_names: false,
    credentials: &["client_credentials"],
    permissions: &["User Management: Read", "User Management: Write"],
    user_ids: &["the uuid", "the login, exactly"],
    role_ids: &[
        "the role id",
        "the 32 hexadecimal digits of a custom role",
        "the display name",
    ],
    group: None,
    organization: Some("the CID, with or without checksum"),
    workspace: None,
    organization_links: false,
    remote_data: true,
    side_effects: &[],
    not_guarded: &[SideEffect::LastAdministrator],
    grants_per_request: Some(100),
    staleness_window: Duration::from_secs(90),
    reserved: &["action", "cid", "uuid", "role_ids", "expires_at"],
};
