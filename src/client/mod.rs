//! What all providers share about outbound HTTP: one concept a file.

mod acknowledgement;
mod answer;
mod backoff;
pub mod body_sink;
mod budget;
mod cache;
mod call;
mod deadline;
mod elements;
mod exchange;
pub mod lenient;
mod mask;
pub mod paging;
mod quota;
mod rate_limit;
mod read_status;
mod redirect;
mod retry_after;
mod session;
mod streaming;
mod throttle;
mod token;
mod url;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub use self::tests::fake;

pub use self::{
    acknowledgement::Acknowledgement,
    answer::Answer,
    backoff::Backoff,
    budget::Budget,
    cache::{AccountKey, CachedToken, Caches},
    call::{Authorization, Call, Repeat},
    deadline::Deadline,
    elements::Splitter,
    exchange::Client,
    quota::Quota,
    rate_limit::RateLimitPolicy,
    session::{access_token, send_with_token},
    streaming::Elements,
    throttle::Throttle,
    token::{Requested, TokenRequest, basic},
    url::{BaseUrl, QueryBuilder, path_segment},
};

/// The product and version that every provider is told.
pub const USER_AGENT: &str = concat!("unassign-role/", env!("CARGO_PKG_VERSION"));

/// The longest answer that is read whole, in bytes.
pub const ANSWER_BODY_LIMIT: usize = 8 << 20;
/// The longest answer to a write, in bytes. Eight are under way at once, and what they hold is not counted.
pub const WRITE_ANSWER_LIMIT: usize = 1 << 20;
