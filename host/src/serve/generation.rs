//! One generation of the configuration, at work.

use std::{future::Future, pin::Pin, sync::Arc};

use anyhow::Result;
use serde_json::json;
use wasmtime::component::InstancePre;
use wasmtime_wasi_http::WasiBody;

use super::{
    Limits, Load, Loaded,
    log::Log,
    metrics::{Exchanges, Metrics},
    record,
    reload::Read,
};
use crate::{
    outbound::Pool,
    output::Output,
    service::{Lifetime, Service},
    state::{Host, Setup},
};

/// Answers calls. A call that is under way keeps the face that it began with.
pub trait Face: Send + Sync {
    /// One call. It goes on if the client does not wait for it.
    fn call(&self, request: http::Request<WasiBody>) -> Answering<'_>;
}

/// The answer to a call, to come.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<http::Response<WasiBody>>> + Send + 'a>>;

impl Face for Service {
    fn call(&self, request: http::Request<WasiBody>) -> Answering<'_> {
        Box::pin(self.handle(request))
    }
}

/// What makes a component's face of a configuration.
pub struct Workshop {
    pub component: InstancePre<Host>,
    pub pool: Pool,
    pub limits: Limits,
    pub log: Log,
    pub metrics: Arc<Metrics>,
}

impl Workshop {
    /// A fresh face. The pool is the same for all of them: a connection outlives a change of the accounts.
    pub fn face(&self, loaded: Loaded) -> Result<Arc<dyn Face>> {
        let exchanges = Exchanges {
            metrics: Arc::clone(&self.metrics),
            log: self.log.clone(),
        };
        let outbound = self.pool.allow(loaded.origins).observed_by(Arc::new(exchanges));
        let log = self.log.clone();
        let setup = Setup {
            environment: loaded.environment,
            ended: Arc::new(move |why| log.event("instance_ended", json!({"reason": why}))),
            ..Setup::new(
                outbound,
                Output::Lines(record::sink(self.log.clone(), Arc::clone(&self.metrics))),
            )
        };
        let lifetime = Lifetime {
            idle: Some(self.limits.idle_instance),
            request: Some(self.limits.call),
        };
        Ok(Arc::new(Service::of_component(&self.component, setup, lifetime)?))
    }
}

/// Makes the face of one generation.
pub type Make = Box<dyn Fn(Loaded) -> Result<Arc<dyn Face>> + Send + Sync>;

/// One reading of the configuration.
pub fn read(load: &Load, make: &Make) -> Result<Read<Arc<dyn Face>>, String> {
    let loaded = load.call()?;
    let files = loaded.files.clone();
    let value = make(loaded).map_err(|error| format!("{error:#}"))?;
    Ok(Read { value, files })
}
