//! Checks of a configuration, before it is deployed.

use std::{io::Read, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use unassign_role::http_api::{Checkup, check_accounts, check_tokens, environment_variable, spin_variable};

#[derive(Subcommand)]
pub enum Accounts {
    /// Checks every account and token; prints what is wrong and which variables the secrets are read from, and no secret
    Check(Check),
}

#[derive(Args)]
pub struct Check {
    /// JSON object of accounts, as in `accounts` (- for standard input)
    accounts: PathBuf,
    /// JSON list of tokens, as in `api_tokens`
    #[arg(long)]
    tokens: Option<PathBuf>,
}

impl Accounts {
    pub fn run(self) -> Result<ExitCode> {
        let Self::Check(check) = self;
        let mut found = checked("account", &check.accounts, check_accounts)?;
        if let Some(tokens) = &check.tokens {
            found.extend(checked("token", tokens, check_tokens)?);
        }
        let mut is_good = true;
        for (kind, checkup) in found {
            let Checkup { entry, result, secrets } = checkup;
            match result {
                Ok(what) => println!("ok     {kind} {entry}: {what}"),
                Err(why) => {
                    is_good = false;
                    println!("WRONG  {kind} {entry}: {why}");
                }
            }
            for secret in secrets {
                println!("         {}", where_it_is_set(&secret));
            }
        }
        Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What the operator has to set for a secret, on each kind of host.
fn where_it_is_set(secret: &str) -> String {
    let spin = spin_variable(secret);
    format!(
        "secret {secret}: {} (wasi); SPIN_VARIABLE_{} (spin, declared as {spin})",
        environment_variable(secret),
        spin.to_ascii_uppercase()
    )
}

type Checked = Vec<(&'static str, Checkup)>;

fn checked(kind: &'static str, path: &PathBuf, check: fn(&str) -> Result<Vec<Checkup>, String>) -> Result<Checked> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    } else {
        std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
    };
    match check(&text) {
        Ok(found) => Ok(found.into_iter().map(|checkup| (kind, checkup)).collect()),
        Err(why) => bail!("{}: {why}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_with_both_of_its_variables() {
        assert_eq!(
            where_it_is_set("crowdstrike"),
            "secret crowdstrike: UNASSIGN_ROLE_SECRET_CROWDSTRIKE (wasi); SPIN_VARIABLE_SECRET_CROWDSTRIKE (spin, declared as secret_crowdstrike)"
        );
    }
}
