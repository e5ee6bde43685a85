//! Bearer tokens.

use std::fmt::Write;

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use unassign_role::http_api::{check_tokens, token_digest};

use crate::{
    exit::Exit,
    terminal::{line, note},
};

use super::global::Global;

#[derive(Subcommand)]
pub enum Token {
    /// Makes a token and prints its secret on the first line, its entry for api_tokens below
    New(New),
}

#[derive(Args)]
#[command(after_help = "Example:
  unassign-role token new --name offboarding --account acme --account globex --may plan --may revoke

--account names an account that the token may use, and can be repeated.")]
pub struct New {
    /// The token's name in the record
    #[arg(long)]
    name: String,
    /// What its requests may do (repeatable) [default: read, plan and revoke]
    #[arg(long, value_enum)]
    may: Vec<May>,
    /// A side effect that its requests may allow, such as leave-group (repeatable)
    #[arg(long)]
    allow: Vec<String>,
    /// When it expires, such as 2027-01-01T00:00:00Z
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
    pub fn run(self, global: &Global) -> Result<Exit> {
        let Self::New(new) = self;
        if global.account.is_empty() {
            return Err(Exit::Usage.because("which accounts may it use? Name each with --account"));
        }
        let token = secret()?;
        let entry = new.entry(&token, &global.account)?;
        let exit = Exit::Done.after(line(format_args!("{token}\n\n{entry}")))?;
        note(
            "\nNext: give the first line to the caller, and add the last one to tokens.json; the token is not shown again",
        );
        Ok(exit)
    }
}

impl New {
    /// The entry of the configuration, which knows the token by its digest alone.
    fn entry(self, token: &str, accounts: &[String]) -> Result<String> {
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
            "name": self.name, "sha256": token_digest(token), "accounts": accounts, "may": may, "allow": self.allow,
        });
        if let Some(end) = self.expires_at {
            entry["expires_at"] = json!(end);
        }
        let entries = json!([entry]).to_string();
        let checked = check_tokens(&entries).map_err(|why| Exit::Usage.because(why))?;
        ensure!(checked.len() == 1, "the entry was not understood");
        Ok(entry.to_string())
    }
}

/// 256 random bits, recognizable as ours to scanners for leaked secrets.
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
            .entry(&token, &[String::from("acme")])
            .unwrap();
        assert!(
            entry.contains(&token_digest(&token)) && !entry.contains(&token),
            "{entry}"
        );
        assert!(
            new(&["leave_group"], None)
                .entry(&token, &[String::from("acme")])
                .is_err()
        );
        assert!(new(&[], Some("soon")).entry(&token, &[String::from("acme")]).is_err());
    }
}
