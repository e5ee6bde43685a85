#![doc = include_str!("docs.md")]

mod absence;
mod assignments;
mod capability;
mod config;
mod core;
mod key;
mod mapping;
mod matching;
mod places;
mod roles;
mod sso;
mod steps;

use crate::{
    client::RateLimitPolicy,
    contract::types::Credentials,
    error::Error,
    settings::{General, Settings},
};

use super::Opened;

pub use self::capability::CAPABILITY;

/// Opens an Elastic Cloud account.
///
/// # Errors
/// [`Error::Account`] if address, credentials or settings do not fit.
pub fn open(
    base_url: Option<&str>,
    credentials: Credentials,
    settings: Settings,
    general: General,
) -> Result<Opened, Error> {
    let config = config::Config::new(base_url, credentials, settings, &general)?;
    Ok(Opened {
        secrets: vec![config.api_key.clone()],
        provider: Box::new(steps::ElasticCloud::new(config)),
        general,
        rate_limit: RateLimitPolicy::default(),
    })
}
