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
mod view;

#[cfg(test)]
mod tests;

use crate::{
    error::Error,
    provider::{Provider, opening::Opening},
};

pub use self::{capability::CAPABILITY, config::ADDRESSES};

/// Opens a CrowdStrike account.
///
/// # Errors
/// [`Error::Account`] if region, address or credentials are not valid.
pub fn open(account: Opening<'_>) -> Result<Box<dyn Provider>, Error> {
    Ok(Box::new(backend::CrowdStrike {
        config: config::Config::new(account)?,
        directories: ids::Directories::default(),
        memory: read::Memory::default(),
        revokes: revoke::Revokes::default(),
    }))
}
