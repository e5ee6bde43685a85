//! A whole reading held against a selector.

use crate::{
    hashed::HashSet,
    provider::{Grant, Provider},
    request::Selector,
};

use super::{
    Work,
    directories::Known,
    matching::{self, Doubt, Match},
};

/// What of the reading an entry means.
pub struct Matched {
    pub held: Vec<Grant>,
    /// Why a role that is held may be meant.
    pub might_be: Option<String>,
    /// Why something that is meant may be held.
    pub not_visible: Option<String>,
}

impl Matched {
    pub fn of(provider: &dyn Provider, work: &Work<'_>, selector: &Selector, known: &Known) -> Self {
        let mut matched = Self {
            held: Vec::new(),
            might_be: None,
            not_visible: None,
        };
        for position in work.index.candidates(selector, known) {
            if let Some(grant) = work.before.grants.get(position) {
                match matching::grant(provider, selector, grant, known) {
                    Match::Is if grant.directness().is_none() => matched.note(Doubt::NotVisible(format!(
                        "how the role `{}` is held was not read",
                        grant.role_id
                    ))),
                    Match::Is => matched.held.push(grant.clone()),
                    Match::IsNot => {}
                    Match::Unclear(doubt) => matched.note(doubt),
                }
            }
        }
        if let Some(doubt) = work.unread.doubt(provider, selector, known) {
            matched.note(doubt);
        }
        matched.held = distinct(matched.held);
        matched
    }

    fn note(&mut self, doubt: Doubt) {
        match doubt {
            Doubt::MightBe(message) => self.might_be.get_or_insert(message),
            Doubt::NotVisible(message) => self.not_visible.get_or_insert(message),
        };
    }

    pub const fn is_unclear(&self) -> bool {
        self.might_be.is_some() || self.not_visible.is_some()
    }
}

/// Each direct grant once: it is a role at a scope, however many rows show it. What is held through something is kept as it is shown,
/// since the rows name what gives it.
pub fn distinct(grants: Vec<Grant>) -> Vec<Grant> {
    let mut seen = HashSet::new();
    let mut is_new = |grant: &Grant| !grant.is_direct() || seen.insert(grant.key());
    grants.into_iter().filter(|grant| is_new(grant)).collect()
}
