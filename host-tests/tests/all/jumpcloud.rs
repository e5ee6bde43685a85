//! JumpCloud through the typed export.
