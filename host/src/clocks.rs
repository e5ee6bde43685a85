//! The guests' clocks read tokio's, so that paused time is virtual time for the guest, the sandboxes and the test alike.

use std::time::Duration;

use sandboxes::Clock;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// Sets both clocks of a guest.
pub fn set(builder: &mut WasiCtxBuilder, clock: Clock) {
    builder.wall_clock(Wall(clock)).monotonic_clock(Monotonic(clock));
}

struct Wall(Clock);

struct Monotonic(Clock);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0.unix()
    }
}

impl HostMonotonicClock for Monotonic {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.monotonic().as_nanos()).unwrap_or(u64::MAX)
    }
}
