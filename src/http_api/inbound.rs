//! An inbound request, and where its answer goes.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::{
    binding::plan::LONGEST as LONGEST_PLAN,
    service::{Host, random_request_id},
    transport::{Task, Transport, headers},
};

/// The caller's request id if it is harmless, otherwise a random one.
pub fn request_id(host: &dyn Host, headers: &[(String, String)]) -> String {
    let is_harmless = |id: &str| {
        (1..=64).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    headers
        .iter()
        .find(|(name, value)| name == "x-request-id" && is_harmless(value))
        .map_or_else(|| random_request_id(host), |(_, value)| value.clone())
}

/// An inbound request.
pub struct Inbound<'a> {
    /// As received, e.g. `"POST"`.
    pub method: String,
    /// Path and query as received, e.g. `"/unified/user-directory/users/unassign-role?id=u1"`.
    pub target: String,
    /// Lower-case names; a value that is not UTF-8 is replaced lossily.
    pub headers: Vec<(String, String)>,
    /// Reads the whole body, at most [`BODY_LIMIT`] bytes. Nothing is read until this is awaited, so that a caller who is refused
    /// first costs neither memory nor time.
    pub body: Task<'a, InboundBody>,
}

impl<'a> Inbound<'a> {
    /// A request as WASI's parts give it. The body is awaited for 30 s from when it is asked for.
    pub fn new(
        transport: &'a dyn Transport,
        method: String,
        target: Option<String>,
        fields: Vec<(String, Vec<u8>)>,
        body: impl Future<Output = InboundBody> + 'a,
    ) -> Self {
        Self {
            method,
            target: target.unwrap_or_default(),
            headers: headers(fields),
            body: Box::pin(async move {
                match select(pin!(body), transport.sleep(BODY_TIMEOUT)).await {
                    Either::Left((body, _)) => body,
                    Either::Right(_) => InboundBody::Broken(String::from("it did not arrive in time")),
                }
            }),
        }
    }
}

/// A client must have sent its body by then, from when it is asked for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An inbound body while it is being read.
#[derive(Default)]
pub struct BodyBuffer(Vec<u8>);

impl BodyBuffer {
    /// Keeps a piece; `false` if the body is then longer than [`BODY_LIMIT`].
    pub fn take(&mut self, piece: &[u8]) -> bool {
        self.0.extend_from_slice(piece);
        self.0.len() <= BODY_LIMIT
    }

    /// The whole body.
    pub fn end(self) -> InboundBody {
        InboundBody::Whole(self.0)
    }
}

/// The result of reading an inbound body.
pub enum InboundBody {
    Whole(Vec<u8>),
    /// It is longer than [`BODY_LIMIT`]; the rest was not read.
    TooLarge,
    /// The client stopped sending, or was too slow.
    Broken(String),
}

/// The longest inbound body in bytes: all that may stand beside a plan, and the longest plan.
pub const BODY_LIMIT: usize = LIMIT_BESIDE_PLAN + LONGEST_PLAN;
/// What a body may have beside the text of a plan, in bytes. A text takes the memory that it has; values can take many times more.
pub const LIMIT_BESIDE_PLAN: usize = 1 << 20;

/// The destination of the answer, head first. The status is final at `start`; a body may follow piece by piece.
pub trait Responder {
    /// Sends status and headers. Called exactly once, before anything else.
    fn start(&mut self, status: u16, headers: Vec<(&'static str, String)>);

    /// Writes a piece of the body, waiting for the client to take it.
    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>>;

    /// Ends the body. Without it, the client sees a cut-off answer and not a complete one.
    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>>;
}

/// The client no longer takes the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientGone;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_an_end() {
        let mut body = BodyBuffer::default();
        assert!(body.take(&vec![b'x'; BODY_LIMIT]));
        assert!(!body.take(b"x"));
    }
}
