//! How long an account is left alone, and when it is given up.

use std::time::Duration;

use super::{reply::Reply, stop::Stop};

/// Accounts that are worked on side by side; each has a component of its own.
pub const ACCOUNTS_AT_ONCE: usize = 32;
/// Calls that may follow one that asked to be repeated.
pub const REPEATS: u32 = 4;
/// The longest wait that is worth it: whoever asks for more is asked again by a later run.
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// A shorter wait for reads to settle is not worth a line.
const WORTH_SAYING: Duration = Duration::from_secs(30);
/// The pause where nothing says how long; it doubles.
const SHORTEST_WAIT: Duration = Duration::from_secs(2);
/// Tasks in a row whose credentials were refused: more could lock the account's user out.
const REFUSED_IN_A_ROW: u32 = 2;
/// Tasks in a row that did not reach the provider.
const UNREACHED_IN_A_ROW: u32 = 5;

/// The state of one account in one run.
#[derive(Debug, Default)]
pub struct Pace {
    refused: u32,
    unreached: u32,
    /// Why no call of this run can help any more.
    given_up: Option<String>,
}

/// How long to wait before the next call, if it is worth it. `repeat` counts from 0.
pub fn pause(reply: &Reply, repeat: u32) -> Option<Duration> {
    let own = SHORTEST_WAIT.saturating_mul(1_u32.checked_shl(repeat).unwrap_or(u32::MAX));
    let asked = reply.retry_after().unwrap_or_default().max(Duration::from_secs(1));
    let wait = asked.max(own.min(Duration::from_secs(60)));
    (wait <= LONGEST_WAIT).then_some(wait)
}

/// How long to wait until reads have settled, and whether that is worth saying. Their time may come from another machine's clock, so it is
/// no longer than the account's staleness window or what a provider may ask for.
pub fn settling(left: Duration, window: Duration) -> (Duration, bool) {
    let wait = left.min(window.max(LONGEST_WAIT));
    (wait, wait >= WORTH_SAYING)
}

/// Waits, unless the run is to stop. Returns true if the time is over.
pub async fn wait(time: Duration, stop: &Stop) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        () = stop.asked() => false,
    }
}

impl Pace {
    /// Why the account is given up for the rest of the run. A provider that was not reached is tried again by the next phase.
    pub fn given_up(&self) -> Option<String> {
        self.given_up.clone()
    }

    /// Takes note of how a task's call ended. Returns why the account is given up, if it is.
    pub fn note(&mut self, reply: &Reply) -> Option<String> {
        let count = |counter: u32, is: bool| if is { counter.saturating_add(1) } else { 0 };
        let is_any = |codes: &[&str]| codes.iter().any(|code| reply.is(code));
        let is_of_account = is_any(&[
            "invalid_account",
            "invalid_configuration",
            "host_not_allowed",
            "account_not_active",
            "unknown_account",
        ]);
        self.refused = count(self.refused, is_any(&["unauthenticated"]));
        let is_unreached =
            reply.grants.is_empty() && is_any(&["provider_error", "timed_out", "rate_limited", "component_failed"]);
        self.unreached = count(self.unreached, is_unreached);
        let is_over = is_of_account || self.refused >= REFUSED_IN_A_ROW;
        if !is_over && self.unreached < UNREACHED_IN_A_ROW {
            return None;
        }
        let why = format!("the account was given up: {}", reply.message.trim_end_matches('.'));
        if is_over {
            self.given_up = Some(why.clone());
        } else {
            self.unreached = 0;
        }
        Some(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: &str, retry_after_s: Option<u64>) -> Reply {
        Reply {
            code: Some(code.to_owned()),
            retry_after_s,
            ..Reply::lost(&anyhow::anyhow!("x"), false)
        }
    }

    #[test]
    fn a_wait_is_what_is_asked_for_and_grows_where_nothing_is() {
        let seconds = |reply: &Reply, repeat| pause(reply, repeat).map(|wait| wait.as_secs());
        assert_eq!(seconds(&reply("rate_limited", Some(30)), 0), Some(30));
        assert_eq!(
            [0, 1, 2, 40].map(|repeat| seconds(&reply("x", None), repeat)),
            [Some(2), Some(4), Some(8), Some(60)]
        );
        assert_eq!(seconds(&reply("rate_limited", Some(3_600)), 0), None);
    }

    #[test]
    fn reads_settle_within_the_window_whatever_another_clock_says() {
        let seconds = Duration::from_secs;
        let day = seconds(86_400);
        assert_eq!(settling(Duration::ZERO, Duration::ZERO), (Duration::ZERO, false));
        assert_eq!(settling(seconds(80), Duration::ZERO), (seconds(80), true));
        assert_eq!(settling(day, seconds(90)), (seconds(900), true));
        assert_eq!(settling(day, seconds(3_600)), (seconds(3_600), true));
    }

    #[test]
    fn an_account_is_given_up_once_it_is_clear_and_not_before() {
        let mut pace = Pace::default();
        let refused = reply("unauthenticated", None);
        assert!(pace.note(&refused).is_none());
        assert!(pace.note(&reply("not_removed", None)).is_none());
        assert!(pace.note(&refused).is_none());
        assert!(pace.note(&refused).is_some());
        assert!(pace.given_up().is_some(), "for the phases that follow, too");
        assert!(Pace::default().note(&reply("invalid_account", None)).is_some());
        let mut pace = Pace::default();
        let ends: Vec<bool> = (0..5).map(|_| pace.note(&reply("timed_out", None)).is_some()).collect();
        assert_eq!(ends, [false, false, false, false, true]);
        assert!(pace.given_up().is_none());
    }
}
