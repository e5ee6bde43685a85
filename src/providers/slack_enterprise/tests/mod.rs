//! What is said and what is sent, on a fake transport and clock.

mod account_types;
mod guards;
mod lists;
mod removals;
mod world;
