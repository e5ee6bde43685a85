//! Ids of JumpCloud, and which of them the held roles have: a record lists names and ids side by side, JumpCloud writes names, and
//! callers ask by id.

use crate::{
    contract::types::Scope,
    error::ProviderFault,
    hashed::{HashMap, HashSet},
    naming::{canonical, same},
    provider::{Grant, GrantKind, Held, Identity, KnownAs},
};

use super::{
    core::List,
    documents::{RecordedRoles, Role},
};

/// The form of every JumpCloud id.
pub fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether two texts are one id: hexadecimal digits in either case.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || (is_object_id(one) && one.eq_ignore_ascii_case(other))
}

/// The organization's roles.
pub enum RoleDirectory {
    Known(List<Role>),
    /// JumpCloud does not show them: why.
    NotShown(String),
    /// The next call may be shown them.
    Failed(ProviderFault),
}

/// A role that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// What the record calls it, and what a write calls it.
    pub name: String,
    /// `None`: several roles could be meant, or none is known.
    pub id: Option<String>,
}

impl RoleDirectory {
    /// As far as they are known.
    pub fn roles(&self) -> &[Role] {
        match self {
            Self::Known(list) => &list.rows,
            Self::NotShown(_) | Self::Failed(_) => &[],
        }
    }

    /// Roles of which it shows rows that contradict each other, with every name that one of them has.
    pub fn contradicted(&self) -> &[Role] {
        match self {
            Self::Known(list) => &list.contradicted,
            Self::NotShown(_) | Self::Failed(_) => &[],
        }
    }

    /// Why a role may be missing, for people.
    pub fn gap(&self) -> Option<String> {
        match self {
            Self::Known(list) => list.gap("roles").or_else(|| {
                let is_nameless = list.rows.iter().any(|role| role.name.is_none());
                is_nameless.then(|| String::from("JumpCloud lists a role without its name"))
            }),
            Self::NotShown(why) => Some(why.clone()),
            Self::Failed(fault) => Some(fault.message.clone()),
        }
    }
}

impl HeldRole {
    pub fn grant(&self, organization: Option<&str>) -> Grant {
        let identity = if self.id.is_some() {
            Identity::Id
        } else {
            Identity::NameOnly
        };
        Grant {
            known_as: KnownAs {
                identity,
                ..KnownAs::default()
            },
            kind: GrantKind::Role,
            role_id: self.id.as_ref().unwrap_or(&self.name).clone(),
            role_name: Some(self.name.clone()),
            scope: Scope {
                group: None,
                organization: organization.map(str::to_owned),
                workspace: None,
            },
            held: Held::Direct,
            effects: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// The roles that a record names, each with its id as far as that can be told.
///
/// A record's own ids decide, as far as the directory has them under that name. If one name and one id are left over, they belong
/// together, however the directory spells that role. A record without ids leaves it to a directory that was read whole: to the
/// exact name, else to the only one that is the same name. An id that stands beside several names has to be that of one of them:
/// else a role is held that none of the names says. A role with contradicting rows may have the name of each.
///
/// # Errors
/// Why the record contradicts the directory.
pub fn held(recorded: &RecordedRoles, directory: &RoleDirectory) -> Result<Vec<HeldRole>, String> {
    let roles = || directory.roles().iter().chain(directory.contradicted());
    let names = &recorded.names;
    // Of a long directory few roles are asked for.
    let asked: HashSet<String> = names.iter().map(|name| canonical(name)).collect();
    let all = Index::of(roles(), &asked);
    if !recorded.has_every_id {
        let is_named = |role: &Role| {
            role.name
                .as_ref()
                .is_some_and(|own| names.iter().any(|name| same(name, own)))
        };
        let is_of_a_name = |id: &String| roles().any(|role| role.id == *id && is_named(role));
        if !recorded.ids.iter().all(is_of_a_name) {
            return Err(String::from(
                "the administrator's record has the id of a role that may be none of those that it names",
            ));
        }
        let is_whole = directory.gap().is_none();
        let held = |name: &String| HeldRole {
            name: name.clone(),
            id: all.only(name).filter(|_| is_whole),
        };
        return Ok(names.iter().map(held).collect());
    }
    let mut left: HashSet<String> = recorded.ids.iter().cloned().collect();
    let recorded = Index::of(roles().filter(|role| left.contains(&role.id)), &asked);
    let mut held: Vec<HeldRole> = Vec::with_capacity(names.len());
    for name in names {
        if all.has(name) && !recorded.has(name) {
            return Err(format!(
                "the administrator's record names the role `{name}` and has the id of another one"
            ));
        }
        held.push(HeldRole {
            name: name.clone(),
            id: recorded.only(name).filter(|id| left.remove(id)),
        });
    }
    let doubtful = Index::of(directory.contradicted().iter(), &asked);
    let mut without_id = held.iter_mut().filter(|role| role.id.is_none());
    if let (Some(role), None) = (without_id.next(), without_id.next())
        && left.len() == 1
        && !doubtful.has(&role.name)
    {
        role.id = left.into_iter().next();
    }
    Ok(held)
}

/// Roles by name, as far as a name is asked for.
struct Index<'a> {
    exact: HashMap<&'a str, Vec<&'a Role>>,
    /// By what their names compare as.
    canonical: HashMap<String, Vec<&'a Role>>,
}

impl<'a> Index<'a> {
    fn of(roles: impl Iterator<Item = &'a Role>, asked: &HashSet<String>) -> Self {
        let mut index = Self {
            exact: HashMap::new(),
            canonical: HashMap::new(),
        };
        for role in roles {
            let Some(name) = &role.name else { continue };
            let compared = canonical(name);
            if asked.contains(&compared) {
                index.exact.entry(name).or_default().push(role);
                index.canonical.entry(compared).or_default().push(role);
            }
        }
        index
    }

    fn has(&self, name: &str) -> bool {
        self.canonical.contains_key(&canonical(name))
    }

    /// The id of the only role that can be meant.
    fn only(&self, name: &str) -> Option<String> {
        let exact = self.exact.get(name).map(Vec::as_slice).unwrap_or_default();
        let called = self
            .canonical
            .get(&canonical(name))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let named = if exact.is_empty() { called } else { exact };
        let (first, others) = named.split_first()?;
        // Contradicting rows of one role may have its name twice.
        others.iter().all(|role| role.id == first.id).then(|| first.id.clone())
    }
}
