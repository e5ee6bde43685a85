//! What a run notes of itself, in order.

use serde::{Deserialize, Serialize};

use super::digest;
use crate::offboard::{grant::Key, list::Leaver, reply::Reply, selection::Target};

/// One thing that happened. A task is named by its position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Who is to go from where.
    Begin(Begin),
    /// What a task would do.
    Planned { task: usize, planned: Planned },
    /// The summary was confirmed: by whom it was, and what it was.
    Confirmed {
        how: String,
        summary_sha256: String,
        /// The accounts that it was confirmed for; all of them if there is none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accounts: Vec<String>,
    },
    /// The summary was confirmed for more accounts.
    Widened { how: String, accounts: Vec<String> },
    /// The public key that receipts from here on are signed with, as a JWK.
    ReceiptKey { key: serde_json::Value },
    /// Another run goes on here.
    Resumed {
        version: String,
        /// Bytes of a last line that the run before could not finish.
        #[serde(default, skip_serializing_if = "is_zero")]
        torn_bytes: u64,
    },
    /// An approval that came later.
    Approved { task: usize, approval: String },
    /// A revoke is about to be sent.
    Intent { task: usize, plan_digest: String },
    /// What came of it.
    Result { task: usize, reply: Reply },
    /// A reading after it; nothing was written.
    Verified {
        task: usize,
        reply: Reply,
        /// The reading was whole, and showed no grant at all.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_bare: bool,
        /// Grants that a reading of them by name proves absent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        absent: Vec<Key>,
        /// The verification of everything that is called removed, at the end.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_last: bool,
    },
    /// No more was begun.
    Stopped { why: String },
    /// The run came to its end.
    End { gone: usize, open: usize },
}

/// Who is to go from where, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// Of this command.
    pub version: String,
    pub people: Vec<Leaver>,
    pub tasks: Vec<Described>,
    /// Side effects that are allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// A person whom an account does not know is no open point, if another account knows the person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_no_such_user: bool,
}

impl Begin {
    /// The accounts that were planned at, each once and in order.
    pub fn accounts(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.tasks.iter().map(|task| task.target.account.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Who a task is about.
    pub fn leaver(&self, target: &Target) -> Option<&Leaver> {
        self.people.get(target.person)
    }

    /// The name of whom a task is about.
    pub fn person(&self, target: &Target) -> &str {
        self.leaver(target).map_or("", |leaver| leaver.person.as_str())
    }
}

/// A task, with what is worth knowing of its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    #[serde(flatten)]
    pub target: Target,
    pub provider: String,
    /// What tells the account from others, as plans have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approval_required: bool,
}

/// The plan of a task, and what came of making it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub reply: Reply,
    /// As the component wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

impl Planned {
    /// Whether the plan is the one that its digest names.
    pub fn fits_its_digest(&self) -> bool {
        self.plan.as_ref().map(|plan| digest(plan.as_bytes())) == self.plan_digest
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
