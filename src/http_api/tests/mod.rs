//! Tests of what several parts answer together.

mod described;
mod face;
