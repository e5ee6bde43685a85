//! The records and the export macro, generated from `wit/`.

#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]

wit_bindgen::generate!({
    world: "operation",
    path: "wit",
    pub_export_macro: true,
    export_macro_name: "export_users",
    default_bindings_module: "unassign_role::contract",
    additional_derives: [PartialEq],
});
