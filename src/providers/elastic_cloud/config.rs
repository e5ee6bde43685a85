//! Credentials and settings of an Elastic Cloud account.

use std::time::Duration;

use crate::{
    account::{
        secret::Secret,
        settings::{General, Settings},
    },
    client::BaseUrl,
    contract::types::Credentials,
    error::Error,
    provider::addresses::Addresses,
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
    pub staleness_window: Duration,
}

/// Source: `elastic/cloud-sdk-go` (`api/apidocs-user.json`: host, basePath).
const BASE: &str = "https://api.elastic-cloud.com/api/v1";

pub const ADDRESSES: Addresses = Addresses {
    regions: &[],
    others: &[BASE],
    needed: |account| vec![account.base_url().unwrap_or(BASE)],
};

impl Config {
    pub fn new(
        base_url: Option<&str>,
        credentials: Credentials,
        mut settings: Settings,
        general: &General,
    ) -> Result<Self, Error> {
        let organization = settings.take("organization_id")?;
        settings.finish()?;
        let Credentials::ApiKey(key) = credentials else {
            return Err(Error::account("credentials", "Elastic Cloud takes api_key"));
        };
        Ok(Self {
            base: BaseUrl::parse(base_url.unwrap_or(BASE))
                .map_err(|why| Error::account("base_url", format!("base_url {why}")))?,
            api_key: Secret::parse("credentials.api_key", key)?,
            organization,
            protects_addresses: general.protects_addresses(),
            staleness_window: general.staleness_window.unwrap_or(CAPABILITY.staleness_window),
        })
    }
}
