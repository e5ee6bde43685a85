//! The host's clocks, read once between two waits and calls that block: what the component computes meanwhile takes no time that matters, and each
//! reading is a call of the host.

use std::{cell::Cell, time::Duration};

use wasip2::clocks::{monotonic_clock, wall_clock};

thread_local! {
    static MONOTONIC: Cell<Option<Duration>> = const { Cell::new(None) };
    static WALL: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Since some moment that the host chose.
pub fn monotonic() -> Duration {
    read(&MONOTONIC, || Duration::from_nanos(monotonic_clock::now()))
}

/// Since 1970.
pub fn wall() -> Duration {
    read(&WALL, || {
        let now = wall_clock::now();
        Duration::new(now.seconds, now.nanoseconds)
    })
}

/// Time has passed, in a wait or a call of the host that blocks: both clocks are read anew when they are next asked.
pub fn has_passed() {
    MONOTONIC.set(None);
    WALL.set(None);
}

fn read(clock: &'static std::thread::LocalKey<Cell<Option<Duration>>>, now: impl FnOnce() -> Duration) -> Duration {
    let now = clock.get().unwrap_or_else(now);
    clock.set(Some(now));
    now
}
