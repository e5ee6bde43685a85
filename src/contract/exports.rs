//! What a component exports of the contract, for the macro `export_users`.
//!
//! The generated code lifts and lowers for each interface and each implementation by a copy of its own, and these are its largest
//! functions. Here both interfaces are exported by the code of `users` for one implementation, so that there is one copy.

pub mod accounts;
mod both;
pub mod users;

/// The path that the macro takes.
pub mod unified {
    pub mod user_directory {
        pub use super::super::{accounts, users};
    }
}
