//! A Slack Enterprise organization: members, account types, role assignments.
//!
//! Sources: docs.slack.dev (as kept in `slack-ruby/slack-api-ref`), `slackapi/java-slack-sdk`.

mod arguments;
mod demo;
mod documents;
mod http;
mod state;
mod writes;

#[cfg(test)]
mod tests;

use crate::{Clock, sandbox::Sandbox};

pub use self::{
    demo::{ENTERPRISE as DEMO_ENTERPRISE, TEAMS as DEMO_TEAMS, TOKEN as DEMO_TOKEN, USERS as DEMO_USERS},
    state::{Kind, User},
};

use self::state::{KindChange, State};

/// An organization and its Web API. Reads that are stale or omit a role are the lists of assignments.
pub type Slack = Sandbox<State>;

impl Slack {
    /// An empty organization; the token belongs to `installer`.
    pub fn new(clock: Clock, enterprise: &str, token: &str, installer: &str) -> Self {
        Self::of(State::new(clock, enterprise, token, installer))
    }

    /// The API as a router, under `/api`.
    pub fn router(&self) -> axum::Router {
        self.answered_by(http::answer)
    }

    pub fn add_user(&self, user: User) {
        self.state().users.push(user);
    }

    /// What the user is in a workspace.
    pub fn set_kind(&self, user: &str, team: &str, kind: Kind) {
        self.state().kinds.insert((user.to_owned(), team.to_owned()), kind);
    }

    pub fn assign(&self, user: &str, role: &str, entity: &str) {
        self.state()
            .assignments
            .seed((role.to_owned(), entity.to_owned(), user.to_owned()));
    }

    // -- the true state

    pub fn is_assigned(&self, user: &str, role: &str, entity: &str) -> bool {
        let state = self.settled();
        let assignment = (role.to_owned(), entity.to_owned(), user.to_owned());
        state.assignments.holds(&assignment)
    }

    /// What the user is in a workspace, or (with the organization's id) in the organization.
    pub fn kind(&self, user: &str, team: &str) -> Kind {
        let state = self.settled();
        state.kind(user, team)
    }

    pub fn writes(&self) -> usize {
        self.state().writes
    }

    // -- behaviour

    /// Removals at that entity are rejected with this error, and the rest is processed.
    pub fn reject(&self, entity: &str, error: &str) {
        self.state().rejected.push((entity.to_owned(), error.to_owned()));
    }

    /// Removals are answered with `failed_for_some_users` and this error for the user; `processes`: the entities are done all the same.
    pub fn reject_users(&self, error: &str, processes: bool) {
        self.state().rejects_users = Some((error.to_owned(), processes));
    }

    /// The lists of owners and admins of that workspace are refused with this error.
    pub fn hide_team(&self, team: &str, error: &str) {
        self.state().hidden_teams.push((team.to_owned(), error.to_owned()));
    }

    /// Users' documents do not have this: `key` or `object/key`.
    pub fn leave_out(&self, path: &str) {
        self.state().left_out.push(path.to_owned());
    }

    /// Lists have the ids that users have in the organization.
    pub fn list_by_enterprise_user(&self) {
        self.state().rows_by_enterprise_user = true;
    }

    /// Users' documents have the ids that users have in the organization, whichever id was asked for.
    pub fn show_enterprise_users(&self) {
        self.state().documents_by_enterprise_user = true;
    }

    /// Somebody else makes the user something else right after so many more reads of account types: users, members, and lists of
    /// owners or admins.
    pub fn set_kind_after_reads(&self, reads: usize, user: &str, team: &str, kind: Kind) {
        let (user, team) = (user.to_owned(), team.to_owned());
        self.state().kind_changes.push(KindChange {
            reads,
            user,
            team,
            kind,
        });
    }

    /// Assigns a role in the organization to so many people whom nobody else knows.
    pub fn assign_to_crowd(&self, role: &str, people: usize) {
        let mut state = self.state();
        let enterprise = state.enterprise.clone();
        for number in 0..people {
            let user = format!("U0CROWD{number}");
            state.assignments.seed((role.to_owned(), enterprise.clone(), user));
        }
    }

    /// Calls beyond the published tier of their method are refused with 429: 20, 50 or 100 a minute.
    pub fn enforce_tiers(&self) {
        self.state().calls = Some(Vec::new());
    }

    /// Lists have their cursor at the top.
    pub fn cursor_at_the_top(&self) {
        self.state().cursor_at_the_top = true;
    }

    /// The next demotions in the organization are done there, and not on its workspaces.
    pub fn fail_on_workspaces(&self, times: usize) {
        self.state().workspace_failures = times;
    }

    /// The next calls are refused: with 429, or with 200 and an error.
    pub fn rate_limit_next(&self, times: usize, status: u16) {
        self.state().limited = (times, status);
    }

    pub fn revoke_token(&self) {
        self.state().token = None;
    }
}
