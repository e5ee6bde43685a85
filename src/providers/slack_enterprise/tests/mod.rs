//! What is said and what is sent, on a fake transport and clock.

mod account_types;
mod contradictions;
mod everything;
mod guards;
mod ids;
mod lists;
mod mutations;
mod removals;
mod round_trips;
mod statuses;
mod world;
