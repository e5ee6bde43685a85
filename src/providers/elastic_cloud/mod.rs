#![doc = include_str!("docs.md")]

mod absence;
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
mod role_mappings;

#[cfg(test)]
mod tests;

use crate::{
    error::Error,
    provider::{Provider, opening::Opening},
};

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens an Elastic Cloud account.
///
/// # Errors
/// [`Error::Account`] if address, credentials or settings do not fit.
pub fn open(account: Opening<'_>) -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(backend::ElasticCloud {
        config: config::Config::new(account)?,
        memory: read::Memory::default(),
    }))
}
