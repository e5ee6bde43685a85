//! The HTTP face: as a service for operators, or with sandboxes on a loopback address.

mod operators;
mod page;
mod sandboxed;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Result;
use clap::Args;

use crate::exit::Exit;

use super::{
    global::{Global, Shared, Source},
    sandbox::Component,
};

#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role serve --accounts accounts.toml --tokens tokens.json --listen 0.0.0.0:8443 --tls-cert chain.pem --tls-key key.pem
  unassign-role serve --sandbox

SIGTERM lets calls finish, SIGHUP reads the files again. docs/hosts/own-host.md has endpoints, metrics and limits. \
Keys come from UNASSIGN_ROLE_RECEIPT_KEY, UNASSIGN_ROLE_RECEIPT_KEYS_RETIRED and UNASSIGN_ROLE_RECORD_KEY, or from the files of the \
options above.")]
pub struct Serve {
    /// The address for callers
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    #[command(flatten)]
    own: Own,

    /// The port on 127.0.0.1, in place of --listen
    #[arg(long, value_name = "PORT", help_heading = "With --sandbox")]
    port: Option<u16>,
    /// The component that serves
    #[arg(long, value_enum, default_value_t, help_heading = "With --sandbox")]
    component: Component,
    /// Also serves the sandboxes themselves: CrowdStrike on this port, the others on free ports
    #[arg(long, value_name = "PORT", help_heading = "With --sandbox")]
    sandbox_port: Option<u16>,
}

/// A service for your own accounts.
#[derive(Args)]
#[command(next_help_heading = "With accounts of your own")]
struct Own {
    /// The tokens of callers, a JSON list; `token new` makes an entry
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
    /// The address for metrics and the detailed probes
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464")]
    metrics: SocketAddr,
    /// The certificate chain in PEM; turns on HTTPS instead of HTTP
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// The maximum number of calls under way; any further call gets a 503 with Retry-After
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    calls: u32,
    /// The maximum number of open client connections; any further ones wait to be accepted
    #[arg(long, value_name = "NUMBER", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// The private key that signs receipts, a JWK
    #[arg(long, value_name = "FILE")]
    receipt_key: Option<PathBuf>,
    /// The retired public keys, which no longer sign receipts, a JWK set
    #[arg(long, value_name = "FILE")]
    receipt_keys_retired: Option<PathBuf>,
    /// The key that hides e-mail addresses in the record
    #[arg(long, value_name = "FILE")]
    record_key: Option<PathBuf>,
}

impl Serve {
    /// The record goes to standard error, and every account is served.
    pub const fn honored(global: &Global) -> &'static [Shared] {
        if global.sandbox {
            &[Shared::Sandbox, Shared::Accounts]
        } else {
            &[Shared::Accounts, Shared::Ca]
        }
    }

    pub async fn run(self, global: &Global) -> Result<Exit> {
        match global.source()? {
            Source::Sandbox => self.sandboxed().await,
            Source::Files(accounts) => self.operators(accounts, global).await,
        }
    }
}
