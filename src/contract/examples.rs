//! Records for tests.

use super::types::{Binding, Expectation, Mode, Options, StrictScope, UnknownRole};

/// A removal with nothing allowed, and with the defaults of the account.
pub const fn options() -> Options {
    Options {
        mode: Mode::Revoke,
        allow: Vec::new(),
        deadline: None,
        strict_scope: StrictScope::AccountDefault,
        unknown_role: UnknownRole::NotFound,
        acknowledged_at: None,
        expect: Expectation::Anyone,
        accept_unverified: false,
        binding: Binding::None,
        reference: None,
    }
}
