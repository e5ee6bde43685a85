//! What the HTTP face needs from the component it runs in.

use crate::{
    account::Secrets,
    client::Caches,
    transport::{Task, Transport},
};

/// A text that configures the HTTP face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// JSON: the list of tokens.
    ApiTokens,
    /// `result`, or nothing.
    ResponseEnvelope,
}

/// A host of the HTTP face: where its configuration, accounts and secrets come from, and where its record goes.
pub trait Host: Secrets {
    /// Outbound HTTP and clocks.
    fn transport(&self) -> &dyn Transport;

    /// Caches that outlive one request. They are keyed by account and safe to lose.
    fn caches(&self) -> &Caches;

    /// A setting as it is configured; `None` if it is not set.
    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<String>, String>>;

    /// What people call the setting here, e.g. "the Spin variable api_tokens".
    fn setting_name(&self, setting: Setting) -> &'static str;

    /// The JSON text of one integrated account; `None` if there is no such account.
    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<String>, String>>;

    /// Writes one line of the record to the host's log.
    fn record(&self, line: &str);
}

/// An inbound request.
pub struct Inbound<'a> {
    /// As received, e.g. `"POST"`.
    pub method: String,
    /// Path and query as received, e.g. `"/unified/user-directory/users/unassign-role?id=u1"`.
    pub target: String,
    /// Lower-case names; a value that is not UTF-8 is replaced lossily.
    pub headers: Vec<(String, String)>,
    /// Reads the body whole, bounded by [`BODY_LIMIT`]. Nothing of it is read unless this is awaited: a caller that is refused
    /// without it costs no memory and no time.
    pub body: Task<'a, InboundBody>,
}

/// What could be read of an inbound body.
pub enum InboundBody {
    Whole(Vec<u8>),
    /// It is longer than [`BODY_LIMIT`]; the rest was not read.
    TooLarge,
    /// The client stopped sending, or was too slow.
    Broken(String),
}

/// The longest inbound body in bytes.
pub const BODY_LIMIT: usize = 1 << 20;

/// Where the answer goes, head first. The status is certain before `start`; a body may still be passed on piece by piece.
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
