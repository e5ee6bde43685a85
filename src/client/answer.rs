//! A provider's answer, read whole.

use std::{
    borrow::Cow,
    cell::{Cell, OnceCell},
    fmt,
};

use crate::{
    error::{ANSWER_LIMIT, FaultDetails, FaultKind, ProviderAnswer, ProviderFault},
    transport::text,
};

use super::{acknowledgement::Acknowledgement, lenient::FromJson, mask::Mask};

/// Status, headers and whole body of an answer. Headers and body may hold credentials: `Debug` shows neither.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What must not be shown of it.
    pub(super) mask: Mask,
    /// What the body says besides the status, once it was asked.
    pub(super) acknowledgement: OnceCell<Acknowledgement>,
    /// A status, and what it means with this body, once that was asked.
    pub(super) meaning: Cell<Option<(u16, u16)>>,
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
            acknowledgement: OnceCell::new(),
            meaning: Cell::new(None),
        }
    }

    /// The first header of that (lower-case) name. Where it decides something, a second one counts as well: see [`Self::values`].
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// Every header of that (lower-case) name.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let same = self.headers.iter().filter(move |(key, _)| key == name);
        same.map(|(_, value)| value.as_str())
    }

    /// A short header for a message: masked, printable, and cut. `None` if there is none, or nothing of it can be shown.
    pub fn label(&self, name: &str) -> Option<String> {
        let printable = |text: &str| text.chars().filter(|char| !char.is_control()).collect::<String>();
        let label = self
            .mask
            .apply_within(printable(self.header(name)?).trim(), LONGEST_LABEL);
        (!label.is_empty()).then_some(label)
    }

    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body as the documented JSON shape. Bytes that are not UTF-8 become replacement characters, so that one broken text does
    /// not end the whole list; [`super::lenient`] counts such a text as unread.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] if it is not.
    pub fn json<T: FromJson>(&self, what: &str) -> Result<T, ProviderFault> {
        T::from_text(&self.text()).map_err(|error| {
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

    /// A fault that carries this answer if it is a refusal, of a success its error. A document is not carried: it may hold other
    /// people's data and secrets that nothing masks.
    pub fn fault(&self, kind: FaultKind, message: impl AsRef<str>) -> ProviderFault {
        let is_refusal = kind != FaultKind::BadAnswer || !self.is_success();
        ProviderFault::from(FaultDetails {
            kind,
            message: short(&self.mask, message.as_ref()),
            answer: is_refusal.then(|| ProviderAnswer {
                is_refusal: true,
                ..self.error_only().evidence(None)
            }),
            retry_after: None,
            sent: true,
        })
    }

    /// The kind of fault that the status says, or the code of an error inside a success.
    pub fn fault_kind(&self) -> FaultKind {
        FaultKind::of_status(self.meaning())
    }

    /// What is kept of it for people and logs: at most [`ANSWER_LIMIT`] bytes, masked before they are cut. The trace id is that of
    /// `trace_header`, or of a header that is known for it. It is a refusal by its status; one inside a 200 has to be marked.
    pub fn evidence(&self, trace_header: Option<&str>) -> ProviderAnswer {
        let trace_id = trace_header
            .into_iter()
            .chain(TRACE_HEADERS)
            .find_map(|name| self.header(name))
            .filter(|id| id.len() <= LONGEST_TRACE_ID && id.bytes().all(|byte| byte.is_ascii_graphic()))
            .map(|id| self.mask.apply(id));
        ProviderAnswer {
            status: self.status,
            body: self.mask.apply_within(&self.text(), ANSWER_LIMIT),
            trace_id,
            missing_scopes: Vec::new(),
            is_refusal: self.status >= 400,
        }
    }

    /// The beginning of the body, for a message: masked before it is cut. Of a success the error, without a document.
    pub fn excerpt(&self) -> String {
        self.mask.apply_within(&self.error_only().text(), EXCERPT_LIMIT)
    }

    /// The body; what is no UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        text(&self.body)
    }
}

/// A message, masked and cut. A host's error text can hold a whole backtrace.
pub(super) fn short(mask: &Mask, message: &str) -> String {
    mask.apply_within(message, MESSAGE_LIMIT)
}

/// How long a message of a fault is at most, in bytes.
const MESSAGE_LIMIT: usize = 1_024;

/// How much of a body stands in a message, in bytes.
const EXCERPT_LIMIT: usize = 200;

/// Where providers tell what their support asks for.
const TRACE_HEADERS: [&str; 4] = ["x-cs-traceid", "x-slack-req-id", "x-request-id", "x-correlation-id"];

const LONGEST_TRACE_ID: usize = 128;

/// How long a header is in a message at most, in bytes.
const LONGEST_LABEL: usize = 64;
