//! A call to a provider, as the provider's code describes it.

use std::{cell::Cell, fmt, rc::Rc, time::Duration};

use crate::{
    account::secret::Secret,
    transport::{Method, Request, Timeouts},
};

use super::USER_AGENT;

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, and writes that subtract from a set: twice is the same as once.
    Replay,
    /// Never re-sent: the engine goes back to the read first.
    Reread,
}

/// A call to a provider. Its headers and body may hold credentials: `Debug` shows neither.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
    pub repeat: Repeat,
    /// It changes something at the provider.
    pub write: bool,
    /// It decides nothing: what it answers takes nothing of what the other answers may have.
    pub is_aside: bool,
    /// An attempt at it may have been carried out without an answer, whatever a later attempt was answered. Clones share it.
    pub may_have_landed: Rc<Cell<bool>>,
}

/// Header, scheme and credential of a call: `("authorization", "Bearer", token)`. An empty scheme sends the credential as it is.
pub type Authorization<'a> = (&'static str, &'a str, &'a Secret);

pub(super) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    between_bytes: Duration::from_secs(5),
};

impl Call {
    /// A read.
    pub fn get(url: impl Into<String>) -> Self {
        Self::read(Method::Get, url, None)
    }

    /// A read that the provider wants as a POST.
    pub fn read(method: Method, url: impl Into<String>, body: Option<Vec<u8>>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body,
            repeat: Repeat::Replay,
            write: false,
            is_aside: false,
            may_have_landed: Rc::default(),
        }
    }

    /// A write.
    pub fn write(method: Method, url: impl Into<String>, body: Option<Vec<u8>>, repeat: Repeat) -> Self {
        Self {
            repeat,
            write: true,
            ..Self::read(method, url, body)
        }
    }

    /// A read that decides nothing.
    #[must_use]
    pub fn aside(self) -> Self {
        Self { is_aside: true, ..self }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The request on the wire.
    pub(super) fn request(&self, authorization: Option<Authorization<'_>>) -> Request {
        let mut headers = self.headers.clone();
        headers.push(("user-agent", USER_AGENT.to_owned()));
        if !headers.iter().any(|(name, _)| *name == "accept") {
            headers.push(("accept", String::from("application/json")));
        }
        if let Some((header, scheme, secret)) = authorization {
            let value = if scheme.is_empty() {
                secret.expose().to_owned()
            } else {
                format!("{scheme} {}", secret.expose())
            };
            headers.push((header, value));
        }
        Request {
            method: self.method,
            url: self.url.clone(),
            headers,
            body: self.body.clone(),
            timeouts: TIMEOUTS,
        }
    }

    /// The path of the URL, for messages: a query may hold an e-mail address.
    pub(super) fn path(&self) -> &str {
        let (_, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
        path.split('?').next().unwrap_or(path)
    }

    /// `https://host[:port]` of the URL.
    pub(super) fn origin(&self) -> &str {
        let scheme = self.url.find("://").map_or(0, |at| at.saturating_add(3));
        let rest = self.url.get(scheme..).unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        self.url.get(..scheme.saturating_add(end)).unwrap_or(&self.url)
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("path", &self.path())
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .field("repeat", &self.repeat)
            .field("write", &self.write)
            .finish_non_exhaustive()
    }
}
