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
mod read;
mod revoke;

#[cfg(test)]
mod tests;

use crate::{
    error::Error,
    provider::{Provider, opening::Opening},
};

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens a TeamViewer account.
///
/// # Errors
/// [`Error::Account`] if address or credentials do not fit.
pub fn open(account: Opening<'_>) -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(backend::TeamViewer {
        config: config::Config::new(account)?,
        memory: read::Memory::default(),
    }))
}
