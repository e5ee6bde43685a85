//! The outcome table and the general rules, on a small provider of the tests' own behind a fake transport and clock.

mod audit;
mod bound;
mod everything;
mod fake;
mod guards;
mod know;
mod lasting;
mod matching;
mod outcomes;
mod property;
mod refusals;
mod rules;
mod verify;
mod world;
