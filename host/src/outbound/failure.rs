//! Why an exchange failed, in the words of `wasi:http`. A component tells by them whether its request can have been sent.

use std::{error::Error as StdError, fmt, io};

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

/// A name that has no address.
#[derive(Debug)]
pub struct Unresolved(pub io::Error);

/// Why there is no connection. Nothing was sent.
#[derive(Debug)]
pub enum ConnectFailure {
    Name(String),
    Tcp(io::ErrorKind, String),
    /// `is_denied`: the proxy wants other credentials.
    Proxy {
        is_denied: bool,
        text: String,
    },
    Tls(io::Error),
}

impl ConnectFailure {
    pub fn tcp(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let error = error.into();
        let text = chain(error.as_ref());
        if find::<Unresolved>(error.as_ref()).is_some() {
            return Self::Name(text);
        }
        let kind = find::<io::Error>(error.as_ref()).map_or(io::ErrorKind::Other, io::Error::kind);
        Self::Tcp(kind, text)
    }

    /// `proxy` is its URL without the credentials.
    pub fn proxy(proxy: String, error: &(dyn StdError + 'static)) -> Self {
        let text = chain(error);
        Self::Proxy {
            is_denied: text.contains("proxy authorization required"),
            text: format!("proxy {proxy}: {text}"),
        }
    }

    fn to_wasi(&self) -> Error {
        match self {
            Self::Name(text) => Error::DnsError {
                rcode: Some(text.clone()),
                info_code: None,
            },
            Self::Tcp(kind, _) => match kind {
                io::ErrorKind::TimedOut => Error::ConnectionTimeout,
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Error::DestinationIpUnroutable,
                _ => Error::ConnectionRefused,
            },
            Self::Proxy { is_denied: true, .. } => Error::ConfigurationError,
            Self::Proxy { is_denied: false, .. } => Error::DestinationUnavailable,
            Self::Tls(error) => match find::<rustls::Error>(error) {
                Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
                    Error::TlsCertificateError
                }
                // Other hosts report TLS errors of an open connection, too, so a component takes those for a request that may have been
                // sent.
                _ => Error::DestinationUnavailable,
            },
        }
    }
}

/// Why the client has no answer.
///
/// A request that the client gave back was never begun: the idle connection that it was meant for had been closed. It counts as
/// not sent, and the client does not send it again by itself.
pub fn of_request(error: &legacy::Error) -> Error {
    if let Some(failure) = find::<ConnectFailure>(error) {
        return failure.to_wasi();
    }
    let hyper = find::<hyper::Error>(error);
    if error.is_connect() || hyper.is_some_and(hyper::Error::is_canceled) {
        return Error::DestinationUnavailable;
    }
    hyper.map_or(Error::ConnectionTerminated, of_exchange)
}

/// Why an answer ended early.
pub fn of_body(error: &hyper::Error) -> Error {
    of_exchange(error)
}

fn of_exchange(error: &hyper::Error) -> Error {
    if error.is_parse_too_large() {
        Error::HttpResponseHeaderSectionSize(None)
    } else if error.is_parse() {
        Error::HttpProtocolError
    } else if error.is_timeout() {
        Error::HttpResponseTimeout
    } else {
        Error::ConnectionTerminated
    }
}

/// An error with its causes, each said once. None of them holds a password.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error).skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| {
        // An I/O error that wraps another one does not show it as its source.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause
            .downcast_ref()
            .or_else(|| wrapped.and_then(|wrapped| wrapped.downcast_ref()))
    })
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the name has no address: {}", self.0)
    }
}

impl StdError for Unresolved {}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Tcp(_, text) | Self::Proxy { text, .. } => f.write_str(text),
            Self::Tls(error) => write!(f, "TLS: {error}"),
        }
    }
}

impl StdError for ConnectFailure {}
