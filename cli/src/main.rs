//! The command `unassign-role`: shows, serves and calls the operation against sandboxed providers, makes tokens and checks
//! configurations. It cannot reach a network.

mod commands;
#[cfg(feature = "wasmtime")]
mod component;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "wasmtime")]
    component::install();
    match commands::run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
