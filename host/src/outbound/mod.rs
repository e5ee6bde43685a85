//! The real network: what a component sends to the origins that it is allowed to reach, and to no other.
//!
//! A request is refused, or waits for a place at its origin, gets a connection (a kept one, or a new one through the proxy if there
//! is one), and is sent once. What can have been sent and what cannot is told by the error, as the component needs it.

mod connect;
mod failure;
mod origin;
mod pool;
mod proxy;
pub(crate) mod trust;

use std::{sync::Arc, time::Duration};

use http::{StatusCode, header::RETRY_AFTER};
use tokio::time::Instant;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

pub use self::{
    origin::{Origin, Origins},
    pool::{Pool, Settings, Timeouts},
    proxy::Proxy,
};
use crate::egress::Sent;

/// The allowed origins over a pool.
#[derive(Clone)]
pub struct Outbound {
    pool: Pool,
    origins: Arc<Origins>,
    observer: Option<Arc<dyn Observer>>,
}

/// Hears of every exchange: for metrics, for logs, and for a person at a terminal.
pub trait Observer: Send + Sync {
    /// An exchange is over, or its answer's body is about to come.
    fn exchanged(&self, exchange: &Exchange<'_>);

    /// A request was refused, because its origin is not allowed.
    fn denied(&self, origin: &str);
}

/// An exchange with a provider.
pub struct Exchange<'a> {
    /// As the origins name it.
    pub provider: &'a str,
    pub origin: &'a Origin,
    /// Until the answer's head, or the failure.
    pub duration: Duration,
    /// The status, or why there is none.
    pub result: Result<StatusCode, &'a str>,
    /// How long the provider asks to wait, in `retry-after`, if it says so in seconds.
    pub wait: Option<Duration>,
}

impl Pool {
    /// The network as a component gets it that may reach these origins.
    pub fn allow(&self, origins: Origins) -> Outbound {
        Outbound {
            pool: self.clone(),
            origins: Arc::new(origins),
            observer: None,
        }
    }
}

impl Outbound {
    /// The same network with somebody who hears of every exchange.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    pub(crate) async fn send(
        self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<Sent, Error> {
        let origin = Origin::of(request.uri());
        let allowed = origin
            .as_ref()
            .and_then(|origin| Some((origin, self.origins.provider(origin)?)));
        let Some((origin, provider)) = allowed else {
            if let Some(observer) = &self.observer {
                observer.denied(&origin.map_or_else(|| String::from("malformed"), |origin| origin.to_string()));
            }
            return Err(Error::HttpRequestDenied);
        };
        let mut observed = Observed {
            observer: self.observer.as_deref(),
            provider,
            origin,
            started: Instant::now(),
        };
        let result = self.pool.exchange(origin, request, options).await;
        match &result {
            Ok(answer) => observed.end(Ok(answer.status()), requested_wait(answer)),
            Err(failed) => observed.end(Err(&failed.text), None),
        }
        let answer = result.map_err(|failed| failed.error)?;
        // The pool drives its connections itself.
        Ok((answer, Box::new(async { Ok(()) })))
    }
}

/// Tells the observer of one exchange, once.
struct Observed<'a> {
    observer: Option<&'a dyn Observer>,
    provider: &'a str,
    origin: &'a Origin,
    started: Instant,
}

impl Observed<'_> {
    fn end(&mut self, result: Result<StatusCode, &str>, wait: Option<Duration>) {
        if let Some(observer) = self.observer.take() {
            observer.exchanged(&Exchange {
                provider: self.provider,
                origin: self.origin,
                duration: self.started.elapsed(),
                result,
                wait,
            });
        }
    }
}

/// A component that stops waiting drops the exchange.
impl Drop for Observed<'_> {
    fn drop(&mut self) {
        self.end(Err("the component stopped waiting"), None);
    }
}

fn requested_wait(answer: &http::Response<WasiBody>) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}
