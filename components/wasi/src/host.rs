//! The service's configuration, from environment variables: the one way that every WASI 0.2 host has.

use std::env;

use unassign_role::{
    client::Caches,
    http_api::{Host, Secrets, Setting, account_of, environment_variable},
    transport::{Task, Transport},
};

use crate::transport::WasiTransport;

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

    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<String>, String>> {
        Box::pin(async move { variable(setting.environment_variable()) })
    }

    fn setting_name(&self, setting: Setting) -> &'static str {
        setting.environment_variable()
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move {
            let name = Setting::Accounts.environment_variable();
            let Some(text) = variable(name)? else {
                return Ok(None);
            };
            account_of(&text, id).map_err(|why| format!("{name}: {why}"))
        })
    }
}

impl Secrets for Environment<'_> {
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move { variable(&environment_variable(name)) })
    }
}

fn variable(name: &str) -> Result<Option<String>, String> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.trim().is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(format!("{name} is not UTF-8")),
    }
}
