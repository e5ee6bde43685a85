//! Offboarding against sandboxes in memory, on virtual time.

mod approvals;
mod course;
mod ends;
mod killed;
mod world;
