//! A sender over real sockets, to loopback addresses only, for what only the wire shows.

mod counted;

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wasmtime_wasi_http::{Error, WasiBody};

pub use self::counted::Counted;
use crate::egress::Sent;

/// Sends a request to a loopback address; every other one is prohibited, and so is a name, whose address nobody here vouches for.
/// It speaks no TLS, so `https` finds nobody there. `connected` is given the count of the connection's writes.
pub async fn send(request: http::Request<WasiBody>, connected: impl FnOnce(Arc<AtomicUsize>)) -> Result<Sent, Error> {
    let authority = request.uri().authority().cloned().ok_or(Error::HttpRequestUriInvalid)?;
    let address: SocketAddr = authority.as_str().parse().map_err(|_| Error::DestinationIpProhibited)?;
    if !address.ip().is_loopback() {
        return Err(Error::DestinationIpProhibited);
    }
    if request.uri().scheme() != Some(&http::uri::Scheme::HTTP) {
        return Err(Error::TlsProtocolError);
    }
    let stream = TcpStream::connect(address)
        .await
        .map_err(|_| Error::ConnectionRefused)?;
    let (stream, writes) = Counted::new(stream);
    connected(writes);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Error::Hyper)?;
    let connection = tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    head.uri = head
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .parse()
        .map_err(|_| Error::HttpRequestUriInvalid)?;
    let response = sender
        .send_request(http::Request::from_parts(head, body))
        .await
        .map_err(Error::Hyper)?;
    let response = response.map(|body| body.map_err(Error::Hyper).boxed_unsync());
    Ok((
        response,
        Box::new(async move {
            let _ = connection.await;
            Ok(())
        }),
    ))
}

/// A server that records the bytes of one request after another and answers each in the same way.
pub struct Recorder {
    /// Where it listens.
    pub address: SocketAddr,
    requests: tokio::sync::mpsc::UnboundedReceiver<String>,
}

/// How a [`Recorder`] answers.
#[derive(Clone)]
pub struct Script {
    /// Status line and headers, with the blank line.
    pub head: String,
    /// Between head and body.
    pub pause: Duration,
    pub body: String,
}

impl Script {
    /// 200 with a JSON body.
    pub fn json(body: &str) -> Self {
        Self {
            head: format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            ),
            pause: Duration::ZERO,
            body: body.to_owned(),
        }
    }
}

impl Recorder {
    /// Starts on a free port. The script chooses by the request's text.
    pub async fn start(script: impl Fn(&str) -> Script + Send + Sync + Clone + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (sender, requests) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (sender, script) = (sender.clone(), script.clone());
                tokio::spawn(async move {
                    let text = read_request(&mut stream).await;
                    let Script { head, pause, body } = script(&text);
                    let _ = sender.send(text);
                    let _ = stream.write_all(head.as_bytes()).await;
                    let _ = stream.flush().await;
                    tokio::time::sleep(pause).await;
                    let _ = stream.write_all(body.as_bytes()).await;
                });
            }
        });
        Ok(Self { address, requests })
    }

    /// The text of every request so far.
    pub fn requests(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

/// Head and body of a request, as they stand on the wire.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let head = text[..end].to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .and_then(|length| length.parse().ok())
                .unwrap_or(0_usize);
            let is_whole = if head.contains("transfer-encoding: chunked") {
                text.ends_with("0\r\n\r\n")
            } else {
                bytes.len() >= end + 4 + length
            };
            if is_whole {
                return text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}
