//! The HTTP face on a socket.

use std::{convert::Infallible, net::SocketAddr};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{StatusCode, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinSet,
};
use wasmtime_wasi_http::{Error, WasiBody};

use super::Service;
use crate::output::note;

impl Service {
    /// Serves HTTP/1.1 until `shutdown` resolves, bodies passed on as they come. What is under way then is cut off.
    ///
    /// # Errors
    /// If the listener's address is not loopback: accounts of a sandbox are nobody else's business.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<()> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            bail!("{address} is not a loopback address");
        }
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    let (stream, _) = accepted.context("accepting a connection")?;
                    let service = self.clone();
                    connections.spawn(async move { service.serve_connection(stream, address).await });
                }
                Some(_) = connections.join_next() => {}
                () = &mut shutdown => return Ok(()),
            }
        }
    }

    /// Serves one connection until the client closes it. `address` stands for a `Host` that a request does not have.
    pub async fn serve_connection(&self, stream: impl AsyncRead + AsyncWrite + Unpin, address: SocketAddr) {
        let answer = service_fn(|request| answer(self.clone(), address, request));
        // A connection that breaks is the client's own affair.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await;
    }
}

async fn answer(
    service: Service,
    address: SocketAddr,
    request: http::Request<Incoming>,
) -> Result<http::Response<WasiBody>, Infallible> {
    Ok(service
        .answer(request.map(|body| body.map_err(Error::Hyper)), address)
        .await)
}

impl Service {
    /// Answers a request as it stands on a socket, for whoever has a server of their own. `address` stands for a `Host` that the
    /// request does not have.
    pub async fn answer<B>(&self, request: http::Request<B>, address: SocketAddr) -> http::Response<WasiBody>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: std::fmt::Display,
    {
        let Some(request) = absolute(request, address) else {
            return text(StatusCode::BAD_REQUEST, "the address is malformed");
        };
        let broken = |why: B::Error| Error::InternalError(Some(why.to_string()));
        let request = request.map(|body| body.map_err(broken).boxed_unsync());
        self.handle(request).await.unwrap_or_else(|error| {
            note(format_args!("the component failed: {error:#}"));
            text(StatusCode::INTERNAL_SERVER_ERROR, "the component failed")
        })
    }
}

/// The request with its whole address, which a component is told by every host.
fn absolute<B>(request: http::Request<B>, address: SocketAddr) -> Option<http::Request<B>> {
    let (mut head, body) = request.into_parts();
    let authority = match head.headers.get(HOST) {
        Some(host) => host.to_str().ok()?.to_owned(),
        None => address.to_string(),
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = http::Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query(path)
        .build()
        .ok()?;
    Some(http::Request::from_parts(head, body))
}

fn text(status: StatusCode, text: &'static str) -> http::Response<WasiBody> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {});
    let mut response = http::Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
}
