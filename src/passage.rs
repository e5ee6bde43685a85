//! A provider's document that is passed on as it arrives, and never held as a whole.

use crate::{contract::types::Success, transport::Task};

/// Where the document goes.
pub trait Passage {
    /// The operation has succeeded, and its document is about to come. Called once, before the first piece; after it, there is no
    /// way back to another answer.
    fn begin<'a>(&'a mut self, success: &'a Success);

    /// Takes a piece; `false`: nobody wants the rest.
    fn piece<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, bool>;

    /// The document is whole. Without it, what was taken is cut off.
    fn end(&mut self) -> Task<'_, ()>;
}
