//! Credentials and settings of an Elastic Cloud account.

use crate::{
    account::secret::Secret,
    client::BaseUrl,
    contract::types::Credentials,
    error::Error,
    provider::{Addresses, Opening},
};

use super::capability::CAPABILITY;

/// An Elastic Cloud account.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    pub api_key: Secret,
    /// `None`: the one organization that the key sees.
    pub organization: Option<String>,
    /// The account protects somebody by an e-mail address.
    pub protects_addresses: bool,
}

/// Source: `elastic/cloud-sdk-go` (`api/apidocs-user.json`: host, basePath).
const BASE: &str = "https://api.elastic-cloud.com/api/v1";

pub const ADDRESSES: Addresses = Addresses {
    regions: &[],
    others: &[BASE],
    needed: |account| vec![account.base_url().unwrap_or(BASE)],
};

impl Config {
    pub fn new(mut account: Opening<'_>) -> Result<Self, Error> {
        let organization = account.settings.take("organization_id")?;
        account.settings.finish()?;
        let Credentials::ApiKey(key) = account.credentials else {
            return Err(CAPABILITY.wrong_credentials());
        };
        Ok(Self {
            base: BaseUrl::of_account("base_url", account.base_url.unwrap_or(BASE))?,
            api_key: Secret::parse("credentials.api_key", key)?,
            organization,
            protects_addresses: account.general.protects_addresses(),
        })
    }
}
