//! What ends an operation before any entry has an outcome of its own.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

/// Why the operation could not go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// The request is at fault; `field` is the query parameter or body field.
    Request { field: String, message: String },
    /// The account's configuration is at fault; `field` is its JSON field.
    Account { field: String, message: String },
    /// The provider knows no such user.
    UserNotFound {
        message: String,
        /// The refusal that says so.
        answer: Option<Box<ProviderAnswer>>,
    },
    /// The user is not who the request expects, or is protected.
    Refused {
        reason: crate::contract::reason::Reason,
        message: String,
    },
    /// A revoke that is not approved as the account wants it.
    Approval { fault: ApprovalFault, message: String },
    /// The provider, or the way to it.
    Provider(ProviderFault),
}

/// What is wrong with an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalFault {
    /// There is none, and the account wants one.
    Required,
    /// It is not valid for this plan, account and time.
    Refused,
    /// Whether it is still valid cannot be told.
    ClockWrong,
}

/// A call to the provider that did not give what it should. On the heap: nearly every function of a provider can end in one, and
/// would have room for it in its result.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderFault(Box<FaultDetails>);

/// What a [`ProviderFault`] holds.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultDetails {
    pub kind: FaultKind,
    /// One sentence; secrets masked.
    pub message: String,
    pub answer: Option<ProviderAnswer>,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// The request may have reached the provider.
    pub sent: bool,
}

/// What kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// No connection; the request was not sent.
    Unreachable,
    /// Sent, and the exchange broke off.
    NoAnswer,
    /// No answer in time.
    TimedOut,
    /// 429 (or what the provider uses for it).
    RateLimited,
    /// 401: the credentials are refused.
    CredentialsRejected,
    /// 401 to an access token that was kept, so that it may just be over; a write that is not sent again as it is.
    TokenRefused,
    /// 403: the credentials may not do this.
    Forbidden,
    /// 404: there is no such thing, or the credentials may not see it.
    NotFound,
    /// Any other explicit no: 4xx, or an error inside a 200.
    Refused,
    /// 5xx, or 408 and 425: it may pass.
    ServerError,
    /// Wrong content, an answer that is too long, not the documented shape.
    BadAnswer,
    /// A redirect to another origin: the account has the wrong region or host. It does not pass.
    Redirected,
    /// The runtime does not allow requests to the account's host; not sent. It does not pass.
    NotAllowed,
    /// The provider has more than one operation reads. It does not pass.
    TooLarge,
    /// The approval of the write expired before it was sent. It does not pass.
    ApprovalExpired,
}

/// What the provider answered, for people and logs; secrets masked, at most [`ANSWER_LIMIT`] bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAnswer {
    pub status: u16,
    pub body: String,
    pub trace_id: Option<String>,
    /// What the credentials lack, where the provider names it.
    pub missing_scopes: Vec<String>,
    /// It is a no, whatever the status says.
    pub is_refusal: bool,
}

/// How much of a provider's answer is carried along, in bytes.
pub const ANSWER_LIMIT: usize = 64 * 1024;

impl Error {
    pub fn request(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Request {
            field: field.into(),
            message: message.into(),
        }
    }

    pub fn account(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Account {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl FaultKind {
    /// The kind of fault that a status says, also one that stands as an error's code inside a 200.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::CredentialsRejected,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::RateLimited,
            408 | 425 | 500.. => Self::ServerError,
            400..500 => Self::Refused,
            _ => Self::BadAnswer,
        }
    }
}

impl Deref for ProviderFault {
    type Target = FaultDetails;

    fn deref(&self) -> &FaultDetails {
        &self.0
    }
}

impl DerefMut for ProviderFault {
    fn deref_mut(&mut self) -> &mut FaultDetails {
        &mut self.0
    }
}

impl From<FaultDetails> for ProviderFault {
    fn from(details: FaultDetails) -> Self {
        Self(Box::new(details))
    }
}

impl ProviderFault {
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self::from(FaultDetails {
            kind,
            message: message.into(),
            answer: None,
            retry_after: None,
            sent: !matches!(
                kind,
                FaultKind::Unreachable | FaultKind::NotAllowed | FaultKind::ApprovalExpired
            ),
        })
    }

    /// What it holds, to be taken apart.
    pub fn into_details(self) -> FaultDetails {
        *self.0
    }

    /// The same fault, of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: FaultKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same fault in other words.
    #[must_use]
    pub fn with_message(mut self, message: String) -> Self {
        self.message = message;
        self
    }

    /// The same fault of a request that did not reach the provider.
    #[must_use]
    pub fn not_sent(mut self) -> Self {
        self.sent = false;
        self
    }

    /// The fault of a page that is not the first one: a list that has begun is there, and may be seen, so that a no is no word about the
    /// list as a whole. It broke off.
    #[must_use]
    pub fn of_later_page(mut self) -> Self {
        if matches!(
            self.kind,
            FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused
        ) {
            self.kind = FaultKind::BadAnswer;
            self.answer = None;
            self.message = format!("the list broke off: {}", self.message);
        }
        self
    }

    /// The same fault with how long the provider asks to wait.
    #[must_use]
    pub fn with_wait(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The same fault with the provider's answer.
    #[must_use]
    pub fn with_answer(mut self, answer: ProviderAnswer) -> Self {
        self.answer = Some(answer);
        self
    }

    /// The reason that an entry carries for it.
    pub fn reason(&self) -> crate::contract::reason::Reason {
        use crate::contract::reason::Reason;
        match self.kind {
            FaultKind::Unreachable => Reason::Unreachable,
            FaultKind::NoAnswer => Reason::NoAnswer,
            FaultKind::TimedOut => Reason::TimedOut,
            FaultKind::RateLimited => Reason::RateLimited,
            FaultKind::CredentialsRejected | FaultKind::TokenRefused => Reason::CredentialsRejected,
            FaultKind::Forbidden => Reason::Forbidden,
            FaultKind::NotFound | FaultKind::Refused => Reason::ProviderRefused,
            FaultKind::ServerError => Reason::ProviderError,
            FaultKind::BadAnswer => Reason::BadAnswer,
            FaultKind::NotAllowed => Reason::HostNotAllowed,
            FaultKind::Redirected => Reason::Misconfigured,
            FaultKind::TooLarge => Reason::TooMuchAtOnce,
            FaultKind::ApprovalExpired => Reason::ApprovalExpired,
        }
    }

    /// The reason for what the failed read would have shown: it cannot be seen, or not now.
    pub fn reason_of_gap(&self) -> crate::contract::reason::Reason {
        let reason = self.reason();
        if reason.may_pass() {
            reason
        } else {
            crate::contract::reason::Reason::NotVisible
        }
    }

    /// Whether the provider certainly did not act on the request: it was not sent, or it was answered with a no.
    pub fn certainly_without_effect(&self) -> bool {
        matches!(
            self.kind,
            FaultKind::Unreachable
                | FaultKind::NotAllowed
                | FaultKind::ApprovalExpired
                | FaultKind::RateLimited
                | FaultKind::CredentialsRejected
                | FaultKind::TokenRefused
                | FaultKind::Forbidden
                | FaultKind::NotFound
                | FaultKind::Refused
        )
    }
}

impl From<ProviderFault> for Error {
    fn from(fault: ProviderFault) -> Self {
        Self::Provider(fault)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { message, .. }
            | Self::Account { message, .. }
            | Self::UserNotFound { message, .. }
            | Self::Refused { message, .. }
            | Self::Approval { message, .. } => f.write_str(message),
            Self::Provider(fault) => f.write_str(&fault.message),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_one_meaning() {
        for (status, kind) in [
            (400, FaultKind::Refused),
            (401, FaultKind::CredentialsRejected),
            (403, FaultKind::Forbidden),
            (404, FaultKind::NotFound),
            (408, FaultKind::ServerError),
            (409, FaultKind::Refused),
            (425, FaultKind::ServerError),
            (429, FaultKind::RateLimited),
            (500, FaultKind::ServerError),
            (599, FaultKind::ServerError),
            (204, FaultKind::BadAnswer),
            (308, FaultKind::BadAnswer),
        ] {
            assert_eq!(FaultKind::of_status(status), kind, "{status}");
        }
    }
}
