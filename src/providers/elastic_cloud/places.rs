//! What kind of place an id is. No call here reads deployments and projects; what is held at one tells.

use std::collections::{BTreeMap, BTreeSet};

/// The kinds of the places where something is, or was, held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, BTreeSet<&'static str>>);

impl Places {
    pub fn note(&mut self, place: &str, kind: &'static str) {
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
