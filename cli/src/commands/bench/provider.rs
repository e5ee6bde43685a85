//! The provider of every row: the CrowdStrike sandbox on a socket, which counts what it is asked and knows what is gone.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use axum::{Router, extract::Request, middleware};
use sandboxes::{
    Clock,
    crowdstrike::{CrowdStrike, DEMO_HOME_CID as HOME, User},
};
use tokio::net::TcpListener;

use super::encrypted::{Certificate, Encrypted};

/// The role that goes each time.
pub const ROLE: &str = "help_desk";

pub struct Provider {
    pub address: SocketAddr,
    router: Router,
    tenant: CrowdStrike,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    latency: AtomicU64,
}

impl Provider {
    pub async fn start() -> Result<Self> {
        let tenant = CrowdStrike::demo(Clock::starting_at(SystemTime::now().duration_since(UNIX_EPOCH)?));
        let seen: Arc<Seen> = Arc::default();
        let watching = Arc::clone(&seen);
        let router = tenant
            .router()
            .layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
                let seen = Arc::clone(&watching);
                async move {
                    seen.calls.fetch_add(1, Relaxed);
                    let latency = Duration::from_millis(seen.latency.load(Relaxed));
                    // A sleep of nothing would still take a millisecond.
                    if !latency.is_zero() {
                        tokio::time::sleep(latency).await;
                    }
                    next.run(request).await
                }
            }));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let plain = router.clone();
        tokio::spawn(async move { axum::serve(listener, plain).await });
        Ok(Self {
            address,
            router,
            tenant,
            seen,
        })
    }

    /// Serves the same behind TLS, too.
    ///
    /// # Errors
    /// The certificate cannot be used.
    pub async fn encrypt(&self, certificate: &Certificate) -> Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (listener, router) = (Encrypted::new(listener, certificate)?, self.router.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }

    /// Requests so far.
    pub fn calls(&self) -> u64 {
        self.seen.calls.load(Relaxed)
    }

    /// How much longer each answer takes from now on.
    pub fn latency(&self, milliseconds: u64) {
        self.seen.latency.store(milliseconds, Relaxed);
    }

    /// A user of this number, for a caller of its own.
    pub fn add_user(&self, number: usize) {
        self.tenant.add_user(User {
            uuid: user(number),
            uid: format!("bench{number}@example.com"),
            cid: HOME.to_owned(),
            ..User::default()
        });
    }

    pub fn grant(&self, number: usize) {
        self.tenant.grant(&user(number), HOME, ROLE);
    }

    pub fn holds(&self, number: usize) -> bool {
        self.tenant.holds(&user(number), HOME, ROLE)
    }
}

/// The id of a user.
pub fn user(number: usize) -> String {
    format!("7b000000-0000-4000-8000-{number:012}")
}
