//! The forms of ids.

/// A number in the one spelling that answers have.
pub fn number(text: &str) -> Option<String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match text.trim_start_matches('0') {
        "" => String::from("0"),
        number => number.to_owned(),
    })
}

/// An id of an answer in the spelling of requests; what is no number stays as it is.
pub fn normalized(text: &str) -> String {
    number(text.trim()).unwrap_or_else(|| text.to_owned())
}

/// A role, and the product behind a colon.
pub fn role(text: &str) -> Option<(String, Option<&str>)> {
    match text.split_once(':') {
        Some((role, product)) => Some((number(role)?, Some(product))),
        None => Some((number(text)?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_number_and_maybe_a_product() {
        assert_eq!(role("005"), Some((String::from("5"), None)));
        assert_eq!(role("00:A:B"), Some((String::from("0"), Some("A:B"))));
        for text in ["", ":A", "Reviewer", "5 ", "-5", "x:5"] {
            assert_eq!(role(text), None, "{text}");
        }
    }

    #[test]
    fn an_id_of_an_answer_is_spelled_as_in_requests() {
        assert_eq!((normalized(" 005 ").as_str(), normalized("R-5").as_str()), ("5", "R-5"));
    }
}
