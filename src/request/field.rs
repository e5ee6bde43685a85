//! The texts of a request: what may stand in a field, and in which spelling the provider takes it.

use crate::{
    error::Error,
    naming,
    provider::{Field, Provider, capability::Capability},
};

/// The longest id, name or scope in bytes.
const LONGEST_FIELD: usize = 512;

/// A text that may be missing, at a scope that the provider may not have.
///
/// # Errors
/// As [`field`]; and the provider has no such scope.
pub fn optional(
    provider: &dyn Provider,
    understood: bool,
    kind: Field,
    at: &str,
    value: Option<&str>,
) -> Result<Option<String>, Error> {
    match value {
        None => Ok(None),
        Some(_) if !understood => Err(lacks(provider.capability(), at, at)),
        Some(value) => field(provider, kind, at, value).map(Some),
    }
}

/// The error for a scope that the provider does not have.
pub fn lacks(capability: &Capability, at: &str, what: &str) -> Error {
    Error::request(
        at,
        format!(
            "{} has no such scope: {what} cannot narrow a role there",
            capability.name
        ),
    )
}

/// A text in the provider's own spelling.
///
/// # Errors
/// As [`plain`]; and the provider has no such ids.
pub fn field(provider: &dyn Provider, kind: Field, at: &str, value: &str) -> Result<String, Error> {
    let value = plain(at, value)?;
    provider
        .normalize(kind, &value)
        .map_err(|why| Error::request(at, format!("{at} {why}")))
}

/// A text without the space around it.
///
/// # Errors
/// It is empty, too long, a placeholder for nothing, or not printable.
pub fn plain(at: &str, value: &str) -> Result<String, Error> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(Error::request(
            at,
            format!("{at} must not be empty (leave it out, or null, for none)"),
        ));
    }
    if trimmed.len() > LONGEST_FIELD {
        return Err(Error::request(at, format!("{at} is longer than {LONGEST_FIELD} bytes")));
    }
    if is_placeholder(trimmed) {
        return Err(Error::request(
            at,
            format!(
                "{at} is the text `{trimmed}`, which is a missing value of the caller's language (leave it out for none)"
            ),
        ));
    }
    if trimmed.chars().any(char::is_control) {
        return Err(Error::request(at, format!("{at} must not have control characters")));
    }
    Ok(trimmed.to_owned())
}

/// Whether a text is what callers' languages write for a value that is missing. None of them is an id, a name or a scope.
pub fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 5] = ["null", "undefined", "None", "NaN", "[object Object]"];
    WORDS.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// A label for the record: printable, and not too long.
///
/// # Errors
/// It is not.
pub fn label(at: &str, text: &str) -> Result<(), Error> {
    if naming::is_label(text) {
        return Ok(());
    }
    Err(Error::request(
        at,
        format!("{at} must be 1 to {} printable characters", naming::LONGEST_LABEL),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_that_was_written_as_text_is_refused() {
        for text in [
            "null",
            "NULL",
            "undefined",
            " None ",
            "nan",
            "NaN",
            "[object Object]",
            "",
        ] {
            let result = plain("roles[0].organization", text);
            assert!(
                matches!(&result, Err(Error::Request { field, .. }) if field == "roles[0].organization"),
                "{text}: {result:?}"
            );
        }
        for text in ["nullable", "none-such", "Nanette"] {
            assert_eq!(plain("id", text).unwrap(), text);
        }
    }
}
