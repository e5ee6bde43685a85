//! Checks a configuration without using it.

use std::cell::RefCell;

use futures_util::FutureExt;

use crate::{
    account::{self, Secrets},
    contract::{
        json::{self, unique},
        types::Account,
    },
    providers,
    transport::Task,
};

use super::token;

/// The result for one entry of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// The account's id, or the token's name.
    pub entry: String,
    /// What it is, or what is wrong with it. Never contains a value.
    pub result: Result<String, String>,
    /// The names of the secrets that it refers to.
    pub secrets: Vec<String>,
}

/// Checks a JSON object of accounts, each entry by itself. References to secrets count as set.
///
/// # Errors
/// The text as a whole is malformed.
pub fn check_accounts(text: &str) -> Result<Vec<Checkup>, String> {
    let accounts = unique::parse_members(text)?;
    Ok(accounts
        .into_iter()
        .map(|(entry, account)| {
            let secrets = AllSet::default();
            let result = check_account(account.get(), &secrets);
            Checkup {
                entry,
                result,
                secrets: secrets.asked.into_inner(),
            }
        })
        .collect())
}

/// Checks a JSON list of tokens.
///
/// # Errors
/// Names entry and field.
pub fn check_tokens(text: &str) -> Result<Vec<Checkup>, String> {
    let tokens = token::tokens(text)?;
    Ok(tokens
        .into_iter()
        .map(|token| Checkup {
            entry: token.name,
            result: Ok(format!("accounts: {}", token.entitlement.accounts.join(", "))),
            secrets: Vec::new(),
        })
        .collect())
}

/// Checks what the caller by account id may do.
///
/// # Errors
/// Names the field.
pub fn check_caller(text: &str) -> Result<String, String> {
    let entitlement = token::caller_entitlement(text)?;
    Ok(format!("accounts: {}", entitlement.accounts.join(", ")))
}

/// What tells an account from others, as plans have it: SHA-256 over provider, origin, tenant settings and public client id. `text` is
/// one account.
///
/// # Errors
/// Says what is wrong with the account, without a value.
pub fn account_sha256(text: &str, secrets: &dyn Secrets) -> Result<String, String> {
    Ok(providers::identity("", &account_of(text, secrets)?).sha256)
}

fn check_account(text: &str, secrets: &AllSet) -> Result<String, String> {
    let account = account_of(text, secrets)?;
    let provider = json::provider_name(account.provider);
    providers::open(account)
        .map(|_| provider.to_owned())
        .map_err(|error| error.to_string())
}

/// The account with its secrets, which are at hand.
fn account_of(text: &str, secrets: &dyn Secrets) -> Result<Account, String> {
    let integrated = account::parse(text).map_err(|error| error.to_string())?;
    match integrated.account(secrets).now_or_never() {
        Some(account) => account.map_err(|error| error.to_string()),
        None => Err(String::from("it could not be read")),
    }
}

/// Every secret is set. Remembers which were asked for.
#[derive(Default)]
struct AllSet {
    asked: RefCell<Vec<String>>,
}

impl Secrets for AllSet {
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        self.asked.borrow_mut().push(name.to_owned());
        Box::pin(async { Ok(Some(String::from("set"))) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "crowdstrike", feature = "elastic_cloud", feature = "slack_enterprise"))]
    #[test]
    fn every_account_is_checked_by_itself_and_no_secret_is_said() {
        let text = r#"{
            "good": {"provider": "crowdstrike", "settings": {"region": "us-2"},
                     "credentials": {"type": "client_credentials", "client_id": "c", "client_secret": {"secret": "s"}}},
            "misspelt": {"provider": "slack_enterprise", "settings": {"goverment": true},
                         "credentials": {"type": "bearer_token", "token": "xoxp-sesame"}},
            "wrong": {"provider": "elastic_cloud", "credentials": {"type": "bearer_token", "token": "xoxp-sesame"}},
            "twice": {"provider": "elastic_cloud", "credentials": {"type": "api_key", "api_key": "a", "api_key": "sesame"}},
            "status": {"provider": "elastic_cloud", "status": "paused", "credentials": {"type": "api_key", "api_key": "sesame"}}}"#;
        let checks = check_accounts(text).unwrap();
        let found: Vec<_> = checks
            .iter()
            .map(|check| (check.entry.as_str(), check.result.is_ok()))
            .collect();
        assert_eq!(
            found,
            [
                ("good", true),
                ("misspelt", false),
                ("status", false),
                ("twice", false),
                ("wrong", false)
            ]
        );
        assert!(
            checks[1].result.as_ref().unwrap_err().contains("goverment"),
            "{checks:?}"
        );
        assert_eq!(checks[0].secrets, ["s"]);
        assert!(!format!("{checks:?}").contains("sesame"));
        assert!(
            checks[3].result.as_ref().unwrap_err().contains("a key twice"),
            "{checks:?}"
        );
        assert!(
            check_accounts(r#"{"a": {}, "a": {}}"#)
                .unwrap_err()
                .contains("a key twice")
        );
        assert!(!check_accounts(r#"["sesame"]"#).unwrap_err().contains("sesame"));
    }
}
