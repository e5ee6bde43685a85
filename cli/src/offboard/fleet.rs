//! The accounts of a run, each with the component that reaches its provider.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{accounts::Account, session::Session};

use super::{journal::event::Begin, pace::Pace, reply::Reply, task::Task};

/// Unix time. Sandboxes bring their own.
pub type Now = Arc<dyn Fn() -> Duration + Send + Sync>;

/// An account, and the component that reaches its provider and nothing else.
pub struct Member {
    pub account: Account,
    pub session: Session,
    /// What its calls came to, from the first plan to the last verification.
    pace: Mutex<Pace>,
}

impl Member {
    pub fn new(account: Account, session: Session) -> Self {
        Self {
            account,
            session,
            pace: Mutex::default(),
        }
    }

    /// How long this account's reads may be stale after a write, as its settings say; zero if they do not.
    pub fn staleness_window(&self) -> Duration {
        let settings = self.account.document.get("settings");
        let milliseconds = settings.and_then(|settings| settings.get("staleness_window_ms")?.as_u64());
        Duration::from_millis(milliseconds.unwrap_or_default())
    }

    /// Takes note of how a task's call ended. Returns why the account is given up, if it is.
    pub fn note(&self, reply: &Reply) -> Option<String> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).note(reply)
    }

    /// Why the account was given up for the whole run, if it was.
    pub fn given_up(&self) -> Option<String> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).given_up()
    }
}

/// All accounts that a run may use.
pub struct Fleet {
    pub members: Vec<Member>,
    pub now: Now,
}

impl Fleet {
    #[cfg(test)]
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.members.iter().map(|member| &member.account)
    }

    /// Whether a run may use this account.
    pub fn has(&self, account: &str) -> bool {
        self.members.iter().any(|member| member.account.id == account)
    }

    /// Notes which accounts they are, so that a later run cannot take others for them.
    ///
    /// # Errors
    /// What is wrong with an account.
    pub fn identify(&self, begin: &mut Begin) -> Result<(), String> {
        let identities = self.identities()?;
        for task in &mut begin.tasks {
            let identity = identities.get(task.target.account.as_str());
            task.account_sha256 = identity.map(|identity| identity.sha256.clone());
        }
        Ok(())
    }

    /// Holds the accounts against those that the tasks were planned at: what is not held at another tenant says nothing of this one.
    ///
    /// # Errors
    /// Names the account that is another one, and says what to do.
    pub fn check(&self, tasks: &[Task]) -> Result<(), String> {
        let identities = self.identities()?;
        // What this run does not begin needs no account.
        for task in tasks.iter().filter(|task| task.skipped.is_none()) {
            let id = task.described.target.account.as_str();
            let now = identities
                .get(id)
                .ok_or_else(|| format!("there is no account `{id}`: nothing was sent"))?;
            let planned = [task.described.account_sha256.clone(), task.planned_account()];
            let is_same = planned.iter().flatten().all(|planned| *planned == now.sha256);
            if task.described.provider != now.provider || !is_same {
                return Err(format!(
                    "the account `{id}` is not the one that was planned at: its provider, address, tenant settings or client id differ. \
                     Nothing was sent: use the accounts that the plans were made with, or begin a new offboarding"
                ));
            }
        }
        Ok(())
    }

    /// Notes which accounts take only approved revokes now. What needed an approval when it was planned needs it still.
    pub fn require_approvals(&self, tasks: &mut [Task]) {
        let strict = self.members.iter().filter(|member| member.account.approval_required);
        let strict: BTreeSet<&str> = strict.map(|member| member.account.id.as_str()).collect();
        for task in tasks {
            task.described.approval_required |= strict.contains(task.described.target.account.as_str());
        }
    }

    fn identities(&self) -> Result<BTreeMap<&str, Identity<'_>>, String> {
        let identities = self.members.iter().map(|Member { account, .. }| {
            let sha256 = account
                .sha256()
                .map_err(|why| format!("account {}: {why}", account.id))?;
            let provider = account.provider.as_str();
            Ok((account.id.as_str(), Identity { provider, sha256 }))
        });
        identities.collect()
    }

    /// The time in UTC, in whole seconds.
    pub fn timestamp(&self) -> String {
        unassign_role::contract::timestamp::format((self.now)())
    }
}

/// What tells an account from others.
struct Identity<'a> {
    provider: &'a str,
    sha256: String,
}
