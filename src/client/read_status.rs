//! What the status of an answer to a read says of the read, before the provider's own words count.

use crate::error::{FaultKind, ProviderFault};

use super::{Answer, Call, Client, redirect};

impl Client<'_> {
    /// The answer, if it can be one: no redirect, and to a read neither a part of what was asked for nor a conflict.
    ///
    /// # Errors
    /// [`FaultKind::Redirected`], [`FaultKind::ServerError`] for what may pass, else [`FaultKind::BadAnswer`].
    pub(super) fn judged(&self, call: &Call, result: Result<Answer, ProviderFault>) -> Result<Answer, ProviderFault> {
        let answer = redirect::refuse(call, result)?;
        if call.write {
            // The read-back decides what it did.
            return Ok(answer);
        }
        let (kind, why) = match (answer.status, self.status_of(&answer)) {
            (202, _) => (FaultKind::ServerError, "is not ready"),
            (206..=226, _) => (FaultKind::BadAnswer, "is only a part of what was asked for"),
            (_, 409) => (FaultKind::ServerError, "is a conflict with something else that goes on"),
            _ => return Ok(answer),
        };
        let message = format!(
            "{} {}: the answer ({}) {why}",
            call.method.as_str(),
            call.path(),
            answer.status
        );
        // What stands beside it may be a record, or a token: no provider has looked at it.
        Err(self.fault(&answer.without_document(), kind, message))
    }
}

/// Whether a success brings the document that was asked for, so that its rows count as they arrive.
pub(super) const fn is_whole(status: u16) -> bool {
    matches!(status, 200 | 201 | 203..=205)
}
