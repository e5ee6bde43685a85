//! What was granted while the call ran.

use crate::{
    contract::types::RoleOutcome,
    provider::{Grant, GrantKey, GrantKind, Provider},
    request::Selector,
    sorted::Set,
};

use super::{
    Work,
    decided::{self, DecidedEntry, DecidedGrant},
    held::Index,
    matching::{self, Doubt, Match},
    outcome,
};

/// Grants that appeared later and are listed where everything is meant, at most.
const MOST_LATER: usize = 1_000;

/// What the read-back shows and the first read did not. What is shown is held, settled or not.
pub struct Later {
    pub grants: Vec<Grant>,
    index: Index,
    /// Those of the latest reading.
    pub warnings: Vec<String>,
}

impl Later {
    /// `warnings` are those of the latest reading.
    pub fn of(work: &Work<'_>, warnings: Vec<String>) -> Self {
        let is_new = |grant: &&Grant| !work.first_keys.has(grant) && !work.target_of.contains_key(&grant.key());
        let shown = work.after.iter().flat_map(|after| &after.reading.grants);
        let grants: Vec<Grant> = shown.filter(is_new).cloned().collect();
        Self {
            index: Index::of(&grants),
            grants,
            warnings,
        }
    }

    /// All of it, for a call that means everything.
    /// `has_gone`: a direct grant of the same role was removed.
    pub fn rest(&self, has_gone: &dyn Fn(&Grant) -> bool) -> Option<(DecidedEntry, Vec<GrantKey>)> {
        let own = self.grants.iter().filter(|grant| grant.kind != GrantKind::GroupRole);
        let (keys, grants): (Vec<GrantKey>, Vec<DecidedGrant>) = own
            .take(MOST_LATER)
            .map(|grant| (grant.key(), Self::outcome(grant, has_gone(grant))))
            .unzip();
        let worst = decided::worst(&grants)?;
        let record = RoleOutcome {
            role: None,
            organization: None,
            outcome: worst.outcome(),
            reason: None,
            message: worst.message().cloned(),
            warnings: Vec::new(),
            verify_after: None,
            grants: Vec::new(),
            same_as: None,
        };
        let entry = DecidedEntry {
            record,
            reason: worst.reason,
            verify_after: None,
            grants,
        };
        Some((entry, keys))
    }

    /// What is held through something is not removed by a repeat.
    pub fn outcome(grant: &Grant, changed: bool) -> DecidedGrant {
        if grant.directness() == Some(false) {
            outcome::of_inherited(grant, changed, None)
        } else {
            outcome::of_later_grant(grant)
        }
    }

    /// What of it an entry means, and why more of it may be meant.
    pub fn meant(
        &self,
        provider: &dyn Provider,
        work: &Work<'_>,
        asked: &Selector,
        role_ids: &[String],
    ) -> (Vec<&Grant>, Option<String>) {
        let known = work.directories.known_at(asked);
        let by_id = role_ids.iter().map(|id| Selector {
            id: Some(id.clone()),
            name: None,
            ..asked.clone()
        });
        let (mut meant, mut doubts) = (Vec::new(), Vec::new());
        for selector in by_id.chain([asked.clone()]) {
            for position in self.index.candidates(&selector, known) {
                let grant = self.grants.get(position);
                match grant.map(|grant| matching::grant(provider, &selector, grant, known)) {
                    Some(Match::Is) => meant.push(position),
                    // Only the entry itself leaves in doubt what it means.
                    Some(Match::Unclear(Doubt::NotVisible(why) | Doubt::MightBe(why))) if selector == *asked => {
                        doubts.push((position, why));
                    }
                    Some(_) | None => {}
                }
            }
        }
        let meant = Set::from_iter(meant);
        let doubt = doubts.into_iter().find(|(position, _)| !meant.contains(position));
        let meant = meant.into_iter().filter_map(|position| self.grants.get(position));
        (meant.collect(), doubt.map(|(_, why)| why))
    }
}
