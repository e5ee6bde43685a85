//! Bearer tokens.

use std::{fmt::Write, process::ExitCode};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use unassign_role::http_api::{check_tokens, token_digest};

#[derive(Subcommand)]
pub enum Token {
    /// Makes a token: its secret on the first line, its entry for api_tokens below
    New(New),
}

#[derive(Args)]
pub struct New {
    /// Its name in the record
    #[arg(long)]
    name: String,
    /// An integrated account that it may use (repeatable)
    #[arg(long = "account", required = true)]
    accounts: Vec<String>,
    /// What its requests may be (repeatable); read, plan and revoke unless given
    #[arg(long, value_enum)]
    may: Vec<May>,
    /// A side effect that its requests may allow, e.g. leave-group (repeatable)
    #[arg(long)]
    allow: Vec<String>,
    /// When it ends, e.g. 2027-01-01T00:00:00Z
    #[arg(long)]
    expires_at: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum May {
    Read,
    Plan,
    Revoke,
    #[value(name = "revoke_everything")]
    RevokeEverything,
    Raw,
}

impl Token {
    pub fn run(self) -> Result<ExitCode> {
        let Self::New(new) = self;
        let token = secret()?;
        let entry = new.entry(&token)?;
        println!("{token}\n\n{entry}");
        Ok(ExitCode::SUCCESS)
    }
}

impl New {
    /// The entry of the configuration, which knows the token by its digest alone.
    fn entry(self, token: &str) -> Result<String> {
        let may = if self.may.is_empty() {
            vec![May::Read, May::Plan, May::Revoke]
        } else {
            self.may
        };
        let may: Vec<&str> = may
            .into_iter()
            .map(|may| match may {
                May::Read => "read",
                May::Plan => "plan",
                May::Revoke => "revoke",
                May::RevokeEverything => "revoke_everything",
                May::Raw => "raw",
            })
            .collect();
        let mut entry = json!({
            "name": self.name, "sha256": token_digest(token), "accounts": self.accounts, "may": may, "allow": self.allow,
        });
        if let Some(end) = self.expires_at {
            entry["expires_at"] = json!(end);
        }
        let entries = json!([entry]).to_string();
        let checked = check_tokens(&entries).map_err(anyhow::Error::msg)?;
        ensure!(checked.len() == 1, "the entry was not understood");
        Ok(entry.to_string())
    }
}

/// 256 random bits, recognisable as ours to scanners for leaked secrets.
fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    let mut secret = String::from("uar_");
    for byte in bytes {
        write!(secret, "{byte:02x}")?;
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(allow: &[&str], expires_at: Option<&str>) -> New {
        New {
            name: String::from("offboarding"),
            accounts: vec![String::from("acme")],
            may: Vec::new(),
            allow: allow.iter().map(|&effect| effect.to_owned()).collect(),
            expires_at: expires_at.map(str::to_owned),
        }
    }

    #[test]
    fn an_entry_is_one_that_the_service_takes_and_has_the_digest_alone() {
        let token = secret().unwrap();
        assert_ne!(token, secret().unwrap());
        let entry = new(&["leave-group"], Some("2027-01-01T00:00:00Z"))
            .entry(&token)
            .unwrap();
        assert!(
            entry.contains(&token_digest(&token)) && !entry.contains(&token),
            "{entry}"
        );
        assert!(new(&["leave_group"], None).entry(&token).is_err());
        assert!(new(&[], Some("soon")).entry(&token).is_err());
    }
}
