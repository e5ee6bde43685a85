//! The command `unassign-role`: shows, serves and calls the operation against sandboxed providers, makes tokens and checks
//! configurations. It cannot reach a network.

mod commands;

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
