//! A bound for every page loop.

use crate::error::{FaultKind, ProviderFault};

/// Counts the pages of one list.
#[derive(Debug)]
pub struct PageBound {
    what: &'static str,
    left: u32,
}

impl PageBound {
    /// `most` pages of `what` (for the message).
    pub const fn new(what: &'static str, most: u32) -> Self {
        Self { what, left: most }
    }

    /// One page more.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] once the bound is reached: a list that never ends is never complete.
    pub fn turn(&mut self) -> Result<(), ProviderFault> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            ProviderFault::new(
                FaultKind::BadAnswer,
                format!("the provider's list of {} does not end", self.what),
            )
        })?;
        Ok(())
    }
}
