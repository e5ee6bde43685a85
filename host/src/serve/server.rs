//! Starting, reloading and stopping.

use std::{
    future::{Future, pending},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use rustls::ServerConfig;
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    Configuration, Limits, connections,
    generation::{self, Face, Make, Workshop},
    log::Log,
    metrics::Metrics,
    reload::{Read, Reload, Reloaded},
};
use crate::{engine, outbound::Pool};

/// What a running service's parts share.
pub struct Shared {
    pub limits: Limits,
    pub log: Log,
    pub metrics: Arc<Metrics>,
    /// The places for calls.
    pub calls: Arc<Semaphore>,
    faces: Reloaded<Arc<dyn Face>>,
    certificate: Option<Reloaded<Arc<ServerConfig>>>,
    is_stopping: AtomicBool,
}

impl Shared {
    /// The face of the generation in force.
    pub fn current(&self) -> Arc<dyn Face> {
        self.faces.current()
    }

    pub fn certificate(&self) -> Option<Arc<ServerConfig>> {
        self.certificate.as_ref().map(Reloaded::current)
    }

    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    /// Why the service is not ready: the kind, and the detail for the operator.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.is_stopping() {
            problems.push(("stopping", String::from("the service is stopping")));
        }
        if let Some(why) = self.faces.problem() {
            problems.push(("configuration", why));
        }
        if let Some(why) = self.certificate.as_ref().and_then(Reloaded::problem) {
            problems.push(("certificate", why));
        }
        if let Some(why) = self.log.problem() {
            let why = format!("the log cannot be written, so removals leave no record: {why}");
            problems.push(("record", why));
        }
        problems
    }

    /// Looks at the files, and takes what has changed in them. Tries a log again that could not be written. Blocks.
    fn refresh(&self, is_forced: bool) {
        self.log.retry();
        self.heed("configuration", self.faces.refresh(is_forced));
        if let Some(certificate) = &self.certificate {
            self.heed("certificate", certificate.refresh(is_forced));
        }
        self.metrics.set_ready(self.problems().is_empty());
    }

    fn heed(&self, what: &'static str, reload: Reload) {
        match reload {
            Reload::Unchanged | Reload::StillRefused => {}
            Reload::Taken => {
                self.metrics.reloaded(what, true);
                self.log.event("reloaded", json!({"what": what}));
            }
            Reload::Refused(why) => {
                self.metrics.reloaded(what, false);
                let fields = json!({"what": what, "reason": why, "advice": "the previous one stays in force until this is fixed"});
                self.log.event("reload_refused", fields);
            }
        }
    }
}

/// A service that is bound to its addresses.
pub struct Server {
    shared: Arc<Shared>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    look_every: Duration,
}

/// What ends a service, and what makes it read its files again.
pub struct Stop {
    /// Lets calls finish.
    first: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Does not.
    second: Pin<Box<dyn Future<Output = ()> + Send>>,
    reload: Option<Signal>,
}

impl Stop {
    /// SIGTERM or SIGINT, twice if need be; SIGHUP reads the files again.
    pub fn by_signals() -> Result<Self> {
        let both =
            || -> Result<(Signal, Signal)> { Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)) };
        let (mut terminate, mut interrupt) = both().context("signals cannot be heard")?;
        let (again, heard) = watch::channel(0_u8);
        // One task hears all of them: a signal between the two waits would be lost.
        tokio::spawn(async move {
            for count in 1..=2 {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                again.send_replace(count);
            }
            pending::<()>().await;
        });
        let wait = |count: u8| {
            let mut heard = heard.clone();
            async move {
                let _ = heard.wait_for(|&signals| signals >= count).await;
            }
        };
        Ok(Self {
            first: Box::pin(wait(1)),
            second: Box::pin(wait(2)),
            reload: Some(signal(SignalKind::hangup()).context("SIGHUP cannot be heard")?),
        })
    }

    /// When this resolves.
    pub fn when(first: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            first: Box::pin(first),
            second: Box::pin(pending()),
            reload: None,
        }
    }
}

impl Server {
    /// Compiles the component, reads the configuration, and binds the addresses.
    pub async fn bind(configuration: Configuration) -> Result<Self> {
        let bytes = configuration.component.clone();
        let component = tokio::task::spawn_blocking(move || engine::prepare(&bytes))
            .await
            .context("compiling the component")??;
        let metrics = Arc::new(Metrics::new(&configuration.log));
        let workshop = Workshop {
            component,
            pool: Pool::new(&configuration.outbound)?,
            limits: configuration.limits,
            log: configuration.log.clone(),
            metrics: Arc::clone(&metrics),
        };
        Self::bind_with(configuration, metrics, Box::new(move |loaded| workshop.face(loaded))).await
    }

    /// The same with a face of another making; the configuration's component and outbound settings are left alone.
    pub async fn bind_with(configuration: Configuration, metrics: Arc<Metrics>, make: Make) -> Result<Self> {
        let Configuration {
            listen,
            metrics: metrics_address,
            certificate,
            limits,
            load,
            look_every,
            log,
            ..
        } = configuration;
        let reading = move || -> Result<_> {
            let faces = Reloaded::new(move || generation::read(&load, &make)).map_err(|why| anyhow!("{why}"))?;
            let certificate = certificate.map(|certificate| {
                let read = move || {
                    let value = certificate.load().map_err(|error| format!("{error:#}"))?;
                    let files = certificate.files();
                    Ok(Read { value, files })
                };
                Reloaded::new(read).map_err(|why: String| anyhow!("{why}"))
            });
            Ok((faces, certificate.transpose()?))
        };
        let (faces, certificate) = tokio::task::spawn_blocking(reading)
            .await
            .context("reading the configuration")??;
        let listener = bind(listen, "--listen").await?;
        let metrics_listener = match metrics_address {
            Some(address) => Some(bind(address, "--metrics").await?),
            None => None,
        };
        metrics.set_ready(true);
        Ok(Self {
            shared: Arc::new(Shared {
                limits,
                log,
                metrics,
                calls: Arc::new(Semaphore::new(limits.calls)),
                faces,
                certificate,
                is_stopping: AtomicBool::new(false),
            }),
            listener,
            metrics: metrics_listener,
            look_every,
        })
    }

    /// Where callers reach it.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Where its metrics are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref()?.local_addr().ok()
    }

    /// Serves until it is stopped.
    ///
    /// A stop refuses new calls and lets those under way finish, as long as the longest call may take. A second one ends them.
    ///
    /// Returns false if calls were cut off.
    pub async fn run(self, stop: Stop) -> bool {
        self.announce();
        let Self {
            shared,
            listener,
            metrics,
            look_every,
        } = self;
        let Stop { first, second, reload } = stop;
        let (end, ended) = watch::channel(());
        let ended = || {
            let mut ended = ended.clone();
            async move { while ended.changed().await.is_ok() {} }
        };
        let mut tasks: Vec<JoinHandle<()>> = vec![tokio::spawn(connections::callers(
            Arc::clone(&shared),
            listener,
            ended(),
        ))];
        if let Some(metrics) = metrics {
            tasks.push(tokio::spawn(connections::metrics(
                Arc::clone(&shared),
                metrics,
                ended(),
            )));
        }
        let looking = tokio::spawn(look(Arc::clone(&shared), look_every, reload));
        first.await;
        shared.is_stopping.store(true, Ordering::SeqCst);
        shared.metrics.set_ready(false);
        let under_way = shared.limits.calls - shared.calls.available_permits();
        shared.log.event("stopping", json!({"calls": under_way}));
        let all = u32::try_from(shared.limits.calls).unwrap_or(u32::MAX);
        let is_clean = tokio::select! {
            is_drained = drained(&shared.calls, all, shared.limits.call) => is_drained,
            () = second => false,
        };
        drop(end);
        looking.abort();
        for task in tasks {
            if is_clean {
                let _ = task.await;
            } else {
                task.abort();
            }
        }
        shared.log.event("stopped", json!({"calls_cut_off": !is_clean}));
        is_clean
    }

    fn announce(&self) {
        let shared = &self.shared;
        let address = self.listener.local_addr().ok();
        let fields = json!({
            "address": address.map(|address| address.to_string()),
            "https": shared.certificate.is_some(),
            "metrics": self.metrics_address().map(|address| address.to_string()),
        });
        shared.log.event("listening", fields);
        if shared.certificate.is_none() && address.is_some_and(|address| !address.ip().is_loopback()) {
            let message = "tokens arrive unencrypted: put TLS in front, or give the service a certificate";
            shared.log.event("warning", json!({"message": message}));
        }
    }
}

/// Waits until all places are free, and closes them. Returns false if the time is over first.
async fn drained(calls: &Semaphore, all: u32, patience: Duration) -> bool {
    let Ok(Ok(places)) = timeout(patience, calls.acquire_many(all)).await else {
        return false;
    };
    // Before they are given back: a request that arrived just before the stop would take one now, and nobody would wait for its call.
    calls.close();
    drop(places);
    true
}

async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} cannot be used (is something else listening there? try another {flag})"))
}

/// Looks at the files again and again, and at once when it is told to.
async fn look(shared: Arc<Shared>, every: Duration, mut reload: Option<Signal>) {
    loop {
        let is_forced = tokio::select! {
            () = sleep(every) => false,
            () = told(&mut reload) => true,
        };
        let shared = Arc::clone(&shared);
        // A reading that panics is a problem of what it reads, and leaves the old one in force.
        let _ = tokio::task::spawn_blocking(move || shared.refresh(is_forced)).await;
    }
}

async fn told(reload: &mut Option<Signal>) {
    match reload {
        Some(signal) => {
            if signal.recv().await.is_none() {
                pending::<()>().await;
            }
        }
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stop_waits_for_every_call_and_leaves_no_place_for_another_one() {
        let calls = Semaphore::new(2);
        let call = calls.try_acquire().unwrap();
        assert!(!drained(&calls, 2, Duration::from_millis(10)).await);
        drop(call);
        assert!(drained(&calls, 2, Duration::from_secs(10)).await);
        assert!(calls.try_acquire().is_err());
    }
}
