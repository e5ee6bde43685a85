//! Slack Enterprise.
