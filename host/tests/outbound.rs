//! The real network, over real sockets with TLS.

mod authority;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use host::{
    egress::Egress,
    outbound::{Exchange, Observer, Origin, Origins, Outbound, Pool, Proxy, Settings},
};
use http_body_util::{BodyExt, Full};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::authority::Authority;

/// What a provider does with its connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Answers, and keeps the connection.
    Answers,
    /// Answers the first request of a connection; takes the second one and closes without an answer.
    DiesOnSecond,
    /// Answers one request and then closes.
    Closes,
    /// Takes a request and says nothing.
    Silent,
    /// Says half of its answer and then nothing.
    Stalls,
}

/// A provider over TLS that counts.
struct Provider {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Provider {
    async fn start(acceptor: TlsAcceptor, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let (connections, requests) = (Arc::clone(&provider.connections), Arc::clone(&provider.requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, connections, requests) =
                    (acceptor.clone(), Arc::clone(&connections), Arc::clone(&requests));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connections.fetch_add(1, Ordering::SeqCst);
                        converse(stream, manner, &requests).await;
                    }
                });
            }
        });
        provider
    }

    fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, manner: Manner, requests: &Mutex<Vec<String>>) {
    let mut count = 0;
    while let Some(request) = read_request(&mut stream).await {
        requests.lock().unwrap().push(request);
        count += 1;
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nretry-after: 7\r\n\r\nok";
        match manner {
            Manner::DiesOnSecond if count == 2 => return,
            Manner::Silent => std::future::pending::<()>().await,
            Manner::Stalls => {
                stream.write_all(&answer.as_bytes()[..answer.len() - 1]).await.unwrap();
                std::future::pending::<()>().await;
            }
            Manner::Answers | Manner::DiesOnSecond | Manner::Closes => {
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        }
        if manner == Manner::Closes {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// Head and body of a request; `None` at the end of the connection.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = String::new();
    let mut piece = [0; 1024];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0_usize);
            if body.len() >= length {
                return Some(text);
            }
        }
        let read = stream.read(&mut piece).await.ok().filter(|&read| read > 0)?;
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
    }
}

fn origins(texts: &[&str]) -> Origins {
    texts
        .iter()
        .map(|text| (text.parse::<Origin>().unwrap(), "example"))
        .collect()
}

fn trusting(authority: &Authority) -> Settings {
    Settings {
        extra_ca: Some(authority.file()),
        ..Settings::default()
    }
}

/// The network of a component that may reach this provider.
fn network(authority: &Authority, provider: &Provider) -> Outbound {
    Pool::new(&trusting(authority))
        .unwrap()
        .allow(origins(&[&provider.origin()]))
}

async fn send_with(
    outbound: &Outbound,
    method: &str,
    url: &str,
    options: Option<RequestOptions>,
) -> Result<http::Response<WasiBody>, Error> {
    let body = Full::new(Bytes::from_static(if method == "GET" { b"" } else { b"body" }));
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .body(body.map_err(|never| match never {}).boxed_unsync())
        .unwrap();
    let sent = Egress::from(outbound.clone()).send_request(request, options, Box::new(async { Ok(()) }));
    Ok(Box::into_pin(sent).await?.0)
}

/// An exchange, its answer read whole.
async fn exchange(outbound: &Outbound, method: &str, url: &str) -> Result<String, Error> {
    let answer = send_with(outbound, method, url, None).await?;
    let body = answer.into_body().collect().await?.to_bytes();
    // The connection goes back to the pool in a task of its own.
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn an_allowed_origin_answers_over_tls_and_its_connection_is_kept() {
    let authority = Authority::new();
    let provider = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Answers).await;
    let outbound = network(&authority, &provider);
    for _ in 0..5 {
        let url = format!("{}/users?x=1", provider.origin());
        assert_eq!(exchange(&outbound, "POST", &url).await.unwrap(), "ok");
    }
    assert_eq!(provider.connections(), 1);
    let requests = provider.requests();
    assert_eq!(requests.len(), 5);
    assert!(
        requests[0].starts_with("POST /users?x=1 HTTP/1.1\r\n"),
        "{}",
        requests[0]
    );
    assert!(requests[0].ends_with("\r\n\r\nbody"), "{}", requests[0]);
}

#[tokio::test]
async fn every_other_origin_is_denied_before_anything_is_sent() {
    let authority = Authority::new();
    let allowed = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Answers).await;
    let other = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Answers).await;
    let outbound = network(&authority, &allowed);
    let port = allowed.address.port();
    for url in [
        other.origin(),
        format!("http://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://127.0.0.1:{port}@{}/", other.address),
        String::from("https://127.0.0.1/"),
    ] {
        let error = exchange(&outbound, "GET", &url).await.unwrap_err();
        assert!(matches!(error, Error::HttpRequestDenied), "{url}: {error}");
    }
    assert_eq!((allowed.connections(), other.connections()), (0, 0));
}

#[tokio::test]
async fn a_write_that_meets_a_dead_connection_is_not_sent_again() {
    let authority = Authority::new();
    let provider = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::DiesOnSecond).await;
    let outbound = network(&authority, &provider);
    let url = format!("{}/roles", provider.origin());
    assert_eq!(exchange(&outbound, "DELETE", &url).await.unwrap(), "ok");
    let error = exchange(&outbound, "DELETE", &url).await.unwrap_err();
    assert!(
        matches!(error, Error::ConnectionTerminated),
        "it may have been sent: {error}"
    );
    assert_eq!((provider.requests().len(), provider.connections()), (2, 1));
    assert_eq!(exchange(&outbound, "DELETE", &url).await.unwrap(), "ok");
    assert_eq!((provider.requests().len(), provider.connections()), (3, 2));
}

#[tokio::test]
async fn a_connection_that_the_provider_closed_is_replaced() {
    let authority = Authority::new();
    let provider = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Closes).await;
    let outbound = network(&authority, &provider);
    for _ in 0..3 {
        assert_eq!(exchange(&outbound, "DELETE", &provider.origin()).await.unwrap(), "ok");
    }
    assert_eq!((provider.requests().len(), provider.connections()), (3, 3));
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_refused() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    for acceptor in [theirs.acceptor(&["127.0.0.1"]), ours.acceptor(&["other.example"])] {
        let provider = Provider::start(acceptor, Manner::Answers).await;
        let error = exchange(&network(&ours, &provider), "GET", &provider.origin())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::TlsCertificateError), "{error}");
        assert!(provider.requests().is_empty());
    }
}

/// How a connection ends in its handshake.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
    /// A fatal alert: `handshake_failure`.
    Alert,
    /// What answers speaks no TLS.
    Plain,
}

/// Listens, reads the first bytes of every connection, and breaks it.
async fn breaking(manner: Break) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = vec![0; 16 << 10];
            // Bytes that nobody reads reset the connection when it is closed.
            let read = if matches!(manner, Break::Reset) { 1 } else { hello.len() };
            let _ = stream.read(&mut hello[..read]).await;
            let last_words: &[u8] = match manner {
                Break::Close | Break::Reset => b"",
                Break::Alert => &[21, 3, 3, 0, 2, 2, 40],
                Break::Plain => b"HTTP/1.1 400 Bad Request\r\n\r\n",
            };
            let _ = stream.write_all(last_words).await;
        }
    });
    address
}

#[tokio::test]
async fn a_write_whose_handshake_breaks_was_not_sent() {
    let authority = Authority::new();
    for manner in [Break::Close, Break::Reset, Break::Alert, Break::Plain] {
        let url = format!("https://{}", breaking(manner).await);
        let outbound = Pool::new(&trusting(&authority)).unwrap().allow(origins(&[&url]));
        let error = exchange(&outbound, "DELETE", &url).await.unwrap_err();
        assert!(matches!(error, Error::DestinationUnavailable), "{manner:?}: {error}");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_an_error_that_names_it() {
    let authority = Authority::new();
    let path = authority.folder().join("empty.pem");
    std::fs::write(&path, "no certificate").unwrap();
    for (path, why) in [
        (path, "holds no certificate in PEM"),
        (authority.folder().join("missing.pem"), "cannot be read"),
    ] {
        let settings = Settings {
            extra_ca: Some(path.clone()),
            ..Settings::default()
        };
        let error = Pool::new(&settings).err().unwrap().to_string();
        assert!(
            error.contains(&path.display().to_string()) && error.contains(why),
            "{error}"
        );
    }
}

/// A proxy that leads every tunnel to one provider, or asks for credentials.
struct Gateway {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    async fn start(target: SocketAddr, is_open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Self {
            address: listener.local_addr().unwrap(),
            heads: Arc::default(),
        };
        let heads = Arc::clone(&gateway.heads);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let heads = Arc::clone(&heads);
                tokio::spawn(async move {
                    let head = read_request(&mut stream).await.unwrap();
                    heads.lock().unwrap().push(head);
                    if !is_open {
                        let _ = stream
                            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                            .await;
                        return;
                    }
                    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
                    let mut provider = TcpStream::connect(target).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut provider).await;
                });
            }
        });
        gateway
    }

    fn through(&self, authority: &Authority) -> Settings {
        Settings {
            proxy: Arc::new(Proxy::new(&format!("http://user:s3cret@{}", self.address), "").unwrap()),
            ..trusting(authority)
        }
    }
}

#[tokio::test]
async fn a_proxy_gives_a_tunnel_to_a_provider_and_is_passed_by_for_this_machine() {
    let authority = Authority::new();
    let provider = Provider::start(authority.acceptor(&["127.0.0.1", "api.example.com"]), Manner::Answers).await;
    let gateway = Gateway::start(provider.address, true).await;
    let far = "https://api.example.com";
    let near = provider.origin();
    let outbound = Pool::new(&gateway.through(&authority))
        .unwrap()
        .allow(origins(&[far, &near]));
    assert_eq!(exchange(&outbound, "GET", &near).await.unwrap(), "ok");
    assert!(gateway.heads.lock().unwrap().is_empty(), "loopback goes by itself");
    for _ in 0..2 {
        assert_eq!(exchange(&outbound, "GET", far).await.unwrap(), "ok");
    }
    let heads = gateway.heads.lock().unwrap().clone();
    assert_eq!(heads.len(), 1, "a tunnel is kept like any connection: {heads:?}");
    assert!(
        heads[0].starts_with("CONNECT api.example.com:443 HTTP/1.1\r\n"),
        "{}",
        heads[0]
    );
    // "user:s3cret"
    assert!(
        heads[0].contains("Proxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n"),
        "{}",
        heads[0]
    );
    let last = provider.requests().pop().unwrap();
    assert!(!last.to_ascii_lowercase().contains("proxy-authorization"), "{last}");
}

/// What an observer heard.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn exchanged(&self, exchange: &Exchange<'_>) {
        let line = format!(
            "{} {} {:?} wait {:?}",
            exchange.provider, exchange.origin, exchange.result, exchange.wait
        );
        self.0.lock().unwrap().push(line);
    }

    fn denied(&self, origin: &str) {
        self.0.lock().unwrap().push(format!("denied {origin}"));
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_without_its_credentials() {
    let authority = Authority::new();
    let gateway = Gateway::start(SocketAddr::from(([127, 0, 0, 1], 9)), false).await;
    let heard = Arc::new(Heard::default());
    let pool = Pool::new(&gateway.through(&authority)).unwrap();
    let outbound = pool
        .allow(origins(&["https://api.example.com"]))
        .observed_by(Arc::clone(&heard) as Arc<dyn Observer>);
    let error = exchange(&outbound, "GET", "https://api.example.com").await.unwrap_err();
    assert!(matches!(error, Error::ConfigurationError), "{error}");
    let heard = heard.0.lock().unwrap();
    assert!(
        heard[0].contains("proxy authorization required") && heard[0].contains("***:***@"),
        "{heard:?}"
    );
    assert!(!heard[0].contains("s3cret"), "{heard:?}");
}

#[tokio::test]
async fn an_observer_hears_of_answers_failures_and_denials() {
    let authority = Authority::new();
    let provider = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Answers).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = format!("https://{free}");
    let heard = Arc::new(Heard::default());
    let outbound = Pool::new(&trusting(&authority))
        .unwrap()
        .allow(origins(&[&provider.origin(), &closed]))
        .observed_by(Arc::clone(&heard) as Arc<dyn Observer>);
    exchange(&outbound, "GET", &provider.origin()).await.unwrap();
    let error = exchange(&outbound, "GET", &closed).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionRefused), "{error}");
    exchange(&outbound, "GET", "https://evil.example/secret?x")
        .await
        .unwrap_err();
    let heard = heard.0.lock().unwrap();
    assert_eq!(heard[0], format!("example {} Ok(200) wait Some(7s)", provider.origin()));
    assert!(heard[1].starts_with(&format!("example {closed} Err(")), "{heard:?}");
    assert_eq!(heard[2], "denied https://evil.example");
}

#[tokio::test]
async fn a_provider_that_says_nothing_is_not_waited_for() {
    let authority = Authority::new();
    let options = Some(RequestOptions {
        connect_timeout: None,
        first_byte_timeout: Some(Duration::from_millis(200)),
        between_bytes_timeout: Some(Duration::from_millis(200)),
    });
    let silent = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Silent).await;
    let sent = send_with(&network(&authority, &silent), "DELETE", &silent.origin(), options).await;
    let error = sent.err().unwrap();
    assert!(
        matches!(error, Error::ConnectionReadTimeout),
        "it may have been sent: {error}"
    );
    let stalling = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Stalls).await;
    let answer = send_with(&network(&authority, &stalling), "GET", &stalling.origin(), options)
        .await
        .unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    assert!(matches!(error, Error::ConnectionReadTimeout), "{error}");
}

#[tokio::test]
async fn requests_to_one_origin_are_bounded() {
    let authority = Authority::new();
    let provider = Provider::start(authority.acceptor(&["127.0.0.1"]), Manner::Answers).await;
    let settings = Settings {
        at_once: 1,
        ..trusting(&authority)
    };
    let outbound = Pool::new(&settings).unwrap().allow(origins(&[&provider.origin()]));
    let first = send_with(&outbound, "GET", &provider.origin(), None).await.unwrap();
    let impatient = Some(RequestOptions {
        connect_timeout: Some(Duration::from_millis(100)),
        ..RequestOptions::default()
    });
    let refused = send_with(&outbound, "GET", &provider.origin(), impatient).await;
    assert!(matches!(refused, Err(Error::ConnectionLimitReached)));
    assert_eq!(provider.requests().len(), 1);
    drop(first);
    send_with(&outbound, "GET", &provider.origin(), impatient)
        .await
        .unwrap();
}
