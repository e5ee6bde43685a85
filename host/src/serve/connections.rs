//! Accepts connections, within the limits, until it is told to stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use serde_json::json;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use wasmtime_wasi_http::WasiBody;

use super::{call, probes, server::Shared, write_timeout::WriteTimeout};

/// The longest head of a request.
const LONGEST_HEAD: usize = 64 * 1024;
/// Connections to the address of the metrics.
const PROBES: usize = 32;
/// After the last call, connections get this long to send what they hold.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Which of the two addresses a connection came to.
#[derive(Clone, Copy)]
enum Entrance {
    Callers,
    Metrics,
}

/// Serves callers until `stop` resolves, and then sends what is left to send.
pub async fn callers(shared: Arc<Shared>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let connections = shared.limits.connections;
    accept(shared, listener, Entrance::Callers, connections, stop).await;
}

/// Serves metrics and detailed probes.
pub async fn metrics(shared: Arc<Shared>, listener: TcpListener, stop: impl Future<Output = ()>) {
    accept(shared, listener, Entrance::Metrics, PROBES, stop).await;
}

async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    entrance: Entrance,
    most: usize,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(most));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut stop => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(Arc::clone(&shared), entrance, stream, graceful.watcher());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            // Out of file descriptors, as a rule: it passes.
            Err(error) => {
                shared.log.event("accept_failed", json!({"reason": error.to_string()}));
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(LAST_WORDS, graceful.shutdown()).await;
}

async fn connection(shared: Arc<Shared>, entrance: Entrance, stream: TcpStream, watcher: Watcher) {
    let Ok(address) = stream.local_addr() else {
        return;
    };
    let _ = stream.set_nodelay(true);
    let stream = WriteTimeout::new(stream, shared.limits.write);
    let certificate = match entrance {
        Entrance::Callers => shared.certificate(),
        Entrance::Metrics => None,
    };
    let Some(certificate) = certificate else {
        return exchange(shared, entrance, stream, address, false, watcher).await;
    };
    let handshake = TlsAcceptor::from(certificate).accept(stream);
    // A handshake that fails or does not end is the client's own affair.
    if let Ok(Ok(stream)) = timeout(shared.limits.head, handshake).await {
        exchange(shared, entrance, stream, address, true, watcher).await;
    }
}

async fn exchange(
    shared: Arc<Shared>,
    entrance: Entrance,
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    address: SocketAddr,
    is_https: bool,
    watcher: Watcher,
) {
    let gauge = shared.metrics.connections().clone();
    let head = shared.limits.head;
    let answer = service_fn(move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            match entrance {
                Entrance::Callers => call::answer(shared, address, is_https, request).await,
                Entrance::Metrics => {
                    let answer: Response<WasiBody> = probes::private(&shared, request.method(), request.uri().path());
                    Ok(answer)
                }
            }
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(head)
        // A client may end its own side and wait for the answer: without this it would get none, and its removal would go on.
        .half_close(true)
        .max_buf_size(LONGEST_HEAD);
    if matches!(entrance, Entrance::Callers) {
        gauge.inc();
    }
    // A connection that breaks is the client's own affair.
    let _ = watcher.watch(http.serve_connection(TokioIo::new(stream), answer)).await;
    if matches!(entrance, Entrance::Callers) {
        gauge.dec();
    }
}
