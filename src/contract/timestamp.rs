//! RFC 3339 timestamps from and to Unix time.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// `2026-01-31T09:30:00Z`; whole seconds, rounded down. A time after the year 9999 is its end.
pub fn format(unix: Duration) -> String {
    from_seconds(unix.as_secs()).unwrap_or_else(|| String::from("9999-12-31T23:59:59Z"))
}

/// The same of seconds in a document. Returns `None` after the year 9999: such a number is no time.
pub fn from_seconds(unix: u64) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp(i64::try_from(unix).ok()?).ok()?;
    moment.format(&Rfc3339).ok()
}

/// Unix time of an RFC 3339 timestamp with any offset. Returns `None` for an invalid timestamp or one before 1970.
pub fn parse(text: &str) -> Option<Duration> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let seconds = u64::try_from(moment.unix_timestamp()).ok()?;
    Some(Duration::new(seconds, moment.nanosecond()))
}

/// The same moment in UTC. Text that is no timestamp stays as it is, and so does a moment that UTC would put into the year 10000.
pub fn normalized(text: &str) -> String {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .and_then(|moment| moment.checked_to_offset(UtcOffset::UTC))
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn normalizes_the_offset_and_keeps_what_is_no_timestamp() {
        assert_eq!(normalized("2026-01-31T10:30:00.5+01:00"), "2026-01-31T09:30:00.5Z");
        assert_eq!(normalized("never"), "never");
    }

    #[test]
    fn the_ends_of_the_calendar_are_moments_like_any_other() {
        for text in [
            "9999-12-31T23:59:59-01:00",
            "9999-12-31T23:59:60-23:59",
            "0000-01-01T00:00:00+01:00",
            "0000-01-01T00:00:00+23:59",
        ] {
            assert_eq!(normalized(text), text);
        }
        assert_eq!(parse("0000-01-01T00:00:00+01:00"), None);
        let last = parse("9999-12-31T23:59:59-01:00").unwrap();
        assert_eq!(format(last), "9999-12-31T23:59:59Z");
        assert_eq!(format(Duration::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(from_seconds(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!((from_seconds(253_402_300_800), from_seconds(u64::MAX)), (None, None));
    }

    proptest! {
        #[test]
        fn no_timestamp_is_too_strange(
            year in "0000|0001|1969|1970|2026|9999", date in "-(00|01|02|12|13)-(00|01|29|30|31|32)",
            time in "T(00|23|24):(00|59|60):(00|59|60)(\\.[0-9]{1,12})?", offset in "Z|[+-](00|12|23|24):(00|59|60)",
        ) {
            let text = std::format!("{year}{date}{time}{offset}");
            let _ = parse(&text).map(super::format);
            let _ = normalized(&text);
        }
    }
}
