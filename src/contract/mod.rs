//! The records of the typed contract, generated once from `wit/` and used by everything else.
//!
//! A component implements [`types::Guest`] and exports it with `export_users!(It with_types_in unassign_role::contract)`.

pub mod bounded;
#[cfg(test)]
pub mod examples;
pub mod exports;
pub mod failure;
mod generated;
pub mod json;
pub mod reason;
pub mod redact;
pub mod timestamp;
pub mod user;
pub mod warning;

pub use self::{
    exports::unified::user_directory::{accounts as types_by_account, users as types},
    generated::export_users,
};
