//! Accounts: listed, checked before they are deployed, and tried at their providers.

mod check;
mod list;
#[cfg(feature = "wasmtime")]
mod probe;

use anyhow::Result;
use clap::Subcommand;

use crate::exit::Exit;

use super::global::{Global, Shared};

#[derive(Subcommand)]
pub enum Accounts {
    /// Lists the accounts, and the hosts that each one needs
    List,
    /// Checks every account and token without a network: reports everything that is wrong, and shows no secret
    Check(check::Check),
    /// Tries an account at its provider, read-only: credentials, permissions, visibility, clock, rate limit
    #[cfg(feature = "wasmtime")]
    Probe(probe::Probe),
}

impl Accounts {
    pub const fn honored(&self) -> &'static [Shared] {
        match self {
            Self::List => &[Shared::Accounts, Shared::Sandbox, Shared::Account, Shared::Json],
            Self::Check(check) => check.honored(),
            #[cfg(feature = "wasmtime")]
            Self::Probe(_) => Shared::ALL,
        }
    }

    pub fn run(self, global: &Global) -> Result<Exit> {
        match self {
            Self::List => list::run(global),
            Self::Check(check) => check.run(global),
            #[cfg(feature = "wasmtime")]
            Self::Probe(probe) => crate::commands::wait(probe.run(global)),
        }
    }
}
