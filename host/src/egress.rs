//! Where the outbound requests of a component go.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
pub use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

use crate::network::Network;
#[cfg(feature = "outbound")]
use crate::outbound::Outbound;

/// What comes back: the answer, and what is still to be done for the request.
pub type Sent = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// All that a component can reach.
#[derive(Clone)]
pub enum Egress {
    /// Sandboxes, in memory.
    Sandboxes(Network),
    /// The allowed origins, over the real network.
    #[cfg(feature = "outbound")]
    Origins(Outbound),
    /// The same, with somebody who sees every exchange whole.
    Watched(Box<Self>, Arc<dyn Watch>),
}

/// Sees every exchange whole: credentials are in it. For diagnostics of reads; bodies are held in memory.
pub trait Watch: Send + Sync {
    /// An exchange is over.
    fn exchanged(&self, request: &http::Request<Bytes>, answer: Result<&http::Response<Bytes>, &Error>);
}

impl Egress {
    /// The same way out, watched.
    #[must_use]
    pub fn watched_by(self, watch: Arc<dyn Watch>) -> Self {
        Self::Watched(Box::new(self), watch)
    }

    /// One request of a program that is no component, and its answer read whole.
    ///
    /// # Errors
    /// As a component is told of it.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Error> {
        let processed = Box::new(async { Ok(()) });
        let sent = self.clone().send_request(request.map(whole), None, processed);
        let (answer, _) = Box::into_pin(sent).await?;
        let (head, body) = answer.into_parts();
        Ok(http::Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

impl From<Network> for Egress {
    fn from(network: Network) -> Self {
        Self::Sandboxes(network)
    }
}

impl From<&Network> for Egress {
    fn from(network: &Network) -> Self {
        Self::Sandboxes(network.clone())
    }
}

#[cfg(feature = "outbound")]
impl From<Outbound> for Egress {
    fn from(outbound: Outbound) -> Self {
        Self::Origins(outbound)
    }
}

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        match self {
            Self::Sandboxes(network) => network.send_request(request, options, processed),
            #[cfg(feature = "outbound")]
            Self::Origins(outbound) => outbound.send_request(request, options, processed),
            Self::Watched(inner, watch) => {
                let (inner, watch) = ((**inner).clone(), Arc::clone(watch));
                Box::new(watched(inner, watch, request, options, processed))
            }
        }
    }
}

async fn watched(
    mut inner: Egress,
    watch: Arc<dyn Watch>,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
    processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
) -> Result<Sent, Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let seen = http::Request::from_parts(head.clone(), body.clone());
    let request = http::Request::from_parts(head, whole(body));
    let answer = Box::into_pin(inner.send_request(request, options, processed)).await;
    let (answer, rest) = match answer {
        Ok(answer) => answer,
        Err(error) => {
            watch.exchanged(&seen, Err(&error));
            return Err(error);
        }
    };
    let (head, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let answer = http::Response::from_parts(head, body);
    watch.exchanged(&seen, Ok(&answer));
    Ok((answer.map(whole), rest))
}

fn whole(body: Bytes) -> WasiBody {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}
