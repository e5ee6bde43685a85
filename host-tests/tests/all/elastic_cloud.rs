//! Elastic Cloud through the typed export.
