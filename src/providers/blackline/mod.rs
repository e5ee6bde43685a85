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

pub use self::{
    backend::BlackLine as Account,
    capability::CAPABILITY,
    config::{ADDRESSES, Config},
};
