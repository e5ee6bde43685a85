//! A provider's answer, read whole.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::error::{ANSWER_LIMIT, FaultKind, ProviderAnswer, ProviderFault};

use super::mask::Mask;

/// Status, headers and whole body of an answer. Headers and body may hold credentials: `Debug` shows neither.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What must not be shown of it.
    pub(super) mask: Mask,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// An answer of these headers and no body.
    #[cfg(test)]
    pub fn of_headers(headers: Vec<(String, String)>) -> Self {
        Self {
            status: 200,
            headers,
            body: Vec::new(),
            mask: Mask::new([]),
        }
    }

    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body as the documented JSON shape.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] if it is not.
    pub fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, ProviderFault> {
        serde_json::from_slice(&self.body).map_err(|error| {
            self.fault(
                FaultKind::BadAnswer,
                format!(
                    "the provider's answer to {what} is not the documented JSON ({:?} at line {}, column {})",
                    error.classify(),
                    error.line(),
                    error.column()
                ),
            )
        })
    }

    /// A fault that carries this answer.
    pub fn fault(&self, kind: FaultKind, message: impl AsRef<str>) -> ProviderFault {
        ProviderFault {
            kind,
            message: self.mask.apply(message.as_ref()),
            // What was to be a document may hold other people's data and secrets that nothing masks.
            answer: (kind != FaultKind::BadAnswer || !self.is_success()).then(|| ProviderAnswer {
                is_refusal: true,
                ..self.evidence(None)
            }),
            retry_after: None,
            sent: true,
        }
    }

    /// The kind of fault that the status alone says.
    pub const fn fault_kind(&self) -> FaultKind {
        match self.status {
            401 => FaultKind::CredentialsRejected,
            403 => FaultKind::Forbidden,
            429 => FaultKind::RateLimited,
            400..500 => FaultKind::Refused,
            500.. => FaultKind::ServerError,
            _ => FaultKind::BadAnswer,
        }
    }

    /// What is kept of it for people and logs.
    pub fn evidence(&self, trace_header: Option<&str>) -> ProviderAnswer {
        let text = String::from_utf8_lossy(&self.body);
        let mut end = text.len().min(ANSWER_LIMIT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        ProviderAnswer {
            status: self.status,
            body: self.mask.apply(&text[..end]),
            trace_id: trace_header.and_then(|name| self.header(name)).map(str::to_owned),
            missing_scopes: Vec::new(),
            is_refusal: false,
        }
    }
}
