#![doc = include_str!("docs.md")]

mod absence;
mod backend;
mod capability;
mod cid;
mod config;
mod core;
mod documents;
mod find;
mod ids;
mod mapping;
mod read;
mod revoke;

#[cfg(test)]
mod tests;

use std::{rc::Rc, time::Duration};

use crate::{
    account::settings::{General, Settings},
    client::RateLimitPolicy,
    contract::types::Credentials,
    error::Error,
};

use super::Opened;

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens a CrowdStrike account.
///
/// # Errors
/// [`Error::Account`] if region, address or credentials are not valid.
pub fn open(
    base_url: Option<&str>,
    credentials: Credentials,
    settings: Settings,
    general: General,
) -> Result<Opened, Error> {
    let config = config::Config::new(base_url, credentials, settings, &general)?;
    Ok(Opened {
        secrets: vec![config.client_secret.clone()],
        provider: Box::new(backend::CrowdStrike::new(config)),
        general,
        rate_limit: RateLimitPolicy {
            headers: &["x-ratelimit-retryafter"],
            least_wait: Duration::from_secs(5),
            status_of: Rc::new(core::status_of),
        },
    })
}
