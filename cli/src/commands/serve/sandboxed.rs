//! The HTTP face on a loopback socket, with sandboxes.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::{Context, Result};
use axum::Router;
use bytes::Bytes;
use host::service::Service;
use sandboxes::crowdstrike::DEMO_USERS;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    commands::sandbox::{ACCOUNTS, CROWDSTRIKE, Sandboxes, TOKEN},
    exit::Exit,
    terminal::{line, named, table, visible, wrapped},
};

use super::{Serve, page};

impl Serve {
    pub(super) async fn sandboxed(self) -> Result<Exit> {
        let address = match self.port {
            Some(port) => SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            None => self.listen,
        };
        if self.own.tokens.is_some() || self.own.tls_cert.is_some() {
            return Err(Exit::Usage
                .because("--sandbox has a token of its own and speaks plain HTTP: leave out --tokens and --tls-cert"));
        }
        let keys = [
            &self.own.receipt_key,
            &self.own.receipt_keys_retired,
            &self.own.record_key,
        ];
        if keys.into_iter().any(Option::is_some) {
            return Err(Exit::Usage.because(
                "--sandbox has keys of its own: leave out --receipt-key, --receipt-keys-retired and --record-key",
            ));
        }
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("{address} cannot be used (is something else listening there? try --port)"))?;
        if !address.ip().is_loopback() {
            return Err(Exit::Usage.because("--sandbox serves loopback addresses only: its token is no secret"));
        }
        let sandboxes = Sandboxes::start();
        let service = sandboxes.service(self.component, true)?;
        let ports = match self.sandbox_port {
            Some(port) => serve_sandboxes(&sandboxes, port).await?,
            None => Vec::new(),
        };
        let address = listener.local_addr()?;
        line(format_args!(
            "Serving on http://{address} with the token {TOKEN} (Ctrl-C ends it)\n"
        ))?;
        line(describe(&service, &ports).await?)?;
        line(format_args!(
            "Try http://{address}/ in a browser, or:\n\n{}\n",
            curl(address)
        ))?;
        let stop = async {
            // Without a signal to wait for, the service ends at once instead of never.
            let _ = tokio::signal::ctrl_c().await;
        };
        let served = axum::serve(listener, page::router(Arc::new(sandboxes), service, address));
        tokio::select! {
            ended = served => ended?,
            () = stop => {}
        }
        Exit::Done.after(line("Stopped."))
    }
}

/// CrowdStrike on this port, the others on free ones. Gives where each account's provider is.
async fn serve_sandboxes(sandboxes: &Sandboxes, port: u16) -> Result<Vec<(&'static str, SocketAddr)>> {
    let mut addresses = Vec::new();
    for (account, router) in sandboxes.routers() {
        let port = if account == CROWDSTRIKE { port } else { 0 };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("127.0.0.1:{port} cannot be used for the sandbox of {account}"))?;
        addresses.push((account, listener.local_addr()?));
        tokio::spawn(serve(listener, router));
    }
    Ok(addresses)
}

async fn serve(listener: TcpListener, router: Router) {
    let _ = axum::serve(listener, router).await;
}

/// The accounts with their users and roles, as the service itself lists them.
async fn describe(service: &Service, ports: &[(&'static str, SocketAddr)]) -> Result<String> {
    let mut rows = table(["account", "sandbox", "users", "roles"]);
    for account in ACCOUNTS {
        let roles = get(service, &format!("roles?integrated_account_id={account}")).await?;
        let names: Vec<String> = roles["roles"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|role| named(role["id"].as_str(), role["name"].as_str()))
            .collect();
        let shown = names.iter().take(MOST_ROLES).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(MOST_ROLES);
        let port = ports.iter().find(|(of, _)| *of == account);
        rows.push([
            visible(account),
            port.map_or_else(String::new, |(_, address)| format!("http://{address}")),
            Sandboxes::users(account).join("\n"),
            wrapped(
                &if more > 0 {
                    format!("{shown} and {more} more")
                } else {
                    shown
                },
                0,
                60,
            ),
        ]);
    }
    Ok(rows.to_string())
}

/// More roles than these are only counted.
const MOST_ROLES: usize = 6;

async fn get(service: &Service, path: &str) -> Result<Value> {
    let request = http::Request::get(format!("http://127.0.0.1:3000/unified/user-directory/{path}"))
        .header("host", "127.0.0.1:3000")
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Bytes::new())?;
    let answer = service.send(request).await?;
    Ok(serde_json::from_slice(answer.body()).unwrap_or_default())
}

/// A call that removes a role.
fn curl(address: SocketAddr) -> String {
    let user = DEMO_USERS[0].0;
    format!(
        "curl -i 'http://{address}/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}' \\\n  \
         -H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json' \\\n  \
         -d '{{\"id\": \"{user}\", \"roles\": [{{\"id\": \"event_viewer\"}}, {{\"name\": \"Help Desk\"}}]}}'"
    )
}
