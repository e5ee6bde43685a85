//! What a request names, between the contract's selectors and its plain records.
//!
//! A selector cannot be half given, so that nothing is widened by a field that is missing; the records carry what was asked for
//! back in an outcome, and hold what stands in JSON.

use crate::contract::types::{
    Identity, Narrowing, Organization, OrganizationSelector, RequestedRole, Role, RoleSelector,
};

impl From<Role> for RequestedRole {
    fn from(role: Role) -> Self {
        Self {
            role: match (role.id, role.name) {
                (Some(id), Some(name)) => RoleSelector::IdAndName(Identity { id, name }),
                (Some(id), None) => RoleSelector::Id(id),
                (None, Some(name)) => RoleSelector::Name(name),
                (None, None) => RoleSelector::GroupMembership,
            },
            group: role.group.into(),
            organization: role.organization.into(),
            workspace: role.workspace.into(),
        }
    }
}

impl From<RequestedRole> for Role {
    fn from(requested: RequestedRole) -> Self {
        let (id, name) = match requested.role {
            RoleSelector::Id(id) => (Some(id), None),
            RoleSelector::Name(name) => (None, Some(name)),
            RoleSelector::IdAndName(Identity { id, name }) => (Some(id), Some(name)),
            RoleSelector::GroupMembership => (None, None),
        };
        Self {
            id,
            name,
            group: requested.group.into(),
            organization: requested.organization.into(),
            workspace: requested.workspace.into(),
        }
    }
}

/// The selector of an organization; `None` if it has neither an id nor a name.
pub fn organization_selector(organization: Organization) -> Option<OrganizationSelector> {
    match (organization.id, organization.name) {
        (Some(id), Some(name)) => Some(OrganizationSelector::IdAndName(Identity { id, name })),
        (Some(id), None) => Some(OrganizationSelector::Id(id)),
        (None, Some(name)) => Some(OrganizationSelector::Name(name)),
        (None, None) => None,
    }
}

impl From<OrganizationSelector> for Organization {
    fn from(selector: OrganizationSelector) -> Self {
        let (id, name) = match selector {
            OrganizationSelector::Id(id) => (Some(id), None),
            OrganizationSelector::Name(name) => (None, Some(name)),
            OrganizationSelector::IdAndName(Identity { id, name }) => (Some(id), Some(name)),
        };
        Self { id, name }
    }
}

impl From<Option<String>> for Narrowing {
    fn from(id: Option<String>) -> Self {
        id.map_or(Self::Anywhere, Self::Only)
    }
}

impl From<Narrowing> for Option<String> {
    fn from(narrowing: Narrowing) -> Self {
        match narrowing {
            Narrowing::Anywhere => None,
            Narrowing::Only(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_its_record_say_the_same() {
        let text = |text: &str| Some(text.to_owned());
        for (id, name) in [
            (text("r"), None),
            (None, text("Role")),
            (text("r"), text("Role")),
            (None, None),
        ] {
            let role = Role {
                id: id.clone(),
                name: name.clone(),
                group: text("g"),
                organization: None,
                workspace: text("w"),
            };
            let requested = RequestedRole::from(role.clone());
            assert_eq!(requested.organization, Narrowing::Anywhere);
            assert_eq!(Role::from(requested), role);
            let organization = Organization { id, name };
            let is_empty = organization == Organization { id: None, name: None };
            let selector = organization_selector(organization.clone());
            assert_eq!(selector.is_none(), is_empty);
            assert!(selector.is_none_or(|selector| Organization::from(selector) == organization));
        }
    }
}
