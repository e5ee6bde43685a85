//! Where a provider's document is written while it is still arriving, so that it is never held as a whole.

use crate::{contract::types::Success, transport::Task};

/// The receiver of a streamed document.
pub trait BodySink {
    /// Called once, before the first piece: the operation succeeded and its document follows. From here on no other answer can be
    /// given.
    fn begin<'a>(&'a mut self, success: &'a Success);

    /// Writes a piece. Returns `false` if nobody wants the rest.
    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, bool>;

    /// Ends the document. Without this call, the receiver sees a document that was cut off.
    fn finish(&mut self) -> Task<'_, ()>;
}
