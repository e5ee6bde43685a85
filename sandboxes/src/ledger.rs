//! What is held, what changed and when, and what will change: the state behind reads that can lag and writes that can be late.

use std::time::Duration;

use crate::behaviour::Effect;

/// Entries of one kind, such as grants.
pub struct Ledger<T> {
    held: Vec<T>,
    changes: Vec<Change<T>>,
    /// Acknowledged removals that happen later.
    due: Vec<(Duration, T)>,
}

/// A change, kept for reads that are behind.
struct Change<T> {
    at: Duration,
    entry: T,
    added: bool,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self {
            held: Vec::new(),
            changes: Vec::new(),
            due: Vec::new(),
        }
    }
}

impl<T: Clone + PartialEq> Ledger<T> {
    /// What is really held.
    pub fn held(&self) -> &[T] {
        &self.held
    }

    pub fn holds(&self, entry: &T) -> bool {
        self.held.contains(entry)
    }

    /// Everything that is or was held.
    pub fn ever(&self) -> impl Iterator<Item = &T> {
        self.held.iter().chain(self.changes.iter().map(|change| &change.entry))
    }

    /// An entry that is simply there, for every read as well.
    pub fn seed(&mut self, entry: T) {
        self.held.push(entry);
    }

    /// Adds an entry now.
    pub fn add(&mut self, entry: T, now: Duration) {
        if !self.holds(&entry) {
            self.record(&entry, now, true);
            self.held.push(entry);
        }
    }

    /// Takes an entry away, with the effect that its write has.
    pub fn take(&mut self, entry: &T, now: Duration, effect: Effect) {
        match effect {
            Effect::Never => {}
            Effect::After(delay) => self.due.push((now + delay, entry.clone())),
            Effect::Now => self.remove(entry, now),
        }
    }

    /// Takes an entry away at once.
    pub fn remove(&mut self, entry: &T, at: Duration) {
        if self.holds(entry) {
            self.held.retain(|held| held != entry);
            self.record(entry, at, false);
        }
    }

    /// Lets the removals happen that are due, in their order.
    pub fn settle(&mut self, now: Duration) {
        let mut due: Vec<(Duration, T)> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        for (at, entry) in due {
            self.remove(&entry, at);
        }
    }

    /// What was held this long ago.
    pub fn shown(&self, now: Duration, lag: Duration) -> Vec<T> {
        let mut shown = self.held.clone();
        // Changes are in their order; what a read does not see yet is undone from the end.
        for change in self.changes.iter().rev().filter(|change| change.at + lag > now) {
            if change.added {
                shown.retain(|entry| *entry != change.entry);
            } else if !shown.contains(&change.entry) {
                shown.push(change.entry.clone());
            }
        }
        shown
    }

    fn record(&mut self, entry: &T, at: Duration, added: bool) {
        self.changes.push(Change {
            at,
            entry: entry.clone(),
            added,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_removal_happens_now_later_or_never() {
        let mut ledger = Ledger::default();
        for entry in ["now", "late", "kept"] {
            ledger.seed(entry);
        }
        ledger.take(&"now", SECOND, Effect::Now);
        ledger.take(&"late", SECOND, Effect::After(SECOND));
        ledger.take(&"kept", SECOND, Effect::Never);
        assert_eq!(ledger.held(), ["late", "kept"]);
        ledger.settle(2 * SECOND);
        assert_eq!(ledger.held(), ["kept"]);
        assert_eq!(ledger.ever().filter(|entry| **entry == "now").count(), 1);
    }

    #[test]
    fn a_read_that_is_behind_undoes_what_it_does_not_see() {
        let mut ledger = Ledger::default();
        ledger.seed("old");
        ledger.remove(&"old", 5 * SECOND);
        ledger.add("new", 6 * SECOND);
        ledger.remove(&"new", 7 * SECOND);
        for (lag, shown) in [(0, vec![]), (2, vec!["new"]), (3, vec![]), (4, vec!["old"])] {
            assert_eq!(ledger.shown(8 * SECOND, lag * SECOND), shown, "{lag}");
        }
    }
}
