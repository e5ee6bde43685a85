//! Ed25519 keys, for approvers and for receipts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use unassign_role::keys::{PrivateKey, PublicKey};

use crate::{
    exit::Exit,
    terminal::{line, note},
};

use super::input;

#[derive(Subcommand)]
pub enum Keys {
    /// Makes a key: the private JWK on standard output, the public one on standard error
    New,
    /// Prints the public half of a private JWK, for an account's `approvers` or for anyone who verifies receipts
    Public(Public),
}

#[derive(Args)]
pub struct Public {
    /// The private JWK (- for standard input)
    key: PathBuf,
}

impl Keys {
    pub fn run(self) -> Result<Exit> {
        match self {
            Self::New => {
                let mut seed = [0; 32];
                getrandom::fill(&mut seed).context("the system gives no random numbers")?;
                let key = PrivateKey::of_seed(&seed);
                let exit = Exit::Done.after(line(key.to_jwk()))?;
                note(format_args!(
                    "keep that secret; its public half is\n{}",
                    key.public().to_jwk()
                ));
                Ok(exit)
            }
            Self::Public(public) => Exit::Done.after(line(private(&public.key)?.public().to_jwk())),
        }
    }
}

/// A private JWK in a file.
pub fn private(path: &Path) -> Result<PrivateKey> {
    PrivateKey::parse(&input(path)?).map_err(|why| anyhow!("{}: {why}", path.display()))
}

/// The public keys in a file: one JWK, or a set of them.
pub fn public(path: &Path) -> Result<Vec<PublicKey>> {
    PublicKey::parse_set(&input(path)?).map_err(|why| anyhow!("{}: {why}", path.display()))
}
