//! Splits a long JSON array out of an answer, element by element, without ever holding the whole.

use crate::{
    client::lenient::Fields,
    error::{FaultKind, ProviderFault},
    transport,
};

/// The longest element in bytes, and the longest document without its elements.
const LONGEST_ELEMENT: usize = 1 << 20;

/// Takes the elements of the array under one key of the answer's top object.
pub struct Splitter {
    key: &'static str,
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// The text of the string that is being read at depth 1.
    text: Vec<u8>,
    /// The key whose value comes next at depth 1.
    current: Vec<u8>,
    expects_value: bool,
    in_array: bool,
    seen_array: bool,
    /// A comma came last: an element must follow.
    after_comma: bool,
    /// The part of an element that earlier pieces had.
    element: Vec<u8>,
    /// The document without the elements: an error may stand beside the array.
    rest: Vec<u8>,
    is_whole: bool,
}

impl Splitter {
    pub fn new(key: &'static str) -> Self {
        Self {
            key,
            depth: 0,
            in_string: false,
            escaped: false,
            text: Vec::new(),
            current: Vec::new(),
            expects_value: false,
            in_array: false,
            seen_array: false,
            after_comma: false,
            element: Vec::new(),
            rest: Vec::new(),
            is_whole: false,
        }
    }

    /// The next piece of the answer.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] if an element is too long, and what `each` gives.
    pub fn feed(
        &mut self,
        piece: &[u8],
        each: &mut dyn FnMut(&[u8]) -> Result<(), ProviderFault>,
    ) -> Result<(), ProviderFault> {
        // Where the element begins that is under way, or what stands outside of the array: the earlier part is kept.
        let is_under_way = if self.in_array {
            !self.element.is_empty()
        } else {
            !self.is_whole
        };
        let mut start = is_under_way.then_some(0);
        let mut at = 0;
        while let Some((&byte, rest)) = piece.get(at..).and_then(<[u8]>::split_first) {
            if self.in_string {
                self.string_byte(byte);
                // Below the element's own level, no string is a key that matters.
                if self.in_string && !self.escaped && self.depth > 1 {
                    let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                    at = at.saturating_add(plain.unwrap_or(rest.len()));
                }
            } else {
                self.byte(byte, piece, at, &mut start, each)?;
            }
            at = at.saturating_add(1);
        }
        let begun = start.and_then(|start| piece.get(start..)).unwrap_or_default();
        if self.in_array {
            self.keep(begun)
        } else {
            self.keep_rest(begun)
        }
    }

    /// The document is over: nothing that follows belongs to it.
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The document without the elements of its array.
    ///
    /// # Errors
    /// [`FaultKind::BadAnswer`] if the answer was no whole document with that array, once: what was not seen proves nothing.
    pub fn finish(self) -> Result<Vec<u8>, ProviderFault> {
        let text = transport::text(&self.rest);
        let is_once = || Fields::of(&text).is_ok_and(|fields| fields.get(&[self.key]).is_ok());
        if self.is_whole && self.seen_array && is_once() {
            Ok(self.rest)
        } else {
            Err(bad(format!(
                "the answer is no whole document with a list of {}",
                self.key
            )))
        }
    }

    /// A byte outside of strings. `start` is where the element under way begins in the piece.
    fn byte(
        &mut self,
        byte: u8,
        piece: &[u8],
        at: usize,
        start: &mut Option<usize>,
        each: &mut dyn FnMut(&[u8]) -> Result<(), ProviderFault>,
    ) -> Result<(), ProviderFault> {
        match byte {
            b'"' => {
                self.in_string = true;
                self.text.clear();
            }
            b'[' if self.depth == 1 && self.expects_value && self.current == self.key.as_bytes() => {
                self.in_array = true;
                self.seen_array = true;
                self.expects_value = false;
                let before = start.take().and_then(|start| piece.get(start..=at));
                self.keep_rest(before.unwrap_or_default())?;
                return self.deepen();
            }
            b'{' | b'[' => self.deepen()?,
            b'}' | b']' => {
                self.depth = self.depth.checked_sub(1).ok_or_else(|| bad("the answer is not JSON"))?;
                if self.in_array && self.depth == 1 {
                    self.in_array = false;
                    if byte != b']' {
                        return Err(bad("the answer is not JSON"));
                    }
                    if start.is_some() || self.after_comma {
                        self.flush(piece, at, start, each)?;
                    }
                    *start = Some(at);
                    return Ok(());
                }
                if self.depth == 0 && !self.is_whole {
                    self.is_whole = true;
                    let last = start.take().and_then(|start| piece.get(start..=at));
                    return self.keep_rest(last.unwrap_or_default());
                }
            }
            b',' if self.in_array && self.depth == 2 => {
                self.flush(piece, at, start, each)?;
                self.after_comma = true;
                return Ok(());
            }
            b',' if self.depth == 1 => self.expects_value = false,
            b':' if self.depth == 1 => {
                self.current = std::mem::take(&mut self.text);
                self.expects_value = true;
            }
            // Within an element it separates what would not be JSON without it.
            byte if byte.is_ascii_whitespace() => return Ok(()),
            _ => {}
        }
        // Only what belongs to an element is kept.
        if self.in_array {
            start.get_or_insert(at);
        }
        Ok(())
    }

    fn string_byte(&mut self, byte: u8) {
        if byte == b'"' && !self.escaped {
            self.in_string = false;
        } else if self.depth == 1 && self.text.len() < 64 {
            self.text.push(byte);
        }
        self.escaped = byte == b'\\' && !self.escaped;
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), ProviderFault> {
        if self.element.len().saturating_add(bytes.len()) > LONGEST_ELEMENT {
            return Err(bad(format!(
                "an element of {} is longer than {LONGEST_ELEMENT} bytes",
                self.key
            )));
        }
        self.element.extend_from_slice(bytes);
        Ok(())
    }

    fn keep_rest(&mut self, bytes: &[u8]) -> Result<(), ProviderFault> {
        if self.rest.len().saturating_add(bytes.len()) > LONGEST_ELEMENT {
            return Err(bad(format!(
                "what stands beside the list of {} is longer than {LONGEST_ELEMENT} bytes",
                self.key
            )));
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    fn deepen(&mut self) -> Result<(), ProviderFault> {
        self.depth = self.depth.checked_add(1).ok_or_else(|| bad("the answer is not JSON"))?;
        Ok(())
    }

    /// Gives the element that ends before a byte of the piece; an empty one is no JSON.
    fn flush(
        &mut self,
        piece: &[u8],
        end: usize,
        start: &mut Option<usize>,
        each: &mut dyn FnMut(&[u8]) -> Result<(), ProviderFault>,
    ) -> Result<(), ProviderFault> {
        let Some(begun) = start.take().and_then(|start| piece.get(start..end)) else {
            return Err(bad("the answer is not JSON"));
        };
        self.after_comma = false;
        // One that stands in the piece whole is not copied.
        if self.element.is_empty() && begun.len() <= LONGEST_ELEMENT {
            return each(begun);
        }
        self.keep(begun)?;
        each(&self.element)?;
        self.element.clear();
        Ok(())
    }
}

fn bad(message: impl Into<String>) -> ProviderFault {
    ProviderFault::new(FaultKind::BadAnswer, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn split(text: &str, size: usize) -> Result<Vec<Value>, ProviderFault> {
        let mut splitter = Splitter::new("members");
        let mut rows = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            splitter.feed(piece, &mut |element| {
                rows.push(serde_json::from_slice(element).map_err(|_| bad("no JSON"))?);
                Ok(())
            })?;
        }
        splitter.finish()?;
        Ok(rows)
    }

    #[test]
    fn what_stands_beside_the_array_is_kept() {
        let text = r#"{"a": ["x]", {"members": 1}], "members": [{"b": "]"}, 2], "errors": [{"code": 503}]} trailing"#;
        for size in [1, 2, 7, 1_000] {
            let mut splitter = Splitter::new("members");
            for piece in text.as_bytes().chunks(size) {
                splitter.feed(piece, &mut |_| Ok(())).unwrap();
            }
            let rest = String::from_utf8(splitter.finish().unwrap()).unwrap();
            let expected = r#"{"a": ["x]", {"members": 1}], "members": [], "errors": [{"code": 503}]}"#;
            assert_eq!(rest, expected, "{size}");
        }
    }

    #[test]
    fn takes_the_one_array_and_nothing_like_it() {
        let text = r#" {"a": {"members": [1]}, "b": "\"members\": [2", "members" : [ {"x": "],}\\", "y": [3]}, 4 ], "c": ["members"]} "#;
        for size in [1, 2, 7, 1_000] {
            assert_eq!(
                split(text, size).unwrap(),
                [json!({"x": "],}\\", "y": [3]}), json!(4)],
                "{size}"
            );
        }
        assert_eq!(split(r#"{"members": []}"#, 3).unwrap(), Vec::<Value>::new());
    }

    #[test]
    fn what_is_cut_off_or_missing_is_an_error() {
        for text in [
            "",
            "{}",
            r#"{"members": null}"#,
            r#"{"members": [1"#,
            r#"{"members": [1]"#,
            "]",
            r#"{"members": {"a": [1]}}"#,
            r#"{"members": [1 2]}"#,
            r#"{"members": [1,]}"#,
            r#"{"members": [,1]}"#,
            r#"{"members": [1,,2]}"#,
            r#"{"members": [1}}"#,
            r#"{"members": [1], "members": []}"#,
            r#"{"members": [1], "members": null}"#,
            r#"{"members": [1], "other" 2}"#,
        ] {
            assert!(split(text, 4).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn gives_what_a_parser_would(rows in proptest::collection::vec(".*", 0..8), size in 1_usize..50) {
            let text = json!({"before": rows.clone(), "members": rows.clone(), "after": {"members": [1]}}).to_string();
            let expected: Vec<Value> = rows.into_iter().map(Value::from).collect();
            prop_assert_eq!(split(&text, size).unwrap(), expected);
        }
    }
}
