//! What is said and what is sent, on a fake transport and clock.

mod account_types;
mod guards;
mod ids;
mod lists;
mod mutations;
mod removals;
mod world;
