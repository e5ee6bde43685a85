//! Where the outbound requests of a component go.

use std::future::Future;

use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

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
        }
    }
}
