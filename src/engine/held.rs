//! An index over what is held, so that a thousand entries against many thousand grants stay linear: only grants that can be meant,
//! or that cannot be told, are looked at.

use std::collections::{BTreeSet, HashMap};

use crate::{
    naming,
    provider::{Grant, GrantKind, Identity},
    request::Selector,
};

use super::directories::Known;

/// Positions of grants by everything that is known of them.
#[derive(Debug, Default)]
pub struct Index {
    by_skeleton: HashMap<String, Vec<usize>>,
    /// No name stands in the row, or no id.
    incomplete: Vec<usize>,
    memberships: Vec<usize>,
}

impl Index {
    pub fn of(grants: &[Grant]) -> Self {
        let mut index = Self::default();
        for (position, grant) in grants.iter().enumerate() {
            if grant.kind == GrantKind::Membership {
                index.memberships.push(position);
                continue;
            }
            let texts = std::iter::once(&grant.role_id)
                .chain(&grant.role_name)
                .chain(&grant.known_as.ids)
                .chain(&grant.known_as.names);
            let skeletons: BTreeSet<String> = texts.map(|text| naming::skeleton(text)).collect();
            for skeleton in skeletons {
                index.by_skeleton.entry(skeleton).or_default().push(position);
            }
            let has_name = grant.role_name.is_some()
                || !grant.known_as.names.is_empty()
                || grant.known_as.identity != Identity::Id;
            let has_id = grant.known_as.identity != Identity::NameOnly && !grant.role_id.is_empty();
            if !has_name || !has_id {
                index.incomplete.push(position);
            }
        }
        index
    }

    /// The positions of all grants that may be what a selector means, in order.
    pub fn candidates(&self, selector: &Selector, known: &Known) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut add = |text: &str| {
            if let Some(positions) = self.by_skeleton.get(&naming::skeleton(text)) {
                found.extend(positions.iter().copied());
            }
        };
        if let Some(id) = &selector.id {
            add(id);
        } else if let Some(name) = &selector.name {
            add(name);
            for role in known.roles_named(name) {
                add(&role.id);
            }
            // The directory may call a held id almost as the selector does.
            for id in known.ids_like(name) {
                add(id);
            }
        }
        if selector.id.is_none() && selector.name.is_none() {
            found.extend(&self.memberships);
        } else {
            found.extend(&self.incomplete);
        }
        found
    }
}
