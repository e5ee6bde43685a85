//! The records of the typed contract, generated once from `wit/` and used by everything else.
//!
//! A component implements [`types::Guest`] and exports it with `export_users!(It with_types_in unassign_role::contract)`.

#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    world: "operation",
    path: "wit",
    pub_export_macro: true,
    export_macro_name: "export_users",
    default_bindings_module: "unassign_role::contract",
    additional_derives: [PartialEq],
});

pub use self::exports::unified::user_directory::users as types;
