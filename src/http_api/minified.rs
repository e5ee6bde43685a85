//! JSON without the white space between its tokens, made while the crate compiles: the file stays readable, and what is served is short.

/// The bytes that [`json`] leaves of this document.
pub const fn length(document: &str) -> usize {
    let mut rest = document.as_bytes();
    let mut place = Place::BetweenTokens;
    let mut length: usize = 0;
    while let [byte, behind @ ..] = rest {
        if !place.is_blank(*byte) {
            length = length.saturating_add(1);
        }
        place = place.after(*byte);
        rest = behind;
    }
    length
}

/// The document without what is blank. `LENGTH` is its [`length`].
pub const fn json<const LENGTH: usize>(document: &str) -> [u8; LENGTH] {
    let mut minified = [b' '; LENGTH];
    let mut free: &mut [u8] = &mut minified;
    let mut rest = document.as_bytes();
    let mut place = Place::BetweenTokens;
    while let [byte, behind @ ..] = rest {
        if !place.is_blank(*byte) {
            let [next, others @ ..] = free else { break };
            *next = *byte;
            free = others;
        }
        place = place.after(*byte);
        rest = behind;
    }
    minified
}

#[derive(Clone, Copy)]
enum Place {
    BetweenTokens,
    InText,
    /// Behind a backslash in a text.
    Escaped,
}

impl Place {
    const fn is_blank(self, byte: u8) -> bool {
        matches!(self, Self::BetweenTokens) && byte.is_ascii_whitespace()
    }

    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::BetweenTokens, b'"') | (Self::Escaped, _) => Self::InText,
            (Self::InText, b'\\') => Self::Escaped,
            (Self::InText, b'"') => Self::BetweenTokens,
            (other, _) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_tokens_goes() {
        const DOCUMENT: &str = "{\n  \"a b\": [ 1, \"\\\" : \\\\\" ],\t\"ü\\\\\" : \" \" }\r\n";
        const MINIFIED: [u8; length(DOCUMENT)] = json(DOCUMENT);
        assert_eq!(MINIFIED, *"{\"a b\":[1,\"\\\" : \\\\\"],\"ü\\\\\":\" \"}".as_bytes());
    }
}
