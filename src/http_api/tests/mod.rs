//! Tests of what several parts answer together.

mod described;
#[cfg(feature = "crowdstrike")]
mod face;
