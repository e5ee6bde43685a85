//! The command `unassign-role`: shows, plans, revokes and verifies roles at real tenants and at sandboxes, serves the component, makes
//! tokens and keys, and checks configurations. It reaches the hosts of the accounts at hand, and no other ones.

// A closed pipe must not end a run: `terminal::line` and `terminal::note` write what people see.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]
// What only the verbs use that need a component.
#![cfg_attr(not(feature = "wasmtime"), allow(dead_code, unused_imports))]

mod accounts;
mod commands;
#[cfg(feature = "wasmtime")]
mod component;
mod exit;
#[cfg(feature = "wasmtime")]
mod offboard;
mod private_file;
#[cfg(feature = "wasmtime")]
mod record;
#[cfg(feature = "wasmtime")]
mod session;
#[cfg(feature = "wasmtime")]
mod signals;
#[cfg(feature = "wasmtime")]
mod tenants;
mod terminal;
#[cfg(feature = "wasmtime")]
mod transcript;

use std::process::ExitCode;

use crate::exit::Exit;

fn main() -> ExitCode {
    #[cfg(feature = "wasmtime")]
    component::install();
    match commands::run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::note(format_args!("error: {error:#}"));
            Exit::of(&error).into()
        }
    }
}
