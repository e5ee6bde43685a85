//! The client on a fake transport and clock.

mod exchange;
mod lenient;
mod session;
