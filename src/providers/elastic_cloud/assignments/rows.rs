//! From the lists of a member's element to grants and unread rows.

use std::rc::Rc;

use serde_json::value::RawValue;

use crate::{
    client::lenient::{Fields, FromJson, Rows, elements},
    contract::types::Scope,
    provider::{Grant, GrantKind, Held, UnreadRow},
};

use super::{
    super::{
        documents::{self, Item},
        ids::{self, CONNECTED, PROJECTS},
    },
    ALL, Assigned, Assignments,
    facts::{Facts, Given},
};

/// Bytes of ids and names that the places of a member's assignments come to at most: every place repeats those of its assignment.
pub(super) const MOST_EXPANDED: usize = 16 << 20;

impl Assignments {
    pub(super) fn read_kinds(&mut self, shown: &RawValue, organization: &str) {
        let Ok(kinds) = Fields::of(shown.get()) else {
            self.leave_malformed(shown.get(), None);
            return;
        };
        for (kind, value) in kinds.iter() {
            match (kind, Fields::of(value.get())) {
                ("organization", _) => self.read_list("organization", value, organization),
                ("deployment", _) => self.read_list("deployment", value, organization),
                ("project", _) if value.get() == "null" => self.hidden.extend(PROJECTS),
                ("project", Ok(projects)) => {
                    for (kind, value) in projects.iter() {
                        match PROJECTS.into_iter().find(|known| *known == kind) {
                            Some(kind) => self.read_list(kind, value, organization),
                            None => self.leave_unread(Some(kind), value),
                        }
                    }
                }
                ("project", Err(_)) => self.leave_malformed(value.get(), None),
                // Nothing tells what a kind that was made later is about.
                (CONNECTED | "platform", _) => self.leave_unread(Some(kind), value),
                _ => self.leave_unread(None, value),
            }
        }
    }

    fn read_list(&mut self, kind: &'static str, list: &RawValue, organization: &str) {
        if list.get() == "null" {
            self.hidden.insert(kind);
            return;
        }
        let Ok(rows) = elements(list.get()) else {
            self.leave_malformed(list.get(), Some(kind));
            return;
        };
        for raw in rows {
            match Item::from_json(raw) {
                Ok(item) => self.read_item(kind, &item, raw.get(), organization),
                Err(_) => self.leave_malformed(raw.get(), Some(kind)),
            }
        }
    }

    fn read_item(&mut self, kind: &'static str, item: &Item, raw: &str, organization: &str) {
        // No other organization's assignments stand here: nothing tells what one is about.
        let is_here = documents::is_at(item, organization);
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
            row.ids.push(ids::bare_assignment(like.id));
            self.is_malformed = true;
            self.unread.push(row);
            return;
        }
        let (places, is_whole) = places(kind, item);
        if !is_whole {
            self.is_malformed = true;
            self.unread.push(unread_item(kind, item, raw));
        }
        let expanded = facts
            .length()
            .saturating_add(role_id.len())
            .saturating_mul(places.len());
        let expanded = self.expanded.saturating_add(expanded);
        if expanded > MOST_EXPANDED {
            self.leave_malformed(raw, Some(kind));
            return;
        }
        self.expanded = expanded;
        let scope = Scope {
            group: PROJECTS.contains(&kind).then(|| kind.to_owned()),
            organization: Some(organization.to_owned()),
            workspace: None,
        };
        let roles: Rc<[String]> = application_roles.as_slice().into();
        let held = places.into_iter().map(|place| Assigned {
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
        });
        self.push(held.collect(), facts.parts.into());
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
        let Ok(rows) = elements(value.get()) else {
            self.unread.push(unread(value.get(), kind));
            return;
        };
        for raw in rows {
            self.unread.push(match Item::from_json(raw) {
                Ok(item) => unread_item(kind.unwrap_or_default(), &item, raw.get()),
                Err(_) => unread(raw.get(), kind),
            });
        }
    }
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
    let mut row = UnreadRow::new(raw);
    // Application roles of the organization are for projects of every kind.
    row.scope.group = kind
        .filter(|kind| !matches!(*kind, "" | "organization"))
        .map(str::to_owned);
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
    row.ids.extend(facts.known_as.ids);
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
