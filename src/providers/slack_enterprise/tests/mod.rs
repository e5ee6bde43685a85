//! The steps on a fake transport.
