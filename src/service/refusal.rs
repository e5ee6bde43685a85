//! The refusal of a call before its operation starts, whoever asked. Nothing was sent.

use std::borrow::Cow;

use crate::{
    contract::{
        failure::blank_failure,
        types::{Failure, FailureKind},
    },
    error::Error,
    transport::brief,
};

use super::{Host, Setting};

/// Why a call is refused.
#[derive(Debug)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub message: String,
    /// The field of the request or of the account that is at fault.
    pub field: Option<String>,
    /// What the configuration calls the setting that is at fault.
    pub variable: Option<Cow<'static, str>>,
}

/// What kind of refusal, and so its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request is at fault.
    InvalidRequest,
    /// The service's configuration is.
    InvalidConfiguration,
    /// The account's configuration is.
    InvalidAccount,
    /// There is no such account for this caller.
    UnknownAccount,
    /// The caller may not do this.
    NotPermitted,
    /// The account cannot be used at present, with the status that the original uses.
    AccountNotActive(u16),
}

impl RefusalKind {
    /// The status of the HTTP face.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::InvalidConfiguration | Self::InvalidAccount => 500,
            Self::UnknownAccount => 404,
            Self::NotPermitted => 403,
            Self::AccountNotActive(status) => status,
        }
    }

    /// The name in every answer and in the record.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidConfiguration => "invalid_configuration",
            Self::InvalidAccount => "invalid_account",
            Self::UnknownAccount => "unknown_account",
            Self::NotPermitted => "not_permitted",
            Self::AccountNotActive(_) => "account_not_active",
        }
    }
}

impl Refusal {
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            field: None,
            variable: None,
        }
    }

    /// A setting of the service that is malformed, or cannot be read. `why` has no value in it.
    pub fn setting(host: &dyn Host, setting: Setting, why: &str) -> Self {
        let name = host.setting_name(setting);
        Self {
            variable: Some(Cow::Borrowed(name)),
            ..Self::new(
                RefusalKind::InvalidConfiguration,
                format!("{name} is malformed: {}", brief(why)),
            )
        }
    }

    /// An account that cannot work, or a request that names what is malformed. `place` is what people call the account's place.
    pub fn of_account(error: &Error, place: &str) -> Self {
        let (kind, field, variable) = match error {
            Error::Request { field, .. } => (RefusalKind::InvalidRequest, Some(field.clone()), None),
            Error::Account { field, .. } => (
                RefusalKind::InvalidAccount,
                Some(field.clone()),
                Some(Cow::Owned(place.to_owned())),
            ),
            _ => (RefusalKind::InvalidAccount, None, None),
        };
        Self {
            field,
            variable,
            ..Self::new(kind, error.to_string())
        }
    }

    /// As the answer of a typed call.
    pub fn into_failure(self) -> Failure {
        let kind = match self.kind {
            RefusalKind::InvalidRequest => FailureKind::InvalidRequest,
            RefusalKind::InvalidConfiguration | RefusalKind::InvalidAccount => FailureKind::InvalidAccount,
            RefusalKind::UnknownAccount => FailureKind::UnknownAccount,
            RefusalKind::NotPermitted => FailureKind::NotPermitted,
            RefusalKind::AccountNotActive(_) => FailureKind::AccountNotActive,
        };
        Failure {
            field: self.field,
            ..blank_failure(kind, self.kind.status(), self.message)
        }
    }
}
