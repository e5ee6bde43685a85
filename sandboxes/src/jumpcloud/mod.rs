//! A JumpCloud organization: system users, administrators, roles, user groups, organization links.
//!
//! Sources: `TheJumpCloud/jcapi-powershell` (`SwaggerSpecs`), `TheJumpCloud/jc-cli`.

mod demo;
mod documents;
mod http;
mod lists;
mod routes;
mod state;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{Clock, sandbox::Sandbox};

pub use self::{
    demo::{
        ADMINS as DEMO_ADMINS, CLIENT as DEMO_CLIENT, GROUP as DEMO_GROUP, KEY as DEMO_KEY,
        ORGANIZATION as DEMO_ORGANIZATION, ORGANIZATIONS as DEMO_ORGANIZATIONS, ROLES as DEMO_ROLES,
        USERS as DEMO_USERS,
    },
    state::{Administrator, SystemUser},
};

use self::state::State;

/// An organization and its console API.
///
/// Writes that are kept or late are those that take a role, by its name, or an organization or a group, by its id. Reads that are stale
/// or omit a role are those of an administrator.
pub type JumpCloud = Sandbox<State>;

impl JumpCloud {
    /// An empty organization that one API key opens.
    pub fn new(clock: Clock, key: &str) -> Self {
        Self::of(State::new(clock, key))
    }

    /// The API as a router.
    pub fn router(&self) -> axum::Router {
        self.answered_by(http::answer)
    }

    /// The token endpoint, which has a host of its own.
    pub fn token_router(&self) -> axum::Router {
        self.answered_by(http::token)
    }

    pub fn add_user(&self, user: SystemUser) {
        self.state().users.push(user);
    }

    pub fn add_administrator(&self, administrator: Administrator) {
        self.state().administrators.push(administrator);
    }

    pub fn add_role(&self, id: &str, name: &str) {
        self.state().roles.push((id.to_owned(), name.to_owned()));
    }

    pub fn add_group(&self, id: &str, name: &str, members: &[&str]) {
        let members = members.iter().map(|&member| member.to_owned()).collect();
        self.state().groups.push((id.to_owned(), name.to_owned(), members));
    }

    pub fn link(&self, administrator: &str, organization: &str) {
        self.state()
            .links
            .push((administrator.to_owned(), organization.to_owned()));
    }

    pub fn add_organization(&self, id: &str, name: &str) {
        self.state().organizations.push((id.to_owned(), name.to_owned()));
    }

    // -- the true state

    /// The roles that the administrator really has; `None` if there is no such administrator.
    pub fn roles_of(&self, administrator: &str) -> Option<Vec<String>> {
        let state = self.settled();
        state
            .administrators
            .iter()
            .find(|known| known.id == administrator)
            .map(|known| state.held_roles(known))
    }

    pub fn is_linked(&self, administrator: &str, organization: &str) -> bool {
        let state = self.settled();
        state
            .links
            .iter()
            .any(|(known, linked)| known == administrator && linked == organization)
    }

    pub fn is_member(&self, group: &str, user: &str) -> bool {
        let state = self.settled();
        state
            .groups
            .iter()
            .any(|(id, _, members)| id == group && members.iter().any(|member| member == user))
    }

    pub fn writes(&self) -> usize {
        self.state().writes
    }

    // -- behaviour

    /// Somebody changes the administrator's roles after that many more reads of it.
    pub fn change_after_reads(&self, administrator: &str, reads: usize, roles: &[&str]) {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        self.state().changes.push((administrator.to_owned(), reads, roles));
    }

    /// Somebody gives that role back this long after each write that takes it, so often.
    pub fn bring_back(&self, role: &str, delay: Duration, times: usize) {
        self.state().comebacks = Some((role.to_owned(), delay, times));
    }

    pub fn rate_limit_next(&self, times: usize) {
        self.state().behaviour.limit(times);
    }

    /// The administrator whose key it is, which `getSelf` tells.
    pub fn set_key_owner(&self, administrator: Option<&str>) {
        self.state().key_owner = administrator.map(str::to_owned);
    }

    /// The administrator holds that role in `roleName` and `role` of the record, whatever its lists say and a PUT sets.
    pub fn contradict(&self, administrator: &str, role: &str) {
        let fixed = (administrator.to_owned(), role.to_owned());
        self.state().fixed_roles.push(fixed);
    }

    /// Lists leave out the rows with that id, which the key may not see; they count them all the same.
    pub fn skip_rows(&self, id: &str) {
        self.state().skipped_rows.push(id.to_owned());
    }

    /// Lists have null in the place of the rows with that id.
    pub fn null_rows(&self, id: &str) {
        self.state().null_rows.push(id.to_owned());
    }

    /// Lists heed no filter, as that of administrators is not documented to.
    pub fn ignore_filters(&self) {
        self.state().ignores_filters = true;
    }

    pub fn refuse_key(&self) {
        self.state().key = None;
    }

    /// Every call that takes an `x-org-id` must carry this one.
    pub fn require_organization(&self, id: &str) {
        self.state().organization = Some(id.to_owned());
    }

    /// Whether the records of administrators, and those of system users, say which organization they belong to.
    pub fn show_organization(&self, of_administrators: bool, of_users: bool) {
        self.state().shows_organization = (of_administrators, of_users);
    }

    /// A service account with a client secret: no API key is taken any more.
    pub fn take_client(&self) {
        let mut state = self.state();
        state.takes_client = true;
        state.key = None;
    }

    /// The access tokens that were given are not taken any more.
    pub fn forget_tokens(&self) {
        self.state().tokens.clear();
    }
}
