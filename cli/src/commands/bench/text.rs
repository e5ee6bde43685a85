//! How numbers are written.

use std::time::Duration;

pub fn micros(time: Duration) -> String {
    match time.as_micros() {
        short @ 0..10_000 => format!("{short} µs"),
        long => format!("{} ms", long / 1_000),
    }
}

pub fn millis(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

/// A ratio, where both numbers are known.
pub fn ratio(of: Option<f64>, to: Option<f64>) -> String {
    match (of, to) {
        (Some(of), Some(to)) if to > 0.0 => format!("{:.2}", of / to),
        _ => String::from("–"),
    }
}

/// What may not be known.
pub fn known<T>(value: Option<T>, text: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| String::from("–"), text)
}

/// An error in a row of a table.
pub fn one_line(why: &anyhow::Error) -> String {
    format!("{why:#}").replace(['\n', '|'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dash() {
        assert_eq!(ratio(Some(1.0), Some(4.0)), "0.25");
        assert_eq!(ratio(Some(1.0), None), "–");
        assert_eq!(ratio(Some(1.0), Some(0.0)), "–");
        assert_eq!(known(Some(Duration::from_micros(9_999)), micros), "9999 µs");
        assert_eq!(known(Some(Duration::from_micros(12_900)), micros), "12 ms");
        assert_eq!(known(None, micros), "–");
    }
}
