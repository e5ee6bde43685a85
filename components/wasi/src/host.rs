//! The HTTP face's configuration, from environment variables: the one way that every WASI 0.2 host has.

use std::{env, io::Write};

use serde_json::value::RawValue;
use unassign_role::{
    client::Caches,
    http_api::Host,
    transport::{Task, Transport},
};

use crate::transport::WasiTransport;

/// JSON: tokens and the response envelope.
const CONFIG: &str = "UNASSIGN_ROLE_CONFIG";
/// JSON: one object, account id to account.
const ACCOUNTS: &str = "UNASSIGN_ROLE_ACCOUNTS";
/// A secret `name` is in the variable with this prefix and `NAME`.
const SECRET: &str = "UNASSIGN_ROLE_SECRET_";

/// The environment, and one request's view of the instance's caches.
pub struct Environment<'a> {
    pub caches: &'a Caches,
}

impl Host for Environment<'_> {
    fn transport(&self) -> &dyn Transport {
        &WasiTransport
    }

    fn caches(&self) -> &Caches {
        self.caches
    }

    fn config(&self) -> Task<'_, Result<Option<String>, String>> {
        Box::pin(async { variable(CONFIG) })
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let Some(text) = variable(ACCOUNTS)? else {
                return Ok(None);
            };
            // The message of the parser may quote a credential.
            let accounts: std::collections::BTreeMap<String, Box<RawValue>> =
                serde_json::from_str(&text).map_err(|_| format!("{ACCOUNTS} is not a JSON object of accounts"))?;
            Ok(accounts.get(id).map(|account| account.get().to_owned()))
        })
    }

    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let suffix: String = name
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() {
                        c.to_ascii_uppercase()
                    } else {
                        '_'
                    }
                })
                .collect();
            variable(&format!("{SECRET}{suffix}"))
        })
    }

    fn record(&self, line: &str) {
        // A log that cannot be written must not cost the caller the answer.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("{name} is not UTF-8")),
    }
}
