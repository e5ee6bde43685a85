//! What all providers share about outbound HTTP: one concept a file.

mod answer;
mod backoff;
mod cache;
mod deadline;
mod elements;
mod exchange;
pub mod lenient;
mod mask;
pub mod paging;
mod quota;
mod retry_after;
mod session;
mod token;
mod url;

#[cfg(test)]
mod tests;

pub use self::{
    answer::Answer,
    backoff::Backoff,
    cache::{AccountKey, CachedToken, Caches},
    deadline::Deadline,
    elements::Splitter,
    exchange::{Call, Client, Pacing, Repeat},
    quota::Quota,
    session::send_with_token,
    url::{BaseUrl, QueryBuilder, path_segment},
};

/// The product and version that every provider is told.
pub const USER_AGENT: &str = concat!("unassign-role/", env!("CARGO_PKG_VERSION"));

/// The longest answer that is read whole, in bytes.
pub const ANSWER_BODY_LIMIT: usize = 8 << 20;
