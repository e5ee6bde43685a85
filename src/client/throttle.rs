//! So many a second and no more: what a caller can repeat at will must not flood a log.

use std::{cell::Cell, time::Duration};

/// Counts what is let through in a second, and what is held back.
#[derive(Default)]
pub struct Throttle(Cell<Second>);

#[derive(Clone, Copy, Default)]
struct Second {
    /// Unix time in seconds.
    at: u64,
    admitted: u32,
    held_back: u32,
}

impl Throttle {
    /// Whether one more is let through at this time.
    pub fn admits(&self, now: Duration, most: u32) -> bool {
        let mut second = self.0.get();
        if second.at != now.as_secs() {
            second = Second {
                at: now.as_secs(),
                ..Second::default()
            };
        }
        let is_admitted = second.admitted < most;
        let count = if is_admitted {
            &mut second.admitted
        } else {
            &mut second.held_back
        };
        *count = count.saturating_add(1);
        self.0.set(second);
        is_admitted
    }

    /// Once a second is over: when it began, and how many were held back in it. Each is told once.
    pub fn held_back(&self, now: Duration) -> Option<(Duration, u32)> {
        let second = self.0.get();
        if second.at == now.as_secs() || second.held_back == 0 {
            return None;
        }
        self.0.set(Second::default());
        Some((Duration::from_secs(second.at), second.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back_in_a_second_is_told_once_when_it_is_over() {
        let throttle = Throttle::default();
        let now = Duration::from_millis(7_200);
        let admitted = (0..25).filter(|_| throttle.admits(now, 10)).count();
        assert_eq!(admitted, 10);
        assert_eq!(throttle.held_back(now), None);
        let later = Duration::from_secs(9);
        assert_eq!(throttle.held_back(later), Some((Duration::from_secs(7), 15)));
        assert_eq!(throttle.held_back(later), None);
        assert!(throttle.admits(later, 10));
    }
}
