//! The developer's command: shows, serves and calls the operation against sandboxed providers, makes tokens and checks configurations. It
//! cannot reach a network.

mod cli;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
