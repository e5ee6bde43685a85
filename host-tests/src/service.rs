//! The HTTP face of a component, served with instance reuse.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use anyhow::{Result, anyhow};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use sandboxes::Clock;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use wasmtime::{Store, StoreContextMut, component::GuestTaskId};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi_http::{
    WasiBody, WasiHttpView,
    handler::{
        HandlerState, Instance, ProxyHandler, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
    },
};

use crate::{
    engine,
    guests::Artifact,
    network::Network,
    spin::Settings,
    state::{Host, LOG_LIMIT, Setup},
};

/// A running HTTP face.
#[derive(Clone)]
pub struct Service {
    handler: ProxyHandler<Instances>,
    output: MemoryOutputPipe,
}

/// How a service is configured, whatever the component's own way.
pub struct Builder {
    artifact: Artifact,
    network: Network,
    clock: Clock,
    config: Option<String>,
    accounts: BTreeMap<String, Value>,
    secrets: Vec<(String, String)>,
    inherit_output: bool,
}

impl Service {
    pub fn builder(artifact: Artifact, network: &Network, clock: Clock) -> Builder {
        Builder {
            artifact,
            network: network.clone(),
            clock,
            config: None,
            accounts: BTreeMap::new(),
            secrets: Vec::new(),
            inherit_output: false,
        }
    }

    /// One request, and its answer read whole.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>> {
        let request = request.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync());
        let (head, body) = self.handle(request).await?.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| anyhow!("the answer's body: {error}"))?;
        Ok(http::Response::from_parts(head, body.to_bytes()))
    }

    /// One request, and its answer as it comes.
    pub async fn handle(&self, request: http::Request<WasiBody>) -> Result<http::Response<WasiBody>> {
        Ok(self.handler.handle((), request).await?)
    }

    /// The lines that the component wrote to its log.
    pub fn log(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.output.contents())
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

impl Builder {
    #[must_use]
    pub fn config(mut self, json: &Value) -> Self {
        self.config = Some(json.to_string());
        self
    }

    /// The configuration as text, well-formed or not.
    #[must_use]
    pub fn config_text(mut self, text: &str) -> Self {
        self.config = Some(text.to_owned());
        self
    }

    #[must_use]
    pub fn account(mut self, id: &str, account: Value) -> Self {
        self.accounts.insert(id.to_owned(), account);
        self
    }

    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The record goes to this process's standard error.
    #[must_use]
    pub const fn inherit_output(mut self) -> Self {
        self.inherit_output = true;
        self
    }

    pub fn start(self) -> Result<Service> {
        let output = MemoryOutputPipe::new(LOG_LIMIT);
        let setup = Setup {
            network: self.network.clone(),
            clock: self.clock,
            environment: self.environment(),
            spin: Arc::new(self.spin()),
            output: output.clone(),
            inherit_output: self.inherit_output,
        };
        let component = engine::component(self.artifact)?;
        let pre = engine::linker()?.instantiate_pre(&component)?;
        let pre = match self.artifact {
            Artifact::Spin => ProxyPre::P3(wasmtime_wasi_http::p3::bindings::ServicePre::new(pre)?),
            Artifact::Wasi | Artifact::Caller => ProxyPre::P2(wasmtime_wasi_http::p2::bindings::ProxyPre::new(pre)?),
        };
        Ok(Service {
            handler: ProxyHandler::new(Instances {
                pre,
                setup,
                concurrent: if self.artifact == Artifact::Spin { 16 } else { 1 },
            }),
            output,
        })
    }

    fn environment(&self) -> Vec<(String, String)> {
        let accounts: Map<String, Value> = self.accounts.clone().into_iter().collect();
        let mut environment = vec![(
            String::from("UNASSIGN_ROLE_ACCOUNTS"),
            Value::Object(accounts).to_string(),
        )];
        environment.extend(
            self.config
                .clone()
                .map(|config| (String::from("UNASSIGN_ROLE_CONFIG"), config)),
        );
        environment.extend(self.secrets.iter().map(|(name, value)| {
            let suffix = plain(name).to_ascii_uppercase();
            (format!("UNASSIGN_ROLE_SECRET_{suffix}"), value.clone())
        }));
        environment
    }

    fn spin(&self) -> Settings {
        let mut variables: BTreeMap<String, String> = self
            .secrets
            .iter()
            .map(|(name, value)| (format!("secret_{}", plain(name).to_ascii_lowercase()), value.clone()))
            .collect();
        variables.extend(self.config.clone().map(|config| (String::from("config"), config)));
        let key_values = self
            .accounts
            .iter()
            .map(|(id, account)| (format!("account:{id}"), account.to_string().into_bytes()))
            .collect();
        Settings { variables, key_values }
    }
}

/// What the configuration knows of a bearer token.
pub fn token_digest(token: &str) -> String {
    use std::fmt::Write;
    Sha256::digest(token.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// Makes instances for the handler.
struct Instances {
    pre: ProxyPre<Host>,
    setup: Setup,
    /// Requests in one instance at once.
    concurrent: usize,
}

/// Instances live until the service ends.
struct Forever;

/// Spin's policy: up to 128 requests in one instance.
struct Reuse {
    concurrent: usize,
}

impl HandlerState for Instances {
    type StoreData = Host;
    type WorkerExpiration = Forever;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Host, Forever, Reuse>> {
        let mut store = Store::new(self.pre_engine()?, Host::new(&self.setup));
        let proxy = self.pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: Host::http,
            expiration: Forever,
            state: Reuse {
                concurrent: self.concurrent,
            },
        })
    }
}

impl Instances {
    #[allow(clippy::unused_self)]
    fn pre_engine(&self) -> wasmtime::Result<&'static wasmtime::Engine> {
        engine::engine().map_err(|error| wasmtime::format_err!("{error}"))
    }
}

impl WorkerExpiration for Forever {
    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>, _status: WorkerStatus, _since: Instant) -> Poll<()> {
        Poll::Pending
    }
}

impl WorkerState for Reuse {
    type StoreData = Host;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= 128 {
            ShouldAccept::Never
        } else if concurrent >= self.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _store: StoreContextMut<'_, Host>,
        (): (),
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(std::future::pending())
    }

    fn drop(&self, _store: Store<Host>, result: wasmtime::Result<()>) {
        // A worker that is dropped with its runtime reports a panic that was none.
        if let Err(error) = result
            && (std::thread::panicking() || error.to_string() != "worker panicked")
        {
            eprintln!("an instance ended: {error:?}");
        }
    }
}
