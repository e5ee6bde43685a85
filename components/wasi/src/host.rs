//! The service's configuration: environment variables, which every WASI 0.2 host has, and a folder where the host gives one.

use std::{cell::RefCell, rc::Rc};

use unassign_role::{
    client::Caches,
    http_api::{
        AccountPlace, AccountText, Host, Parsed, Secrets, Setting, account_file, account_variable, environment_variable,
    },
    sorted::Map,
    transport::{Task, Transport},
};
use wasip2::{
    cli::{environment, stderr},
    io::streams::OutputStream,
};

use crate::{folder, io, transport::WasiTransport};

thread_local! {
    /// Asked for once, because each call of the host has its price, and again after it failed.
    static STDERR: RefCell<Option<OutputStream>> = const { RefCell::new(None) };
    /// The host cannot change them while the instance lives.
    static VARIABLES: Map<String, Rc<str>> = environment::get_environment()
        .into_iter()
        .filter(|(_, value)| !value.trim().is_empty())
        .map(|(name, value)| (name, Rc::from(value)))
        .collect();
}

/// The environment, and what the instance keeps from one request to the next where the host reuses it. Losing that costs a token
/// request and another parsing of the configuration.
#[derive(Default)]
pub struct Environment {
    pub caches: Caches,
    parsed: Parsed,
}

impl Environment {
    /// The account in each place that has one.
    fn places(&self, id: &str) -> Result<Vec<AccountText>, String> {
        let mut found = Vec::new();
        if let Some(accounts) = setting(Setting::Accounts) {
            let account = self.parsed.account_of(&accounts, id);
            let account = account.map_err(|why| format!("{}: {why}", Setting::Accounts.environment_variable()))?;
            found.extend(account.map(|text| AccountText {
                text,
                place: AccountPlace::Listed,
            }));
        }
        if let Some(name) = account_variable(id)
            && let Some(text) = variable(&name)
        {
            found.push(AccountText {
                text: text.to_string(),
                place: AccountPlace::Own(name),
            });
        }
        if let Some(folder) = setting(Setting::AccountsFolder)
            && let Some(file) = account_file(id)
            && let Some(text) = folder::read(&folder, &file)?
        {
            found.push(AccountText {
                text,
                place: AccountPlace::Own(format!("the file {file}")),
            });
        }
        Ok(found)
    }
}

impl Host for Environment {
    fn transport(&self) -> &dyn Transport {
        &WasiTransport
    }

    fn caches(&self) -> &Caches {
        &self.caches
    }

    fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    fn setting(&self, name: Setting) -> Task<'_, Result<Option<Rc<str>>, String>> {
        Box::pin(async move { Ok(setting(name)) })
    }

    fn setting_name(&self, setting: Setting) -> &'static str {
        setting.environment_variable()
    }

    /// Without the standard library's standard error, which would bring its input, output and terminals along.
    fn record(&self, line: &str) {
        // A log that cannot be written must not cost the caller the answer.
        STDERR.with_borrow_mut(|kept| {
            let stderr = kept.get_or_insert_with(stderr::get_stderr);
            if io::write_now(stderr, format!("{line}\n").as_bytes()).is_err() {
                *kept = None;
            }
        });
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<AccountText>, String>> {
        Box::pin(async move {
            let mut found = self.places(id)?;
            let account = found.pop();
            if let (Some(one), Some(other)) = (&account, found.last()) {
                let (one, other) = (one.place.name(self), other.place.name(self));
                return Err(format!("the account stands in {other} and in {one}"));
            }
            Ok(account)
        })
    }
}

impl Secrets for Environment {
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move { Ok(variable(&environment_variable(name)).map(|value| value.to_string())) })
    }
}

fn setting(setting: Setting) -> Option<Rc<str>> {
    variable(setting.environment_variable())
}

fn variable(name: &str) -> Option<Rc<str>> {
    VARIABLES.with(|variables| variables.get(name).cloned())
}
