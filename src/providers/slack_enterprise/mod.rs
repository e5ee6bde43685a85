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

pub use self::{
    backend::Slack as Account,
    capability::CAPABILITY,
    config::{ADDRESSES, Config},
};
