//! Times of temporary grants.

use std::time::Duration;

/// Unix time of `2027-01-31T08:00:00Z`, with or without a fraction; `None` for anything else, and before 1970.
pub fn unix(text: &str) -> Option<Duration> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time.split('.').next()?, ':')?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970-01-01, with years that begin in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    Some(Duration::from_secs(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let parts: Option<Vec<u64>> = text.split(separator).map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_api_takes() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:01Z", Some(951_782_401)),
            ("2026-01-31T09:30:00.895264Z", Some(1_769_851_800)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-01-31", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-01-31T09:30:00+01:00", None),
        ] {
            assert_eq!(unix(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
