//! Stateful stand-ins for the providers, written from their published behaviour.
//!
//! This crate shares no type, constant or path with the crate it tests, so that the two cannot agree on a mistake.
//! A sandbox is an [`axum::Router`] over real state; tests assert that state. It takes what the provider's documentation and the
//! vendor's own clients send, and refuses what the documentation says is refused. `cargo run -p sandboxes` serves all of them on ports.

mod behaviour;
pub mod blackline;
mod change;
pub mod clock;
pub mod crowdstrike;
pub mod elastic_cloud;
pub mod jumpcloud;
mod ledger;
mod request;
mod sandbox;
pub mod slack_enterprise;
pub mod teamviewer;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use clock::Clock;
