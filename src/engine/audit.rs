//! What an operation tells about itself while it runs, for the record of the HTTP faces.

use crate::{
    binding::approval::Approval,
    client::Quota,
    contract::types::RoleOutcome,
    provider::{Grant, GrantKey},
};

/// Takes note. The typed call uses [`NoAudit`]: it prints nothing into its caller's process.
pub trait Audit {
    fn step(&self, step: AuditEvent<'_>);
}

/// One thing to take note of.
pub enum AuditEvent<'a> {
    /// The user was found and read.
    Read { user: &'a str, grants: &'a [Grant] },
    /// What the call is bound to.
    Bound {
        /// SHA-256 of the plan.
        digest: &'a str,
        approval: Option<&'a Approval>,
    },
    /// A plan was made.
    Planned { digest: &'a str },
    /// The first write is about to be sent.
    Intent { targets: &'a [&'a Grant] },
    /// It is over.
    Result {
        outcomes: &'a [RoleOutcome],
        /// What the grants of each outcome are, in their order: an outcome's own ids and names are cut.
        keys: &'a [Vec<GrantKey>],
        /// Of the last read after a write, if what it does not show is not held.
        grants_after: Option<&'a [Grant]>,
        /// Trace ids of the provider's answers to the revoke.
        traces: Vec<String>,
    },
    /// Requests that were sent to the provider.
    Calls(u32),
    /// What the provider's last answers say of its rate limit.
    Quota(Quota),
}

/// Takes no note.
pub struct NoAudit;

impl Audit for NoAudit {
    fn step(&self, _step: AuditEvent<'_>) {}
}
