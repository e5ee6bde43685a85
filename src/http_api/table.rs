//! Accounts as one JSON object, id to account.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// One account's JSON text. The message of an error has no value in it: it may be a credential.
///
/// # Errors
/// The text is no JSON object.
pub fn account_of(accounts: &str, id: &str) -> Result<Option<String>, String> {
    Ok(all(accounts)?.get(id).map(|account| account.get().to_owned()))
}

/// All accounts.
pub fn all(accounts: &str) -> Result<BTreeMap<String, Box<RawValue>>, String> {
    serde_json::from_str(accounts).map_err(|error| {
        format!(
            "it is not a JSON object of accounts (line {}, column {})",
            error.line(),
            error.column()
        )
    })
}
