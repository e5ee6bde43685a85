//! BlackLine through the typed export.
