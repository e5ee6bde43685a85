//! The interface `accounts`, lifted and lowered by the code of `users`.
//!
//! The functions of both differ in how an account is named: by its id and who asks, or by its credentials. So the arguments are
//! written down anew as those of `users`, whose account then carries the id and the caller; what follows is `users`' own code. The
//! results have the same types, and so one function frees them.
//!
//! # How arguments are laid out
//!
//! As the canonical ABI says. At most 16 numbers are passed by themselves, which holds for `read-user` and `list-roles` here; more
//! of them are written into one allocation, field after field, each at a multiple of its alignment, as `repr(C)` does it. A text or a
//! list is a pointer and a length. A variant is its case's number and then room for the largest of its cases; `option<T>` is one with
//! the cases 0, none, and 1. The allocation and everything in it belong to the function that is called.

// The host aligns what it writes.
#![allow(unsafe_code, clippy::cast_ptr_alignment)]

use std::{mem::MaybeUninit, ptr::NonNull};

use super::both::{self, Both};
use crate::contract::generated::exports::unified::user_directory::users;

pub use crate::contract::generated::exports::unified::user_directory::accounts::*;

/// Has the name and the arguments that the generated macro calls.
///
/// # Safety
/// `arguments` is what the host wrote for `accounts.unassign-role`.
#[doc(hidden)]
pub unsafe fn _export_unassign_role_cabi<T: users::Guest + Guest>(arguments: *mut u8) -> *mut u8 {
    // SAFETY: the host allocated this for exactly these arguments, by this allocator and with their size and alignment, and gives it away.
    let arguments = unsafe { Box::from_raw(arguments.cast::<ByAccount<RequestAndOptions>>()) };
    let arguments = WithCredentials {
        account: AccountFields::of(arguments.account, arguments.caller),
        others: arguments.others,
    };
    both::announce_account();
    // SAFETY: these are the arguments of `users.unassign-role`, in an allocation of their size and alignment, which is given away.
    unsafe { users::_export_unassign_role_cabi::<Both<T>>(given_away(arguments)) }
}

/// As [`_export_unassign_role_cabi`].
///
/// # Safety
/// The arguments are the host's, for `accounts.read-user`.
#[doc(hidden)]
#[allow(clippy::too_many_arguments)]
pub unsafe fn _export_read_user_cabi<T: users::Guest + Guest>(
    account: *mut u8,
    account_length: usize,
    id: *mut u8,
    id_length: usize,
    has_deadline: i32,
    deadline: i32,
    has_actor: i32,
    actor: *mut u8,
    actor_length: usize,
) -> *mut u8 {
    let account = Text::new(account, account_length);
    let caller = OptionalText::new(has_actor, actor, actor_length);
    let arguments = WithCredentials {
        account: AccountFields::of(account, caller),
        others: IdAndOptions {
            id: Text::new(id, id_length),
            options: OptionalNumber::new(has_deadline, deadline),
        },
    };
    both::announce_account();
    // SAFETY: these are the arguments of `users.read-user`, in an allocation of their size and alignment, which is given away.
    unsafe { users::_export_read_user_cabi::<Both<T>>(given_away(arguments)) }
}

/// As [`_export_unassign_role_cabi`].
///
/// # Safety
/// The arguments are the host's, for `accounts.list-roles`.
#[doc(hidden)]
pub unsafe fn _export_list_roles_cabi<T: users::Guest + Guest>(
    account: *mut u8,
    account_length: usize,
    has_deadline: i32,
    deadline: i32,
    has_actor: i32,
    actor: *mut u8,
    actor_length: usize,
) -> *mut u8 {
    let account = Text::new(account, account_length);
    let caller = OptionalText::new(has_actor, actor, actor_length);
    let arguments = WithCredentials {
        account: AccountFields::of(account, caller),
        others: OptionalNumber::new(has_deadline, deadline),
    };
    both::announce_account();
    // SAFETY: these are the arguments of `users.list-roles`, in an allocation of their size and alignment, which is given away.
    unsafe { users::_export_list_roles_cabi::<Both<T>>(given_away(arguments)) }
}

/// Frees a result, which is one of `users`.
///
/// # Safety
/// `result` is what [`_export_unassign_role_cabi`] gave, and it is freed once.
#[doc(hidden)]
pub unsafe fn __post_return_unassign_role<T: users::Guest + Guest>(result: *mut u8) {
    // SAFETY: it is a result of `users.unassign-role`.
    unsafe { users::__post_return_unassign_role::<Both<T>>(result) }
}

/// As [`__post_return_unassign_role`].
///
/// # Safety
/// `result` is what [`_export_read_user_cabi`] gave, and it is freed once.
#[doc(hidden)]
pub unsafe fn __post_return_read_user<T: users::Guest + Guest>(result: *mut u8) {
    // SAFETY: it is a result of `users.read-user`.
    unsafe { users::__post_return_read_user::<Both<T>>(result) }
}

/// As [`__post_return_unassign_role`].
///
/// # Safety
/// `result` is what [`_export_list_roles_cabi`] gave, and it is freed once.
#[doc(hidden)]
pub unsafe fn __post_return_list_roles<T: users::Guest + Guest>(result: *mut u8) {
    // SAFETY: it is a result of `users.list-roles`.
    unsafe { users::__post_return_list_roles::<Both<T>>(result) }
}

/// `string`.
#[repr(C)]
struct Text {
    start: *mut u8,
    length: usize,
}

/// `option<string>`, and each variant like it: `caller` is a record of nothing else, and `endpoint` has the same cases.
#[repr(C)]
struct OptionalText {
    case: u8,
    text: Text,
}

/// `option<u32>`, of which alone `read-options` consists.
#[repr(C)]
struct OptionalNumber {
    case: u8,
    number: u32,
}

/// `account`.
#[repr(C)]
struct AccountFields {
    provider: u8,
    base_url: OptionalText,
    credentials: CredentialsVariant,
    settings: Text,
}

/// `credentials`: its largest case has five texts.
#[repr(C)]
struct CredentialsVariant {
    case: u8,
    first: Text,
    others: [MaybeUninit<Text>; 4],
}

/// The other arguments of `read-user`.
#[repr(C)]
struct IdAndOptions {
    id: Text,
    options: OptionalNumber,
}

/// The other arguments of `unassign-role`: the same bytes in both interfaces.
#[repr(C)]
struct RequestAndOptions {
    bytes: [MaybeUninit<u8>; 8 + 37 * POINTER],
}

#[repr(C)]
struct ByAccount<T> {
    account: Text,
    others: T,
    caller: OptionalText,
}

#[repr(C)]
struct WithCredentials<T> {
    account: AccountFields,
    others: T,
}

/// The case `api-key`, which has one text.
const API_KEY: u8 = 2;

const POINTER: usize = size_of::<*const u8>();

/// The generated code frees its arguments by these sizes, in the order of the functions above.
const _: () = {
    assert!(size_of::<ByAccount<RequestAndOptions>>() == 8 + 42 * POINTER);
    assert!(size_of::<WithCredentials<RequestAndOptions>>() == 8 + 54 * POINTER);
    assert!(size_of::<WithCredentials<IdAndOptions>>() == 8 + 19 * POINTER);
    assert!(size_of::<WithCredentials<OptionalNumber>>() == 8 + 17 * POINTER);
    assert!(align_of::<WithCredentials<OptionalNumber>>() == POINTER);
};

impl Text {
    const fn new(start: *mut u8, length: usize) -> Self {
        Self { start, length }
    }

    const fn empty() -> Self {
        Self::new(NonNull::dangling().as_ptr(), 0)
    }
}

impl OptionalText {
    fn new(case: i32, start: *mut u8, length: usize) -> Self {
        Self {
            case: u8::from(case != 0),
            text: Text::new(start, length),
        }
    }
}

impl OptionalNumber {
    fn new(case: i32, number: i32) -> Self {
        Self {
            case: u8::from(case != 0),
            number: number.cast_unsigned(),
        }
    }
}

impl AccountFields {
    /// An account that carries its id as its settings, and the caller as its address. [`both`] takes them out again.
    fn of(id: Text, caller: OptionalText) -> Self {
        Self {
            provider: 0,
            base_url: caller,
            credentials: CredentialsVariant {
                case: API_KEY,
                first: Text::empty(),
                others: [const { MaybeUninit::uninit() }; 4],
            },
            settings: id,
        }
    }
}

/// An allocation that the function called with it frees.
fn given_away<T>(arguments: WithCredentials<T>) -> *mut u8 {
    Box::into_raw(Box::new(arguments)).cast()
}

#[cfg(test)]
mod tests;
