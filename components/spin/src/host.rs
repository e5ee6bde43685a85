//! The HTTP face's configuration: variables for what is secret, and for accounts a variable or the key-value store.

use std::rc::Rc;

use spin_sdk::{key_value::Store, variables};
use unassign_role::{
    client::Caches,
    http_api::{AccountPlace, AccountText, Host, Parsed, Secrets, Setting, spin_variable},
    transport::{Task, Transport},
};

use crate::transport::SpinTransport;

/// An account `id` that is not in the variable is the store's value under this prefix, as JSON.
const ACCOUNT: &str = "account:";

/// Spin's variables and key-value store, and what the instance keeps from one request to the next, of which up to 16 run at once.
/// Losing that costs a token request and another parsing of the configuration.
#[derive(Default)]
pub struct Spin {
    caches: Caches,
    parsed: Parsed,
}

impl Host for Spin {
    fn transport(&self) -> &dyn Transport {
        &SpinTransport
    }

    fn caches(&self) -> &Caches {
        &self.caches
    }

    fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<Rc<str>>, String>> {
        Box::pin(async move { Ok(variable(setting.spin_variable().to_owned()).await?.map(Rc::from)) })
    }

    fn setting_name(&self, setting: Setting) -> &'static str {
        match setting {
            Setting::ApiTokens => "the Spin variable api_tokens",
            Setting::Accounts => "the Spin variable accounts",
            Setting::AccountsFolder => "the Spin variable accounts_dir",
            Setting::SharedSecrets => "the Spin variable shared_secrets",
            Setting::Caller => "the Spin variable caller",
            Setting::ResponseEnvelope => "the Spin variable response_envelope",
            Setting::ReceiptKey => "the Spin variable receipt_key",
            Setting::ReceiptKeysRetired => "the Spin variable receipt_keys_retired",
            Setting::RecordKey => "the Spin variable record_key",
        }
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<AccountText>, String>> {
        let listed = |text| AccountText {
            text,
            place: AccountPlace::Listed,
        };
        Box::pin(async move {
            if let Some(accounts) = self.setting(Setting::Accounts).await?
                && let Some(account) = self
                    .parsed
                    .account_of(&accounts, id)
                    .map_err(|why| format!("the Spin variable accounts: {why}"))?
            {
                return Ok(Some(listed(account)));
            }
            let store = Store::open_default().await.map_err(|error| format!("{error:?}"))?;
            let value = store
                .get(format!("{ACCOUNT}{id}"))
                .await
                .map_err(|error| format!("{error:?}"))?;
            value
                .map(|bytes| String::from_utf8(bytes).map(listed))
                .transpose()
                .map_err(|_| String::from("an account in the key-value store is not UTF-8"))
        })
    }
}

impl Secrets for Spin {
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(variable(spin_variable(name)))
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
