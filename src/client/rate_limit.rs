//! How a provider limits the rate of requests, and how long to wait between two attempts.

use std::{fmt, rc::Rc, time::Duration};

use super::{Answer, Backoff, retry_after};

/// A provider's own ways to limit the rate.
#[derive(Clone)]
pub struct RateLimitPolicy {
    /// Headers that say how long to wait, besides `retry-after`. Lower-case names.
    pub headers: &'static [&'static str],
    /// The shortest wait after a limit, whatever the provider asks for.
    pub least_wait: Duration,
    /// The status that an answer means: that of an error inside a 200, or of an error word in the body. 429 is the rate limit,
    /// 401 an expired session, 5xx is worth repeating.
    pub status_of: Rc<dyn Fn(&Answer) -> u16>,
}

/// The waits between the attempts at one call.
pub(super) struct Pauses {
    least: Duration,
    /// After an answer that says nothing about waiting.
    unasked: Backoff,
    /// After a limit that does not say how long.
    limited: Backoff,
}

/// The longest wait that is taken for one.
const LONGEST_LIMITED: Duration = Duration::from_secs(30);

impl fmt::Debug for RateLimitPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitPolicy")
            .field("headers", &self.headers)
            .field("least_wait", &self.least_wait)
            .finish_non_exhaustive()
    }
}

impl Default for RateLimitPolicy {
    /// 429, the standard header, and at least one second; the code of an error inside a success counts.
    fn default() -> Self {
        Self {
            headers: &[],
            least_wait: Duration::from_secs(1),
            status_of: Rc::new(Answer::meaning),
        }
    }
}

impl RateLimitPolicy {
    /// The default but for the status that an answer means.
    pub fn of_status(status_of: impl Fn(&Answer) -> u16 + 'static) -> Self {
        Self {
            status_of: Rc::new(status_of),
            ..Self::default()
        }
    }

    /// How long an answer asks to wait; at least [`Self::least_wait`]. `None` if it has no word about it.
    pub fn wait(&self, answer: &Answer, unix_now: Duration) -> Option<Duration> {
        let readable = self
            .values(answer)
            .filter_map(|value| retry_after::parse(value, unix_now))
            .max();
        match readable {
            Some(wait) => Some(wait.max(self.least_wait)),
            None => self.values(answer).next().map(|_| self.least_wait),
        }
    }

    /// Returns true for a rate limit.
    pub(super) fn is_limited(&self, answer: &Answer) -> bool {
        self.meaning(answer) == 429
    }

    /// The status that an answer means. Several ask, and for some providers it is a body to be parsed.
    pub(super) fn meaning(&self, answer: &Answer) -> u16 {
        match answer.meaning.get() {
            Some((status, meaning)) if status == answer.status => meaning,
            _ => {
                let meaning = (self.status_of)(answer);
                answer.meaning.set(Some((answer.status, meaning)));
                meaning
            }
        }
    }

    /// The waits between the attempts at one call.
    pub(super) fn pauses(&self) -> Pauses {
        // The wait grows from at least the shortest one: the jitter takes up to half of a step.
        let first = self.least_wait.saturating_mul(2);
        Pauses {
            least: self.least_wait,
            unasked: Backoff::new(Duration::from_millis(400), Duration::from_secs(4)),
            limited: Backoff::new(first, LONGEST_LIMITED.max(first)),
        }
    }

    fn values<'a>(&self, answer: &'a Answer) -> impl Iterator<Item = &'a str> {
        let names = self.headers.iter().copied().chain(["retry-after"]);
        names.flat_map(|name| answer.values(name))
    }
}

impl Pauses {
    /// The wait before the next attempt. `asked` is what [`RateLimitPolicy::wait`] says: no more than the least wait means that
    /// nothing readable was asked for, and the waits grow. `is_limited`: the answer is a rate limit.
    pub(super) fn next(&mut self, asked: Option<Duration>, is_limited: bool, random: u64) -> Duration {
        match asked {
            Some(asked) if asked > self.least => asked,
            None if !is_limited => self.unasked.wait(random),
            Some(_) | None => self.limited.wait(random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_769_851_800);

    fn wait(policy: &RateLimitPolicy, status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let answer = Answer {
            status,
            ..Answer::of_headers(headers)
        };
        policy.wait(&answer, NOW).map(|wait| wait.as_secs())
    }

    #[test]
    fn what_is_zero_past_or_unreadable_is_the_least_wait() {
        let policy = RateLimitPolicy::default();
        for value in [
            "0",
            "0.0",
            "-5",
            "soon",
            "",
            "Sat, 31 Jan 2026 09:29:00 GMT",
            "99999999999999999999",
        ] {
            assert_eq!(wait(&policy, 429, &[("retry-after", value)]), Some(1), "{value}");
            assert_eq!(wait(&policy, 503, &[("retry-after", value)]), Some(1), "{value}");
        }
        assert_eq!(wait(&policy, 429, &[]), None);
        assert_eq!(wait(&policy, 429, &[("retry-after", "7")]), Some(7));
        let both = [("retry-after", "0"), ("retry-after", "30")];
        assert_eq!(wait(&policy, 429, &both), Some(30), "the longer one of two counts");
    }

    #[test]
    fn a_provider_has_headers_and_a_least_wait_of_its_own() {
        let policy = RateLimitPolicy {
            headers: &["x-ratelimit-retryafter"],
            least_wait: Duration::from_secs(5),
            ..RateLimitPolicy::default()
        };
        let own = |value: &'static str| [("x-ratelimit-retryafter", value), ("retry-after", "2")];
        assert_eq!(wait(&policy, 429, &own("1769851807")), Some(7));
        assert_eq!(wait(&policy, 429, &own("1769851809000")), Some(9));
        assert_eq!(wait(&policy, 429, &own("1769851000")), Some(5));
        assert_eq!(wait(&policy, 429, &own("never")), Some(5));
    }

    #[test]
    fn the_waits_after_an_unreadable_limit_grow_from_the_least_one() {
        let mut pauses = RateLimitPolicy::default().pauses();
        let waits: Vec<_> = (0..7)
            .map(|_| pauses.next(Some(Duration::from_secs(1)), false, 0).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 15, 15]);
        assert_eq!(pauses.next(Some(Duration::from_secs(3)), true, 0).as_secs(), 3);
        assert!(pauses.next(None, false, 0) >= Duration::from_millis(200));
    }
}
