//! Role assignments: from the members list to grants, with what is known of each role.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    rc::Rc,
};

use serde_json::value::RawValue;

use crate::{
    ask::Selector,
    client::lenient::{Row, Rows},
    contract::types::Scope,
    naming,
    provider::{Grant, GrantKey, GrantKind, Held, Identity, KnownAs, UnreadRow},
};

use super::{
    documents::{self, Fields, Item},
    ids::{self, CONNECTED, Key, PROJECTS},
};

/// Stands for every deployment or project.
pub const ALL: &str = "*";

/// Bytes that are kept of a row that cannot be read.
const UNREAD_LIMIT: usize = 256;

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

/// A grant and the assignment that it stands for.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub grant: Grant,
    /// `organization`, `deployment`, or the kind of project.
    pub kind: &'static str,
    /// As it came: it is sent back like this.
    pub role_id: String,
    pub application_roles: Rc<[String]>,
    /// Roles that go only together with more.
    pub parts: Rc<[Given]>,
}

/// Where a text is found: an assignment, and which of its parts, if it does not mean the whole.
#[derive(Clone, Copy, Debug)]
pub struct Mention {
    pub position: usize,
    pub part: Option<usize>,
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
    mentions: HashMap<String, Vec<Mention>>,
    positions: HashMap<GrantKey, Vec<usize>>,
    /// Positions of roles that are not published: nothing tells their display names.
    unpublished: Vec<usize>,
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
        }
        all
    }

    /// The assignments that have this text for an id or name, in any spelling.
    pub fn mentions(&self, text: &str) -> impl Iterator<Item = (&Assigned, Mention)> {
        self.mentions
            .get(&naming::skeleton(text))
            .into_iter()
            .flatten()
            .filter_map(|mention| Some((self.held.get(mention.position)?, *mention)))
    }

    /// The assignments that stand for a grant: several if the provider spells its role in several ways.
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

    /// Adds what another element shows of the same member.
    pub fn add(&mut self, other: Self) {
        for held in other.held {
            self.push(held);
        }
        self.unread.extend(other.unread);
        self.hidden.extend(other.hidden);
        self.is_malformed |= other.is_malformed;
    }

    fn read_kinds(&mut self, shown: &RawValue, organization: &str) {
        let Row::Read(Fields(kinds)) = documents::row(shown.get()) else {
            self.leave_malformed(shown.get(), None);
            return;
        };
        for (kind, value) in kinds {
            match (kind.as_str(), documents::row(value.get())) {
                ("organization", _) => self.read_list("organization", &value, organization),
                ("deployment", _) => self.read_list("deployment", &value, organization),
                ("project", _) if value.get() == "null" => self.hidden.extend(PROJECTS),
                ("project", Row::Read(Fields(projects))) => {
                    for (kind, value) in projects {
                        match PROJECTS.into_iter().find(|known| *known == kind) {
                            Some(kind) => self.read_list(kind, &value, organization),
                            None => self.leave_unread(Some(&kind), &value),
                        }
                    }
                }
                ("project", Row::Unread(_)) => self.leave_malformed(value.get(), None),
                // Nothing tells what a kind that was made later is about.
                (CONNECTED | "platform", _) => self.leave_unread(Some(&kind), &value),
                _ => self.leave_unread(None, &value),
            }
        }
    }

    fn read_list(&mut self, kind: &'static str, list: &RawValue, organization: &str) {
        if list.get() == "null" {
            self.hidden.insert(kind);
            return;
        }
        let Ok(rows) = serde_json::from_str::<Vec<Box<RawValue>>>(list.get()) else {
            self.leave_malformed(list.get(), Some(kind));
            return;
        };
        for raw in rows {
            match documents::row::<Item>(raw.get()) {
                Row::Read(item) => self.read_item(kind, &item, raw.get(), organization),
                Row::Unread(_) => self.leave_malformed(raw.get(), Some(kind)),
            }
        }
    }

    fn read_item(&mut self, kind: &'static str, item: &Item, raw: &str, organization: &str) {
        // No other organization's assignments stand here: nothing tells what one is about.
        let is_here = documents::is_missing(&item.organization_id)
            || documents::text(&item.organization_id) == Some(organization);
        let (Some(role_id), Some(application_roles), true) = (
            documents::text(&item.role_id),
            &documents::texts(&item.application_roles),
            is_here,
        ) else {
            self.is_malformed = true;
            self.unread.push(unread_item(kind, item, raw));
            return;
        };
        let facts = Facts::of(kind, role_id, application_roles);
        if let Some(like) = ids::look_alike(kind, role_id).filter(|_| facts.is_unpublished) {
            let mut row = unread_item(kind, item, raw);
            row.ids.push(like.id.to_owned());
            self.unread.push(row);
            return;
        }
        let (places, is_whole) = places(kind, item);
        if !is_whole {
            self.is_malformed = true;
            self.unread.push(unread_item(kind, item, raw));
        }
        let scope = Scope {
            group: PROJECTS.contains(&kind).then(|| kind.to_owned()),
            organization: Some(organization.to_owned()),
            workspace: None,
        };
        let roles: Rc<[String]> = application_roles.as_slice().into();
        let parts: Rc<[Given]> = facts.parts.into();
        for place in places {
            self.push(Assigned {
                grant: Grant {
                    kind: GrantKind::Role,
                    role_id: facts.role_id.clone(),
                    role_name: facts.role_name.clone(),
                    scope: Scope {
                        workspace: place,
                        ..scope.clone()
                    },
                    held: Held::Direct,
                    known_as: facts.known_as.clone(),
                    effects: Vec::new(),
                    warnings: Vec::new(),
                },
                kind,
                role_id: role_id.to_owned(),
                application_roles: Rc::clone(&roles),
                parts: Rc::clone(&parts),
            });
        }
    }

    fn push(&mut self, held: Assigned) {
        let position = self.held.len();
        if let Some(place) = held.grant.scope.workspace.as_deref().filter(|place| *place != ALL) {
            self.places.note(place, held.kind);
        }
        let whole = std::iter::once(&held.grant.role_id)
            .chain(&held.grant.role_name)
            .chain(&held.grant.known_as.ids)
            .chain(&held.grant.known_as.names)
            .map(|text| (naming::skeleton(text), None));
        let parts = held
            .parts
            .iter()
            .enumerate()
            .flat_map(|(part, given)| given.texts().map(move |text| (naming::skeleton(text), Some(part))));
        let texts: BTreeSet<(String, Option<usize>)> = whole.chain(parts).collect();
        for (text, part) in texts {
            self.mentions.entry(text).or_default().push(Mention { position, part });
        }
        if ids::published(&Key::parse(&held.grant.role_id).role).is_none() {
            self.unpublished.push(position);
        }
        self.positions.entry(held.grant.key()).or_default().push(position);
        self.held.push(held);
    }

    fn leave_malformed(&mut self, raw: &str, kind: Option<&str>) {
        self.is_malformed = true;
        self.unread.push(unread(raw, kind));
    }

    /// What is held of another kind: for connected clusters, for the platform, or what is made later.
    fn leave_unread(&mut self, kind: Option<&str>, value: &RawValue) {
        if value.get() == "null" {
            return;
        }
        let Ok(rows) = serde_json::from_str::<Vec<Box<RawValue>>>(value.get()) else {
            self.unread.push(unread(value.get(), kind));
            return;
        };
        for raw in rows {
            self.unread.push(match documents::row::<Item>(raw.get()) {
                Row::Read(item) => unread_item(kind.unwrap_or_default(), &item, raw.get()),
                Row::Unread(_) => unread(raw.get(), kind),
            });
        }
    }
}

impl Places {
    fn note(&mut self, place: &str, kind: &'static str) {
        self.0.entry(place.to_owned()).or_default().insert(kind);
    }

    /// Takes over what was known before: a place does not change its kind when the last role there goes.
    pub fn remember(&mut self, earlier: &Self) {
        for (place, kinds) in &earlier.0 {
            self.0.entry(place.clone()).or_default().extend(kinds);
        }
    }

    /// `deployment`, or the kind of project, where everything at the place is of one kind.
    pub fn kind(&self, place: Option<&str>) -> Option<&'static str> {
        let kinds = self.0.get(place?)?;
        kinds.first().copied().filter(|_| kinds.len() == 1)
    }
}

impl Given {
    /// The role of an assignment of that kind.
    fn own(kind: &str, role_id: &str) -> Self {
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
        given.id = id;
        given
    }

    /// An application role of an assignment of that kind: a predefined role by its name, or a custom one.
    fn application(kind: &str, name: &str) -> Self {
        let fits = |role: &&ids::Published| role.kind == kind || (kind == "organization" && role.kind != CONNECTED);
        let predefined: Vec<&ids::Published> = ids::all()
            .filter(fits)
            .filter(|role| {
                let short = ids::bare(role.kind, role.id);
                let spellings = [Some(role.id), short].into_iter().flatten();
                spellings
                    .into_iter()
                    .any(|id| id == name || id.replace('-', "_") == name)
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
        let spellings: BTreeSet<String> = spellings
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

    fn texts(&self) -> impl Iterator<Item = &str> {
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
        let skeleton = naming::skeleton(wanted);
        let is_like = self.texts().any(|text| naming::skeleton(text) == skeleton);
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

/// What is known of the role of an assignment.
struct Facts {
    role_id: String,
    role_name: Option<String>,
    known_as: KnownAs,
    parts: Vec<Given>,
    is_unpublished: bool,
}

impl Facts {
    fn of(kind: &str, role_id: &str, application_roles: &[String]) -> Self {
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
    parts.sort_unstable();
    parts.join("+")
}

/// The places of an assignment, and whether all of them could be read. An assignment for nothing is none of the documented shapes,
/// and may still be one for something.
fn places(kind: &str, item: &Item) -> (Vec<Option<String>>, bool) {
    if kind == "organization" {
        return (vec![None], true);
    }
    let (listed, others) = if kind == "deployment" {
        (&item.deployment_ids, &item.project_ids)
    } else {
        (&item.project_ids, &item.deployment_ids)
    };
    let is_empty = |list: &Rows<String>| match list {
        Rows::Absent | Rows::Null => true,
        Rows::List(rows) => rows.is_empty(),
        Rows::Unread(_) => false,
    };
    let is_documented = !item.all.is_unread() && is_empty(others);
    match (item.all.as_bool() == Some(true), listed) {
        (true, listed) => {
            let is_for_all = is_documented && is_empty(listed);
            (
                is_for_all.then(|| Some(ALL.to_owned())).into_iter().collect(),
                is_for_all,
            )
        }
        (false, Rows::List(rows)) if is_documented => {
            let places: Vec<Option<String>> = rows
                .iter()
                .filter_map(documents::text)
                .filter(|place| *place != ALL)
                .map(|place| Some(place.to_owned()))
                .collect();
            let is_whole = !rows.is_empty() && places.len() == rows.len();
            (places, is_whole)
        }
        (false, _) => (Vec::new(), false),
    }
}

fn unread(raw: &str, kind: Option<&str>) -> UnreadRow {
    let cut = raw.get(..raw.floor_char_boundary(UNREAD_LIMIT)).unwrap_or_default();
    let mut row = UnreadRow::new(cut);
    row.scope.group = kind.filter(|kind| !kind.is_empty()).map(str::to_owned);
    row
}

/// A row with what can be told of it. A name that is not known makes every name possible, and an application role that cannot be
/// read every role.
fn unread_item(kind: &str, item: &Item, raw: &str) -> UnreadRow {
    let mut row = unread(raw, Some(kind));
    let resources = documents::texts(&item.resource_ids).unwrap_or_default();
    row.scope.workspace = match resources.as_slice() {
        // They are places of a kind of their own.
        [] if kind == CONNECTED && item.all.as_bool() == Some(true) => Some(ALL.to_owned()),
        [one] if kind == CONNECTED => Some(one.clone()),
        _ => None,
    };
    let (Some(role_id), Some(application_roles)) = (
        documents::text(&item.role_id),
        documents::texts(&item.application_roles),
    ) else {
        return row;
    };
    let own = Given::own(kind, role_id);
    let has_name = own.display.is_some();
    let facts = Facts::of(kind, role_id, &application_roles);
    row.ids.push(facts.role_id);
    let given = application_roles.iter().map(|name| Given::application(kind, name));
    for given in given.chain([own]) {
        if has_name {
            row.names.extend(given.display.map(str::to_owned));
            row.names.extend(given.names);
            if given.is_custom {
                row.names.push(given.id.clone());
            }
        }
        row.ids.push(given.id);
        row.ids.extend(given.ids);
        row.ids.extend(given.like);
    }
    row
}
