//! Offboarding of many people over many accounts: a list, a plan for everybody, one confirmation, the run, and a report that is
//! checked against the providers once more.
//!
//! Everything that a run knows of a task comes from events ([`journal::event::Event`]). They are written to the journal before they count, so
//! that a run that is resumed knows what the one before knew, and no more.

pub mod call;
pub mod check;
pub mod confirm;
pub mod fleet;
pub mod grant;
pub mod journal;
pub mod list;
pub mod offboarding;
pub mod pace;
pub mod plan;
pub mod plans;
pub mod progress;
pub mod reply;
pub mod report;
pub mod run;
pub mod scope;
pub mod selection;
pub mod standing;
pub mod state;
pub mod stop;
pub mod summary;
pub mod task;

#[cfg(test)]
mod tests;
