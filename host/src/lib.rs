//! A wasmtime host for the components. What a component sends goes to sandboxes in memory, or to the allowed origins over the real
//! network, and nowhere else.

// What nobody reads must not end a service: `output::note` writes what an operator sees.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[cfg(feature = "outbound")]
mod body;
pub mod by_account;
pub mod clocks;
pub mod compiled;
pub mod compose;
pub mod demo;
pub mod egress;
pub mod engine;
pub mod guests;
pub mod measured;
pub mod network;
#[cfg(feature = "outbound")]
pub mod outbound;
pub mod output;
#[cfg(feature = "serve")]
pub mod serve;
pub mod service;
mod spin;
pub mod state;
pub mod tenants;
pub mod typed;
pub mod wire;
pub mod worlds;
