//! Credentials and settings of a Slack Enterprise account.

use crate::{
    account::secret::Secret,
    client::BaseUrl,
    contract::types::Credentials,
    error::Error,
    provider::{Addresses, Draft, Opening},
};

use super::{capability::CAPABILITY, ids};

/// A Slack Enterprise organization.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    /// A user token of an app that is installed on the whole organization.
    pub token: Secret,
    /// The organization's `E…` id; `None`: what Slack says.
    pub enterprise_id: Option<String>,
    /// Where SCIM users are, version included; `None`: they are not read.
    pub scim: Option<BaseUrl>,
    /// The user ids that the account protects.
    pub protected_ids: Vec<String>,
    /// The account protects somebody by an e-mail address.
    pub protects_addresses: bool,
}

/// Source: `ConductorOne/baton-slack` (`pkg/connector/client/path.go`).
const BASE: &str = "https://slack.com";
const GOVERNMENT: &str = "https://slack-gov.com";
const SCIM: &str = "https://api.slack.com/scim/v2";
const GOVERNMENT_SCIM: &str = "https://api.slack-gov.com/scim/v1";

pub const ADDRESSES: Addresses = Addresses {
    regions: &[],
    others: &[BASE, GOVERNMENT, SCIM, GOVERNMENT_SCIM],
    needed,
};

impl Config {
    pub fn new(mut account: Opening<'_>) -> Result<Self, Error> {
        let settings = &mut account.settings;
        let government: bool = settings.take("government")?.unwrap_or_default();
        let enterprise_id = settings.take("enterprise_id")?;
        let scim: bool = settings.take("scim")?.unwrap_or_default();
        let (own, scim_base) = addresses(government);
        account.settings.finish()?;
        let Credentials::BearerToken(token) = account.credentials else {
            return Err(CAPABILITY.wrong_credentials());
        };
        Ok(Self {
            base: BaseUrl::of_account("base_url", account.base_url.unwrap_or(own))?,
            token: Secret::parse("credentials.token", token)?,
            enterprise_id,
            scim: scim
                .then(|| BaseUrl::parse(scim_base))
                .transpose()
                .map_err(|why| Error::account("settings.scim", why))?,
            protects_addresses: account.general.protects_addresses(),
            protected_ids: account.general.protected_ids(ids::is_of_user),
        })
    }
}

/// Of the web API, and of SCIM.
const fn addresses(government: bool) -> (&'static str, &'static str) {
    if government {
        (GOVERNMENT, GOVERNMENT_SCIM)
    } else {
        (BASE, SCIM)
    }
}

fn needed(account: Draft<'_>) -> Vec<&str> {
    let (own, scim) = addresses(account.flag("government"));
    let scim = account.flag("scim").then_some(scim);
    [account.base_url().unwrap_or(own)].into_iter().chain(scim).collect()
}
