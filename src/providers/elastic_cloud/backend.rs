//! Elastic Cloud as the engine sees it.

use crate::{
    client::RateLimitPolicy,
    contract::{
        reason::Reason,
        types::{RequestedRole, RoleSelector, User},
    },
    error::Error,
    provider::{
        Absence, Consequence, Context, Coverage, Directory, Field, Grant, KnownRole, OpenAccount, Planned, RoleList,
        Snapshot, Verdict, Verification, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
};

use super::{
    absence, assignments,
    capability::CAPABILITY,
    config::Config,
    core,
    ids::{self, PROJECTS},
    mapping,
    read::{self, Detail, Memory},
    revoke,
};

/// One Elastic Cloud account during one operation.
pub type ElasticCloud = OpenAccount<Config, Memory>;

impl Backend for ElasticCloud {
    type Detail = Detail;
    const CAPABILITY: &'static Capability = &CAPABILITY;

    fn verification(&self) -> Verification {
        Verification {
            takes_apart_open_refusals: true,
            ..Verification::in_rounds(1)
        }
    }

    fn rate_limit(&self) -> RateLimitPolicy {
        RateLimitPolicy::of_status(core::status_of)
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::Group if !PROJECTS.contains(&value) => Err(String::from(
                "must be a kind of project: elasticsearch, observability or security",
            )),
            Field::Role => Ok(ids::normalized(value)),
            _ => Ok(value.to_owned()),
        }
    }

    fn resolve(&self, selector: &Selector, detail: &Detail) -> Selector {
        read::resolve(selector, &detail.assignments)
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        read::find_user(&self.config, cx, &self.memory).await
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Detail), Error> {
        read::read(&self.config, cx, &self.memory, user).await
    }

    fn blocked_by(&self, selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
        absence::blocked_by::of(selector, detail)
    }

    async fn absence(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, Error> {
        Ok(absence::of(selector, step.detail))
    }

    fn nothing_held(&self, detail: &Detail) -> Absence {
        absence::of_everything(detail)
    }

    fn gaps(&self, _reading: &Snapshot, detail: &Detail) -> Vec<String> {
        absence::gaps(detail)
    }

    async fn list_roles(&self, _cx: &Context<'_>) -> Result<RoleList, Error> {
        Ok(ids::listed_roles(&self.config))
    }

    /// A role's own id means its assignments with application roles, too: where there are any, it is told apart.
    fn selector(&self, grant: &Grant) -> Option<RequestedRole> {
        let is_ambiguous = self.memory.ambiguous_roles.borrow().contains(&grant.role_id);
        is_ambiguous.then(|| RequestedRole {
            role: RoleSelector::Id(ids::bare_assignment(&grant.role_id)),
            group: grant.scope.group.clone().into(),
            organization: grant.scope.organization.clone().into(),
            workspace: grant.scope.workspace.clone().into(),
        })
    }

    fn is_same_id(&self, one: &str, other: &str) -> bool {
        ids::is_same_id(one, other)
    }

    fn is_role_id(&self, text: &str) -> bool {
        ids::published(text).is_some()
    }

    fn companions(&self, grant: &Grant) -> Vec<Grant> {
        assignments::companions(grant)
    }

    /// The published roles: the names of custom roles are their ids.
    async fn directory(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Directory, Error> {
        let detail = step.detail;
        let group = selector.group.as_deref();
        // One place is of one kind.
        let of_place = detail.assignments.places.kind(selector.workspace.as_deref());
        let roles = ids::all()
            .filter(|role| group.is_none_or(|group| role.kind == group))
            .filter(|role| of_place.is_none_or(|kind| role.kind == kind || role.kind == "organization"))
            .map(|role| KnownRole {
                id: role.id.to_owned(),
                name: Some(role.name.to_owned()),
            });
        Ok(Directory {
            roles: roles.collect(),
            coverage: Coverage::Whole,
        })
    }

    async fn consequences(&self, step: Step<'_, Detail>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        Ok(revoke::consequences(step.detail, targets))
    }

    fn plan(&self, ask: &ValidatedRequest, user: &str, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        self.writes(ask, user, detail, targets)
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], _detail: &Detail) -> Vec<Verdict> {
        revoke::send(&self.config, cx, write, grants.len()).await
    }

    fn unify(&self, reading: &Snapshot, detail: &Detail) -> User {
        mapping::user(reading, detail)
    }
}
