#![doc = include_str!("docs.md")]

mod absence;
mod backend;
mod capability;
mod config;
mod core;
mod documents;
mod find;
mod groups;
mod ids;
mod mapping;
mod organizations;
mod read;
mod revoke;
#[cfg(test)]
mod tests;

use crate::{
    error::Error,
    provider::{Provider, opening::Opening},
};

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens a JumpCloud account.
///
/// # Errors
/// [`Error::Account`] if address, credentials or settings do not fit.
pub fn open(account: Opening<'_>) -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(backend::JumpCloud::new(config::Config::new(account)?)))
}
