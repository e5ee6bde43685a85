//! How instances of a component are made, reused and ended.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::{
    sync::watch,
    time::{Sleep, sleep, sleep_until},
};
use wasmtime::{
    Store, StoreContextMut,
    component::{GuestTaskId, InstancePre},
};
use wasmtime_wasi_http::{
    WasiHttpView,
    handler::{HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus},
    p2, p3,
};

use crate::{
    engine,
    guests::Artifact,
    state::{Ended, Host, Setup},
};

/// Spin's policy for WASI 0.3, which is the strictest test of what one instance keeps of a request.
const REQUESTS_PER_INSTANCE: usize = 128;
/// The same policy's requests at once. A WASI 0.2 instance handles one at a time by its nature.
const REQUESTS_AT_ONCE: usize = 16;

/// What ends an instance besides the end of its service.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lifetime {
    /// How long it may be idle.
    pub idle: Option<Duration>,
    /// How long a request may take. The instance takes no other then, and ends.
    pub request: Option<Duration>,
}

/// After a request's own time, an instance that does not even notice it gets this long.
const GRACE: Duration = Duration::from_secs(10);

/// Makes instances for the handler.
pub struct Instances {
    pre: ProxyPre<Host>,
    setup: Setup,
    at_once: usize,
    ended: watch::Receiver<()>,
    lifetime: Lifetime,
}

impl Instances {
    /// Instances of this component; they end when the sender of `ended` is gone.
    pub fn of_artifact(artifact: Artifact, setup: Setup, ended: watch::Receiver<()>) -> Result<Self> {
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
            // No timer of the host decides what a test sees.
            lifetime: Lifetime::default(),
        })
    }

    /// Instances of a WASI 0.2 component.
    pub fn of_component(
        component: InstancePre<Host>,
        setup: Setup,
        ended: watch::Receiver<()>,
        lifetime: Lifetime,
    ) -> Result<Self> {
        Ok(Self {
            pre: ProxyPre::P2(p2::bindings::ProxyPre::new(component)?),
            setup,
            at_once: 1,
            ended,
            lifetime,
        })
    }
}

impl HandlerState for Instances {
    type StoreData = Host;
    type WorkerExpiration = UntilEnd;
    type WorkerState = Reuse;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Host, UntilEnd, Reuse>> {
        let engine = engine::engine().map_err(|error| wasmtime::format_err!("{error}"))?;
        let mut store = Host::store(engine, &self.setup);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy,
            view: Host::http,
            expiration: UntilEnd::new(self.ended.clone(), self.lifetime),
            state: Reuse {
                at_once: self.at_once,
                ended: self.ended.clone(),
                lifetime: self.lifetime,
                report: Arc::clone(&self.setup.ended),
            },
        })
    }
}

/// An instance lives as long as its service, and within its lifetime.
pub struct UntilEnd {
    ended: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
    lifetime: Lifetime,
    timer: Option<Pin<Box<Sleep>>>,
}

impl UntilEnd {
    fn new(mut ended: watch::Receiver<()>, lifetime: Lifetime) -> Self {
        Self {
            ended: Box::pin(async move { while ended.changed().await.is_ok() {} }),
            lifetime,
            timer: None,
        }
    }
}

impl WorkerExpiration for UntilEnd {
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>, status: WorkerStatus, since: Instant) -> Poll<()> {
        if self.ended.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let allowed = match status {
            WorkerStatus::Idle => self.lifetime.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => self.lifetime.request.map(|request| request + GRACE),
        };
        let Some(allowed) = allowed else {
            return Poll::Pending;
        };
        let end = tokio::time::Instant::from_std(since + allowed);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() != end {
            timer.as_mut().reset(end);
        }
        timer.as_mut().poll(context)
    }
}

/// How many requests an instance takes.
pub struct Reuse {
    at_once: usize,
    ended: watch::Receiver<()>,
    lifetime: Lifetime,
    report: Ended,
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
        match self.lifetime.request {
            Some(request) => Box::pin(sleep(request)),
            None => Box::pin(std::future::pending()),
        }
    }

    fn drop(&self, _store: Store<Host>, result: wasmtime::Result<()>) {
        let service_ended = self.ended.has_changed().is_err();
        // A worker that is dropped with its runtime reports a panic that was none.
        if let Err(error) = result
            && !service_ended
            && (std::thread::panicking() || error.to_string() != "worker panicked")
        {
            (self.report)(&format!("{error:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{network::Network, output::Output};

    #[test]
    fn whoever_set_it_up_is_told_why_an_instance_ended_and_not_that_its_service_did() {
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let setup = Setup {
            ended: Arc::new({
                let told = Arc::clone(&told);
                move |why| told.lock().unwrap().push(why.to_owned())
            }),
            ..Setup::new(Network::default(), Output::nowhere())
        };
        let (running, ended) = watch::channel(());
        let reuse = Reuse {
            at_once: 1,
            ended,
            lifetime: Lifetime::default(),
            report: Arc::clone(&setup.ended),
        };
        let store = || Host::store(engine::engine().unwrap(), &setup);
        let trap = || Err(wasmtime::format_err!("out of fuel"));
        reuse.drop(store(), Ok(()));
        reuse.drop(store(), trap());
        drop(running);
        reuse.drop(store(), trap());
        let told = told.lock().unwrap();
        assert!(told.len() == 1 && told[0].contains("out of fuel"), "{told:?}");
    }
}
