//! The commands.

mod accounts;
mod bench;
mod call;
mod demo;
mod sandbox;
mod serve;
mod table;
mod token;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Takes roles away from a user, against sandboxed providers: no account is needed, and no network is reached.
#[derive(Parser)]
#[command(name = "unassign-role", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the main cases through the HTTP face and prints what was done
    Demo(demo::Demo),
    /// Serves the HTTP face on a loopback address, with sandbox accounts
    Serve(serve::Serve),
    /// Makes one typed call
    Call(call::Call),
    /// Measures size and speed, side by side
    Bench(bench::Bench),
    /// Makes bearer tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Checks a configuration
    #[command(subcommand)]
    Accounts(accounts::Accounts),
}

pub async fn run() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Demo(demo) => demo.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Call(call) => call.run().await,
        Command::Bench(bench) => bench.run().await,
        Command::Token(token) => token.run(),
        Command::Accounts(accounts) => accounts.run(),
    }
}
