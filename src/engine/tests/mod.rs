//! The outcome table and the general rules, on a small provider of the tests' own behind a fake transport and clock.

mod guards;
mod lasting;
mod matching;
mod outcomes;
mod property;
mod rules;
mod world;
