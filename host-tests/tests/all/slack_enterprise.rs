//! Slack Enterprise through the typed export.
