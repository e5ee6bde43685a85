//! The HTTP face of a component, served with instance reuse.

mod instances;
mod socket;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Result, anyhow};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use sandboxes::Clock;
use serde_json::{Map, Value};
use tokio::sync::watch;
use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi_http::{WasiBody, handler::ProxyHandler};

use self::instances::Instances;
pub use self::instances::Lifetime;
use crate::{
    egress::Egress,
    guests::Artifact,
    output::Output,
    spin::Settings,
    state::{Host, LOG_LIMIT, Setup},
};

/// A running HTTP face. Its instances end with its last clone.
#[derive(Clone)]
pub struct Service {
    handler: ProxyHandler<Instances>,
    output: MemoryOutputPipe,
    _running: Arc<watch::Sender<()>>,
}

/// How a service is configured, whatever the component's own way.
pub struct Builder {
    artifact: Artifact,
    egress: Egress,
    clock: Option<Clock>,
    tokens: Option<String>,
    envelope: Option<String>,
    others: Vec<(&'static str, String)>,
    accounts_in_variable: bool,
    accounts: BTreeMap<String, Value>,
    secrets: Vec<(String, String)>,
    folders: Vec<(PathBuf, String)>,
    inherit_output: bool,
    log_limit: usize,
}

impl Service {
    /// A service with no configuration, which refuses every call.
    pub fn builder(artifact: Artifact, egress: impl Into<Egress>, clock: impl Into<Option<Clock>>) -> Builder {
        Builder {
            artifact,
            egress: egress.into(),
            clock: clock.into(),
            tokens: None,
            envelope: None,
            others: Vec::new(),
            accounts_in_variable: false,
            accounts: BTreeMap::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            inherit_output: false,
            log_limit: LOG_LIMIT,
        }
    }

    /// A compiled component with this setup, which brings its own configuration and output. See [`engine::prepare`].
    ///
    /// [`engine::prepare`]: crate::engine::prepare
    pub fn of_component(component: &InstancePre<Host>, setup: Setup, lifetime: Lifetime) -> Result<Self> {
        let (running, ended) = watch::channel(());
        Ok(Self {
            handler: ProxyHandler::new(Instances::of_component(component.clone(), setup, ended, lifetime)?),
            output: MemoryOutputPipe::new(0),
            _running: Arc::new(running),
        })
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
    /// The list of tokens.
    #[must_use]
    pub fn tokens(self, json: &Value) -> Self {
        self.tokens_text(&json.to_string())
    }

    /// The list of tokens as text, well-formed or not.
    #[must_use]
    pub fn tokens_text(mut self, text: &str) -> Self {
        self.tokens = Some(text.to_owned());
        self
    }

    /// The response envelope.
    #[must_use]
    pub fn envelope(mut self, envelope: &str) -> Self {
        self.envelope = Some(envelope.to_owned());
        self
    }

    /// Any other setting, by its Spin variable.
    #[must_use]
    pub fn setting(mut self, name: &'static str, value: &str) -> Self {
        self.others.push((name, value.to_owned()));
        self
    }

    /// Spin's accounts stand in the variable instead of the key-value store.
    #[must_use]
    pub const fn accounts_in_variable(mut self) -> Self {
        self.accounts_in_variable = true;
        self
    }

    /// An integrated account.
    #[must_use]
    pub fn account(mut self, id: &str, account: Value) -> Self {
        self.accounts.insert(id.to_owned(), account);
        self
    }

    /// A secret that accounts refer to by name.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A folder that the component may read, and what it calls it. Spin's has none.
    #[must_use]
    pub fn folder(mut self, folder: &Path, name: &str) -> Self {
        self.folders.push((folder.to_owned(), name.to_owned()));
        self
    }

    /// The record goes to this process's standard error.
    #[must_use]
    pub const fn inherit_output(mut self) -> Self {
        self.inherit_output = true;
        self
    }

    /// The host's log takes no more than so many bytes, like a standard error that was closed or a disk that is full.
    #[must_use]
    pub const fn log_limit(mut self, bytes: usize) -> Self {
        self.log_limit = bytes;
        self
    }

    /// Starts it. An instance is made for the first request, not here.
    pub fn start(self) -> Result<Service> {
        let output = MemoryOutputPipe::new(self.log_limit);
        let streams = if self.inherit_output {
            Output::Inherited
        } else {
            Output::Kept(output.clone())
        };
        let setup = Setup {
            clock: self.clock,
            environment: self.environment(),
            folders: self.folders.clone(),
            spin: Arc::new(self.spin()),
            ..Setup::new(self.egress.clone(), streams)
        };
        let (running, ended) = watch::channel(());
        Ok(Service {
            handler: ProxyHandler::new(Instances::of_artifact(self.artifact, setup, ended)?),
            output,
            _running: Arc::new(running),
        })
    }

    fn accounts_text(&self) -> String {
        let accounts: Map<String, Value> = self.accounts.clone().into_iter().collect();
        Value::Object(accounts).to_string()
    }

    fn settings(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [("api_tokens", &self.tokens), ("response_envelope", &self.envelope)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
            .chain(self.others.iter().map(|(name, value)| (*name, value)))
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut environment = vec![(String::from("UNASSIGN_ROLE_ACCOUNTS"), self.accounts_text())];
        environment.extend(
            self.settings()
                .map(|(name, value)| (format!("UNASSIGN_ROLE_{}", name.to_ascii_uppercase()), value.clone())),
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
        variables.extend(self.settings().map(|(name, value)| (name.to_owned(), value.clone())));
        if self.accounts_in_variable {
            variables.insert(String::from("accounts"), self.accounts_text());
            return Settings {
                variables,
                key_values: BTreeMap::new(),
            };
        }
        let key_values = self
            .accounts
            .iter()
            .map(|(id, account)| (format!("account:{id}"), account.to_string().into_bytes()))
            .collect();
        Settings { variables, key_values }
    }
}

fn plain(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
