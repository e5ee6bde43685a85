//! Opens connections: TCP, through a proxy if there is one for the destination, and TLS.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use hyper_util::{
    client::legacy::connect::{
        Connected, Connection, HttpConnector,
        dns::{GaiResolver, Name},
        proxy::Tunnel,
    },
    rt::TokioIo,
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::{
    failure::{ConnectFailure, Unresolved},
    proxy::Proxy,
};

/// The kernel looks after a connection that has been idle for so long, so that a dead one is noticed.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Opens connections for the pool.
#[derive(Clone)]
pub struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: TlsConnector,
    proxy: Arc<Proxy>,
}

/// A connection, encrypted or not.
pub type Stream = TokioIo<Box<dyn Duplex>>;

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

impl Connection for Box<dyn Duplex> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Connector {
    pub fn new(tls: rustls::ClientConfig, proxy: Arc<Proxy>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        Self {
            tcp,
            tls: TlsConnector::from(Arc::new(tls)),
            proxy,
        }
    }

    async fn connect(mut self, destination: Uri) -> Result<Stream, ConnectFailure> {
        let tcp = match self.proxy.hop(&destination) {
            None => self.tcp.call(destination.clone()).await.map_err(ConnectFailure::tcp)?,
            Some(hop) => {
                let mut tunnel = Tunnel::new(hop.address, self.tcp);
                if let Some(authorization) = hop.authorization {
                    tunnel = tunnel.with_auth(authorization);
                }
                let opened = tunnel.call(destination.clone()).await;
                opened.map_err(|error| ConnectFailure::proxy(hop.shown, &error))?
            }
        };
        let tcp: TcpStream = tcp.into_inner();
        if destination.scheme() != Some(&Scheme::HTTPS) {
            return Ok(TokioIo::new(Box::new(tcp)));
        }
        let name = server_name(&destination).map_err(ConnectFailure::Tls)?;
        let tls = self.tls.connect(name, tcp).await.map_err(ConnectFailure::Tls)?;
        Ok(TokioIo::new(Box::new(tls)))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectFailure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, destination: Uri) -> Self::Future {
        Box::pin(self.clone().connect(destination))
    }
}

/// The name that the certificate has to be for.
fn server_name(destination: &Uri) -> io::Result<ServerName<'static>> {
    let host = destination.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(host.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// The system's resolver, whose errors can be told from those of connecting.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = <GaiResolver as Service<Name>>::Response;
    type Error = Unresolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Unresolved>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        self.0.poll_ready(context).map_err(Unresolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = self.0.call(name);
        Box::pin(async move { found.await.map_err(Unresolved) })
    }
}
