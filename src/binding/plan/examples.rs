//! Plans for tests.

use super::{PlanDocument, PlannedEffect, PlannedEntry, PlannedGrant, VERSION, digest};
use crate::sorted::Set;

/// A role in an organization.
pub fn role(id: &str, organization: &str) -> PlannedGrant {
    PlannedGrant {
        group: None,
        kind: String::from("role"),
        organization: Some(organization.to_owned()),
        role_id: id.to_owned(),
        workspace: None,
    }
}

/// The membership of a group.
pub fn membership(group: &str) -> PlannedGrant {
    PlannedGrant {
        group: Some(group.to_owned()),
        kind: String::from("membership"),
        organization: None,
        role_id: String::from("membership"),
        workspace: None,
    }
}

/// Two targets, a probe, and a side effect.
pub fn plan() -> PlanDocument {
    let text = str::to_owned;
    PlanDocument {
        account: text("acme"),
        account_sha256: digest("acme"),
        allow: Set::from([text("leave-group")]),
        entries: vec![PlannedEntry {
            group: None,
            link: false,
            organizations: Set::from([text("north")]),
            roles: Set::from([text("viewer"), text("writer")]),
            workspace: None,
        }],
        everything: false,
        probes: Set::from([role("writer", "north")]),
        provider: text("CrowdStrike"),
        remote_data_sha256: digest("{}"),
        remote_query_sha256: digest("[]"),
        side_effects: Set::from([PlannedEffect {
            effect: text("leave-group"),
            of: membership("helpers"),
            people: Set::from([text("p1"), text("p2")]),
            people_unknown: false,
            takes: Set::from([PlannedGrant {
                group: None,
                kind: text("group_role"),
                organization: None,
                role_id: text("helper"),
                workspace: None,
            }]),
            takes_unknown: false,
        }]),
        strict_scope: false,
        targets: Set::from([role("viewer", "north"), membership("helpers")]),
        unknown_role: text("not_found"),
        user: text("user-1"),
        v: VERSION.to_owned(),
    }
}
