//! The HTTP face on a loopback socket.

use std::{net::Ipv4Addr, process::ExitCode};

use anyhow::{Context, Result};
use clap::Args;
use sandboxes::crowdstrike::DEMO_USERS;
use tokio::net::TcpListener;

use super::sandbox::{CROWDSTRIKE, Component, Sandboxes, TOKEN};

#[derive(Args)]
pub struct Serve {
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// The component that serves
    #[arg(long, value_enum, default_value_t)]
    component: Component,
    /// Serves the CrowdStrike sandbox itself on this port too, for callers of the typed export
    #[arg(long)]
    sandbox_port: Option<u16>,
}

impl Serve {
    pub async fn run(self) -> Result<ExitCode> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))
            .await
            .with_context(|| {
                format!(
                    "127.0.0.1:{} cannot be used (is something else listening there? try --port)",
                    self.port
                )
            })?;
        let sandboxes = Sandboxes::start();
        let service = sandboxes.service(self.component).inherit_output().start()?;
        if let Some(port) = self.sandbox_port {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let router = sandboxes.crowdstrike.router();
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        println!("Serving on http://{} (Ctrl-C ends it). Try:\n", listener.local_addr()?);
        println!("{}\n", curl(listener.local_addr()?.port()));
        let stop = async {
            // Without a signal to wait for, the service ends at once instead of never.
            let _ = tokio::signal::ctrl_c().await;
        };
        service.serve(listener, stop).await?;
        println!("Stopped.");
        Ok(ExitCode::SUCCESS)
    }
}

/// A call that removes a role.
fn curl(port: u16) -> String {
    let user = DEMO_USERS[0].0;
    format!(
        "curl -i 'http://127.0.0.1:{port}/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}' \\\n  \
         -H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json' \\\n  \
         -d '{{\"id\": \"{user}\", \"roles\": [{{\"id\": \"event_viewer\"}}, {{\"name\": \"Help Desk\"}}]}}'"
    )
}
