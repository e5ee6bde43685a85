//! The command `unassign-role`: shows, serves and calls the operation against sandboxed providers, makes tokens and checks
//! configurations. It cannot reach a network.

mod accounts;
mod commands;
#[cfg(feature = "wasmtime")]
mod offboard;
#[cfg(feature = "wasmtime")]
mod session;

use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
