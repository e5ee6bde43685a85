//! The service for operators: a component behind HTTP or HTTPS, with probes, metrics, reload, limits and a clean stop.
//!
//! [`serve`] is all that a program needs. [`Server`] is the same in two steps, for tests and for who has signals of their own.

mod answer;
mod call;
mod certificate;
mod connections;
mod files;
mod generation;
mod log;
mod metrics;
mod probes;
mod record;
mod reload;
mod route;
mod server;
mod write_timeout;

use std::{borrow::Cow, fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;

pub use self::{
    certificate::Certificate,
    generation::Face,
    log::Log,
    metrics::Metrics,
    server::{Server, Stop},
};
use crate::outbound::{Origins, Settings};

/// How a component is served.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The WASI 0.2 component's bytes.
    pub component: Cow<'static, [u8]>,
    pub listen: SocketAddr,
    /// Where metrics and the detailed probes are served, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// HTTPS instead of HTTP.
    pub certificate: Option<Certificate>,
    /// The way to the providers. Which of them are allowed stands in what is loaded.
    pub outbound: Settings,
    pub limits: Limits,
    /// Accounts, tokens and secrets.
    pub load: Load,
    /// How often the files are looked at.
    pub look_every: Duration,
    pub log: Log,
}

/// Reads accounts, tokens and secrets, as one generation. It may block. The error is a sentence for the operator, without a secret.
#[derive(Clone)]
pub struct Load(Arc<dyn Fn() -> Result<Loaded, String> + Send + Sync>);

/// One generation of accounts, tokens and secrets, checked.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The component's environment variables, `UNASSIGN_ROLE_ACCOUNTS` and so on.
    pub environment: Vec<(String, String)>,
    /// The union of what its accounts need.
    pub origins: Origins,
    /// The files and folders that it was read from. It is read again when one of them changes.
    pub files: Vec<PathBuf>,
}

/// What one client, or all of them, may take up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Calls under way. One more is answered 503 with `Retry-After`.
    pub calls: usize,
    /// Open connections. More wait to be accepted.
    pub connections: usize,
    /// For the head of a request, and so for an idle connection. A load balancer in front should give up idle ones earlier.
    pub head: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For a client that does not read its answer.
    pub write: Duration,
    /// For a call, a little more than the longest deadline that a caller can ask for. A stop waits as long.
    pub call: Duration,
    /// For an instance of the component without a call.
    pub idle_instance: Duration,
}

impl Load {
    /// By this function.
    pub fn new(load: impl Fn() -> Result<Loaded, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(load))
    }

    fn call(&self) -> Result<Loaded, String> {
        (self.0)()
    }
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Load")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 64,
            connections: 1_024,
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            // The time for the body, the longest deadline of two minutes, which begins after it, and a little more.
            call: Duration::from_secs(160),
            idle_instance: Duration::from_secs(60),
        }
    }
}

impl Configuration {
    /// The defaults: metrics on 127.0.0.1:9464, no TLS, no proxy, a look at the files every two seconds, logs on standard error.
    pub fn new(component: impl Into<Cow<'static, [u8]>>, listen: SocketAddr, load: Load) -> Self {
        Self {
            component: component.into(),
            listen,
            metrics: Some(SocketAddr::from(([127, 0, 0, 1], 9464))),
            certificate: None,
            outbound: Settings::default(),
            limits: Limits::default(),
            load,
            look_every: Duration::from_secs(2),
            log: Log::standard_error(),
        }
    }
}

/// Serves until SIGTERM or SIGINT, and then until the calls under way are done. SIGHUP reads the files again. Returns false if calls were
/// cut off.
///
/// # Errors
/// If it cannot start: an address that is taken, or a configuration, certificate or component that cannot be used.
pub async fn serve(configuration: Configuration) -> Result<bool> {
    let stop = Stop::by_signals()?;
    Ok(Server::bind(configuration).await?.run(stop).await)
}
