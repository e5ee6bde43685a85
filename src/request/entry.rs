//! The entries of a request: what was asked for, and which grants that means.

use crate::{
    contract::types,
    error::Error,
    hashed::HashSet,
    provider::{Field, Grant, GrantKind, Provider},
};

use super::field::{field, lacks, optional, plain};

/// One entry of the request, as asked and as understood.
#[derive(Clone, Debug)]
pub enum Entry {
    Role {
        asked: types::Role,
        selector: Selector,
    },
    Organization {
        asked: types::Organization,
        selector: Selector,
    },
    /// The rest of everything: what no other entry stands for.
    Rest {
        selector: Selector,
    },
}

/// Which grants an entry means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    pub id: Option<String>,
    pub name: Option<String>,
    pub group: Option<String>,
    /// Any of them; empty: not narrowed.
    pub organizations: Vec<String>,
    /// What it means if it is not narrowed, where the provider's reading tells that; `None`: any organization.
    pub own_organizations: Option<Vec<String>>,
    pub workspace: Option<String>,
    /// The role itself names the organization: it is not only what the whole request is narrowed to.
    pub names_organization: bool,
    /// The organization itself is meant, and no group or workspace inside of it.
    pub is_outermost: bool,
    /// Access to an organization is meant, not a role: `id` and `name` are the organization's.
    pub is_link: bool,
}

impl Entry {
    /// What no other entry of everything stands for.
    pub fn rest() -> Self {
        Self::Rest {
            selector: Selector::default(),
        }
    }

    /// An entry that means one grant, of a request that named none.
    pub fn of_grant(grant: &Grant) -> Self {
        let selector = Selector {
            id: Some(grant.role_id.clone()),
            name: None,
            group: grant.scope.group.clone(),
            organizations: grant.scope.organization.iter().cloned().collect(),
            own_organizations: None,
            workspace: grant.scope.workspace.clone(),
            names_organization: grant.scope.organization.is_some(),
            is_outermost: false,
            is_link: grant.kind == GrantKind::OrganizationLink,
        };
        if selector.is_link {
            let asked = types::Organization {
                id: Some(grant.role_id.clone()),
                name: grant.role_name.clone(),
            };
            return Self::Organization { asked, selector };
        }
        let is_role = grant.kind != GrantKind::Membership;
        let asked = types::Role {
            id: is_role.then(|| grant.role_id.clone()),
            name: grant.role_name.clone().filter(|_| is_role),
            group: grant.scope.group.clone(),
            organization: grant.scope.organization.clone(),
            workspace: grant.scope.workspace.clone(),
        };
        Self::Role { asked, selector }
    }

    pub const fn selector(&self) -> &Selector {
        match self {
            Self::Role { selector, .. } | Self::Organization { selector, .. } | Self::Rest { selector } => selector,
        }
    }
}

impl Selector {
    /// Whether a grant at this scope is meant.
    pub fn admits(&self, scope: &types::Scope) -> bool {
        let fits = |wanted: &Option<String>, held: &Option<String>| wanted.is_none() || wanted == held;
        let is_inside = scope.group.is_some() || scope.workspace.is_some();
        !(self.is_outermost && is_inside)
            && fits(&self.group, &scope.group)
            && fits(&self.workspace, &scope.workspace)
            && self
                .meant_organizations()
                .is_none_or(|meant| scope.organization.as_ref().is_some_and(|held| meant.contains(held)))
    }

    /// The organizations that are meant; `None`: any.
    pub fn meant_organizations(&self) -> Option<&[String]> {
        if self.organizations.is_empty() {
            self.own_organizations.as_deref()
        } else {
            Some(&self.organizations)
        }
    }

    /// One selector for each organization: what is true of one says nothing about another.
    pub fn by_organization(&self) -> Vec<Self> {
        if self.organizations.len() < 2 {
            return vec![self.clone()];
        }
        let one = |organization: &String| Self {
            organizations: vec![organization.clone()],
            ..self.clone()
        };
        self.organizations.iter().map(one).collect()
    }

    /// What it is called in messages.
    pub fn label(&self) -> &str {
        self.id.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

/// More entries than this are refused: one call is one user's roles.
pub const MOST_ENTRIES: usize = 1_000;

pub fn entries(
    provider: &dyn Provider,
    roles: Vec<types::RequestedRole>,
    organizations: Vec<types::OrganizationSelector>,
    workspace_id: types::Narrowing,
) -> Result<Vec<Entry>, Error> {
    let capability = provider.capability();
    let organizations = organizations.into_iter().map(types::Organization::from);
    let workspace_id: Option<String> = workspace_id.into();
    let workspace_id = optional(
        provider,
        capability.workspace.is_some(),
        Field::Workspace,
        "workspace_id",
        workspace_id.as_deref(),
    )?;
    if roles.is_empty() {
        return organizations
            .enumerate()
            .map(|(index, asked)| organization_entry(provider, index, asked))
            .collect();
    }
    let mut narrowed = organizations
        .enumerate()
        .map(|(index, organization)| {
            let at = format!("organizations[{index}]");
            if let Some(name) = &organization.name {
                plain(&format!("{at}.name"), name)?;
            }
            match &organization.id {
                Some(_) if organization.name.is_some() => Err(Error::request(
                    format!("{at}.name"),
                    format!(
                        "{at}.name cannot be checked: beside roles an organization is narrowed to by its id only; leave the name out"
                    ),
                )),
                Some(id) if capability.organization.is_some() => {
                    field(provider, Field::Organization, &format!("{at}.id"), id)
                }
                Some(_) => Err(lacks(capability, &at, "organization")),
                None => Err(Error::request(
                    format!("{at}.id"),
                    format!("{at}.id is required: an organization is narrowed to by its id"),
                )),
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    // One organization in two spellings is one.
    let mut seen = HashSet::new();
    narrowed.retain(|id: &String| seen.insert(id.clone()));
    roles
        .into_iter()
        .enumerate()
        .map(|(index, requested)| {
            let at = format!("roles[{index}]");
            let asked = types::Role::from(requested);
            let selector = selector(provider, &at, &asked, &narrowed, workspace_id.as_ref())?;
            Ok(Entry::Role { asked, selector })
        })
        .collect()
}

fn selector(
    provider: &dyn Provider,
    at: &str,
    asked: &types::Role,
    narrowed: &[String],
    workspace_id: Option<&String>,
) -> Result<Selector, Error> {
    let types::Role {
        id,
        name,
        group,
        organization,
        workspace,
    } = asked;
    let capability = provider.capability();
    // Without an id and a name, the membership of the group is what is taken, where the provider supports that.
    if id.is_none() && name.is_none() && !(capability.group.is_some() && group.is_some()) {
        return Err(Error::request(at, format!("{at} needs an id or a name")));
    }
    let organization = optional(
        provider,
        capability.organization.is_some(),
        Field::Organization,
        &format!("{at}.organization"),
        organization.as_deref(),
    )?;
    if let Some(organization) = &organization
        && !narrowed.is_empty()
        && !narrowed.contains(organization)
    {
        return Err(Error::request(
            format!("{at}.organization"),
            format!("{at}.organization is none of the organizations that the request is narrowed to"),
        ));
    }
    let workspace = optional(
        provider,
        capability.workspace.is_some(),
        Field::Workspace,
        &format!("{at}.workspace"),
        workspace.as_deref(),
    )?;
    let mut selector = Selector {
        id: optional(provider, true, Field::Role, &format!("{at}.id"), id.as_deref())?,
        name: match name {
            Some(name) => Some(plain(&format!("{at}.name"), name)?),
            None => None,
        },
        group: optional(
            provider,
            capability.group.is_some(),
            Field::Group,
            &format!("{at}.group"),
            group.as_deref(),
        )?,
        names_organization: organization.is_some(),
        organizations: organization.map_or_else(|| narrowed.to_vec(), |organization| vec![organization]),
        own_organizations: None,
        workspace: workspace.or_else(|| workspace_id.cloned()),
        is_outermost: false,
        is_link: false,
    };
    provider
        .refine(&mut selector)
        .map_err(|why| Error::request(format!("{at}.id"), format!("{at}.id {why}")))?;
    Ok(selector)
}

/// The selector of a single role entry, as validation makes it.
///
/// # Errors
/// As for an entry of a request.
pub fn role_selector(provider: &dyn Provider, asked: &types::Role) -> Result<Selector, Error> {
    selector(provider, "roles[0]", asked, &[], None)
}

/// The selector of a single organization entry, as validation makes it.
///
/// # Errors
/// As for an entry of a request.
pub fn organization_selector(provider: &dyn Provider, asked: &types::Organization) -> Result<Selector, Error> {
    organization_entry(provider, 0, asked.clone()).map(|entry| entry.selector().clone())
}

fn organization_entry(provider: &dyn Provider, index: usize, asked: types::Organization) -> Result<Entry, Error> {
    let at = format!("organizations[{index}]");
    let id = optional(
        provider,
        true,
        Field::Organization,
        &format!("{at}.id"),
        asked.id.as_deref(),
    )?;
    let name = asked
        .name
        .as_deref()
        .map(|name| plain(&format!("{at}.name"), name))
        .transpose()?;
    let selector = Selector {
        id,
        name,
        is_link: true,
        ..Selector::default()
    };
    Ok(Entry::Organization { asked, selector })
}
