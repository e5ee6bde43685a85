//! What a body from the network has besides its bytes: a time to arrive in, and what lives as long as it.

mod kept;
mod timed;

pub use self::{kept::Kept, timed::Timed};
