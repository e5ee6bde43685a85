//! What one operation may read from a provider: no answer of a provider makes the work unbounded.

use std::{cell::Cell, time::Duration};

use crate::{
    error::{FaultKind, ProviderFault},
    transport::Transport,
};

/// Reads at once. The engine bounds writes itself.
const MOST_AT_ONCE: u64 = 8;
/// Pages of all lists.
const MOST_PAGES: u64 = 1_000;
/// Requests that write nothing: the pages, and as many probes.
const MOST_READS: u64 = 2_000;
/// Bytes of answers that are held together, in one round of reading.
const MOST_HELD: u64 = 64 << 20;
/// Bytes of all answers, held or passed through element by element.
const MOST_RECEIVED: u64 = 512 << 20;
/// Bytes of all answers that decide nothing. They take nothing from those that do.
const MOST_ASIDE: u64 = 16 << 20;

/// How often a read that waits for its turn looks again. Nothing is woken from outside its own task: a host may trap then.
const POLL: Duration = Duration::from_millis(10);

/// Counts what one operation reads.
#[derive(Debug)]
pub struct Budget {
    at_once: Cell<u64>,
    pages: Cell<u64>,
    reads: Cell<u64>,
    held: Cell<u64>,
    received: Cell<u64>,
    aside: Cell<u64>,
}

/// A read that is under way, until it is dropped.
pub struct Permit<'a>(&'a Cell<u64>);

impl Default for Budget {
    fn default() -> Self {
        Self {
            at_once: Cell::new(MOST_AT_ONCE),
            pages: Cell::new(MOST_PAGES),
            reads: Cell::new(MOST_READS),
            held: Cell::new(MOST_HELD),
            received: Cell::new(MOST_RECEIVED),
            aside: Cell::new(MOST_ASIDE),
        }
    }
}

impl Budget {
    /// One page more of `what` (for the message).
    ///
    /// # Errors
    /// [`FaultKind::TooLarge`] past the bound: a list that never ends is never whole.
    pub fn page(&self, what: &str) -> Result<(), ProviderFault> {
        take(&self.pages, 1, || {
            format!("the provider's list of {what} does not end: one operation reads at most {MOST_PAGES} pages")
        })
    }

    /// Begins a read: one at a time of at most eight, and of a bounded number. `None`: not before `end`.
    ///
    /// # Errors
    /// [`FaultKind::TooLarge`] past the bound.
    pub async fn begin_read(
        &self,
        transport: &dyn Transport,
        end: Duration,
    ) -> Result<Option<Permit<'_>>, ProviderFault> {
        take(&self.reads, 1, || {
            format!("one operation reads at most {MOST_READS} times from the provider")
        })?;
        loop {
            if let Some(left) = self.at_once.get().checked_sub(1) {
                self.at_once.set(left);
                return Ok(Some(Permit(&self.at_once)));
            }
            let left = end.saturating_sub(transport.monotonic());
            if left.is_zero() {
                return Ok(None);
            }
            transport.sleep(left.min(POLL)).await;
        }
    }

    /// So many bytes of an answer that is held whole.
    ///
    /// # Errors
    /// [`FaultKind::TooLarge`] past the bound.
    pub fn hold(&self, bytes: usize) -> Result<(), ProviderFault> {
        take(&self.held, size(bytes), || {
            format!(
                "the provider's answers are larger than the {} MiB that are held",
                MOST_HELD >> 20
            )
        })?;
        self.receive(bytes)
    }

    /// So many bytes that are not held.
    ///
    /// # Errors
    /// [`FaultKind::TooLarge`] past the bound.
    pub fn receive(&self, bytes: usize) -> Result<(), ProviderFault> {
        take(&self.received, size(bytes), || {
            format!(
                "the provider's answers are larger than the {} MiB that one operation reads",
                MOST_RECEIVED >> 20
            )
        })
    }

    /// So many bytes of an answer that decides nothing.
    ///
    /// # Errors
    /// [`FaultKind::TooLarge`] past the bound.
    pub fn set_aside(&self, bytes: usize) -> Result<(), ProviderFault> {
        take(&self.aside, size(bytes), || {
            format!(
                "the provider's answers that decide nothing are larger than {} MiB",
                MOST_ASIDE >> 20
            )
        })
    }

    /// What was held is dropped: another round of reading begins.
    pub fn release(&self) {
        self.held.set(MOST_HELD);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_add(1));
    }
}

/// Takes from what is left.
fn take(left: &Cell<u64>, amount: u64, message: impl FnOnce() -> String) -> Result<(), ProviderFault> {
    let rest = left
        .get()
        .checked_sub(amount)
        .ok_or_else(|| ProviderFault::new(FaultKind::TooLarge, message()))?;
    left.set(rest);
    Ok(())
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_all_lists_together_are_bounded() {
        let budget = Budget::default();
        for _ in 0..MOST_PAGES / 2 {
            budget.page("roles").unwrap();
            budget.page("users").unwrap();
        }
        let fault = budget.page("users").unwrap_err();
        assert_eq!(fault.kind, FaultKind::TooLarge);
        assert!(fault.message.contains("users"), "{}", fault.message);
    }

    #[test]
    fn what_is_held_is_bounded_in_a_round_and_what_is_received_in_all() {
        let budget = Budget::default();
        let mib = 1 << 20;
        for _ in 0..8 {
            budget.hold(64 * mib).unwrap();
            assert_eq!(budget.hold(1).unwrap_err().kind, FaultKind::TooLarge);
            budget.release();
        }
        assert_eq!(budget.hold(1).unwrap_err().kind, FaultKind::TooLarge);
        assert_eq!(budget.receive(1).unwrap_err().kind, FaultKind::TooLarge);
    }

    #[test]
    fn what_decides_nothing_takes_nothing_from_what_decides() {
        let budget = Budget::default();
        let mib = 1 << 20;
        budget.set_aside(16 * mib).unwrap();
        assert_eq!(budget.set_aside(1).unwrap_err().kind, FaultKind::TooLarge);
        budget.hold(64 * mib).unwrap();
    }
}
