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

pub use self::{
    backend::ElasticCloud as Account,
    capability::CAPABILITY,
    config::{ADDRESSES, Config},
};
