//! Accounts of real tenants, as a file or a folder lists them.

pub mod check;
mod document;
mod file;
mod pasted;
#[cfg(test)]
pub mod scratch;
pub mod secret;

use serde_json::{Map, Value};
#[cfg(feature = "wasmtime")]
use unassign_role::{
    http_api::{Secrets, Setting, account_sha256, environment_variable},
    transport,
};

pub use self::file::{Entry, Listing, is_standard_input};

/// One integrated account, ready for the component: the command's own fields are taken out, and secrets that the command reads
/// (from a file, from a command) are not in the document but in the environment.
#[derive(Clone)]
pub struct Account {
    pub id: String,
    /// Its JSON name, such as `slack_enterprise`.
    pub provider: String,
    /// The operator's own words for groups of accounts, such as `production`.
    pub tags: Vec<String>,
    /// A revoke needs an approval.
    pub approval_required: bool,
    /// The account as the service's schema has it.
    pub document: Map<String, Value>,
    /// The secrets that it refers to, by name.
    pub secrets: Vec<(String, String)>,
}

impl Account {
    /// An account whose secrets are looked up now. It has been checked.
    ///
    /// # Errors
    /// A secret cannot be read: names the field and what to do.
    pub fn resolve(entry: &Entry, resolver: &secret::Resolver) -> Result<Self, String> {
        let mut document = entry.value.as_object().cloned().unwrap_or_default();
        let tags = take_own_fields(&mut document);
        let mut secrets = Vec::new();
        if let Some(Value::Object(credentials)) = document.get_mut("credentials") {
            (*credentials, secrets) = resolver.resolve(entry, credentials)?;
        }
        Ok(Self {
            tags,
            secrets,
            ..Self::of_document(&entry.id, document)
        })
    }

    /// What tells it from other accounts, as plans have it: its provider, address, tenant settings and client id.
    ///
    /// # Errors
    /// Says what is wrong with the account, without a value.
    #[cfg(feature = "wasmtime")]
    pub fn sha256(&self) -> Result<String, String> {
        account_sha256(&Value::Object(self.document.clone()).to_string(), self)
    }

    /// An account as the service's schema has it, without secrets.
    pub fn of_document(id: &str, document: Map<String, Value>) -> Self {
        let provider = document.get("provider").and_then(Value::as_str).unwrap_or_default();
        let provider = unassign_role::contract::json::provider(provider);
        let required = document.get("settings").map(|settings| &settings["approval_required"]);
        Self {
            id: id.to_owned(),
            provider: provider.map_or_else(String::new, |provider| {
                unassign_role::contract::json::provider_name(provider).to_owned()
            }),
            tags: Vec::new(),
            approval_required: required == Some(&Value::Bool(true)),
            document,
            secrets: Vec::new(),
        }
    }
}

/// Those that were looked up.
#[cfg(feature = "wasmtime")]
impl Secrets for Account {
    fn secret<'a>(&'a self, name: &'a str) -> transport::Task<'a, Result<Option<String>, String>> {
        let known = self.secrets.iter().find(|(known, _)| known == name);
        Box::pin(std::future::ready(Ok(known.map(|(_, value)| value.clone()))))
    }
}

/// The variables that configure the component with these accounts, their secrets, and these tokens, a JSON list.
#[cfg(feature = "wasmtime")]
pub fn environment(accounts: &[&Account], tokens: String) -> Vec<(String, String)> {
    let documents: Map<String, Value> = accounts
        .iter()
        .map(|account| (account.id.clone(), Value::Object(account.document.clone())))
        .collect();
    let mut environment = vec![
        (Setting::ApiTokens.environment_variable().to_owned(), tokens),
        (
            Setting::Accounts.environment_variable().to_owned(),
            Value::Object(documents).to_string(),
        ),
    ];
    let secrets = accounts.iter().flat_map(|account| &account.secrets);
    environment.extend(secrets.map(|(name, value)| (environment_variable(name), value.clone())));
    environment
}

/// Takes out what is the command's own, and gives the tags.
pub fn take_own_fields(document: &mut Map<String, Value>) -> Vec<String> {
    let tags = document.shift_remove("tags").unwrap_or_default();
    let tags = tags.as_array().into_iter().flatten();
    tags.filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
}

/// Names the account, and nothing that could be a credential.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}
