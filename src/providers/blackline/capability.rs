//! The parts of the contract that BlackLine supports.

use std::time::Duration;

use crate::{contract::types::SideEffect, provider::capability::Capability};

/// BlackLine's row of the matrix.
pub const CAPABILITY: Capability = Capability {
    name: "BlackLine",
    rows_have_own_names: true,
    credentials: &["password"],
    permissions: &[
        "the API role and System Administrator",
        "the scope string of the installation with `bl.users`; `bl.mdm` for teams and entities",
    ],
    user_ids: &["the user's number", "the e-mail address of exactly one user"],
    role_ids: &[
        "`5`: role 5 in every product where it is held",
        "`5:A`: role 5 in product A",
        "the name",
    ],
    group: None,
    organization: None,
    workspace: Some("the product's code"),
    organization_links: false,
    remote_data: false,
    side_effects: &[SideEffect::RemoveOwnAccess],
    not_guarded: &[SideEffect::LastAdministrator],
    grants_per_request: Some(1),
    staleness_window: Duration::from_secs(10),
    reserved: &["roleId", "productId"],
};
