//! The contract's steps at Slack Enterprise.

use crate::{
    client::RateLimitPolicy,
    contract::{
        reason::Reason,
        types::{RequestedRole, SideEffect, User},
    },
    error::{Error, ProviderFault},
    provider::{
        Absence, Affects, Consequence, Context, Coverage, Directory, Field, Grant, OpenAccount, Planned, Principal,
        RoleList, Snapshot, Verdict, Verification, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
};

use super::{
    absence, account_types, assignments,
    capability::CAPABILITY,
    config::Config,
    core,
    find::{self, Member},
    ids, mapping,
    read::{self, Detail, Memory},
    revoke,
};

/// One Slack Enterprise account during one operation.
pub type Slack = OpenAccount<Config, Memory>;

impl Backend for Slack {
    type Detail = Detail;
    const CAPABILITY: &'static Capability = &CAPABILITY;

    fn rate_limit(&self) -> RateLimitPolicy {
        RateLimitPolicy::of_status(core::status_of)
    }

    fn verification(&self) -> Verification {
        Verification::in_rounds(2)
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
        ids::normalize(field, value)
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        ids::refine(selector)
    }

    /// A name that two roles have had means the one that has it now, unless the user holds the other one.
    fn resolve(&self, selector: &Selector, detail: &Detail) -> Selector {
        ids::resolve(selector, detail.assignments.roles())
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        find::find_user(&self.config, cx).await
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Detail), Error> {
        read::read(&self.config, cx, &self.memory, user).await
    }

    fn failed_read(&self, selector: &Selector, detail: &Detail) -> Option<ProviderFault> {
        absence::failed_read(selector, detail)
    }

    fn blocked_by(&self, selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
        absence::blocked_by(selector, detail)
    }

    async fn absence(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, Error> {
        Ok(absence::of(&self.config, step, selector).await)
    }

    /// A reading without a gap proves it: the whole list of assignments, and the lists of every workspace of the user.
    fn nothing_held(&self, detail: &Detail) -> Absence {
        absence::of_everything(detail)
    }

    fn gaps(&self, _reading: &Snapshot, detail: &Detail) -> Vec<String> {
        absence::gaps(detail)
    }

    async fn list_roles(&self, cx: &Context<'_>) -> Result<RoleList, Error> {
        read::directory::list(&self.config, cx).await
    }

    /// An assignment at an entity of a kind that no request can name.
    fn selector(&self, grant: &Grant) -> Option<RequestedRole> {
        assignments::unscoped(grant)
    }

    fn is_role_id(&self, text: &str) -> bool {
        ids::is_published_or_id(text)
    }

    fn companions(&self, grant: &Grant) -> Vec<Grant> {
        account_types::companions(grant)
    }

    async fn directory(&self, _step: Step<'_, Detail>, _selector: &Selector) -> Result<Directory, Error> {
        Ok(Directory {
            roles: ids::directory(),
            coverage: Coverage::Partial(String::from("Slack has no list of custom roles")),
        })
    }

    /// A demotion in the organization also takes the ownership of every workspace, and what the user inherits in workspaces.
    async fn consequences(&self, step: Step<'_, Detail>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        let Step { snapshot, detail, .. } = step;
        let is_of_organization = |grant: &Grant| matches!(grant.role_id.as_str(), ids::ORG_OWNER | ids::ORG_ADMIN);
        if !targets.iter().any(is_of_organization) {
            return Ok(Vec::new());
        }
        let member = &detail.member;
        let ownerships = detail.ownerships.clone().unwrap_or_default();
        let mut lists: Vec<String> = ownerships
            .workspaces
            .iter()
            .map(|workspace| format!("ownership of workspace {workspace}"))
            .collect();
        let mut takes: Vec<Grant> = ownerships
            .workspaces
            .iter()
            .map(|workspace| taken_ownership(member, Some(workspace)))
            .collect();
        if !ownerships.is_complete() {
            lists.push(String::from("complete: false"));
            // What cannot be listed may be protected.
            takes.push(taken_ownership(member, None));
        }
        takes.extend(
            snapshot
                .grants
                .iter()
                .filter(|grant| !grant.is_direct() && ids::is_of_workspace(&grant.role_id))
                .cloned(),
        );
        let of_organization = targets
            .iter()
            .enumerate()
            .filter(|(_, grant)| is_of_organization(grant));
        Ok(of_organization
            .map(|(target, _)| Consequence {
                target,
                effect: SideEffect::DemoteOwnerEverywhere,
                lists: lists.clone(),
                takes: takes.clone(),
                affects: Affects::Nobody,
                takes_unknown: !ownerships.is_complete(),
            })
            .collect())
    }

    async fn credential_owner(&self, step: Step<'_, Detail>) -> Result<Principal, Error> {
        let Step { cx, detail, .. } = step;
        let identity = read::identity(&self.config, cx, &self.memory).await?;
        let member = &detail.member;
        Ok(match identity.user_id.into_string() {
            // The token may know its user by the other one of two ids, which the document may not show.
            Some(own) if member.is(&own) || member.may_be(&own) => Principal::User(member.asked.clone()),
            Some(own) => Principal::User(own),
            None => Principal::Unknown,
        })
    }

    fn plan(&self, ask: &ValidatedRequest, _user: &str, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        revoke::plan(&self.config, ask, detail, targets)
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Vec<Verdict> {
        revoke::send(&self.config, cx, &self.memory, write, grants, detail).await
    }

    fn unify(&self, reading: &Snapshot, detail: &Detail) -> User {
        mapping::user(detail, &reading.grants)
    }
}

/// A workspace's ownership that goes with a demotion in the organization, by whose own side effect it is allowed.
fn taken_ownership(member: &Member, workspace: Option<&str>) -> Grant {
    Grant {
        effects: Vec::new(),
        ..account_types::ownership(member, workspace)
    }
}
