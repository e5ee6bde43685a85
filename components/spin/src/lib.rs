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

use std::rc::Rc;

use spin_sdk::wasip3;

// It is this component's allocator.
use unassign_role_allocator as _;

use crate::host::Spin;

struct Component;

thread_local! {
    static HOST: Rc<Spin> = Rc::default();
}

wasip3::http::service::export!(Component);
