//! The client on a fake transport and clock.

mod exchange;
pub mod fake;
mod lenient;
mod mask;
#[cfg(feature = "crowdstrike")]
mod operation;
mod paging;
mod reads;
mod session;
mod streaming;
mod waiting;
