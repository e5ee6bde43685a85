//! The options that several verbs share, and which verb honors which.

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

/// The options that several verbs share. A verb refuses those that do not apply to it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Shared options (a command rejects those that do not apply to it)")]
pub struct Global {
    /// The accounts: a JSON or TOML file, or a folder of them [or: UNASSIGN_ROLE_ACCOUNTS_FILE]
    #[arg(long, global = true, value_name = "FILE|FOLDER")]
    pub accounts: Option<PathBuf>,
    /// Uses sandboxed providers with demo accounts instead of your own accounts; they start fresh with every run
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// The account; not needed if there is only one
    #[arg(long = "account", global = true, value_name = "ID")]
    pub account: Vec<String>,
    /// Prints the JSON of the HTTP face
    #[arg(long, global = true)]
    pub json: bool,
    /// A PEM file of certificates to trust in addition to the system's, for calls to providers
    #[arg(long, global = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Appends the record of every call to this file, as JSON lines; if it cannot be written, nothing is removed
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Turns off color [or: NO_COLOR]
    #[arg(long, global = true)]
    pub no_color: bool,
}

/// A shared option that a verb honors, or refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    Accounts,
    Sandbox,
    Account,
    Json,
    Ca,
    Record,
}

impl Shared {
    /// What a verb honors that calls a provider.
    pub const ALL: &[Self] = &[
        Self::Accounts,
        Self::Sandbox,
        Self::Account,
        Self::Json,
        Self::Ca,
        Self::Record,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Accounts => "--accounts",
            Self::Sandbox => "--sandbox",
            Self::Account => "--account",
            Self::Json => "--json",
            Self::Ca => "--ca",
            Self::Record => "--record",
        }
    }
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
    /// Refuses what was given and is not honored: an `--account` that is ignored would mean every account.
    pub fn check(&self, honored: &[Shared]) -> Result<()> {
        let Self {
            accounts,
            sandbox,
            account,
            json,
            ca,
            record,
            no_color: _,
        } = self;
        let given = [
            (Shared::Accounts, accounts.is_some()),
            (Shared::Sandbox, *sandbox),
            (Shared::Account, !account.is_empty()),
            (Shared::Json, *json),
            (Shared::Ca, ca.is_some()),
            (Shared::Record, record.is_some()),
        ];
        match given
            .iter()
            .find(|(option, is_given)| *is_given && !honored.contains(option))
        {
            None => Ok(()),
            Some((option, _)) => Err(Exit::Usage.because(format!(
                "{} means nothing here, and nothing was done: leave it out",
                option.name()
            ))),
        }
    }

    /// Refuses an account that is named and not among these.
    pub fn check_accounts(&self, known: &[&str]) -> Result<()> {
        match self.account.iter().find(|id| !known.contains(&id.as_str())) {
            None => Ok(()),
            Some(unknown) => {
                let why = format!("there is no account `{unknown}` here; there are {}", known.join(", "));
                Err(Exit::Usage.because(why))
            }
        }
    }

    /// Whether an account is meant: it is named, or none is.
    pub fn means(&self, account: &str) -> bool {
        self.account.is_empty() || self.account.iter().any(|named| named == account)
    }

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
    fn an_option_that_a_verb_does_not_honor_is_refused() {
        let given = Global {
            json: true,
            account: vec![String::from("a")],
            no_color: true,
            ..Global::default()
        };
        assert!(given.check(Shared::ALL).is_ok());
        assert!(given.check(&[Shared::Json, Shared::Account]).is_ok());
        let error = given.check(&[Shared::Json]).unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Usage);
        assert!(error.to_string().starts_with("--account "), "{error}");
    }

    #[test]
    fn named_accounts_are_meant_and_all_are_if_none_is_named() {
        let named = Global {
            account: vec![String::from("a")],
            ..Global::default()
        };
        assert!(named.means("a") && !named.means("b") && Global::default().means("b"));
        assert!(named.check_accounts(&["a", "b"]).is_ok());
        assert_eq!(Exit::of(&named.check_accounts(&["b"]).unwrap_err()), Exit::Usage);
    }

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
