//! A wasmtime host for the components: nothing that a component under test does can reach a network, unless it is loopback.

pub mod clocks;
pub mod compose;
pub mod engine;
pub mod guests;
pub mod measured;
pub mod network;
pub mod service;
mod spin;
pub mod state;
pub mod typed;
pub mod wire;
pub mod worlds;
