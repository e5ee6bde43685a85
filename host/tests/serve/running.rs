//! A running service with a face that the test holds in its hand.

use std::{
    fs,
    future::Future,
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Result;
use bytes::Bytes;
use host::serve::{Configuration, Face, Load, Loaded, Log, Metrics, Server, Stop};
use http_body_util::{BodyExt, Full};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};
use wasmtime_wasi_http::WasiBody;

/// A service, its files, and the end of its calls.
pub struct Running {
    pub address: SocketAddr,
    pub metrics: SocketAddr,
    /// Each call waits for one permit.
    pub calls: Arc<Semaphore>,
    pub log: Arc<Mutex<Vec<String>>>,
    folder: Folder,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<bool>,
}

/// Answers with the text of its generation, when it may.
struct Echo {
    text: String,
    calls: Arc<Semaphore>,
}

impl Face for Echo {
    fn call(
        &self,
        _request: http::Request<WasiBody>,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<WasiBody>>> + Send + '_>> {
        Box::pin(async {
            self.calls.acquire().await?.forget();
            let body = Full::new(Bytes::from(self.text.clone()));
            Ok(http::Response::new(body.map_err(|never| match never {}).boxed_unsync()))
        })
    }
}

impl Running {
    /// Starts with the text `one`; `change` has the last word on the configuration.
    pub async fn start(name: &str, change: impl FnOnce(&mut Configuration)) -> Self {
        let (stop, stopped) = oneshot::channel();
        let when = Stop::when(async {
            let _ = stopped.await;
        });
        Self {
            stop: Some(stop),
            ..Self::start_until(when, name, change).await
        }
    }

    /// The same, with another end.
    pub async fn start_until(when: Stop, name: &str, change: impl FnOnce(&mut Configuration)) -> Self {
        let folder = std::env::temp_dir().join(format!("unassign-role-serve-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("text");
        fs::write(&path, "one").unwrap();
        let load = Load::new(move || {
            let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
            if text == "broken" {
                return Err(String::from("account acme: no credentials"));
            }
            Ok(Loaded {
                environment: vec![(String::from("TEXT"), text)],
                files: vec![path.clone()],
                ..Loaded::default()
            })
        });
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let mut configuration = Configuration::new(Vec::new(), SocketAddr::from(([127, 0, 0, 1], 0)), load);
        configuration.metrics = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        configuration.look_every = Duration::from_millis(20);
        configuration.log = Log::new({
            let log = Arc::clone(&log);
            move |line| {
                log.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            }
        });
        change(&mut configuration);
        let calls = Arc::new(Semaphore::new(0));
        let make = {
            let calls = Arc::clone(&calls);
            move |loaded: Loaded| {
                let text = loaded.environment[0].1.clone();
                Ok(Arc::new(Echo {
                    text,
                    calls: Arc::clone(&calls),
                }) as Arc<dyn Face>)
            }
        };
        let metrics = Arc::new(Metrics::new(&configuration.log));
        let server = Server::bind_with(configuration, metrics, Box::new(make)).await.unwrap();
        Self {
            address: server.address().unwrap(),
            metrics: server.metrics_address().unwrap(),
            calls,
            log,
            folder: Folder(folder),
            stop: None,
            task: tokio::spawn(server.run(when)),
        }
    }

    /// Replaces the file of the configuration in one step.
    pub fn write(&self, text: &str) {
        let new = self.folder.0.join("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.folder.0.join("text")).unwrap();
    }

    pub fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for its end. Returns false if calls were cut off.
    pub async fn ended(&mut self) -> bool {
        timeout(Duration::from_secs(10), &mut self.task).await.unwrap().unwrap()
    }

    /// Waits until a request is answered like this.
    pub async fn until(&self, address: SocketAddr, path: &str, expected: &str) -> String {
        for _ in 0..500 {
            let answer = get(address, path).await;
            if answer.contains(expected) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} never said {expected}: {}", get(address, path).await);
    }
}

/// Removed at the end.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The whole answer to one request on a connection of its own.
pub async fn get(address: SocketAddr, path: &str) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    get_over(stream, path).await
}

pub async fn get_over(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await;
    read.expect("the connection ends with its answer").unwrap();
    answer
}
