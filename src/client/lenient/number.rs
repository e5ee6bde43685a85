//! JSON numbers as text: no digit is lost.

/// The most digits of a number that is written with an exponent.
const LONGEST_INTEGER: usize = 64;

/// Returns true for a JSON number; leading zeros are allowed.
pub fn is_number(text: &str) -> bool {
    parts(text).is_some()
}

/// The digits of an integral number, without leading zeros, `None` for any other. `1.20e3` is `1200`.
pub fn integer(text: &str) -> Option<String> {
    let (sign, whole, fraction, exponent) = parts(text)?;
    let digits = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let significant = digits.trim_end_matches('0').trim_start_matches('0');
    if significant.is_empty() {
        return Some(String::from("0"));
    }
    let leading = digits.len().checked_sub(digits.trim_start_matches('0').len())?;
    let length = usize::try_from(point.checked_sub(i64::try_from(leading).ok()?)?).ok()?;
    if exponent != 0 && length > LONGEST_INTEGER {
        return None;
    }
    // A format width ends at 65,535, and a longer one panics.
    let zeros = "0".repeat(length.checked_sub(significant.len())?);
    Some(format!("{sign}{significant}{zeros}"))
}

/// Sign, whole digits, fraction digits and exponent of a number.
fn parts(text: &str) -> Option<(&str, &str, &str, i64)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && are_digits(whole) && are_digits(fraction)).then_some((sign, whole, fraction, exponent))
}
