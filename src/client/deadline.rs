//! The time that one operation has.

use std::time::Duration;

use crate::transport::Transport;

/// When the operation must be over, and until when a write may start.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Duration,
    total: Duration,
}

impl Deadline {
    /// Used when the request names none: below the time-outs of common clients.
    pub const DEFAULT: Duration = Duration::from_secs(25);
    /// The longest that a request may ask for.
    pub const LONGEST: Duration = Duration::from_mins(2);
    /// Percent of the deadline that belong to the read-back: no write starts in them.
    const RESERVE_PERCENT: u32 = 40;
    /// Percent of the deadline after which a running write is cut off, so that a read-back still fits.
    const CUT_PERCENT: u32 = 80;

    pub fn starting_now(transport: &dyn Transport, total: Duration) -> Self {
        Self {
            start: transport.monotonic(),
            total,
        }
    }

    /// What is left of the whole; zero when it is over.
    pub fn left(&self, transport: &dyn Transport) -> Duration {
        self.at(100).saturating_sub(transport.monotonic())
    }

    /// What is left until a running write is cut off.
    pub fn left_for_write(&self, transport: &dyn Transport) -> Duration {
        self.at(Self::CUT_PERCENT).saturating_sub(transport.monotonic())
    }

    /// Whether a write may still start.
    pub fn allows_write(&self, transport: &dyn Transport) -> bool {
        self.allows_write_after(transport, Duration::ZERO)
    }

    /// Whether a write may start after a wait.
    pub fn allows_write_after(&self, transport: &dyn Transport, wait: Duration) -> bool {
        transport.monotonic().saturating_add(wait) <= self.at(100 - Self::RESERVE_PERCENT)
    }

    /// The moment when so many percent of the time have passed.
    fn at(&self, percent: u32) -> Duration {
        let part = self.total.saturating_mul(percent).checked_div(100).unwrap_or_default();
        self.start.saturating_add(part)
    }
}
