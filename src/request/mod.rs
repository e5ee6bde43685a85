//! The validated request: what of it is malformed never gets past here.

mod field;
pub mod pass_through;
pub mod requested;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    account::settings::General,
    client::Deadline,
    contract::{
        timestamp,
        types::{self, Binding, EmailAndUsername, Expectation, Mode, SideEffect, StrictScope, UnknownRole},
    },
    error::Error,
    provider::{Field, Grant, GrantKind, Provider},
};

pub use self::field::is_placeholder;

use self::field::{field, label, lacks, optional, plain};

/// What is to be done, well-formed and in the provider's own spelling.
#[derive(Debug)]
pub struct ValidatedRequest {
    pub user: String,
    pub entries: Vec<Entry>,
    /// Allowed by request and account both.
    pub allow: Vec<SideEffect>,
    pub mode: Mode,
    /// Everything that is held directly; `entries` is then empty.
    pub everything: bool,
    pub strict_scope: bool,
    pub unknown_role: UnknownRole,
    /// Unix time of an earlier acknowledgement.
    pub acknowledged_at: Option<Duration>,
    pub expect: Option<Expected>,
    pub accept_unverified: bool,
    pub binding: Binding,
    /// For the whole operation.
    pub total: Duration,
    /// Query parameters added to the revoking request.
    pub remote_query: Vec<(String, String)>,
    /// Fields merged into the revoking request's body.
    pub remote_data: Map<String, Value>,
}

/// Who the user must turn out to be: one of the two at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub email: Option<String>,
    pub username: Option<String>,
}

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

/// More entries than this are refused: one call is one user's roles.
const MOST_ENTRIES: usize = 1_000;
/// The shortest deadline that leaves time for anything.
pub const SHORTEST_DEADLINE: Duration = Duration::from_secs(1);

impl ValidatedRequest {
    /// A request that only reads everything of a user, or nothing of one.
    ///
    /// # Errors
    /// [`Error::Request`], naming the field at fault.
    pub fn reading(id: Option<&str>, options: types::ReadOptions, provider: &dyn Provider) -> Result<Self, Error> {
        Ok(Self {
            user: match id {
                Some(id) => field(provider, Field::User, "id", id)?,
                None => String::new(),
            },
            entries: Vec::new(),
            allow: Vec::new(),
            mode: Mode::Verify,
            everything: true,
            strict_scope: false,
            unknown_role: UnknownRole::NotFound,
            acknowledged_at: None,
            expect: None,
            accept_unverified: false,
            binding: Binding::None,
            total: total(options.deadline, "deadline_ms")?,
            remote_query: Vec::new(),
            remote_data: Map::new(),
        })
    }

    /// Nothing is written.
    pub fn is_read_only(&self) -> bool {
        self.mode != Mode::Revoke
    }

    /// No entry narrows what is meant: everything that is held is to be read.
    pub const fn reads_everything(&self) -> bool {
        self.entries.is_empty()
    }

    /// # Errors
    /// [`Error::Request`], naming the field at fault.
    pub fn validate(
        request: types::Request,
        options: types::Options,
        general: &General,
        provider: &dyn Provider,
    ) -> Result<Self, Error> {
        let types::Request {
            id,
            everything,
            roles,
            organizations,
            workspace_id,
            remote_query,
            remote_data,
        } = request;
        let types::Options {
            mode,
            allow,
            deadline,
            strict_scope,
            unknown_role,
            acknowledged_at,
            expect,
            accept_unverified,
            binding,
            reference,
        } = options;
        let capability = provider.capability();
        let user = field(provider, Field::User, "id", &id)?;
        // It goes into the record as it is.
        if let Some(reference) = &reference {
            label("options.reference", reference)?;
        }
        let has_entries = !roles.is_empty() || !organizations.is_empty();
        if everything {
            let is_narrowed = has_entries || workspace_id != types::Narrowing::Anywhere;
            everything_alone(is_narrowed, mode, &binding, &expect)?;
        } else if !has_entries {
            return Err(Error::request(
                "roles",
                "roles is required: name at least one role (an empty list never means all), or everything",
            ));
        }
        if mode != Mode::Revoke && binding != Binding::None {
            return Err(Error::request(
                "options.binding",
                "options.binding binds a revoke; leave it out of a plan or a verify",
            ));
        }
        if roles.len().saturating_add(organizations.len()) > MOST_ENTRIES {
            return Err(Error::request(
                "roles",
                format!("at most {MOST_ENTRIES} entries in one call"),
            ));
        }
        let entries = entries(provider, roles, organizations, workspace_id)?;
        Ok(Self {
            user,
            entries,
            allow: allow
                .into_iter()
                .filter(|effect| general.allow.as_ref().is_none_or(|list| list.contains(effect)))
                .collect(),
            mode,
            everything,
            strict_scope: match strict_scope {
                StrictScope::AccountDefault => general.strict_scope,
                StrictScope::Strict => true,
                StrictScope::Lenient => false,
            },
            unknown_role,
            acknowledged_at: acknowledged_at
                .map(|text| {
                    timestamp::parse(&text).ok_or_else(|| {
                        Error::request(
                            "options.acknowledged_at",
                            "options.acknowledged_at must be an RFC 3339 timestamp",
                        )
                    })
                })
                .transpose()?,
            expect: expected(expect)?,
            accept_unverified,
            binding,
            total: total(deadline, "options.deadline_ms")?,
            remote_query: pass_through::query(remote_query.as_deref(), general, capability)?,
            remote_data: pass_through::data(remote_data.as_deref(), general, capability)?,
        })
    }
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

/// Everything is asked for as a whole, and a revoke of it says who is meant or what was planned.
fn everything_alone(is_narrowed: bool, mode: Mode, binding: &Binding, expect: &Expectation) -> Result<(), Error> {
    if is_narrowed {
        return Err(Error::request(
            "everything",
            "everything leaves out roles, organizations and workspace_id: it cannot be narrowed",
        ));
    }
    if mode == Mode::Revoke && *binding == Binding::None && *expect == Expectation::Anyone {
        return Err(Error::request(
            "everything",
            "a revoke of everything needs options.binding (the plan of an earlier answer) or options.expect (who the user is)",
        ));
    }
    Ok(())
}

fn entries(
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
    let narrowed = organizations
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

fn expected(expectation: Expectation) -> Result<Option<Expected>, Error> {
    let (email, username) = match expectation {
        Expectation::Anyone => return Ok(None),
        Expectation::Email(email) => (Some(email), None),
        Expectation::Username(username) => (None, Some(username)),
        Expectation::EmailAndUsername(EmailAndUsername { email, username }) => (Some(email), Some(username)),
    };
    for (at, value) in [("options.expect.email", &email), ("options.expect.username", &username)] {
        if let Some(value) = value {
            plain(at, value)?;
        }
    }
    Ok(Some(Expected { email, username }))
}

fn total(deadline: Option<u32>, at: &str) -> Result<Duration, Error> {
    let Some(milliseconds) = deadline else {
        return Ok(Deadline::DEFAULT);
    };
    let total = Duration::from_millis(milliseconds.into());
    if total < SHORTEST_DEADLINE || total > Deadline::LONGEST {
        let (shortest, longest) = (SHORTEST_DEADLINE.as_millis(), Deadline::LONGEST.as_millis());
        return Err(Error::request(
            at,
            format!("{at} must be between {shortest} and {longest}"),
        ));
    }
    Ok(total)
}
