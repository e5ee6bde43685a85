//! One role at one scope, as a reading shows it.

use crate::contract::{
    json,
    redact::{Form, Texts},
    types::{self, Scope, SideEffect, Via},
};

/// One role at one scope, as a reading shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub kind: GrantKind,
    pub role_id: String,
    pub role_name: Option<String>,
    pub scope: Scope,
    pub held: Held,
    /// How else the role is known.
    pub known_as: KnownAs,
    /// What removing it takes besides, each refused unless allowed.
    pub effects: Vec<SideEffect>,
    pub warnings: Vec<String>,
}

/// Facts about the role of a grant, for matching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAs {
    pub identity: Identity,
    /// Other ids that mean this role and no other, as the provider compares ids.
    pub ids: Vec<String>,
    /// Other names of this role.
    pub names: Vec<String>,
    /// Other names of the workspace where it is held.
    pub workspaces: Vec<String>,
}

/// What `role_id` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The provider's id.
    #[default]
    Id,
    /// The provider's id, which is the role's name too: a name is compared as an id (Elastic's custom roles).
    NameIsId,
    /// The row shows no id; `role_id` repeats its name, and the directory tells the id.
    NameOnly,
}

/// What identifies a grant: a role at a scope, held directly or through something.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GrantKey {
    kind: GrantKind,
    role_id: String,
    scope: [Option<String>; 3],
    is_direct: bool,
}

impl GrantKey {
    pub fn role_id(&self) -> &str {
        &self.role_id
    }

    /// Its texts, as the provider gave them.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let scope = self.scope.iter().flatten().map(String::as_str);
        std::iter::once(self.role_id.as_str()).chain(scope)
    }

    pub fn scope(&self) -> Scope {
        let [group, organization, workspace] = self.scope.clone();
        Scope {
            group,
            organization,
            workspace,
        }
    }
}

/// What kind of thing is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantKind {
    Role,
    /// The role of the group in `scope.group`, which everyone in it has; meant only by an entry that names the group.
    GroupRole,
    /// Access to the organization in `role_id`.
    OrganizationLink,
    /// Membership of the group in `scope.group`.
    Membership,
}

impl Grant {
    /// The role as the unified user has it.
    pub fn as_role(&self) -> types::Role {
        let scope = self.scope.clone();
        types::Role {
            id: Some(self.role_id.clone()),
            name: self.role_name.clone(),
            group: scope.group,
            organization: scope.organization,
            workspace: scope.workspace,
        }
    }

    /// Its texts, as the provider gave them: those that [`Texts::each`] visits.
    pub fn texts(&self) -> impl Iterator<Item = &String> {
        let via = match &self.held {
            Held::Through(via) => via.as_slice(),
            Held::Direct | Held::NotRead => &[],
        };
        let via = via.iter().flat_map(|via| via.id.iter().chain(&via.name));
        let scope = &self.scope;
        let scope = scope.group.iter().chain(&scope.organization).chain(&scope.workspace);
        std::iter::once(&self.role_id)
            .chain(&self.role_name)
            .chain(scope)
            .chain(via)
            .chain(&self.warnings)
    }
}

impl Texts for Grant {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        self.role_id.each(visit);
        self.role_name.each(visit);
        self.scope.each(visit);
        if let Held::Through(via) = &mut self.held {
            via.each(visit);
        }
        self.warnings.each(visit);
    }
}

impl Texts for GrantKey {
    fn each(&mut self, visit: &mut dyn FnMut(&mut String, Form)) {
        self.role_id.each(visit);
        self.scope.iter_mut().for_each(|part| part.each(visit));
    }
}

impl GrantKind {
    /// Its name in JSON, in plans and in receipts.
    pub fn as_str(self) -> &'static str {
        json::grant_kind_name(self.into())
    }
}

impl From<GrantKind> for types::GrantKind {
    fn from(kind: GrantKind) -> Self {
        match kind {
            GrantKind::Role => Self::Role,
            GrantKind::GroupRole => Self::GroupRole,
            GrantKind::OrganizationLink => Self::OrganizationLink,
            GrantKind::Membership => Self::Membership,
        }
    }
}

/// How a grant is held.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    /// By an assignment of the user itself.
    Direct,
    /// Through something that this call does not touch.
    Through(Vec<Via>),
    /// Either way: the provider lists it for the user, and nobody asked about it, so that how it is held was not read.
    NotRead,
}

impl Grant {
    /// What identifies it.
    pub fn key(&self) -> GrantKey {
        let Scope {
            group,
            organization,
            workspace,
        } = self.scope.clone();
        GrantKey {
            kind: self.kind,
            role_id: self.role_id.clone(),
            scope: [group, organization, workspace],
            is_direct: self.is_direct(),
        }
    }

    /// Whether both stand for the same role, at the same scope, held in the same way.
    pub fn same_key(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.role_id == other.role_id
            && self.scope == other.scope
            && self.is_direct() == other.is_direct()
    }

    pub const fn is_direct(&self) -> bool {
        matches!(self.held, Held::Direct)
    }

    /// Whether it is held directly; `None` if that was not read.
    pub const fn directness(&self) -> Option<bool> {
        match self.held {
            Held::Direct => Some(true),
            Held::Through(_) => Some(false),
            Held::NotRead => None,
        }
    }
}
