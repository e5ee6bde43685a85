//! What the operation needs from its host: outbound HTTP, two clocks and a sleep.
//!
//! Nothing here is `Send`: a component is single-threaded, and the native tests run on one thread too.

mod framing;
mod wasi;

use std::{fmt, future::Future, pin::Pin, time::Duration};

pub use self::framing::{Target, headers, nanoseconds, text};

/// A boxed future of this crate's single-threaded world. Boxing keeps the engine compiled once, not once per provider and host.
pub type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// One outbound request. `url` is absolute and already encoded.
pub struct Request {
    pub method: Method,
    /// `https://host[:port]/path?query`, percent-encoded.
    pub url: String,
    /// Lower-case names. `host`, `content-length` and `transfer-encoding` are the transport's business.
    pub headers: Vec<(&'static str, String)>,
    /// `None` for a request without a body; the transport then frames it as one without a body on the wire.
    pub body: Option<Vec<u8>>,
    pub timeouts: Timeouts,
}

/// The methods that the six providers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// How long the parts of one exchange may take. The client enforces them itself; a transport hands them to its host besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    pub first_byte: Duration,
    pub between_bytes: Duration,
}

/// The head of an answer, and its body still to be read.
pub struct Response<'a> {
    pub status: u16,
    /// Lower-case names, in the order received.
    pub headers: Vec<(String, String)>,
    pub body: Box<dyn Body + 'a>,
}

/// A body that is read piece by piece; what is not asked for is not read (backpressure).
pub trait Body {
    /// The next piece, never empty; `None` at the end.
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>>;
}

/// Why there is no (whole) answer. The distinction that matters: can the request have reached the provider?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// The request was certainly not sent: no such host, connection refused.
    NotSent(String),
    /// The runtime does not allow requests to that address; not sent.
    NotAllowed,
    /// It may have been sent; there is no answer.
    NoAnswer(String),
    /// The answer began and was cut off.
    CutOff(String),
}

/// Outbound HTTP, clocks and sleep of a host. Implementations must not follow redirects.
pub trait Transport {
    /// Sends a request and resolves at the answer's head. Dropping the future cancels the exchange.
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>>;

    /// Time since an arbitrary moment; never goes back.
    fn monotonic(&self) -> Duration;

    /// Time since 1970-01-01T00:00:00Z.
    fn wall_clock(&self) -> Duration;

    /// Resolves after `duration`.
    fn sleep(&self, duration: Duration) -> Task<'_, ()>;

    /// A random number, for jitter and request ids; not for secrets.
    fn random(&self) -> u64;
}

impl Method {
    /// `"GET"`, `"POST"`, …
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The part of a host's error text that is worth showing: the first line, at most 256 characters. The rest can be a backtrace of
/// any length, also with its line breaks escaped.
pub fn brief(text: &str) -> String {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let line = line.split("\\n").next().unwrap_or_default();
    line.chars().take(256).collect()
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "not sent: {}", brief(why)),
            Self::NotAllowed => f.write_str("not sent: the runtime does not allow it"),
            Self::NoAnswer(why) => write!(f, "no answer: {}", brief(why)),
            Self::CutOff(why) => write!(f, "answer cut off: {}", brief(why)),
        }
    }
}

impl std::error::Error for TransportError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_backtrace_is_not_shown() {
        let backtrace = "it broke\n   0: frame\n".repeat(10_000);
        let escaped = format!("InternalError(Some({backtrace:?}))");
        for text in [&backtrace, &escaped, &"ä".repeat(100_000), &"x\r\ny".repeat(10_000)] {
            for error in [
                TransportError::NotSent(text.clone()),
                TransportError::NoAnswer(text.clone()),
                TransportError::CutOff(text.clone()),
            ] {
                let shown = error.to_string();
                assert!(shown.len() <= 1_024 && !shown.contains("frame"), "{shown}");
            }
        }
        assert!(TransportError::NotSent(escaped).to_string().contains("it broke"));
    }
}
