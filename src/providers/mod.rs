//! The six providers. Each has the same rooms: configuration, documents and requests, the `Provider` steps, mapping, and its page.

mod blackline;
mod crowdstrike;
mod elastic_cloud;
mod jumpcloud;
mod slack_enterprise;
mod teamviewer;

use crate::{
    client::Pacing,
    contract::types::{Account, Provider as Name},
    error::Error,
    provider::Provider,
    secret::Secret,
    settings::{General, Settings},
};

/// An account, taken apart: its credentials are in the provider's own masked types.
pub struct Opened {
    pub provider: Box<dyn Provider>,
    pub general: General,
    /// What must not be printed.
    pub secrets: Vec<Secret>,
    pub pacing: Pacing,
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
    let mut settings = Settings::parse(settings.as_deref())?;
    let general = settings.take_general()?;
    let open = match provider {
        Name::Blackline => blackline::open,
        Name::Crowdstrike => crowdstrike::open,
        Name::ElasticCloud => elastic_cloud::open,
        Name::Jumpcloud => jumpcloud::open,
        Name::SlackEnterprise => slack_enterprise::open,
        Name::Teamviewer => teamviewer::open,
    };
    open(base_url.as_deref(), credentials, settings, general)
}
