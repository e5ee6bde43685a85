//! Words for what stands in a document, and for what was meant.

use serde_json::Value;

use crate::accounts::pasted::shown;

/// What a value is, in words.
pub const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `must be a text, and is a list`.
pub fn mismatch(expected: &str, value: &Value) -> String {
    format!("must be {expected}, and is {}", kind_of(value))
}

/// The known name that is nearest to one that is not known, if one is near.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let name = plain(name);
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// ``there is no `x`; did you mean `y`?``, or what there is.
pub fn unknown(name: &str, known: &[&str]) -> String {
    // It may be a credential in the wrong place.
    let shown = shown(name);
    match nearest(name, known) {
        Some(known) => format!("there is no `{shown}`; did you mean `{known}`?"),
        None if known.is_empty() => format!("there is no `{shown}`"),
        None => format!("there is no `{shown}`; there are {}", known.join(", ")),
    }
}

/// The same for a value, which is not repeated.
pub fn unknown_value(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("must be one of {}; did you mean `{near}`?", known.join(", ")),
        None => format!("must be one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["provider", "credentials", "settings"];
        assert_eq!(nearest("provder", &known), Some("provider"));
        assert_eq!(nearest("Credentials", &known), Some("credentials"));
        assert_eq!(nearest("setings", &known), Some("settings"));
        assert_eq!(nearest("token", &known), None);
    }
}
