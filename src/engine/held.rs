//! An index over what is held, so that a thousand entries against many thousand grants stay linear: only grants that can be meant,
//! or that cannot be told, are looked at.

use crate::{
    hashed::HashMap,
    naming::Skeleton,
    provider::{Grant, GrantKind},
    request::Selector,
    sorted::Set,
};

use super::{directories::Known, matching};

/// Positions of grants by everything that is known of them.
#[derive(Debug, Default)]
pub struct Index {
    by_skeleton: HashMap<String, Vec<usize>>,
    /// No name stands in the row.
    nameless: Vec<usize>,
    /// No id stands in the row.
    without_id: Vec<usize>,
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
            let texts = matching::ids(grant).chain(matching::names(grant));
            let readings: Set<String> = texts.flat_map(Skeleton::of).collect();
            for reading in readings {
                index.by_skeleton.entry(reading).or_default().push(position);
            }
            if matching::names(grant).next().is_none() {
                index.nameless.push(position);
            }
            if matching::ids(grant).next().is_none() {
                index.without_id.push(position);
            }
        }
        index
    }

    /// The positions of all grants that may be what a selector means, in order.
    pub fn candidates(&self, selector: &Selector, known: &Known) -> Set<usize> {
        let mut found = Vec::new();
        let mut add = |text: &str| {
            for reading in Skeleton::of(text) {
                found.extend(self.by_skeleton.get(&reading).into_iter().flatten().copied());
            }
        };
        if let Some(id) = &selector.id {
            add(id);
            // The directory may call a held id so: an id decides for every other grant that has one.
            for like in known.ids_like(&Skeleton::of(id)) {
                add(like);
            }
        } else if let Some(name) = &selector.name {
            add(name);
            for role in known.roles_named(name) {
                add(&role.id);
            }
            // The directory may call a held id almost as the selector does.
            for id in known.ids_like(&Skeleton::of(name)) {
                add(id);
            }
        }
        if selector.id.is_none() && selector.name.is_none() {
            found.extend(&self.memberships);
            return found.into_iter().collect();
        }
        found.extend(&self.without_id);
        if selector.id.is_none() {
            found.extend(&self.nameless);
        }
        found.into_iter().collect()
    }
}
