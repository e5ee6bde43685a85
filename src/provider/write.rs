//! The writes of a revoke, and what became of each grant of them.

use crate::{
    client::Call,
    contract::reason::Reason,
    error::{FaultKind, ProviderFault},
};

use super::Grant;

/// A grant that is to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    pub grant: &'a Grant,
    /// The reading does not show it; it is revoked to prove that.
    pub probe: bool,
    /// An atomic batch with it was refused: it goes in a request of its own.
    pub alone: bool,
}

/// One planned request and the targets that it removes.
#[derive(Clone, Debug)]
pub struct Write {
    pub call: Call,
    /// Indices into the planned targets.
    pub targets: Vec<usize>,
}

/// What became of one grant of a write.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// 2xx without an error for this very grant.
    Acknowledged,
    /// The provider does not know the role.
    UnknownRole { message: String },
    /// The provider's explicit no: certainly without effect.
    Refused { reason: Reason, message: String },
    /// It may have had an effect.
    Unanswered { reason: Reason, message: String },
    /// Certainly without effect, and worth another try.
    NotSent { reason: Reason, message: String },
}

impl Verdict {
    /// The same where the write may have had an effect all the same: an earlier attempt may have landed, or the no stands inside a
    /// success.
    #[must_use]
    pub fn left_open(self) -> Self {
        match self {
            Self::Refused { reason, message } | Self::NotSent { reason, message } => {
                Self::Unanswered { reason, message }
            }
            Self::UnknownRole { message } => Self::Unanswered {
                reason: Reason::ProviderRefused,
                message,
            },
            Self::Acknowledged | Self::Unanswered { .. } => self,
        }
    }

    /// A write without an answer that may be sent again. After a rate limit nothing is: the wait that was asked for is longer than
    /// the call.
    pub fn may_go_again(&self) -> bool {
        matches!(self, Self::Unanswered { reason, .. } if *reason != Reason::RateLimited)
    }

    /// The verdict that a fault of the whole call gives each of its grants.
    pub fn of_fault(fault: &ProviderFault) -> Self {
        let (reason, message) = (fault.reason(), fault.message.clone());
        match fault.kind {
            FaultKind::Unreachable
            | FaultKind::NotAllowed
            | FaultKind::RateLimited
            | FaultKind::TokenRefused
            | FaultKind::ApprovalExpired => Self::NotSent { reason, message },
            FaultKind::TimedOut if !fault.sent => Self::NotSent {
                reason: Reason::Deadline,
                message,
            },
            FaultKind::CredentialsRejected | FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused => {
                Self::Refused { reason, message }
            }
            _ if !fault.sent => Self::NotSent { reason, message },
            FaultKind::NoAnswer
            | FaultKind::TimedOut
            | FaultKind::ServerError
            | FaultKind::BadAnswer
            | FaultKind::Redirected
            | FaultKind::TooLarge => Self::Unanswered { reason, message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_had_no_effect_unless_it_is_an_explicit_no() {
        let verdict = |kind, sent| {
            let mut fault = ProviderFault::new(kind, "");
            fault.sent = sent;
            Verdict::of_fault(&fault)
        };
        for kind in [
            FaultKind::NoAnswer,
            FaultKind::ServerError,
            FaultKind::BadAnswer,
            FaultKind::TimedOut,
        ] {
            assert!(matches!(verdict(kind, false), Verdict::NotSent { .. }), "{kind:?}");
            assert!(matches!(verdict(kind, true), Verdict::Unanswered { .. }), "{kind:?}");
        }
        let refused = verdict(FaultKind::CredentialsRejected, false);
        assert!(matches!(refused, Verdict::Refused { .. }));
    }
}
