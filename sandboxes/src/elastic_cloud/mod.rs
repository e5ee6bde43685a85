//! An Elastic Cloud organization: members and their role assignments.
//!
//! Sources: `elastic/cloud-sdk-go` (`api/apidocs-user.json`), issues of `elastic/terraform-provider-ec`.

mod demo;
mod http;
mod state;

#[cfg(test)]
mod tests;

use crate::{Clock, sandbox::Sandbox};

pub use self::{
    demo::{KEY as DEMO_KEY, ORGANIZATION as DEMO_ORGANIZATION, USERS as DEMO_USERS},
    state::Assignment,
};

use self::state::State;

/// An organization and its API.
pub type ElasticCloud = Sandbox<State>;

impl ElasticCloud {
    /// An empty organization that one key opens.
    pub fn new(clock: Clock, organization: &str, key: &str) -> Self {
        Self::of(State::new(clock, organization, key))
    }

    /// The API as a router, under `/api/v1`.
    pub fn router(&self) -> axum::Router {
        self.answered_by(http::answer)
    }

    pub fn add_member(&self, id: &str, name: &str, email: &str) {
        self.state()
            .members
            .push((id.to_owned(), name.to_owned(), email.to_owned()));
    }

    pub fn assign(&self, user: &str, assignment: Assignment) {
        self.state().assignments.seed((user.to_owned(), assignment));
    }

    /// What the user really holds: one entry for each deployment or project, `*` for all.
    pub fn assignments(&self, user: &str) -> Vec<Assignment> {
        let state = self.settled();
        state
            .assignments
            .held()
            .iter()
            .filter(|(holder, _)| holder == user)
            .map(|(_, assignment)| assignment.clone())
            .collect()
    }

    /// Whether the user really holds the role at that place.
    pub fn holds(&self, user: &str, role: &str, place: Option<&str>) -> bool {
        self.assignments(user)
            .iter()
            .any(|held| held.role == role && held.place.as_deref() == place)
    }

    pub fn writes(&self) -> usize {
        self.state().writes
    }

    /// The key may not manage assignments of that deployment or project: a request with it is refused as a whole.
    pub fn hide(&self, place: &str) {
        self.state().hidden.push(place.to_owned());
    }

    /// Something on the way drops the bodies of DELETE requests, as some proxies do.
    pub fn drop_delete_bodies(&self) {
        self.state().drops_delete_bodies = true;
    }

    /// Project roles are spelled as in `t1_analyst`: the other one of the two spellings that Elastic's own sources know.
    pub fn spell_bare(&self) {
        self.state().spells_bare = true;
    }

    /// After `reads` reads of the members, the element of this one has no assignments in `times` reads.
    pub fn lose_assignments(&self, user: &str, reads: usize, times: usize) {
        self.state().without_assignments.push((user.to_owned(), reads, times));
    }

    /// Single sign-on assigns it at every login.
    pub fn map_at_login(&self, assignment: Assignment, enabled: bool) {
        self.state().mappings.push((enabled, assignment));
    }

    /// The key may not read the role mappings.
    pub fn hide_mappings(&self) {
        self.state().mappings_hidden = true;
    }

    pub fn invite(&self, email: &str, expired: bool, accepted: bool) {
        self.state().invitations.push((email.to_owned(), expired, accepted));
    }

    pub fn rate_limit_next(&self, times: usize) {
        self.state().behaviour.limit(times);
    }

    pub fn refuse_key(&self) {
        self.state().key = None;
    }
}
