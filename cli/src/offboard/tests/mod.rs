//! Offboarding against sandboxes in memory, on virtual time.

mod world;
