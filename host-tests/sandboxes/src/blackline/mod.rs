//! BlackLine.
