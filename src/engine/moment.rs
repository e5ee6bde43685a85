//! A moment by both clocks: the wall clock is for people, and may be set back or forth while an operation runs.

use std::time::Duration;

use crate::transport::Transport;

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Unix time.
    pub wall: Duration,
    /// On the transport's monotonic clock: what time spans are measured by.
    pub running: Duration,
}

impl Moment {
    pub fn now(transport: &dyn Transport) -> Self {
        Self {
            wall: transport.wall_clock(),
            running: transport.monotonic(),
        }
    }

    /// How long after an earlier moment it is.
    pub const fn since(self, earlier: Self) -> Duration {
        self.running.saturating_sub(earlier.running)
    }
}
