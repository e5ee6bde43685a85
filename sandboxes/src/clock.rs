//! The one clock of a test: sandboxes and the component under test read it alike.

use std::time::Duration;

use tokio::time::Instant;

/// Unix time that advances with tokio's clock, so that paused time is virtual time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    unix_at_origin: Duration,
}

impl Clock {
    /// A clock that starts at `unix` (time since 1970-01-01T00:00:00Z).
    pub fn starting_at(unix: Duration) -> Self {
        Self {
            origin: Instant::now(),
            unix_at_origin: unix,
        }
    }

    /// Time since 1970-01-01T00:00:00Z.
    pub fn unix(&self) -> Duration {
        self.unix_at_origin + self.monotonic()
    }

    /// Time since the clock was made.
    pub fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
