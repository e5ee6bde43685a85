//! The roles that can be written in a request.

use crate::{
    contract::types::{ListedRole, Scope, ScopeKind},
    provider::RoleList,
};

use super::{
    config::Config,
    ids::{self, CONNECTED, PROJECTS, Published},
};

/// Every published role. No call lists the roles of an organization, and its custom roles are those of each project.
pub fn published(config: &Config) -> RoleList {
    RoleList {
        roles: ids::all().map(|role| listed(role, config)).collect(),
        unread: vec![String::from(
            "custom roles: no call of the organization lists those of its deployments and projects",
        )],
    }
}

fn listed(role: &Published, config: &Config) -> ListedRole {
    let kind = if role.kind == "organization" {
        ScopeKind::Organization
    } else {
        ScopeKind::Workspace
    };
    ListedRole {
        id: Some(role.id.to_owned()),
        name: Some(role.name.to_owned()),
        scopes: vec![kind],
        scope: Scope {
            group: PROJECTS.contains(&role.kind).then(|| role.kind.to_owned()),
            organization: config.organization.clone(),
            workspace: None,
        },
        // Whom such a role is assigned to is not read.
        removable: role.kind != CONNECTED,
    }
}
