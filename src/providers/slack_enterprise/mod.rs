#![doc = include_str!("docs.md")]

mod absence;
mod account_types;
mod assignments;
mod backend;
mod capability;
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

use std::rc::Rc;

use crate::{
    account::settings::{General, Settings},
    client::RateLimitPolicy,
    contract::types::Credentials,
    error::Error,
};

use super::Opened;

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens a Slack Enterprise account.
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
        secrets: vec![config.token.clone()],
        provider: Box::new(backend::Slack::new(config)),
        general,
        rate_limit: RateLimitPolicy {
            status_of: Rc::new(core::status_of),
            ..RateLimitPolicy::default()
        },
    })
}
