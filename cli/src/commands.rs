//! The commands.

mod accounts;
mod approve;
#[cfg(feature = "wasmtime")]
mod bench;
#[cfg(feature = "wasmtime")]
mod call;
#[cfg(feature = "wasmtime")]
mod demo;
mod keys;
mod receipt;
#[cfg(feature = "wasmtime")]
mod sandbox;
#[cfg(feature = "wasmtime")]
mod serve;
#[cfg(feature = "wasmtime")]
mod table;
mod token;

use std::{io::Read, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Removes roles from a user, against sandboxed providers: no account is needed, and no network is reached.
#[derive(Parser)]
#[command(name = "unassign-role", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the main cases through the HTTP face and prints what was done
    #[cfg(feature = "wasmtime")]
    Demo(demo::Demo),
    /// Serves the HTTP face on a loopback address, with sandbox accounts
    #[cfg(feature = "wasmtime")]
    Serve(serve::Serve),
    /// Makes one typed call
    #[cfg(feature = "wasmtime")]
    Call(call::Call),
    /// Measures size and speed, side by side
    #[cfg(feature = "wasmtime")]
    Bench(bench::Bench),
    /// Makes bearer tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Makes keys of approvers and of receipts
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Approves a plan, offline
    Approve(approve::Approve),
    /// Verifies receipts, offline
    #[command(subcommand)]
    Receipt(receipt::Receipt),
    /// Checks a configuration
    #[command(subcommand)]
    Accounts(accounts::Accounts),
}

pub fn run() -> Result<ExitCode> {
    match Arguments::parse().command {
        Command::Token(token) => token.run(),
        Command::Keys(keys) => keys.run(),
        Command::Approve(approve) => approve.run(),
        Command::Receipt(receipt) => receipt.run(),
        Command::Accounts(accounts) => accounts.run(),
        #[cfg(feature = "wasmtime")]
        Command::Demo(demo) => wait(demo.run()),
        #[cfg(feature = "wasmtime")]
        Command::Serve(serve) => wait(serve.run()),
        #[cfg(feature = "wasmtime")]
        Command::Call(call) => wait(call.run()),
        #[cfg(feature = "wasmtime")]
        Command::Bench(bench) => wait(bench.run()),
    }
}

/// Runs what waits for a component.
#[cfg(feature = "wasmtime")]
fn wait(command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(command)
}

/// The text of a file, or of standard input (`-`).
fn input(path: &Path) -> Result<String> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}
