//! TeamViewer as a [`Backend`].

use crate::{
    client::{Call, RateLimitPolicy, path_segment},
    contract::types::User,
    error::{Error, ProviderFault},
    naming::same,
    provider::{
        Absence, Consequence, Context, Directory, Field, Grant, GrantKind, OpenAccount, OwnDocument, Planned,
        Principal, RoleList, Snapshot, Verdict, Verification, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
};

use super::{
    absence,
    capability::CAPABILITY,
    config::Config,
    core, find,
    groups::RequestedGroup,
    ids, mapping,
    read::{self, Detail, Memory},
};

/// One TeamViewer account during one operation.
pub type TeamViewer = OpenAccount<Config, Memory>;

impl Backend for TeamViewer {
    type Detail = Detail;
    const CAPABILITY: &'static Capability = &CAPABILITY;

    fn rate_limit(&self) -> RateLimitPolicy {
        RateLimitPolicy::of_status(core::status_of)
    }

    fn verification(&self) -> Verification {
        Verification::in_rounds(3)
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            // The filter is a comma list, and a comma cannot be escaped in it.
            Field::User if value.contains('@') && value.contains(',') => {
                Err(String::from("must be one e-mail address"))
            }
            Field::User if value.contains('@') => Ok(value.to_owned()),
            Field::User => {
                ids::user(value).ok_or_else(|| String::from("must be a user id (u and digits) or an e-mail address"))
            }
            Field::Role => {
                ids::role(value).ok_or_else(|| String::from("must be a role id (a UUID); use name for a name"))
            }
            Field::Group | Field::Organization | Field::Workspace => Ok(value.to_owned()),
        }
    }

    /// The scopes hold a group's id.
    fn resolve(&self, selector: &Selector, detail: &Detail) -> Selector {
        let group = selector.group.as_ref().map(|text| {
            let group = detail.named(text).and_then(RequestedGroup::group);
            group.map_or_else(|| text.clone(), |group| group.id.to_string())
        });
        Selector {
            group,
            ..selector.clone()
        }
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        find::user_id(&self.config, cx).await
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Detail), Error> {
        read::read(&self.config, cx, &self.memory, user).await
    }

    fn failed_read(&self, selector: &Selector, detail: &Detail) -> Option<ProviderFault> {
        detail.failed_read(selector)
    }

    async fn absence(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, Error> {
        Ok(absence::absence(selector, step.detail))
    }

    /// A reading without a gap proves it: TeamViewer's own list of the user's roles and the roles' own lists, and the members of every
    /// group.
    fn nothing_held(&self, detail: &Detail) -> Absence {
        absence::of_everything(detail)
    }

    fn gaps(&self, _reading: &Snapshot, detail: &Detail) -> Vec<String> {
        detail.gaps.clone()
    }

    async fn list_roles(&self, cx: &Context<'_>) -> Result<RoleList, Error> {
        Ok(mapping::role_list(core::directory(&self.config, cx).await?))
    }

    /// UUIDs in any case.
    fn is_same_id(&self, one: &str, other: &str) -> bool {
        one.eq_ignore_ascii_case(other)
    }

    fn is_role_id(&self, text: &str) -> bool {
        ids::role(text).is_some()
    }

    /// The company's roles, as they were read with what is held.
    async fn directory(&self, step: Step<'_, Detail>, _selector: &Selector) -> Result<Directory, Error> {
        match &step.detail.directory_failure {
            Some(fault) => Err(fault.clone().into()),
            None => Ok(step.detail.roles.directory.clone()),
        }
    }

    async fn consequences(&self, step: Step<'_, Detail>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        self.side_effects(step, targets).await
    }

    /// `GET /account` describes the owner of the token, by id or at least by e-mail address.
    async fn credential_owner(&self, step: Step<'_, Detail>) -> Result<Principal, Error> {
        let Step { snapshot, detail, .. } = step;
        let Some(owner) = self.memory.owner()? else {
            return Ok(Principal::Unknown);
        };
        if let Some(id) = owner.userid.as_str().and_then(ids::user) {
            return Ok(Principal::User(id));
        }
        let Some(email) = owner.email.as_str() else {
            return Ok(Principal::Unknown);
        };
        let is_own = snapshot.emails.iter().any(|own| same(own, email));
        Ok(if is_own {
            Principal::User(detail.id.clone())
        } else if snapshot.emails.is_empty() || !owner.userid.is_absent() {
            // An id that cannot be read may be the user's, whatever the address says.
            Principal::Unknown
        } else {
            Principal::NoUser
        })
    }

    fn plan(&self, ask: &ValidatedRequest, user: &str, _detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        targets
            .iter()
            .enumerate()
            .filter_map(|(index, planned)| self.write(ask, user, index, planned))
            .collect()
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(grants.len());
        for grant in grants {
            let verdict = self.verdict(cx, write, grant, detail).await;
            if matches!(verdict, Verdict::Acknowledged | Verdict::Unanswered { .. }) && grant.kind == GrantKind::Role {
                self.memory.revoked.borrow_mut().insert(grant.role_id.clone());
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<OwnDocument> {
        let path = format!("/users/{}", path_segment(user));
        let token = cx.caches.token(self.config.key(), cx.client.transport().monotonic())?;
        Some(OwnDocument {
            call: Call::get(self.config.base.join(&path)),
            token,
            is_of: find::is_of,
        })
    }

    fn unify(&self, reading: &Snapshot, detail: &Detail) -> User {
        mapping::user(detail, &reading.grants)
    }
}
