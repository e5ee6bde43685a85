//! RFC 3339 timestamps from and to Unix time.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// `2026-01-31T09:30:00Z`; whole seconds, rounded down.
pub fn format(unix: Duration) -> String {
    i64::try_from(unix.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| String::from("9999-12-31T23:59:59Z"))
}

/// Unix time of an RFC 3339 timestamp with any offset; `None` if it is none, or before 1970.
pub fn parse(text: &str) -> Option<Duration> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let nanoseconds = u64::try_from(moment.unix_timestamp_nanos()).ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// The same moment in UTC; text that is no timestamp stays as it is.
pub fn normalised(text: &str) -> String {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|moment| moment.to_offset(UtcOffset::UTC).format(&Rfc3339).ok())
        .unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_whole_seconds_in_utc() {
        assert_eq!(format(Duration::from_millis(1_769_851_800_999)), "2026-01-31T09:30:00Z");
    }

    #[test]
    fn parses_any_offset() {
        assert_eq!(
            parse("2026-01-31T10:30:00+01:00"),
            Some(Duration::from_secs(1_769_851_800))
        );
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
    }

    #[test]
    fn normalises_the_offset_and_keeps_what_is_no_timestamp() {
        assert_eq!(normalised("2026-01-31T10:30:00.5+01:00"), "2026-01-31T09:30:00.5Z");
        assert_eq!(normalised("never"), "never");
    }
}
