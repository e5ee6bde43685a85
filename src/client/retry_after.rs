//! How long a provider asks to wait.

use std::time::Duration;

/// `Retry-After` in seconds. The date form is taken too; a date in the past is zero.
pub fn standard(value: &str, unix_now: Duration) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = time::OffsetDateTime::parse(value, &time::format_description::well_known::Rfc2822).ok()?;
    let at = Duration::from_secs(u64::try_from(date.unix_timestamp()).ok()?);
    Some(at.saturating_sub(unix_now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_seconds_and_dates_and_nothing_else() {
        let now = Duration::from_secs(1_769_851_800);
        assert_eq!(standard(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(
            standard("Sat, 31 Jan 2026 09:30:05 GMT", now),
            Some(Duration::from_secs(5))
        );
        assert_eq!(standard("Sat, 31 Jan 2026 09:29:05 GMT", now), Some(Duration::ZERO));
        assert_eq!(standard("soon", now), None);
        assert_eq!(standard("-1", now), None);
    }
}
