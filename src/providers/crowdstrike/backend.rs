//! CrowdStrike for the engine.

use std::{rc::Rc, time::Duration};

use crate::{
    client::RateLimitPolicy,
    contract::{reason::Reason, types::User},
    error::{Error, ProviderFault},
    provider::{
        Absence, Context, Directory, Field, Grant, OpenAccount, Planned, RoleList, Snapshot, Verdict, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
};

use super::{
    absence::{self, Reads},
    capability::CAPABILITY,
    cid::Cid,
    config::Config,
    core, find,
    ids::{self, Directories},
    mapping,
    read::{self, Detail, IN_VIEW, ViewDoubt},
    revoke::{self, Revokes, Sending},
};

/// One CrowdStrike account during one operation.
pub type CrowdStrike = OpenAccount<Config, Memory>;

/// What the steps of one operation remember.
#[derive(Default)]
pub struct Memory {
    directories: Directories,
    reads: read::Memory,
    revokes: Revokes,
}

impl Backend for CrowdStrike {
    type Detail = Detail;
    const CAPABILITY: &'static Capability = &CAPABILITY;

    fn rate_limit(&self) -> RateLimitPolicy {
        RateLimitPolicy {
            headers: &["x-ratelimit-retryafter"],
            least_wait: Duration::from_secs(5),
            status_of: Rc::new(core::status_of),
        }
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::User => Ok(ids::user(value)),
            Field::Organization => Cid::parse(value).map(|cid| cid.to_string()),
            Field::Role | Field::Group | Field::Workspace => Ok(value.to_owned()),
        }
    }

    /// Without a CID, an entry means the CID in view and the home CID, whatever other entries name.
    fn resolve(&self, selector: &Selector, detail: &Detail) -> Selector {
        let mut own: Vec<String> = detail.own.iter().map(Cid::to_string).collect();
        // It may be another one: it shows no role, or only rows that name no CID.
        if matches!(detail.view_doubt, Some(ViewDoubt::NoRows | ViewDoubt::Unnamed)) {
            own.push(String::from(IN_VIEW));
        }
        Selector {
            own_organizations: Some(own),
            ..selector.clone()
        }
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        let (uuid, audience) = find::find(&self.config, cx).await?;
        self.memory.reads.expect(audience);
        Ok(uuid)
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Detail), Error> {
        let (mut reading, mut detail) = read::read(&self.config, cx, &self.memory.reads, user).await?;
        if cx.request.reads_everything() && cx.request.is_read_only() {
            read::add_names(&self.config, cx, &self.memory.directories, &mut reading, &mut detail).await;
        }
        Ok((reading, detail))
    }

    /// How CrowdStrike compares role ids is not documented: only equal ones are the same.
    fn is_same_id(&self, one: &str, other: &str) -> bool {
        one == other
    }

    fn is_role_id(&self, text: &str) -> bool {
        ids::is_role(text)
    }

    /// A guard holds every target against its directory, wherever that is: its selector has not been resolved.
    async fn directory(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Directory, Error> {
        let Step { cx, detail, .. } = step;
        let named = absence::named_cids(selector);
        let is_for_guard = named.is_empty() && selector.own_organizations.is_none();
        let cids = if is_for_guard {
            detail.every_cid(&self.memory.reads)
        } else if named.is_empty() {
            detail.readable_own_cids()
        } else {
            named
        };
        if cids.is_empty() {
            return Ok(Directory::none("CrowdStrike shows no CID whose roles could be listed"));
        }
        if is_for_guard {
            return Ok(self
                .memory
                .directories
                .as_far_as_readable(&self.config, cx, &cids)
                .await);
        }
        let listed = self.memory.directories.of_all(&self.config, cx, &cids).await?;
        Ok(listed.directory.clone())
    }

    fn failed_read(&self, selector: &Selector, detail: &Detail) -> Option<ProviderFault> {
        absence::failed_read(selector, detail).cloned()
    }

    fn blocked_by(&self, selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
        let is_unscoped = selector.organizations.is_empty();
        let failed = absence::failed_read(selector, detail).map(|fault| (fault.reason_of_gap(), fault.message.clone()));
        failed.or_else(|| {
            let why = if is_unscoped {
                absence::why_open(detail)
            } else {
                absence::unread_named(selector, detail)
            };
            Some((Reason::NotVisible, why?))
        })
    }

    async fn absence(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, Error> {
        let Step { cx, detail, .. } = step;
        let reads = Reads {
            config: &self.config,
            cx,
            directories: &self.memory.directories,
            memory: &self.memory.reads,
        };
        absence::of(&reads, selector, detail).await
    }

    fn nothing_held(&self, _detail: &Detail) -> Absence {
        absence::nothing_held()
    }

    /// All of them are unreadable places.
    fn gaps(&self, _reading: &Snapshot, _detail: &Detail) -> Vec<String> {
        Vec::new()
    }

    async fn list_roles(&self, cx: &Context<'_>) -> Result<RoleList, Error> {
        Ok(ids::list(&self.config, cx).await?)
    }

    fn plan(&self, ask: &ValidatedRequest, _user: &str, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        revoke::plan(&self.config, ask, detail, targets)
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Vec<Verdict> {
        let sending = Sending {
            config: &self.config,
            directories: &self.memory.directories,
            memory: &self.memory.reads,
            cx,
            write,
            grants,
            detail,
        };
        sending.verdicts(&self.memory.revokes).await
    }

    fn unify(&self, _reading: &Snapshot, detail: &Detail) -> User {
        mapping::user(detail)
    }
}
