//! The HTTP face's configuration: variables for what is secret, the key-value store for accounts.

use std::{io::Write, rc::Rc};

use spin_sdk::{key_value::Store, variables};
use unassign_role::{
    client::Caches,
    http_api::Host,
    transport::{Task, Transport},
};

use crate::transport::SpinTransport;

/// JSON: tokens and the response envelope.
const CONFIG: &str = "config";
/// A secret `name` is in the variable with this prefix.
const SECRET: &str = "secret_";
/// An account `id` is the store's value under this prefix, as JSON.
const ACCOUNT: &str = "account:";

/// Spin's variables and key-value store.
pub struct Spin {
    pub caches: Rc<Caches>,
}

impl Host for Spin {
    fn transport(&self) -> &dyn Transport {
        &SpinTransport
    }

    fn caches(&self) -> &Caches {
        &self.caches
    }

    fn config(&self) -> Task<'_, Result<Option<String>, String>> {
        Box::pin(variable(String::from(CONFIG)))
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let store = Store::open_default().await.map_err(|error| format!("{error:?}"))?;
            let value = store
                .get(format!("{ACCOUNT}{id}"))
                .await
                .map_err(|error| format!("{error:?}"))?;
            value
                .map(String::from_utf8)
                .transpose()
                .map_err(|_| String::from("an account in the key-value store is not UTF-8"))
        })
    }

    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        let suffix: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '_'
                }
            })
            .collect();
        Box::pin(variable(format!("{SECRET}{suffix}")))
    }

    fn record(&self, line: &str) {
        // A log that cannot be written must not cost the caller the answer.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

async fn variable(name: String) -> Result<Option<String>, String> {
    match variables::get(&name).await {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(variables::Error::Undefined(_)) => Ok(None),
        // The provider's own message may quote a value.
        Err(_) => Err(format!("the variable {name} cannot be read")),
    }
}
