#![doc = include_str!("docs.md")]

mod absence;
mod backend;
mod capability;
mod config;
mod core;
mod documents;
mod find;
mod ids;
mod mapping;
mod paths;
mod read;
mod revoke;

#[cfg(test)]
mod tests;

use crate::{
    error::Error,
    provider::{Provider, opening::Opening},
};

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens a BlackLine account.
///
/// # Errors
/// [`Error::Account`] if address, credentials or settings do not fit.
pub fn open(account: Opening<'_>) -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(backend::BlackLine {
        config: config::Config::new(account)?,
        memory: read::Memory::default(),
    }))
}
