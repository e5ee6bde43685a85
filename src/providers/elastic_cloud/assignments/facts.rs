//! What is known of the roles that an assignment gives.

use crate::{
    contract::types::Scope,
    naming::{self, Skeleton},
    provider::{Grant, GrantKind, Held, Identity, KnownAs},
    request::Selector,
    sorted::{self, Set},
};

use super::super::ids::{self, CONNECTED, Key};

/// A role that an assignment gives: its own, or one of its application roles.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub id: String,
    /// Other ids of this role and no other.
    pub ids: Vec<String>,
    pub identity: Identity,
    /// The published display name.
    pub display: Option<&'static str>,
    pub names: Vec<String>,
    /// Ids of which it may only be another spelling.
    pub like: Vec<String>,
    /// A custom role: its name is its id.
    pub is_custom: bool,
}

/// What is known of the role of an assignment.
pub struct Facts {
    pub role_id: String,
    pub role_name: Option<String>,
    pub known_as: KnownAs,
    /// Roles that go only together with more.
    pub parts: Vec<Given>,
    /// Nothing tells its display name.
    pub is_unpublished: bool,
}

impl Given {
    /// The role of an assignment of that kind.
    pub fn own(kind: &str, role_id: &str) -> Self {
        let id = ids::canonical(kind, role_id);
        let published = ids::published(&id).filter(|role| role.kind == kind);
        let mut given = Self {
            identity: if published.is_some() {
                Identity::Id
            } else {
                Identity::NameIsId
            },
            display: published.map(|role| role.name),
            ..Self::default()
        };
        given.add_spellings(kind, &id, role_id);
        if published.is_none() {
            // In the list of another kind than its own, a published role may be what its display name means.
            let displays = ids::by_id(role_id, None);
            given.names.extend(displays.iter().map(|role| role.name.to_owned()));
        }
        given.id = id;
        given
    }

    /// An application role of an assignment of that kind: a predefined role by its name, or a custom one.
    pub fn application(kind: &str, name: &str) -> Self {
        let fits = |role: &&ids::Published| role.kind == kind || (kind == "organization" && role.kind != CONNECTED);
        let predefined: Vec<&ids::Published> = ids::all()
            .filter(fits)
            .filter(|role| {
                let short = ids::bare(role.kind, role.id);
                let mut spellings = [Some(role.id), short].into_iter().flatten();
                spellings.any(|id| id == name || id.replace('-', "_") == name)
            })
            .collect();
        let Some((first, others)) = predefined.split_first() else {
            let like = ids::all().filter(fits).filter(|role| {
                ids::spelled(name) == role.id || ids::bare(role.kind, role.id) == Some(&ids::spelled(name))
            });
            return Self {
                id: name.to_owned(),
                identity: Identity::NameIsId,
                like: like.map(|role| role.id.to_owned()).collect(),
                is_custom: true,
                ..Self::default()
            };
        };
        let mut given = Self {
            id: first.id.to_owned(),
            ids: others.iter().map(|role| role.id.to_owned()).collect(),
            identity: Identity::Id,
            display: Some(first.name),
            ..Self::default()
        };
        given.add_spellings(first.kind, first.id, name);
        given
    }

    /// A published role for which a custom one could be taken.
    fn look_alike(id: String) -> Self {
        Self {
            id,
            is_custom: true,
            ..Self::default()
        }
    }

    /// Ids without the kind mean a role if they are nobody else's; otherwise they are only what it may be called.
    fn add_spellings(&mut self, kind: &str, id: &str, as_it_came: &str) {
        let bare = ids::bare(kind, id);
        let spellings = [Some(as_it_came), bare].into_iter().flatten();
        let spellings: Set<String> = spellings
            .flat_map(|text| [text.to_owned(), text.replace('-', "_")])
            .chain([id.replace('-', "_")])
            .filter(|text| text != id)
            .collect();
        for text in spellings {
            let is_unique = ids::by_id(&text, None).iter().all(|role| role.id == id);
            if is_unique {
                self.ids.push(text.clone());
            }
            if !is_unique || self.identity == Identity::NameIsId {
                self.names.push(text);
            }
        }
    }

    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id.as_str())
            .chain(self.display)
            .chain(self.ids.iter().chain(&self.names).chain(&self.like).map(String::as_str))
    }

    /// Whether a selector certainly means this role (`Some(true)`), may mean it (`Some(false)`), or does not.
    pub fn is_meant(&self, selector: &Selector) -> Option<bool> {
        let (wanted, is_it) = match (&selector.id, &selector.name) {
            (Some(id), _) => {
                let mut own = std::iter::once(&self.id).chain(&self.ids);
                (id, !self.is_custom && own.any(|own| ids::is_same_id(id, own)))
            }
            (None, Some(name)) => {
                let mut own = std::iter::once(&self.id).chain(&self.names);
                let is_id = self.identity == Identity::NameIsId && own.any(|own| ids::is_same_id(name, own));
                let is_display = self.display.is_some_and(|display| naming::same(display, name));
                (name, is_id || is_display)
            }
            (None, None) => return None,
        };
        let skeleton = Skeleton::of(wanted);
        let is_like = self.texts().any(|text| skeleton.is_like(text));
        (is_it || is_like).then_some(is_it)
    }

    /// The role as a grant of its own, for guards.
    fn into_grant(self, scope: &Scope) -> Grant {
        Grant {
            kind: GrantKind::Role,
            role_id: self.id,
            role_name: self.display.map(str::to_owned),
            scope: scope.clone(),
            held: Held::Direct,
            known_as: KnownAs {
                identity: self.identity,
                ids: self.ids,
                names: self.names.into_iter().chain(self.like).collect(),
                ..KnownAs::default()
            },
            effects: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Every role that goes with a grant: its own, and its application roles.
pub fn companions(grant: &Grant) -> Vec<Grant> {
    let key = Key::parse(&grant.role_id);
    if key.custom.is_empty() {
        return Vec::new();
    }
    let scope = &grant.scope;
    let kind = match (&scope.group, &scope.workspace) {
        (Some(group), _) => group.as_str(),
        (None, Some(_)) => "deployment",
        (None, None) => "organization",
    };
    std::iter::once(Given::own(kind, &key.role))
        .chain(key.custom.iter().map(|name| Given::application(kind, name)))
        .map(|given| given.into_grant(scope))
        .collect()
}

impl Facts {
    /// Bytes of the texts that every place repeats.
    pub fn length(&self) -> usize {
        let KnownAs {
            identity: _,
            ids,
            names,
            workspaces,
        } = &self.known_as;
        let texts = ids.iter().chain(names).chain(workspaces).chain(&self.role_name);
        texts.map(String::len).fold(self.role_id.len(), usize::saturating_add)
    }

    pub fn of(kind: &str, role_id: &str, application_roles: &[String]) -> Self {
        let own = Given::own(kind, role_id);
        let key = Key::new(&own.id, application_roles);
        let mut given: Vec<Given> = key.custom.iter().map(|name| Given::application(kind, name)).collect();
        let is_own = |given: &Given| given.id == own.id || given.ids.contains(&own.id);
        // Another published role would go with it, which the id of its own role does not say.
        let hides_role = given.iter().any(|given| !given.is_custom && !is_own(given));
        let is_carrier = ids::is_carrier(kind, &own.id);
        let is_unpublished = own.display.is_none();
        let text = key.text();
        let mut known_as = KnownAs::default();
        if !hides_role {
            known_as.ids.push(own.id.clone());
            known_as.ids.extend(own.ids.iter().cloned());
        }
        let role_name;
        let mut parts = Vec::new();
        match (given.len(), is_carrier) {
            (0, _) => {
                known_as.ids.push(ids::bare_assignment(&text));
                known_as.identity = own.identity;
                known_as.names.clone_from(&own.names);
                role_name = own.display.map(str::to_owned);
            }
            // A carrier is known by what it carries.
            (1, true) => {
                let one = given.pop().unwrap_or_default();
                known_as.identity = one.identity;
                role_name = Some(one.display.map_or_else(|| one.id.clone(), str::to_owned));
                if !one.is_custom {
                    known_as.ids.push(one.id);
                }
                known_as.ids.extend(one.ids);
                known_as.names.extend(one.names);
                parts.extend(one.like.into_iter().map(Given::look_alike));
            }
            (_, true) => {
                let joined = key.custom.join("+");
                known_as.identity = Identity::NameIsId;
                known_as.names.push(sorted_name(&joined));
                role_name = Some(joined);
                parts = given;
            }
            (_, false) => {
                known_as.identity = own.identity;
                known_as.names.clone_from(&own.names);
                role_name = own.display.map(str::to_owned);
                parts = given;
            }
        }
        if hides_role {
            parts.push(own);
        }
        known_as.ids.retain(|id| *id != text);
        Self {
            role_id: text,
            role_name,
            known_as,
            parts,
            is_unpublished,
        }
    }
}

/// The names of application roles that are given together, in the one order in which they are compared.
pub fn sorted_name(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('+').collect();
    sorted::sort(&mut parts);
    parts.join("+")
}
