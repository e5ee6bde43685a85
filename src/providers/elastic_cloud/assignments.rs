//! Role assignments: what a member holds, with an index by everything that a role may be called.

mod facts;
mod rows;

use std::{collections::BTreeSet, ops::Range, rc::Rc};

use serde_json::value::RawValue;

use crate::{
    hashed::{HashMap, HashSet},
    naming::Skeleton,
    provider::{Grant, GrantKey, UnreadRow},
    sorted::Set,
};

use super::ids::{self, Key};

pub use self::facts::{Given, companions, sorted_name};

/// Stands for every deployment or project.
pub const ALL: &str = "*";

/// A grant and the assignment that it stands for.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub grant: Grant,
    /// `organization`, `deployment`, or the kind of project.
    pub kind: &'static str,
    /// As it came: it is sent back like this.
    pub role_id: String,
    pub application_roles: Rc<[String]>,
}

/// What a member's element says of its assignments.
#[derive(Debug, Default)]
pub struct Assignments {
    /// One for each deployment or project.
    pub held: Vec<Assigned>,
    pub unread: Vec<UnreadRow>,
    /// Kinds whose list is `null`: it may have been left out.
    pub hidden: BTreeSet<&'static str>,
    /// Something of a kind that is read here has a shape that is not documented.
    pub is_malformed: bool,
    pub places: Places,
    items: Vec<Item>,
    mentions: HashMap<String, Vec<Mention>>,
    positions: HashMap<GrantKey, Vec<usize>>,
    /// Positions of roles that are not published.
    unpublished: Vec<usize>,
    /// Bytes of ids that the places come to.
    expanded: usize,
}

/// One element of a list: the positions of its places, and the roles that go only together with more.
#[derive(Clone, Debug)]
struct Item {
    positions: Range<usize>,
    parts: Rc<[Given]>,
}

/// Where a text is found: an element, and which of its parts, if it does not mean the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mention {
    item: usize,
    part: Option<usize>,
}

/// The kinds of the places where something is, or was, held: no call here reads deployments and projects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(HashMap<String, BTreeSet<&'static str>>);

impl Assignments {
    /// Every grant of a member's assignments. What cannot be read as one is kept as an unread row.
    pub fn read(shown: Option<&RawValue>, organization: &str) -> Self {
        let mut all = Self::default();
        if let Some(shown) = shown {
            all.read_kinds(shown, organization);
            all.separate_short_ids();
        }
        all
    }

    /// The assignments that have this text for an id or name, in any spelling; with a part of them, if that is what is called so.
    pub fn mentions<'a>(&'a self, text: &str) -> impl Iterator<Item = (&'a Assigned, Option<&'a Given>)> + use<'a> {
        self.elements(text)
            .flat_map(|(held, part)| held.iter().map(move |held| (held, part)))
    }

    /// The same, the places of one element together: they have all but the place in common.
    pub fn elements<'a>(&'a self, text: &str) -> impl Iterator<Item = (&'a [Assigned], Option<&'a Given>)> + use<'a> {
        let mentions = Skeleton::of(text)
            .into_iter()
            .filter_map(|reading| self.mentions.get(&reading));
        // A text of several readings may be found by more than one of them.
        let mentions: Set<Mention> = mentions.flatten().copied().collect();
        mentions
            .into_iter()
            .filter_map(|mention| Some((self.items.get(mention.item)?, mention.part)))
            .map(|(item, part)| {
                let part = part.and_then(|part| item.parts.get(part));
                (self.held.get(item.positions.clone()).unwrap_or_default(), part)
            })
    }

    /// Whether an assignment has an application role of exactly that name.
    pub fn has_application_role(&self, name: &str) -> bool {
        let mut mentions = self.mentions(name);
        mentions.any(|(held, _)| held.application_roles.iter().any(|role| role == name))
    }

    /// The ids of roles that are held without application roles, and that an assignment with some has or gives too.
    pub fn ambiguous_roles(&self) -> HashSet<String> {
        let bare = |held: &&[Assigned]| held.first().is_some_and(|held| held.application_roles.is_empty());
        let elements = self
            .items
            .iter()
            .filter_map(|item| self.held.get(item.positions.clone()));
        let roles: HashSet<&str> = elements
            .filter(bare)
            .filter_map(|held| held.first())
            .map(|held| held.grant.role_id.as_str())
            .collect();
        let is_ambiguous = |role: &&str| self.elements(role).any(|(held, _)| !bare(&held));
        roles.into_iter().filter(is_ambiguous).map(str::to_owned).collect()
    }

    /// Positions of the assignments that stand for a grant: several if the provider spells its role in several ways.
    pub fn of_grant(&self, grant: &Grant) -> impl Iterator<Item = usize> {
        self.positions.get(&grant.key()).into_iter().flatten().copied()
    }

    /// The assignments whose role has no published display name.
    pub fn unpublished(&self) -> impl Iterator<Item = &Assigned> {
        self.unpublished.iter().filter_map(|&position| self.held.get(position))
    }

    /// One grant for each role and place.
    pub fn grants(&self) -> Vec<Grant> {
        let mut seen = HashSet::new();
        self.held
            .iter()
            .filter(|held| seen.insert(held.grant.key()))
            .map(|held| held.grant.clone())
            .collect()
    }

    /// Adds what another element shows.
    pub fn add(&mut self, other: Self) {
        let expanded = self.expanded.saturating_add(other.expanded);
        if expanded > rows::MOST_EXPANDED {
            self.is_malformed = true;
            self.unread.push(UnreadRow::new("more assignments than are looked at"));
            return;
        }
        self.expanded = expanded;
        let mut held = other.held.into_iter();
        for item in other.items {
            let count = item.positions.len();
            self.push(held.by_ref().take(count).collect(), item.parts);
        }
        self.unread.extend(other.unread);
        self.hidden.extend(other.hidden);
        self.is_malformed |= other.is_malformed;
        self.separate_short_ids();
    }

    /// Adds the places of one element, and what it may be called.
    fn push(&mut self, held: Vec<Assigned>, parts: Rc<[Given]>) {
        let Some(first) = held.first() else {
            return;
        };
        let start = self.held.len();
        let grant = &first.grant;
        let whole = std::iter::once(&grant.role_id)
            .chain(&grant.role_name)
            .chain(&grant.known_as.ids)
            .chain(&grant.known_as.names)
            .flat_map(|text| Skeleton::of(text).into_iter().map(|reading| (reading, None)));
        let inner = parts.iter().enumerate().flat_map(|(part, given)| {
            given
                .texts()
                .flat_map(Skeleton::of)
                .map(move |reading| (reading, Some(part)))
        });
        let texts: Set<(String, Option<usize>)> = whole.chain(inner).collect();
        let item = self.items.len();
        for (text, part) in texts {
            self.mentions.entry(text).or_default().push(Mention { item, part });
        }
        let is_unpublished = ids::published(&Key::parse(&grant.role_id).role).is_none();
        let end = start.saturating_add(held.len());
        if is_unpublished {
            self.unpublished.extend(start..end);
        }
        for (position, held) in (start..end).zip(&held) {
            if let Some(place) = held.grant.scope.workspace.as_deref().filter(|place| *place != ALL) {
                self.places.note(place, held.kind);
            }
            self.positions.entry(held.grant.key()).or_default().push(position);
        }
        self.held.extend(held);
        self.items.push(Item {
            positions: start..end,
            parts,
        });
    }

    /// A short id that the roles of several kinds have means none of them.
    fn separate_short_ids(&mut self) {
        let mut owners: HashMap<&str, String> = HashMap::new();
        let mut shared: HashSet<String> = HashSet::new();
        for held in self.unpublished() {
            let role = Key::parse(&held.grant.role_id).role;
            for id in held.grant.known_as.ids.iter().filter(|id| **id != role) {
                let owner = owners.entry(id).or_insert_with(|| role.clone());
                if *owner != role {
                    shared.insert(id.clone());
                }
            }
        }
        if shared.is_empty() {
            return;
        }
        for held in &mut self.held {
            held.grant.known_as.ids.retain(|id| !shared.contains(id));
        }
    }
}

impl Places {
    fn note(&mut self, place: &str, kind: &'static str) {
        self.0.entry(place.to_owned()).or_default().insert(kind);
    }

    /// Takes over what was known before: a place does not change its kind when the last role there goes.
    pub fn remember(&mut self, earlier: &Self) {
        for (place, kinds) in earlier.0.iter() {
            self.0.entry(place.clone()).or_default().extend(kinds);
        }
    }

    /// `deployment`, or the kind of project, where everything at the place is of one kind.
    pub fn kind(&self, place: Option<&str>) -> Option<&'static str> {
        let kinds = self.0.get(place?)?;
        kinds.first().copied().filter(|_| kinds.len() == 1)
    }
}
