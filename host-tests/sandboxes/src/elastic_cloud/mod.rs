//! Elastic Cloud.
