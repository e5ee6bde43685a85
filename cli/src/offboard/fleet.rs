//! The accounts of a run, each with the component that reaches its provider.

use std::{sync::Arc, time::Duration};

use crate::{accounts::Account, session::Session};

/// Unix time. Sandboxes bring their own.
pub type Now = Arc<dyn Fn() -> Duration + Send + Sync>;

/// An account, and the component that reaches its provider and nothing else.
pub struct Member {
    pub account: Account,
    pub session: Session,
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

    /// The time in UTC, in whole seconds.
    pub fn timestamp(&self) -> String {
        unassign_role::contract::timestamp::format((self.now)())
    }
}
