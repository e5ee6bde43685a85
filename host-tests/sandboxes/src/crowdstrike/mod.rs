//! A CrowdStrike Falcon tenant: users, roles and grants by CID, access tokens, and the API's own strictness.
//!
//! Sources: `CrowdStrike/gofalcon` (models, clients), `CrowdStrike/falconpy` (endpoints), the acceptance tests of
//! `CrowdStrike/terraform-provider-crowdstrike`, and issues of those repositories.

mod behaviour;
mod demo;
mod fql;
mod grants;
mod http;
mod roles;
mod state;
mod token;
mod users;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::Clock;

pub use self::{
    behaviour::{EpochUnit, ErrorsField},
    demo::{CHILD_CID as DEMO_CHILD_CID, HOME_CID as DEMO_HOME_CID, USERS as DEMO_USERS},
    state::{Revocation, Role, User},
};

use self::state::State;

/// A tenant and its API.
#[derive(Clone)]
pub struct CrowdStrike {
    state: Arc<Mutex<State>>,
}

impl CrowdStrike {
    /// An empty tenant.
    pub fn new(clock: Clock) -> Self {
        Self {
            state: Arc::new(Mutex::new(State::new(clock))),
        }
    }

    /// The API as a router.
    pub fn router(&self) -> axum::Router {
        let sandbox = self.clone();
        axum::Router::new().fallback(move |request| http::answer(sandbox.clone(), request))
    }

    // -- seeding

    /// An API client; the CID in view of its tokens is `cid` unless they are locked to a child.
    pub fn add_client(&self, id: &str, secret: &str, cid: &str) {
        self.state().add_client(id, secret, cid);
    }

    /// A child CID, which the parent's clients may act on.
    pub fn add_child(&self, parent: &str, child: &str) {
        self.state().children.push((parent.to_owned(), child.to_owned()));
    }

    pub fn add_role(&self, role: Role) {
        self.state().roles.push(role);
    }

    pub fn add_user(&self, user: User) {
        self.state().users.push(user);
    }

    /// Grants a role directly.
    pub fn grant(&self, uuid: &str, cid: &str, role: &str) {
        self.state().grant(uuid, cid, role, None, None);
    }

    /// Grants a role through a user group and, with Flight Control, a CID group: (id, name).
    pub fn grant_through(
        &self,
        uuid: &str,
        cid: &str,
        role: &str,
        group: (&str, &str),
        cid_group: Option<(&str, &str)>,
    ) {
        self.state().grant(uuid, cid, role, Some(group), cid_group);
    }

    /// Deletes the user.
    pub fn delete_user(&self, uuid: &str) {
        self.state().users.retain(|user| user.uuid != uuid);
    }

    // -- the true state

    /// Whether the user really holds the role directly in that CID.
    pub fn holds(&self, uuid: &str, cid: &str, role: &str) -> bool {
        self.grants(uuid)
            .iter()
            .any(|(at, held, direct)| at == cid && held == role && *direct)
    }

    /// What the user really holds: CID, role, direct; sorted.
    pub fn grants(&self, uuid: &str) -> Vec<(String, String, bool)> {
        let mut state = self.state();
        state.settle();
        let mut grants: Vec<_> = state
            .grants
            .iter()
            .filter(|grant| grant.uuid == uuid)
            .map(|grant| (grant.cid.clone(), grant.role.clone(), grant.is_direct()))
            .collect();
        grants.sort();
        grants
    }

    /// Revokes that were acknowledged, in order.
    pub fn revocations(&self) -> Vec<Revocation> {
        self.state().revocations.clone()
    }

    pub fn tokens_issued(&self) -> usize {
        self.state().tokens.len()
    }

    // -- behaviour

    /// Every token issued so far is refused from now on.
    pub fn expire_tokens(&self) {
        self.state()
            .tokens
            .iter_mut()
            .for_each(|token| token.expires = Duration::ZERO);
    }

    /// How long new tokens are good for.
    pub fn token_lifetime(&self, lifetime: Duration) {
        self.state().token_lifetime = lifetime;
    }

    /// Revokes of that role are acknowledged and do nothing.
    pub fn acknowledge_but_keep(&self, role: &str) {
        self.state().behaviour.keeps.push(role.to_owned());
    }

    /// Revokes of that role are acknowledged and happen later.
    pub fn apply_after(&self, role: &str, delay: Duration) {
        self.state().behaviour.delays.push((role.to_owned(), delay));
    }

    /// Reads show the state of this long ago.
    pub fn stale_reads(&self, lag: Duration) {
        self.state().behaviour.lag = lag;
    }

    /// The next reads of grants omit that role, after `skip` reads that don't.
    pub fn omit_from_reads(&self, role: &str, skip: usize, reads: usize) {
        self.state().behaviour.omissions.push((role.to_owned(), skip, reads));
    }

    /// The next revokes answer 200 with errors inside, and do nothing.
    pub fn success_with_errors(&self, times: usize) {
        self.state().behaviour.success_with_errors = times;
    }

    /// How an answer without errors spells that.
    pub fn errors_field(&self, field: ErrorsField) {
        self.state().behaviour.errors_field = field;
    }

    /// Rows of grants leave out every optional key.
    pub fn bare_rows(&self) {
        self.state().behaviour.bare_rows = true;
    }

    /// The next API calls are refused with 429.
    pub fn rate_limit_next(&self, times: usize, wait: Duration, unit: EpochUnit) {
        self.state().behaviour.rate_limit = Some((times, wait, unit));
    }

    /// Revoking a role that is not held is refused with 400 (the acknowledgement has a single source).
    pub fn refuse_absent(&self) {
        self.state().behaviour.refuse_absent = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
