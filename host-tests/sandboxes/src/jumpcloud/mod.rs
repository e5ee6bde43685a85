//! JumpCloud.
