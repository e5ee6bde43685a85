//! Checks of a configuration, before it is deployed.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::{
    accounts::{
        Listing,
        check::{Finding, Level, Report, check, where_it_is_set},
    },
    commands::global::{Global, Shared, surroundings},
    exit::Exit,
    terminal::{Style, line, styled, visible},
};

#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role accounts check accounts.json --tokens tokens.json
  unassign-role accounts check accounts/ --json | jq .findings

Nothing is sent, and no command of a file is run. The exit code is 3 if something is wrong.")]
pub struct Check {
    /// The accounts, as for --accounts (- for standard input)
    #[arg(value_name = "FILE|FOLDER")]
    file: Option<PathBuf>,
    /// A JSON list of tokens, as in `api_tokens`
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
}

impl Check {
    /// The file of the argument, or the one of --accounts.
    pub const fn honored(&self) -> &'static [Shared] {
        if self.file.is_some() {
            &[Shared::Account, Shared::Json]
        } else {
            &[Shared::Accounts, Shared::Sandbox, Shared::Account, Shared::Json]
        }
    }

    pub fn run(self, global: &Global) -> Result<Exit> {
        let mut listing = match &self.file {
            Some(file) => Listing::read(file),
            None => global.listing()?,
        };
        let ids: Vec<&str> = listing.entries.iter().map(|entry| entry.id.as_str()).collect();
        // What a file hides says more than an account that is missing.
        if listing.faults.is_empty() {
            global.check_accounts(&ids)?;
        }
        listing.leave_out(|id| !global.means(id));
        let tokens = match &self.tokens {
            None => None,
            Some(path) => match std::fs::read(path) {
                Ok(bytes) => Some((path.as_path(), bytes)),
                Err(error) => {
                    let why = format!("it cannot be read: {error}");
                    listing.faults.push((path.clone(), why));
                    None
                }
            },
        };
        let tokens = tokens.as_ref().map(|(path, bytes)| (*path, bytes.as_slice()));
        let report = check(&listing, tokens, &surroundings());
        let exit = if report.is_good() {
            Exit::Done
        } else {
            Exit::Configuration
        };
        if global.json {
            return exit.after(line(serde_json::to_string_pretty(&report.to_json())?));
        }
        exit.after(print(&report))
    }
}

fn print(report: &Report) -> Result<()> {
    for (id, provider) in &report.good {
        line(format_args!(
            "{} account {}: {provider}",
            styled("ok     ", Style::Good),
            visible(id)
        ))?;
    }
    for (name, accounts) in &report.good_tokens {
        let accounts: Vec<String> = accounts.iter().map(|account| visible(account)).collect();
        line(format_args!(
            "{} token {}: accounts {}",
            styled("ok     ", Style::Good),
            visible(name),
            accounts.join(", ")
        ))?;
    }
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| finding.level);
    for finding in findings {
        let label = match finding.level {
            Level::Wrong => styled("WRONG  ", Style::Bad),
            Level::Warning => styled("warning", Style::Doubtful),
            Level::Note => styled("note   ", Style::Dim),
        };
        line(format_args!("{label} {}", visible(&finding.to_string())))?;
    }
    for secret in &report.secrets {
        line(format_args!("         {}", visible(&where_it_is_set(secret))))?;
    }
    if !report.hosts.is_empty() {
        line("\nA deployment has to allow these hosts:")?;
        for (host, accounts) in &report.hosts {
            let accounts: Vec<String> = accounts.iter().map(|account| visible(account)).collect();
            line(format_args!("  {host}  ({})", accounts.join(", ")))?;
        }
    }
    let wrong = report.wrong().count();
    line(if wrong == 0 {
        String::from("\nNext: try an account at its provider, read-only: unassign-role accounts probe --account ID")
    } else {
        format!("\nNext: fix what is WRONG ({wrong}), and check again")
    })
}
