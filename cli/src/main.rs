//! The command `unassign-role`: shows, plans, revokes and verifies roles at real tenants and at sandboxes, serves the component, makes
//! tokens and keys, and checks configurations. It reaches the hosts of the accounts at hand, and no other ones.

mod accounts;
mod commands;
mod exit;
#[cfg(feature = "wasmtime")]
mod offboard;
#[cfg(feature = "wasmtime")]
mod session;
#[cfg(feature = "wasmtime")]
mod tenants;
mod terminal;
#[cfg(feature = "wasmtime")]
mod transcript;

use std::process::ExitCode;

use crate::exit::{Exit, is_closed_pipe};

fn main() -> ExitCode {
    match commands::run() {
        Ok(exit) => exit.into(),
        Err(error) if is_closed_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            terminal::note(format_args!("error: {error:#}"));
            Exit::of(&error).into()
        }
    }
}
