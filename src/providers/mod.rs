//! The six providers. Each has the same rooms: configuration, documents and requests, the `Provider` steps, mapping, and its page.

mod crowdstrike;

use crate::{
    client::Pacing,
    contract::types::{Account, Provider as Name},
    error::Error,
    json,
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
    match provider {
        Name::Crowdstrike => crowdstrike::open(base_url.as_deref(), credentials, settings, general),
        other => Err(Error::account(
            "provider",
            format!(
                "the provider `{}` is not supported by this version",
                json::provider_name(other)
            ),
        )),
    }
}
