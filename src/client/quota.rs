//! The provider's quota, as its answers tell it.

use std::time::Duration;

use super::Answer;

/// What is left of a provider's rate limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests in a window, e.g. `110` or `110;w=10` (in ten seconds).
    pub limit: Option<String>,
    /// Requests left in it.
    pub remaining: Option<String>,
    /// Seconds until the window is over.
    pub reset: Option<u64>,
}

/// A number of seconds that is larger is a time and no duration.
const LONGEST_WINDOW: u64 = 31 * 24 * 3_600;

impl Quota {
    /// What an answer tells, by the usual spellings of the headers; `None` if it tells nothing.
    pub fn of(answer: &Answer, unix_now: &dyn Fn() -> Duration) -> Option<Self> {
        let header = |names: [&str; 3]| names.iter().find_map(|name| answer.header(name)).map(str::trim);
        // They go into headers of ours: only what a quota is written with.
        let is_quota = |text: &&str| {
            (1..=40).contains(&text.len())
                && text.starts_with(|first: char| first.is_ascii_digit())
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b";=, ".contains(&byte))
        };
        let quota = Self {
            limit: header(["ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit"])
                .filter(is_quota)
                .map(str::to_owned),
            remaining: header(["ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining"])
                .filter(is_quota)
                .map(str::to_owned),
            reset: header(["ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset"])
                .and_then(|text| reset(text.parse().ok()?, unix_now().as_secs())),
        };
        (quota != Self::default()).then_some(quota)
    }
}

/// Seconds until a reset: a duration, or a moment in seconds or milliseconds since 1970.
fn reset(number: u64, unix_now: u64) -> Option<u64> {
    let until = |moment: u64| Some(moment.saturating_sub(unix_now)).filter(|wait| *wait <= LONGEST_WINDOW);
    if number <= LONGEST_WINDOW {
        return Some(number);
    }
    until(number).or_else(|| until(number.checked_div(1_000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(headers: &[(&str, &str)]) -> Option<Quota> {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Quota::of(&Answer::of_headers(headers), &|| Duration::from_secs(1_769_851_800))
    }

    #[test]
    fn the_usual_spellings_are_read_and_a_time_becomes_seconds() {
        let known = quota(&[("x-ratelimit-limit", "6000"), ("x-ratelimit-remaining", "5999")]).unwrap();
        assert_eq!(
            (known.limit.as_deref(), known.remaining.as_deref()),
            (Some("6000"), Some("5999"))
        );
        let known = quota(&[("ratelimit-limit", "110;w=10"), ("ratelimit-reset", "60")]).unwrap();
        assert_eq!((known.limit.as_deref(), known.reset), (Some("110;w=10"), Some(60)));
        assert_eq!(quota(&[("x-rate-limit-reset", "1769851860")]).unwrap().reset, Some(60));
        assert_eq!(quota(&[("x-ratelimit-reset", "5")]).unwrap().reset, Some(5));
        assert_eq!(quota(&[("x-ratelimit-reset", "1769851000")]).unwrap().reset, Some(0));
        assert_eq!(
            quota(&[("x-ratelimit-reset", "1769851860000")]).unwrap().reset,
            Some(60)
        );
    }

    #[test]
    fn what_is_no_quota_is_not_passed_on() {
        assert_eq!(
            quota(&[("x-ratelimit-limit", "a\r\nset-cookie: x"), ("ratelimit-reset", "soon")]),
            None
        );
        assert_eq!(quota(&[("content-type", "text/html")]), None);
        assert_eq!(quota(&[("ratelimit-reset", "18446744073709551615")]), None);
    }
}
