//! The client on a fake transport and clock.

mod exchange;
pub mod fake;
mod lenient;
mod session;
