//! Waiting longer each time, with jitter.

use std::time::Duration;

/// Doubles from `first` to `longest`.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// The next wait: between half and all of the step, by `random`.
    pub fn wait(&mut self, random: u64) -> Duration {
        let step = self.next;
        self.next = step.saturating_mul(2).min(self.longest);
        let half = step.checked_div(2).unwrap_or_default();
        let nanoseconds = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        half.saturating_add(Duration::from_nanos(
            random.checked_rem(nanoseconds).unwrap_or_default(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_longest_and_stays_within_half_of_the_step() {
        let mut backoff = Backoff::new(Duration::from_millis(400), Duration::from_secs(1));
        for (random, step) in [(0, 400), (u64::MAX, 800), (7, 1000), (9, 1000)] {
            let wait = backoff.wait(random);
            assert!(
                wait >= Duration::from_millis(step / 2) && wait <= Duration::from_millis(step),
                "{wait:?}"
            );
        }
    }
}
