//! A connection to a service, kept from one request to the next.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub struct Connection {
    address: SocketAddr,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub const fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// One request, and its answer read whole. Nothing is sent twice.
    ///
    /// # Errors
    /// The service cannot be reached, or ends without an answer.
    pub async fn send(&mut self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let mut sender = self.ready().await?;
        let answer = sender.send_request(request.map(Full::new)).await;
        let (head, body) = answer.context("the service gave no answer")?.into_parts();
        let body = body.collect().await.context("the answer was cut off")?.to_bytes();
        self.sender = Some(sender);
        Ok(Response::from_parts(head, body))
    }

    /// The connection, or another one if the service has closed it.
    async fn ready(&mut self) -> Result<SendRequest<Full<Bytes>>> {
        if let Some(mut sender) = self.sender.take()
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let stream = TcpStream::connect(self.address).await;
        let stream = stream.with_context(|| format!("{} cannot be reached", self.address))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
