//! Whole operations against a small far end that shows its rows as carelessly as JumpCloud does.

mod guards;
mod lists;
mod names;
mod records;
mod world;
