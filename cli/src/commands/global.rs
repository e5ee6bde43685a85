//! The options that every verb has.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::{
    accounts::{
        Listing,
        check::{Level, Surroundings},
    },
    exit::Exit,
};

/// The options that every verb has.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every verb")]
pub struct Global {
    /// The accounts: a JSON or TOML file, or a folder of them [or: UNASSIGN_ROLE_ACCOUNTS_FILE]
    #[arg(long, global = true, value_name = "FILE|FOLDER")]
    pub accounts: Option<PathBuf>,
    /// Sandboxed providers with demo accounts, instead of accounts of your own; they begin anew with every run
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// The account; not needed if there is only one
    #[arg(long = "account", global = true, value_name = "ID")]
    pub account: Vec<String>,
    /// Prints the JSON of the HTTP face
    #[arg(long, global = true)]
    pub json: bool,
    /// A PEM file of certificates that are trusted besides the system's, for calls to providers
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Appends the record of every call to this file, as JSON lines; if it cannot be written, nothing is removed
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// No color [or: NO_COLOR]
    #[arg(long, global = true)]
    pub no_color: bool,
}

/// Where accounts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Sandbox,
    Files(PathBuf),
}

/// The variable that names the accounts.
const VARIABLE: &str = "UNASSIGN_ROLE_ACCOUNTS_FILE";

impl Global {
    /// Where accounts come from: as the command line says, else as the environment does.
    pub fn source(&self) -> Result<Source> {
        self.source_or(std::env::var_os(VARIABLE).map(PathBuf::from))
    }

    fn source_or(&self, variable: Option<PathBuf>) -> Result<Source> {
        match (self.sandbox, &self.accounts) {
            (true, Some(_)) => Err(Exit::Usage.because("--sandbox has accounts of its own: leave out --accounts")),
            (true, None) => Ok(Source::Sandbox),
            (false, Some(path)) => Ok(Source::Files(path.clone())),
            (false, None) => variable
                .filter(|path| !path.as_os_str().is_empty())
                .map(Source::Files)
                .ok_or_else(|| {
                    Exit::Usage.because(format!(
                        "which accounts? Name a file with --accounts or {VARIABLE}, or try it on --sandbox"
                    ))
                }),
        }
    }

    /// The one account that is named, if one is.
    pub fn one_account(&self) -> Result<Option<&str>> {
        match self.account.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Exit::Usage.because("this verb works with one account: give --account once")),
        }
    }

    /// The listing of files.
    pub fn listing(&self) -> Result<Listing> {
        match self.source()? {
            Source::Files(path) => Ok(Listing::read(&path)),
            Source::Sandbox => Err(Exit::Usage.because("the accounts of --sandbox stand in no file")),
        }
    }
}

/// What checks look at besides files.
pub fn surroundings() -> Surroundings<'static> {
    Surroundings {
        variable: &|name| std::env::var(name).ok(),
        now: std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default(),
        expired_token: Level::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_environment_and_both_kinds_of_accounts_exclude_each_other() {
        let variable = Some(PathBuf::from("of-the-environment"));
        let named = Global {
            accounts: Some(PathBuf::from("named")),
            ..Global::default()
        };
        let sandbox = Global {
            sandbox: true,
            ..Global::default()
        };
        let files = |path: &str| Source::Files(PathBuf::from(path));
        assert_eq!(named.source_or(variable.clone()).unwrap(), files("named"));
        assert_eq!(
            Global::default().source_or(variable.clone()).unwrap(),
            files("of-the-environment")
        );
        assert_eq!(sandbox.source_or(variable).unwrap(), Source::Sandbox);
        assert!(Global::default().source_or(None).is_err());
        let both = Global { sandbox: true, ..named };
        assert_eq!(Exit::of(&both.source_or(None).unwrap_err()), Exit::Usage);
    }
}
