//! The connections to providers, kept and bounded.

use std::{
    collections::HashMap,
    future::pending,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{CaptureConnection, capture_connection},
    },
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout, timeout_at},
};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::{connect::Connector, failure, origin::Origin, proxy::Proxy, trust};
use crate::body::{Kept, Timed};

/// How the network is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A PEM file of certificates that are trusted besides the system's.
    pub extra_ca: Option<PathBuf>,
    pub proxy: Arc<Proxy>,
    /// Requests under way at one origin, and so its open connections. More wait.
    pub at_once: usize,
    /// Idle connections that are kept for one origin.
    pub idle_connections: usize,
    /// How long an idle connection is kept.
    pub idle_time: Duration,
    /// What holds for a request that brings no time-outs of its own.
    pub timeouts: Timeouts,
}

/// How long the parts of one exchange may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until there is a connection, its wait for a place in the pool included.
    pub connect: Duration,
    pub first_byte: Duration,
    pub between_bytes: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            extra_ca: None,
            proxy: Arc::default(),
            at_once: 64,
            idle_connections: 16,
            // Most providers close an idle connection after a minute or more.
            idle_time: Duration::from_secs(45),
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                first_byte: Duration::from_secs(60),
                between_bytes: Duration::from_secs(30),
            },
        }
    }
}

/// One pool for one way to the network: its connections are kept by origin, and all of them have its TLS settings.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    client: Client<Connector, WasiBody>,
    places: Mutex<HashMap<Origin, Arc<Semaphore>>>,
    at_once: usize,
    timeouts: Timeouts,
}

/// Why an exchange failed: for the component, and for a person.
pub struct Failed {
    pub error: Error,
    pub text: String,
}

impl Pool {
    /// A pool without connections.
    ///
    /// # Errors
    /// If the extra certificates cannot be used.
    pub fn new(settings: &Settings) -> Result<Self> {
        let tls = trust::client_config(settings.extra_ca.as_deref())?;
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(settings.idle_time)
            .pool_max_idle_per_host(settings.idle_connections)
            // A request is sent once: a write that met a dead connection may have been carried out.
            .retry_canceled_requests(false)
            .build(Connector::new(tls, Arc::clone(&settings.proxy)));
        Ok(Self(Arc::new(Inner {
            client,
            places: Mutex::default(),
            at_once: settings.at_once,
            timeouts: settings.timeouts,
        })))
    }

    /// One request to `origin`, sent at most once.
    pub async fn exchange(
        &self,
        origin: &Origin,
        mut request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<http::Response<WasiBody>, Failed> {
        let Timeouts {
            connect,
            first_byte,
            between_bytes,
        } = self.timeouts(options);
        let connected_by = Instant::now() + connect;
        let place = timeout_at(connected_by, self.place(origin))
            .await
            .ok()
            .flatten()
            .ok_or_else(|| {
                Failed::new(
                    Error::ConnectionLimitReached,
                    "too many requests are under way to this origin",
                )
            })?;
        let mut connection = capture_connection(&mut request);
        let mut answer = self.0.client.request(request);
        // Nothing is sent before there is a connection. So a time-out until then is certain not to have sent anything.
        let early = tokio::select! {
            biased;
            answer = &mut answer => Some(answer),
            () = connected(&mut connection) => None,
            () = sleep_until(connected_by) => {
                return Err(Failed::new(Error::ConnectionTimeout, "connecting took too long"));
            }
        };
        let answer = match early {
            Some(answer) => answer,
            None => timeout(first_byte, answer)
                .await
                .map_err(|_| Failed::new(Error::ConnectionReadTimeout, "the answer took too long"))?,
        };
        let answer = answer.map_err(|error| Failed::new(failure::of_request(&error), &failure::chain(&error)))?;
        Ok(answer.map(|body| {
            let body = body.map_err(|error| failure::of_body(&error));
            let body = Timed::pausing_at_most(body, between_bytes).boxed_unsync();
            Kept::new(body, place).boxed_unsync()
        }))
    }

    async fn place(&self, origin: &Origin) -> Option<OwnedSemaphorePermit> {
        let places = {
            let mut places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
            let places = places
                .entry(origin.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(self.0.at_once)));
            Arc::clone(places)
        };
        // It is never closed.
        places.acquire_owned().await.ok()
    }

    fn timeouts(&self, options: Option<RequestOptions>) -> Timeouts {
        let own = options.unwrap_or_default();
        let default = self.0.timeouts;
        Timeouts {
            connect: own.connect_timeout.unwrap_or(default.connect),
            first_byte: own.first_byte_timeout.unwrap_or(default.first_byte),
            between_bytes: own.between_bytes_timeout.unwrap_or(default.between_bytes),
        }
    }
}

impl Failed {
    fn new(error: Error, text: &str) -> Self {
        Self {
            error,
            text: text.to_owned(),
        }
    }
}

/// Resolves when the request has a connection, and never if it gets none.
async fn connected(connection: &mut CaptureConnection) {
    let is_connected = connection.wait_for_connection_metadata().await.is_some();
    if !is_connected {
        pending::<()>().await;
    }
}
