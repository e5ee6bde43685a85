//! The interface `users`, by the generated code.

#![allow(unsafe_code, clippy::missing_safety_doc)]

use super::both::Both;
use crate::contract::generated::exports::unified::user_directory::{accounts, users as generated};

pub use crate::contract::generated::exports::unified::user_directory::users::*;

/// Defines the functions that the generated macro calls, as those of the generated code for [`Both`].
macro_rules! functions {
    ($($export:ident $post_return:ident)*) => {$(
        #[doc(hidden)]
        pub unsafe fn $export<T: Guest + accounts::Guest>(arguments: *mut u8) -> *mut u8 {
            // SAFETY: the generated macro calls it as that function.
            unsafe { generated::$export::<Both<T>>(arguments) }
        }

        #[doc(hidden)]
        pub unsafe fn $post_return<T: Guest + accounts::Guest>(result: *mut u8) {
            // SAFETY: as above.
            unsafe { generated::$post_return::<Both<T>>(result) }
        }
    )*};
}

functions! {
    _export_unassign_role_cabi __post_return_unassign_role
    _export_read_user_cabi __post_return_read_user
    _export_list_roles_cabi __post_return_list_roles
}
