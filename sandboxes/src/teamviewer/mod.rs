//! A TeamViewer company: users, roles, user groups, and the Web API's own strictness.
//!
//! Sources: TeamViewer's Swagger document and API manual (as kept in `panoramicdata/TeamViewer.Api`), `teamviewer/TeamViewerPS`.

mod demo;
mod http;
mod oauth;
mod paging;
mod routes;
mod state;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{Clock, sandbox::Sandbox};

pub use self::demo::{GROUPS as DEMO_GROUPS, ROLES as DEMO_ROLES, TOKEN as DEMO_TOKEN, USERS as DEMO_USERS};

use self::state::State;

/// A company and its API.
///
/// Stale reads are the lists of a user's roles: a role's own assignments are up to date. Reads that count for an omission are those
/// lists, too, and the role is omitted everywhere.
pub type TeamViewer = Sandbox<State>;

impl TeamViewer {
    /// An empty company with one script token.
    pub fn new(clock: Clock, token: &str) -> Self {
        Self::of(State::new(clock, token))
    }

    /// The API as a router, under `/api/v1`.
    pub fn router(&self) -> axum::Router {
        self.answered_by(http::answer)
    }

    // -- seeding

    /// `id` with its `u`.
    pub fn add_user(&self, id: &str, name: &str, email: &str) {
        self.state()
            .users
            .push((id.to_owned(), name.to_owned(), email.to_owned()));
    }

    pub fn add_role(&self, id: &str, name: &str) {
        self.state().roles.push((id.to_owned(), name.to_owned()));
    }

    /// An OAuth app and a refresh token of it.
    pub fn add_app(&self, id: &str, secret: &str, refresh_token: &str) {
        self.state().app = Some([id, secret, refresh_token].map(str::to_owned));
    }

    /// A user group with at most one role; `source` 1 API, 2 console, 3 SCIM.
    pub fn add_group(&self, id: u64, name: &str, source: u8, role: Option<&str>, members: &[&str]) {
        self.state().add_group(id, name, source, role, members);
    }

    /// Whose token it is; `None`: the token may not see it.
    pub fn set_owner(&self, owner: Option<(Option<&str>, &str)>) {
        self.state().owner = owner.map(|(id, email)| (id.map(str::to_owned), email.to_owned()));
    }

    /// Assigns a role directly.
    pub fn assign(&self, user: &str, role: &str) {
        self.state().assignments.seed((user.to_owned(), role.to_owned()));
    }

    // -- the true state

    /// Whether the role is assigned to the user directly.
    pub fn is_assigned(&self, user: &str, role: &str) -> bool {
        let state = self.settled();
        state.assignments.holds(&(user.to_owned(), role.to_owned()))
    }

    /// Whether the user has the role in any way.
    pub fn has(&self, user: &str, role: &str) -> bool {
        let state = self.settled();
        state.has(user, role)
    }

    pub fn is_member(&self, group: u64, user: &str) -> bool {
        self.state()
            .groups
            .iter()
            .any(|known| known.id == group && known.members.iter().any(|member| member == user))
    }

    pub fn role_of_group(&self, group: u64) -> Option<String> {
        self.state()
            .groups
            .iter()
            .find(|known| known.id == group)
            .and_then(|known| known.role.clone())
    }

    /// How many access tokens the app got.
    pub fn tokens_issued(&self) -> usize {
        self.state().issued.len()
    }

    /// Writes that were acknowledged.
    pub fn writes(&self) -> usize {
        self.state().writes
    }

    // -- behaviour

    /// Unassigning what is not held is refused with 400, and not acknowledged; which of the two TeamViewer does is not published.
    pub fn refuse_what_is_not_held(&self) {
        self.state().refuses_what_is_not_held = true;
    }

    /// Somebody else takes the same away right before the next write.
    pub fn overtake_next_write(&self) {
        self.state().overtakes = true;
    }

    /// The next calls are refused with 403 and `rate_limit_reached`.
    pub fn rate_limit_next(&self, times: usize) {
        self.refuse_next(times, "rate_limit_reached");
    }

    /// The next calls are refused with 403 and this error, for example `invalid_permission` or `blocked`.
    pub fn refuse_next(&self, times: usize, error: &str) {
        self.state().refused = (times, error.to_owned());
    }

    /// The list of roles does not show that role.
    pub fn hide_role(&self, role: &str) {
        self.state().hidden_roles.push(role.to_owned());
    }

    /// The lists of roles' own assignments show that user so.
    pub fn spell_user(&self, user: &str, row: Value) {
        self.state().spellings.push((user.to_owned(), row));
    }

    /// The lists of roles' own assignments have the ids of groups as texts, as TeamViewerPS has them in its fixtures.
    pub fn group_ids_as_text(&self) {
        self.state().group_ids_as_text = true;
    }

    /// Somebody else unassigns the role right after so many more lists of a user's roles.
    pub fn unassign_after_reads(&self, reads: usize, user: &str, role: &str) {
        self.state().unassigned_after = Some((reads, (user.to_owned(), role.to_owned())));
    }

    /// Every token is refused from now on.
    pub fn refuse_tokens(&self) {
        self.state().token = None;
    }

    /// Every list has this many rows a page.
    pub fn page_size(&self, rows: usize) {
        self.state().page = rows;
    }

    /// Every page names the same next page.
    pub fn repeat_pages(&self) {
        self.state().repeats_pages = true;
    }

    /// Somebody gives the group another role right after its role was read once more.
    pub fn change_group_role_after_reads(&self, group: u64, reads: usize, role: &str) {
        self.state().group_change = Some((group, reads, role.to_owned()));
    }
}
