//! A CrowdStrike Falcon tenant: users, roles and grants by CID, access tokens, and the API's own strictness.
//!
//! Where the sources are silent, the tenant is strict: a request that is not documented is refused with the API's own
//! error document. The deprecated calls do not exist here. Users that are homed in a partner CID are seen by the newer calls only
//! (`queries/users/v2`, `entities/users/GET/v2`, `combined/user-roles/v3`, `user-role-actions/v2`).
//!
//! Sources: `CrowdStrike/gofalcon` (models, clients), `CrowdStrike/falconpy` 1.6.6 (endpoints), the acceptance tests of
//! `CrowdStrike/terraform-provider-crowdstrike`, and issues of those repositories.

mod demo;
mod fql;
mod grants;
mod http;
mod quirks;
mod roles;
mod state;
mod time;
mod token;
mod users;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{Clock, sandbox::Sandbox};

pub use self::{
    demo::{
        CHILD_CID as DEMO_CHILD_CID, EXTERNAL as DEMO_EXTERNAL, HOME_CID as DEMO_HOME_CID, USERS as DEMO_USERS,
        summary as demo_summary,
    },
    quirks::{EpochUnit, ErrorsField},
    state::{Revocation, Role, User},
};

use self::{
    quirks::{ChangeAfterReads, ErrorInside},
    state::{Grant, State},
    token::Client,
};

/// A tenant and its API.
///
/// Stale reads are those of grants: the Terraform provider has seen them more than 30 s behind. Such a read counts for an omission
/// if it would show the role.
pub type CrowdStrike = Sandbox<State>;

impl CrowdStrike {
    /// An empty tenant.
    pub fn new(clock: Clock) -> Self {
        Self::of(State::new(clock))
    }

    /// The API as a router.
    pub fn router(&self) -> axum::Router {
        self.answered_by(http::answer)
    }

    // -- seeding

    /// An API client with every scope; the CID in view of its tokens is `home_cid` unless they are locked to a child.
    pub fn add_client(&self, client_id: &str, client_secret: &str, home_cid: &str) {
        self.state().clients.push(Client {
            id: client_id.to_owned(),
            secret: client_secret.to_owned(),
            cid: home_cid.to_owned(),
            may_write: true,
        });
    }

    /// Takes the scope "User Management: Write" from a client; tokens issued before keep it.
    pub fn read_only_client(&self, client_id: &str) {
        let mut state = self.state();
        let clients = state.clients.iter_mut().filter(|client| client.id == client_id);
        clients.for_each(|client| client.may_write = false);
    }

    /// A child CID, which the parent's clients may act on.
    pub fn add_child_cid(&self, parent: &str, child: &str) {
        self.state().children.push((parent.to_owned(), child.to_owned()));
    }

    /// A role of the directory, which nobody holds yet.
    pub fn add_role(&self, role: Role) {
        self.state().roles.push(role);
    }

    /// A user without roles.
    pub fn add_user(&self, user: User) {
        self.state().users.push(user);
    }

    /// Lets a CID invite a user who is homed in a partner CID: only the newer calls know the user from then on.
    pub fn invite(&self, user: &str, cid: &str) {
        self.state().invited.push((user.to_owned(), cid.to_owned()));
    }

    /// Grants a role directly; reads show it at once.
    pub fn grant(&self, user: &str, cid: &str, role_id: &str) {
        self.seed(Grant::direct(user, cid, role_id));
    }

    /// Grants a role directly until a time in RFC 3339.
    pub fn grant_until(&self, user: &str, cid: &str, role_id: &str, expires_at: &str) {
        self.seed(Grant {
            expires_at: Some(expires_at.to_owned()),
            ..Grant::direct(user, cid, role_id)
        });
    }

    /// Grants a role through a user group and, with Flight Control, a CID group: (id, name).
    pub fn grant_through_group(
        &self,
        user: &str,
        cid: &str,
        role_id: &str,
        user_group: (&str, &str),
        cid_group: Option<(&str, &str)>,
    ) {
        let owned = |(id, name): (&str, &str)| (id.to_owned(), name.to_owned());
        self.seed(Grant {
            group: Some(owned(user_group)),
            cid_group: cid_group.map(owned),
            ..Grant::direct(user, cid, role_id)
        });
    }

    /// Deletes the user.
    pub fn delete_user(&self, uuid: &str) {
        self.state().users.retain(|user| user.uuid != uuid);
    }

    // -- the true state

    /// Whether the user really holds the role directly in that CID.
    pub fn holds(&self, user: &str, cid: &str, role_id: &str) -> bool {
        self.has(user, cid, role_id, true)
    }

    /// Whether the user really holds the role through a group in that CID.
    pub fn holds_inherited(&self, user: &str, cid: &str, role_id: &str) -> bool {
        self.has(user, cid, role_id, false)
    }

    /// What the user really holds: CID, role, direct; sorted.
    pub fn grants(&self, uuid: &str) -> Vec<(String, String, bool)> {
        let state = self.settled();
        let mut grants: Vec<_> = state
            .grants
            .held()
            .iter()
            .filter(|grant| grant.uuid == uuid)
            .map(|grant| (grant.cid.clone(), grant.role.clone(), grant.is_direct()))
            .collect();
        grants.sort();
        grants
    }

    /// Revokes that were acknowledged, in order, whether or not they change anything.
    pub fn revocations(&self) -> Vec<Revocation> {
        self.state().revocations.clone()
    }

    /// How many tokens were issued so far.
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

    /// The next revokes answer 200 with errors inside, and do nothing.
    pub fn success_with_errors(&self, times: usize) {
        self.state().quirks.success_with_errors = times;
    }

    /// Revokes that name that role answer 200 with errors inside, and do nothing.
    pub fn success_with_errors_for(&self, role: &str) {
        self.state().quirks.fails_inside.insert(role.to_owned());
    }

    /// How an answer without errors spells that.
    pub fn errors_field(&self, field: ErrorsField) {
        self.state().quirks.errors_field = field;
    }

    /// Whether rows of grants leave out the optional `cid`, `uuid` and `grant_type`.
    pub fn cid_missing_in_grants(&self, missing: bool) {
        self.state().quirks.bare_rows = missing;
    }

    /// The same as `cid_missing_in_grants(true)`.
    pub fn bare_rows(&self) {
        self.cid_missing_in_grants(true);
    }

    /// The next calls, those for a token included, are refused with 429; the limit ends `wait` after the refusal.
    pub fn rate_limit_next(&self, times: usize, wait: Duration, unit: EpochUnit) {
        self.state().quirks.rate_limit = Some((times, wait, unit));
    }

    /// Whether revoking a role that is not held is refused with 400. That it is acknowledged, as it is here by default,
    /// has a single source.
    pub fn revoke_refuses_absent(&self, refuses: bool) {
        self.state().quirks.refuse_absent = refuses;
    }

    /// The same as `revoke_refuses_absent(true)`.
    pub fn refuse_absent(&self) {
        self.revoke_refuses_absent(true);
    }

    /// Calls whose path contains `path` answer 200 with an error of this code inside, and do nothing.
    pub fn errors_inside(&self, path: &str, code: u16, times: usize) {
        self.state().quirks.errors_inside.push(ErrorInside {
            path: path.to_owned(),
            code,
            times,
        });
    }

    /// Whether a list without rows is `null`.
    pub fn null_lists(&self, are_null: bool) {
        self.state().quirks.null_lists = are_null;
    }

    /// Whether rows of grants leave out `role_name`.
    pub fn names_missing_in_grants(&self, missing: bool) {
        self.state().quirks.nameless_rows = missing;
    }

    /// Whether rows of grants that come through no group say so with an empty id and an empty name.
    pub fn empty_groups_in_grants(&self, empty: bool) {
        self.state().quirks.empty_groups = empty;
    }

    /// Lists of grants count so many rows more than they have.
    pub fn miscount_grants(&self, rows: isize) {
        self.state().quirks.rows_miscounted = rows;
    }

    /// Calls about that CID are refused. A CID without authority is 403, `access denied, authorization failed`.
    pub fn refuse_cid(&self, cid: &str, status: u16, message: &str) {
        let refusal = (cid.to_owned(), status, message.to_owned());
        self.state().quirks.refused_cids.push(refusal);
    }

    /// Somebody else grants the role right after so many more reads of grants, each page being one.
    pub fn grant_after_reads(&self, reads: usize, user: &str, cid: &str, role_id: &str) {
        self.change_after(reads, Grant::direct(user, cid, role_id), true);
    }

    /// Somebody else revokes the role right after so many more reads of grants, each page being one.
    pub fn revoke_after_reads(&self, reads: usize, user: &str, cid: &str, role_id: &str) {
        self.change_after(reads, Grant::direct(user, cid, role_id), false);
    }

    fn change_after(&self, reads: usize, grant: Grant, adds: bool) {
        let change = ChangeAfterReads { reads, grant, adds };
        self.state().quirks.changes.push(change);
    }

    fn seed(&self, grant: Grant) {
        let mut state = self.settled();
        if !state.grants.holds(&grant) {
            state.grants.seed(grant);
        }
    }

    fn has(&self, user: &str, cid: &str, role_id: &str, direct: bool) -> bool {
        let grants = self.grants(user);
        grants.contains(&(cid.to_owned(), role_id.to_owned(), direct))
    }
}
