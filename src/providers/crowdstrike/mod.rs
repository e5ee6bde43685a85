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

pub use self::{
    backend::CrowdStrike as Account,
    capability::CAPABILITY,
    config::{ADDRESSES, Config},
};
