//! The HTTP face for Spin 4.1 and later, on WASI 0.3: secrets from Spin variables, accounts from one of them or from the
//! default key-value store.

// The export macro generates `extern` functions.
#![allow(unsafe_code)]
// Nothing that arrives from outside may end the component.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

mod host;
mod http;
mod incoming;
mod transport;

use std::{alloc::System, rc::Rc};

use spin_sdk::wasip3;
use unassign_role_allocator::Classes;

use crate::host::Spin;

#[global_allocator]
static MEMORY: Classes<System> = Classes::before(System);

struct Component;

thread_local! {
    static HOST: Rc<Spin> = Rc::default();
}

wasip3::http::service::export!(Component);
