//! The one account and the one token of every service that is measured.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use host::{
    demo,
    typed::types::{self, Provider},
};
use serde_json::{Value, json};
use unassign_role::http_api::token_digest;

use crate::{
    accounts::{Account, environment},
    commands::sandbox::{CROWDSTRIKE, TOKEN},
};

/// The name of the account's secret.
pub const SECRET: &str = "crowdstrike";
pub const CLIENT_ID: &str = "demo-client";
pub const CLIENT_SECRET: &str = "demo-secret";

/// How a service is configured, in variables and in files.
pub struct Configuration {
    /// Of the component, on any host.
    pub variables: Vec<(String, String)>,
    /// Of `serve`.
    pub accounts: PathBuf,
    pub tokens: PathBuf,
}

impl Configuration {
    /// With the provider at this address; the files are written into the folder.
    pub fn write(provider: &str, folder: &Path) -> Result<Self> {
        let document = json!({
            "provider": "crowdstrike",
            "base_url": provider,
            "credentials": {
                "type": "client_credentials", "client_id": CLIENT_ID, "client_secret": {"secret": SECRET},
            },
        });
        let tokens =
            json!([{"name": "bench", "sha256": token_digest(TOKEN), "accounts": [CROWDSTRIKE], "may": ["revoke"]}]);
        let written = |name: &str, text: &Value| -> Result<PathBuf> {
            let path = folder.join(name);
            fs::write(&path, text.to_string())?;
            Ok(path)
        };
        let account = Account {
            secrets: vec![(SECRET.to_owned(), CLIENT_SECRET.to_owned())],
            ..Account::of_document(CROWDSTRIKE, document.as_object().cloned().unwrap_or_default())
        };
        Ok(Self {
            variables: environment(&[&account], tokens.to_string()),
            accounts: written("accounts.json", &json!({CROWDSTRIKE: document}))?,
            tokens: written("tokens.json", &tokens)?,
        })
    }
}

/// The same account for a typed call.
pub fn typed_account() -> types::Account {
    types::Account {
        settings: String::from("{}"),
        ..demo::account(Provider::Crowdstrike)
    }
}
