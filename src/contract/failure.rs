//! A failure before anything is known of what was done.

use crate::contract::types::{Failure, FailureKind};

/// Nothing was sent, and no entry was looked at.
pub const fn blank_failure(kind: FailureKind, status: u16, message: String) -> Failure {
    Failure {
        kind,
        message,
        status,
        field: None,
        answer: None,
        retry_after: None,
        retryable: false,
        outcomes: Vec::new(),
        sent: false,
        user: None,
        plan: None,
        plan_digest: None,
        receipt: None,
    }
}
