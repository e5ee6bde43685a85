//! What the fuzz targets share: the HTTP face running natively, in front of a provider's sandbox or of nothing.

pub mod documents;
mod edits;
mod face;
pub mod inputs;
mod paused;
pub mod subjects;
mod transport;
