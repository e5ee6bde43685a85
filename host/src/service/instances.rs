//! How instances of a component are made, reused and ended.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use anyhow::{Result, bail};
use tokio::sync::watch;
use wasmtime::{Store, StoreContextMut, component::GuestTaskId};
use wasmtime_wasi_http::{
    WasiHttpView,
    handler::{HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus},
    p2, p3,
};

use crate::{
    engine,
    guests::Artifact,
    state::{Host, Setup},
};

/// Spin's policy for WASI 0.3, which is the strictest test of what one instance keeps of a request.
const REQUESTS_PER_INSTANCE: usize = 128;
/// The same policy's requests at once. A WASI 0.2 instance handles one at a time by its nature.
const REQUESTS_AT_ONCE: usize = 16;

/// Makes instances for the handler.
pub struct Instances {
    pre: ProxyPre<Host>,
    setup: Setup,
    at_once: usize,
    ended: watch::Receiver<()>,
}

impl Instances {
    /// Instances of this component; they end when the sender of `ended` is gone.
    pub fn new(artifact: Artifact, setup: Setup, ended: watch::Receiver<()>) -> Result<Self> {
        let (pre, at_once) = match artifact {
            Artifact::Wasi => (ProxyPre::P2(p2::bindings::ProxyPre::new(engine::linked(artifact)?)?), 1),
            Artifact::Spin => (
                ProxyPre::P3(p3::bindings::ServicePre::new(engine::linked(artifact)?)?),
                REQUESTS_AT_ONCE,
            ),
            Artifact::Caller => bail!("the caller component has no HTTP face"),
        };
        Ok(Self {
            pre,
            setup,
            at_once,
            ended,
        })
    }
}

impl HandlerState for Instances {
    type StoreData = Host;
    type WorkerExpiration = UntilEnd;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Host, UntilEnd, Reuse>> {
        let engine = engine::engine().map_err(|error| wasmtime::format_err!("{error}"))?;
        let mut store = Store::new(engine, Host::new(&self.setup));
        store.limiter(|host| &mut host.limits);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: Host::http,
            expiration: UntilEnd::new(self.ended.clone()),
            state: Reuse {
                at_once: self.at_once,
                ended: self.ended.clone(),
            },
        })
    }
}

/// An instance lives as long as its service: no timer of the host decides what a test sees.
pub struct UntilEnd(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl UntilEnd {
    fn new(mut ended: watch::Receiver<()>) -> Self {
        Self(Box::pin(async move { while ended.changed().await.is_ok() {} }))
    }
}

impl WorkerExpiration for UntilEnd {
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>, _status: WorkerStatus, _since: Instant) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

/// How many requests an instance takes.
pub struct Reuse {
    at_once: usize,
    ended: watch::Receiver<()>,
}

impl WorkerState for Reuse {
    type StoreData = Host;
    type RequestData = ();

    fn should_accept_request(&self, at_once: usize, total: usize) -> ShouldAccept {
        if total >= REQUESTS_PER_INSTANCE {
            ShouldAccept::Never
        } else if at_once >= self.at_once {
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
        let service_ended = self.ended.has_changed().is_err();
        // A worker that is dropped with its runtime reports a panic that was none.
        if let Err(error) = result
            && !service_ended
            && (std::thread::panicking() || error.to_string() != "worker panicked")
        {
            eprintln!("an instance ended: {error:?}");
        }
    }
}
