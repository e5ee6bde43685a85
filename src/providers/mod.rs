//! The six providers. Each has the same rooms: configuration, documents and requests, the `Provider` steps, mapping, and its page.

mod blackline;
mod crowdstrike;
mod elastic_cloud;
mod jumpcloud;
mod slack_enterprise;
mod teamviewer;

use crate::{
    account::{
        secret::Secret,
        settings::{General, Settings},
    },
    client::RateLimitPolicy,
    contract::types::{Account, Endpoint, Provider as Name},
    error::Error,
    provider::{Provider, capability::Capability},
};

/// An account, taken apart: its credentials are in the provider's own masked types.
pub struct Opened {
    pub provider: Box<dyn Provider>,
    pub general: General,
    /// What must not be printed.
    pub secrets: Vec<Secret>,
    pub rate_limit: RateLimitPolicy,
}

/// # Errors
/// [`Error::Account`] for an account that cannot work.
pub fn open(account: Account) -> Result<Opened, Error> {
    let Account {
        provider,
        base_url,
        credentials,
        settings,
    } = account;
    let capability = capability(provider);
    if !capability.takes(&credentials) {
        return Err(Error::account(
            "credentials",
            format!(
                "{} takes {} credentials",
                capability.name,
                capability.credentials.join(" or ")
            ),
        ));
    }
    let mut settings = Settings::parse(Some(&settings))?;
    let general = settings.take_general()?;
    let open = match provider {
        Name::Blackline => blackline::open,
        Name::Crowdstrike => crowdstrike::open,
        Name::ElasticCloud => elastic_cloud::open,
        Name::Jumpcloud => jumpcloud::open,
        Name::SlackEnterprise => slack_enterprise::open,
        Name::Teamviewer => teamviewer::open,
    };
    let base_url = match &base_url {
        Endpoint::ProviderDefault => None,
        Endpoint::Url(url) => Some(url.as_str()),
    };
    open(base_url, credentials, settings, general)
}

/// What a provider understands.
pub const fn capability(provider: Name) -> &'static Capability {
    match provider {
        Name::Blackline => &blackline::CAPABILITY,
        Name::Crowdstrike => &crowdstrike::CAPABILITY,
        Name::ElasticCloud => &elastic_cloud::CAPABILITY,
        Name::Jumpcloud => &jumpcloud::CAPABILITY,
        Name::SlackEnterprise => &slack_enterprise::CAPABILITY,
        Name::Teamviewer => &teamviewer::CAPABILITY,
    }
}

/// The whole matrix.
pub fn matrix() -> impl Iterator<Item = (Name, &'static Capability)> {
    [
        Name::Blackline,
        Name::Crowdstrike,
        Name::ElasticCloud,
        Name::Jumpcloud,
        Name::SlackEnterprise,
        Name::Teamviewer,
    ]
    .into_iter()
    .map(|name| (name, capability(name)))
}
