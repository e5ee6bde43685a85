//! Accounts as one JSON object, id to account.

use crate::contract::json::unique;

/// One account's JSON text. The message of an error has no value in it: it may be a credential.
///
/// # Errors
/// The text is no JSON object, or has an id twice.
pub fn account_of(accounts: &str, id: &str) -> Result<Option<String>, String> {
    let accounts = unique::parse_members(accounts)?;
    Ok(accounts.get(id).map(|account| account.get().to_owned()))
}

/// The ids of all accounts.
///
/// # Errors
/// The text is no JSON object, or has an id twice.
pub fn ids_of(accounts: &str) -> Result<Vec<String>, String> {
    Ok(unique::parse_members(accounts)?.into_keys().collect())
}
