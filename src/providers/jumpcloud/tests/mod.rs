//! Whole operations against a small far end that shows its rows as carelessly as JumpCloud does.

mod case;
mod contradictions;
mod documents;
mod everything;
mod failures;
mod gaps;
mod groups;
mod guards;
mod ids;
mod joins;
mod lists;
mod mutations;
mod names;
mod records;
mod rounds;
mod world;
