//! What every sandbox can be told to do: keep, delay, lag, omit, limit.

use std::{collections::BTreeSet, time::Duration};

/// The behaviours that all providers share. What a write takes is named by a key: the id of a role, or of whatever else goes.
#[derive(Default)]
pub struct Behaviour {
    keeps: BTreeSet<String>,
    delays: Vec<(String, Duration)>,
    /// How far reads are behind.
    pub lag: Duration,
    omissions: Vec<Omission>,
    limited: usize,
}

/// Reads that do not show something that is there.
struct Omission {
    key: String,
    /// Reads that still show it.
    skip: usize,
    /// Reads after those that do not.
    reads: usize,
}

/// What comes of an acknowledged write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It happens at once.
    Now,
    /// It happens this much later.
    After(Duration),
    /// It never happens.
    Never,
}

impl Behaviour {
    /// Writes that take it are acknowledged without effect.
    pub fn keep(&mut self, key: &str) {
        self.keeps.insert(key.to_owned());
    }

    /// Writes that take it happen later; zero undoes that.
    pub fn delay(&mut self, key: &str, delay: Duration) {
        self.delays.retain(|(delayed, _)| delayed != key);
        if !delay.is_zero() {
            self.delays.push((key.to_owned(), delay));
        }
    }

    /// `reads` reads omit it, after `skip` reads that don't; replaces what was set for it before.
    pub fn omit(&mut self, key: &str, skip: usize, reads: usize) {
        self.omissions.retain(|omission| omission.key != key);
        self.omissions.push(Omission {
            key: key.to_owned(),
            skip,
            reads,
        });
    }

    /// The next calls are refused for their rate.
    pub fn limit(&mut self, calls: usize) {
        self.limited = calls;
    }

    /// Whether writes that take it have no effect.
    pub fn keeps(&self, key: &str) -> bool {
        self.keeps.contains(key)
    }

    /// The delay of writes that take it.
    pub fn delay_of(&self, key: &str) -> Option<Duration> {
        let delay = self.delays.iter().find(|(delayed, _)| delayed == key);
        delay.map(|(_, delay)| *delay)
    }

    pub fn effect(&self, key: &str) -> Effect {
        if self.keeps(key) {
            return Effect::Never;
        }
        self.delay_of(key).map_or(Effect::Now, Effect::After)
    }

    /// Whether this read omits it; counts the read for this key.
    pub fn omits(&mut self, key: &str) -> bool {
        self.omissions
            .iter_mut()
            .find(|omission| omission.key == key)
            .is_some_and(Omission::count)
    }

    /// What this read omits; counts the read for every key.
    pub fn omitted(&mut self) -> Vec<String> {
        let counted = self.omissions.iter_mut().filter_map(|omission| {
            let key = omission.key.clone();
            omission.count().then_some(key)
        });
        counted.collect()
    }

    /// What a read would omit now; counts nothing.
    pub fn would_omit(&self, key: &str) -> bool {
        self.omissions
            .iter()
            .any(|omission| omission.key == key && omission.skip == 0 && omission.reads > 0)
    }

    /// Whether this call is refused for its rate; counts the call.
    pub fn is_limited(&mut self) -> bool {
        let is_limited = self.limited > 0;
        self.limited = self.limited.saturating_sub(1);
        is_limited
    }
}

impl Omission {
    fn count(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        let omits = self.reads > 0;
        self.reads = self.reads.saturating_sub(1);
        omits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_happens_now_later_or_never() {
        let mut behaviour = Behaviour::default();
        behaviour.delay("late", Duration::from_secs(3));
        behaviour.delay("late", Duration::from_secs(4));
        behaviour.keep("kept");
        assert_eq!(behaviour.effect("other"), Effect::Now);
        assert_eq!(behaviour.effect("late"), Effect::After(Duration::from_secs(4)));
        assert_eq!(behaviour.effect("kept"), Effect::Never);
        behaviour.delay("late", Duration::ZERO);
        assert_eq!(behaviour.effect("late"), Effect::Now);
    }

    #[test]
    fn reads_are_counted_for_one_key_or_for_all() {
        let mut behaviour = Behaviour::default();
        behaviour.omit("a", 1, 1);
        behaviour.omit("b", 0, 2);
        assert!(!behaviour.would_omit("a") && behaviour.would_omit("b"));
        assert_eq!(behaviour.omitted(), ["b"]);
        assert_eq!(behaviour.omitted(), ["a", "b"]);
        assert!(behaviour.omitted().is_empty() && !behaviour.omits("a"));
        behaviour.omit("a", 0, 1);
        assert!(behaviour.omits("a") && !behaviour.omits("a"));
    }

    #[test]
    fn a_limit_ends_after_so_many_calls() {
        let mut behaviour = Behaviour::default();
        behaviour.limit(2);
        assert_eq!([(); 3].map(|()| behaviour.is_limited()), [true, true, false]);
    }
}
