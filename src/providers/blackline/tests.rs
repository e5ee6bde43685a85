//! BlackLine through the crate, with scripted answers.
