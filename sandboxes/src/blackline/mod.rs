//! A BlackLine instance: users, roles, and roles granted per product.
//!
//! Sources: Saviynt's connector guide for BlackLine (`saviynt/saviynt-connectors`) and what integrators report. Where they
//! disagree, the instance can be told which is right.

mod demo;
mod http;
mod state;

#[cfg(test)]
mod tests;

use crate::{Clock, sandbox::Sandbox};

pub use self::{
    demo::{AUTHORITY as DEMO_AUTHORITY, ROLES as DEMO_ROLES, USERS as DEMO_USERS},
    state::Uncertain,
};

use self::state::State;

/// An instance and its API.
pub type BlackLine = Sandbox<State>;

impl BlackLine {
    /// An empty instance. Client `demo-client` / `demo-secret`, API user `demo-api` / `demo-key`.
    pub fn new(clock: Clock) -> Self {
        Self::of(State::new(clock))
    }

    /// The API as a router.
    pub fn router(&self) -> axum::Router {
        self.answered_by(http::answer)
    }

    pub fn add_user(&self, id: u64, first: &str, last: &str, email: &str) {
        self.state()
            .users
            .push((id, first.to_owned(), last.to_owned(), email.to_owned()));
    }

    pub fn add_role(&self, id: u64, name: &str) {
        self.state().roles.push((id, name.to_owned()));
    }

    pub fn grant(&self, user: u64, role: u64, product: &str) {
        self.state().pairs.seed((user, role, product.to_owned()));
    }

    pub fn add_team(&self, user: u64, id: u64, name: &str) {
        self.state().teams.push((user, id, name.to_owned()));
    }

    pub fn add_entity(&self, user: u64, id: u64, name: &str) {
        self.state().entities.push((user, id, name.to_owned()));
    }

    /// Somebody else grants it right after so many more reads, and the one that follows, of a user's pairs.
    pub fn granted_after(&self, reads: usize, user: u64, role: u64, product: &str) {
        self.state().granted_after = Some((reads, (user, role, product.to_owned())));
    }

    /// Whether the user really holds the role in the product.
    pub fn holds(&self, user: u64, role: u64, product: &str) -> bool {
        self.pairs(user).iter().any(|(held, at)| *held == role && at == product)
    }

    /// What the user really holds.
    pub fn pairs(&self, user: u64) -> Vec<(u64, String)> {
        let state = self.settled();
        state
            .pairs
            .held()
            .iter()
            .filter(|(holder, ..)| *holder == user)
            .map(|(_, role, product)| (*role, product.clone()))
            .collect()
    }

    /// Removals that were acknowledged.
    pub fn writes(&self) -> usize {
        self.state().writes
    }

    /// What no public source settles.
    pub fn uncertain(&self, change: impl FnOnce(&mut Uncertain)) {
        change(&mut self.state().uncertain);
    }

    /// Whatever would remove that role is refused as a whole.
    pub fn lock(&self, role: u64) {
        self.state().locked.push(role);
    }

    /// The rows of users' roles call that role so, whatever the directory calls it.
    pub fn name_in_rows(&self, role: u64, name: &str) {
        self.state().row_names.push((role, name.to_owned()));
    }

    /// The next API calls are refused with 429.
    pub fn rate_limit_next(&self, times: usize) {
        self.state().behaviour.limit(times);
    }

    /// Tokens issued so far are refused from now on.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }

    pub fn tokens_issued(&self) -> usize {
        self.state().issued
    }
}
