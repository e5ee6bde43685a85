//! Offboarding against sandboxes in memory, on virtual time.

mod course;
mod killed;
mod world;
