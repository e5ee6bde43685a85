//! The commands.

mod accounts;
#[cfg(feature = "wasmtime")]
mod answer;
mod approve;
#[cfg(feature = "wasmtime")]
mod bench;
#[cfg(feature = "wasmtime")]
mod calls;
#[cfg(feature = "wasmtime")]
mod demo;
pub mod global;
mod keys;
#[cfg(feature = "wasmtime")]
mod offboard;
#[cfg(feature = "wasmtime")]
mod plan;
mod receipt;
#[cfg(feature = "wasmtime")]
mod receipt_file;
#[cfg(feature = "wasmtime")]
mod revoke;
#[cfg(feature = "wasmtime")]
mod roles;
#[cfg(feature = "wasmtime")]
pub mod sandbox;
#[cfg(feature = "wasmtime")]
mod selectors;
#[cfg(feature = "wasmtime")]
mod serve;
#[cfg(feature = "wasmtime")]
mod show;
mod token;
#[cfg(feature = "wasmtime")]
mod verify;

use std::{io::Read, path::Path};

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{exit::Exit, terminal};

use self::global::{Global, Shared};

/// Removes roles from users at SaaS providers, then reads the users again to verify that the roles are gone.
#[derive(Parser)]
#[command(
    name = "unassign-role",
    version,
    max_term_width = 100,
    after_help = "Try it, without an account and without a network:
  unassign-role demo
  unassign-role show ann.lee@example.com --sandbox --account demo-crowdstrike

Then with an account of your own:
  unassign-role accounts check accounts.toml
  unassign-role accounts probe --accounts accounts.toml --account acme
  unassign-role show ann@acme.example --accounts accounts.toml --account acme
  unassign-role revoke ann@acme.example --everything --accounts accounts.toml --account acme

Exit codes: 0 all gone (or planned, shown, verified absent), 1 something is not gone, 2 usage, 3 configuration, \
4 the provider refused or could not be reached, 5 not verified yet: ask again."
)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows a user and everything they hold
    #[cfg(feature = "wasmtime")]
    Show(show::Show),
    /// Lists the roles of a tenant
    #[cfg(feature = "wasmtime")]
    Roles(roles::Roles),
    /// Shows what a removal would do, and sends nothing
    #[cfg(feature = "wasmtime")]
    Plan(plan::Plan),
    /// Removes roles, and reads back to verify that they are gone
    #[cfg(feature = "wasmtime")]
    Revoke(revoke::Revoke),
    /// Checks whether roles are gone
    #[cfg(feature = "wasmtime")]
    Verify(verify::Verify),
    /// Removes everything that a list of people hold at many accounts, after one confirmation
    #[cfg(feature = "wasmtime")]
    Offboard(offboard::Offboard),
    /// Approves a plan, offline
    Approve(approve::Approve),
    /// Verifies receipts, offline
    #[command(subcommand)]
    Receipt(receipt::Receipt),
    /// Lists, checks and tries accounts
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// Makes bearer tokens for the service
    #[command(subcommand)]
    Token(token::Token),
    /// Makes keys for approvers and receipts
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Serves the HTTP face, with your own accounts or with sandboxes
    #[cfg(feature = "wasmtime")]
    Serve(serve::Serve),
    /// Runs the main cases on sandboxed providers
    #[cfg(feature = "wasmtime")]
    Demo(demo::Demo),
    /// Measures size and speed, side by side
    #[cfg(feature = "wasmtime")]
    #[command(hide = true)]
    Bench(bench::Bench),
    /// Prints completions for a shell
    #[command(
        after_help = "Example:\n  unassign-role completions bash > ~/.local/share/bash-completion/completions/unassign-role"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// The shared options that apply to it. Any other shared option is a usage error.
    #[cfg_attr(not(feature = "wasmtime"), allow(unused_variables))]
    const fn honored(&self, global: &Global) -> &'static [Shared] {
        match self {
            Self::Token(_) => &[Shared::Account],
            Self::Keys(_) | Self::Completions { .. } => &[],
            Self::Approve(approve) => approve.honored(),
            Self::Receipt(_) => &[Shared::Json],
            Self::Accounts(accounts) => accounts.honored(),
            #[cfg(feature = "wasmtime")]
            Self::Show(_) | Self::Roles(_) | Self::Plan(_) | Self::Revoke(_) | Self::Verify(_) | Self::Offboard(_) => {
                Shared::ALL
            }
            #[cfg(feature = "wasmtime")]
            Self::Serve(_) => serve::Serve::honored(global),
            #[cfg(feature = "wasmtime")]
            Self::Demo(_) | Self::Bench(_) => &[],
        }
    }
}

pub fn run() -> Result<Exit> {
    let Arguments { global, command } = Arguments::parse();
    terminal::set_no_color(global.no_color);
    global.check(command.honored(&global))?;
    match command {
        Command::Token(token) => token.run(&global),
        Command::Keys(keys) => keys.run(),
        Command::Approve(approve) => approve.run(&global),
        Command::Receipt(receipt) => receipt.run(&global),
        Command::Accounts(accounts) => accounts.run(&global),
        Command::Completions { shell } => completions(shell),
        #[cfg(feature = "wasmtime")]
        Command::Show(show) => wait(show.run(&global)),
        #[cfg(feature = "wasmtime")]
        Command::Roles(roles) => wait(roles.run(&global)),
        #[cfg(feature = "wasmtime")]
        Command::Plan(plan) => wait(plan.run(&global)),
        #[cfg(feature = "wasmtime")]
        Command::Revoke(revoke) => wait(revoke.run(&global)),
        #[cfg(feature = "wasmtime")]
        Command::Verify(verify) => wait(verify.run(&global)),
        #[cfg(feature = "wasmtime")]
        Command::Offboard(offboard) => wait(offboard.run(&global)),
        #[cfg(feature = "wasmtime")]
        // Whoever has seen enough of it closes the pipe.
        Command::Demo(demo) => wait(demo.run()).or_else(|error| Exit::Done.after(Err(error))),
        #[cfg(feature = "wasmtime")]
        Command::Serve(serve) => wait(serve.run(&global)),
        #[cfg(feature = "wasmtime")]
        Command::Bench(bench) => wait(bench.run()),
    }
}

/// Runs what waits for a component.
#[cfg(feature = "wasmtime")]
fn wait(command: impl Future<Output = Result<Exit>>) -> Result<Exit> {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(command);
    // Whoever still reads a file or a name is not waited for.
    runtime.shutdown_background();
    ended
}

fn completions(shell: Shell) -> Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "unassign-role", &mut text);
    Exit::Done.after(terminal::write(String::from_utf8_lossy(&text)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }
}
