//! How long a provider asks to wait. RFC 9110, section 10.2.3, and what is seen besides.

use std::time::Duration;

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, format_description::well_known};

/// A number that is as large is a moment: seconds since 1970 are since 2001.
const LEAST_MOMENT: Duration = Duration::from_secs(1_000_000_000);
/// A moment that is as large is in milliseconds. Those are since 1973; seconds will be in 5138.
const LEAST_MILLISECONDS: Duration = Duration::from_secs(100_000_000_000);

/// Reads a wait of any length: seconds, with a fraction or without; a moment as an HTTP date in its three forms, as RFC 3339, or in
/// seconds or milliseconds since 1970. `None` for what is zero, past or unreadable.
pub fn parse(value: &str, unix_now: Duration) -> Option<Duration> {
    let value = value.trim();
    let wait = match decimal(value) {
        Some(seconds) if seconds < LEAST_MOMENT => seconds,
        Some(moment) if moment < LEAST_MILLISECONDS => moment.checked_sub(unix_now)?,
        Some(milliseconds) => milliseconds.checked_div(1_000)?.checked_sub(unix_now)?,
        None => date(value)?.checked_sub(unix_now)?,
    };
    (!wait.is_zero()).then_some(wait)
}

fn decimal(value: &str) -> Option<Duration> {
    let is_decimal = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    Duration::try_from_secs_f64(value.parse().ok().filter(|_| is_decimal)?).ok()
}

/// Unix time of a date.
pub fn date(value: &str) -> Option<Duration> {
    let date = OffsetDateTime::parse(value, &well_known::Rfc2822)
        .or_else(|_| OffsetDateTime::parse(value, &well_known::Rfc3339))
        .ok()
        .or_else(|| obsolete(value))?;
    u64::try_from(date.unix_timestamp()).ok().map(Duration::from_secs)
}

/// The two obsolete forms: `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
fn obsolete(value: &str) -> Option<OffsetDateTime> {
    let parts: Vec<&str> = value.split([' ', ',', '-']).filter(|part| !part.is_empty()).collect();
    let (day, month, year, clock) = match *parts.as_slice() {
        [_, day, month, year, clock, "GMT"] => (day, month, century(year.parse().ok()?), clock),
        [_, month, day, clock, year] => (day, month, year.parse().ok()?, clock),
        _ => return None,
    };
    let mut clock = clock.split(':').map(|part| part.parse::<u8>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let date = Date::from_calendar_date(year, month_of(month)?, day.parse().ok()?).ok()?;
    Some(PrimitiveDateTime::new(date, Time::from_hms(hour, minute, second).ok()?).assume_utc())
}

/// The year of two digits. The 20th century is over.
const fn century(year: i32) -> i32 {
    match year {
        0..70 => year.saturating_add(2_000),
        70..100 => year.saturating_add(1_900),
        _ => year,
    }
}

fn month_of(name: &str) -> Option<Month> {
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    Month::try_from(u8::try_from(index).ok()?.checked_add(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_769_851_800);

    #[test]
    fn every_form_of_a_wait_is_read() {
        for (value, wait) in [
            (" 7 ", 7_000),
            ("2.0", 2_000),
            ("0.25", 250),
            ("Sat, 31 Jan 2026 09:30:05 GMT", 5_000),
            ("Saturday, 31-Jan-26 09:30:05 GMT", 5_000),
            ("Sat Jan 31 09:30:05 2026", 5_000),
            ("2026-01-31T09:30:05Z", 5_000),
            ("2026-01-31T10:30:05+01:00", 5_000),
            ("1769851805", 5_000),
            ("1769851805000", 5_000),
            ("86400", 86_400_000),
            ("86401", 86_401_000),
            ("100000", 100_000_000),
            ("Mon, 02 Feb 2026 09:30:00 GMT", 2 * 86_400_000),
            ("1770024600", 2 * 86_400_000),
            ("1770024600000", 2 * 86_400_000),
        ] {
            assert_eq!(parse(value, NOW), Some(Duration::from_millis(wait)), "{value}");
        }
        for value in ["Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59-01:00"] {
            assert!(parse(value, NOW) > Some(Duration::from_hours(24 * 365)), "{value}");
        }
        // A day of one digit is padded with a space.
        let wait = parse("Sun Feb  1 09:30:00 2026", NOW);
        assert_eq!(wait, Some(Duration::from_hours(24)));
    }

    #[test]
    fn what_is_no_wait_is_none() {
        for value in [
            "0",
            "0.0",
            "",
            "soon",
            "-1",
            "+1",
            "1e3",
            "inf",
            "NaN",
            ".",
            "1.2.3",
            "18446744073709551616",
            "999999999999999999999999999999999999999",
            "1769851795",
            "1769851795000",
            "1000000000",
            "100000000000",
            "Sat, 31 Jan 2026 09:29:05 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sat, 31 Feb 2026 09:30:05 GMT",
            "Sat Jan 31 09:30 2026",
        ] {
            assert_eq!(parse(value, NOW), None, "{value}");
        }
    }
}
