//! JSON text, written field by field: an answer is written and sent, and has no use for a tree of its values.

use serde::de::IgnoredAny;
use serde_json::Value;

/// The fields of an object that is being written. What is absent, and a list that is empty, is left out.
pub struct Fields<'a> {
    text: &'a mut String,
    is_empty: bool,
    form: Form<'a>,
}

/// How an object is written.
#[derive(Clone, Copy, Default)]
pub struct Form<'a> {
    /// What is absent is null, a list that is empty is there, and times are in UTC; in the objects within, too.
    pub is_normalized: bool,
    /// The names of fields that are left out of this object itself.
    pub without: &'a [&'a str],
}

/// The text of an object.
pub fn object(write: impl FnOnce(&mut Fields<'_>)) -> String {
    let mut text = String::new();
    within(&mut text, Form::default(), write);
    text
}

/// The text of a list of objects.
pub fn array<T>(items: impl IntoIterator<Item = T>, mut each: impl FnMut(T, &mut Fields<'_>)) -> String {
    let mut text = String::new();
    push_list(&mut text, items, &mut |text, item| {
        within(text, Form::default(), |fields| each(item, fields));
    });
    text
}

/// The text of a list of texts.
pub fn texts(items: &mut dyn Iterator<Item = &str>) -> String {
    let mut text = String::new();
    push_list(&mut text, items, &mut push_text);
    text
}

/// A text with its quotes.
pub fn quoted(value: &str) -> String {
    let mut text = String::new();
    push_text(&mut text, value);
    text
}

fn within(text: &mut String, form: Form<'_>, write: impl FnOnce(&mut Fields<'_>)) {
    text.push('{');
    write(&mut Fields {
        text,
        is_empty: true,
        form,
    });
    text.push('}');
}

fn push_list<T>(text: &mut String, items: impl IntoIterator<Item = T>, push: &mut dyn FnMut(&mut String, T)) {
    text.push('[');
    for (position, item) in items.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        push(text, item);
    }
    text.push(']');
}

impl Fields<'_> {
    /// Begins a field; false if it is one of those that are left out.
    fn begin(&mut self, name: &str) -> bool {
        if self.form.without.contains(&name) {
            return false;
        }
        // The names are this crate's own, and need no escape.
        self.text.push_str(if self.is_empty { "\"" } else { ",\"" });
        self.text.push_str(name);
        self.text.push_str("\":");
        self.is_empty = false;
        true
    }

    /// A field that may be absent.
    fn optional<T>(&mut self, name: &str, value: Option<T>, push: impl FnOnce(&mut String, T)) {
        if (value.is_some() || self.form.is_normalized) && self.begin(name) {
            match value {
                Some(value) => push(self.text, value),
                None => self.text.push_str("null"),
            }
        }
    }

    /// The objects within are written alike, and with all their fields.
    const fn inner(&self) -> Form<'static> {
        Form {
            is_normalized: self.form.is_normalized,
            without: &[],
        }
    }

    pub fn text(&mut self, name: &str, value: Option<&str>) {
        self.optional(name, value, push_text);
    }

    /// A text, or null.
    pub fn text_or_null(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(_) => self.text(name, value),
            None => self.written(name, "null"),
        }
    }

    pub fn flag(&mut self, name: &str, value: Option<bool>) {
        self.optional(name, value, |text, value| {
            text.push_str(if value { "true" } else { "false" });
        });
    }

    pub fn number(&mut self, name: &str, value: impl Into<u64>) {
        self.written(name, &value.into().to_string());
    }

    /// JSON text as it is.
    pub fn written(&mut self, name: &str, json: &str) {
        if self.begin(name) {
            self.text.push_str(json);
        }
    }

    /// JSON text from elsewhere. Text that is not JSON becomes a string.
    pub fn json(&mut self, name: &str, value: Option<&str>) {
        self.optional(name, value, push_json);
    }

    /// JSON texts from elsewhere, alike.
    pub fn json_array(&mut self, name: &str, items: &mut dyn Iterator<Item = &str>) {
        if self.begin(name) {
            push_list(self.text, items, &mut push_json);
        }
    }

    pub fn object(&mut self, name: &str, write: impl FnOnce(&mut Fields<'_>)) {
        if self.begin(name) {
            within(self.text, self.inner(), write);
        }
    }

    /// Objects; the list is there even if it is empty.
    pub fn array<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(T, &mut Fields<'_>),
    ) {
        if self.begin(name) {
            let form = self.inner();
            push_list(self.text, items, &mut |text, item| {
                within(text, form, |fields| each(item, fields));
            });
        }
    }

    pub fn list<'i, T: 'i>(&mut self, name: &str, items: &'i [T], each: impl FnMut(&'i T, &mut Fields<'_>)) {
        if self.form.is_normalized || !items.is_empty() {
            self.array(name, items, each);
        }
    }

    /// Texts; the list is there even if it is empty.
    pub fn text_array(&mut self, name: &str, items: &mut dyn Iterator<Item = &str>) {
        if self.begin(name) {
            push_list(self.text, items, &mut push_text);
        }
    }

    pub fn text_list(&mut self, name: &str, items: &[String]) {
        if self.form.is_normalized || !items.is_empty() {
            self.text_array(name, &mut items.iter().map(String::as_str));
        }
    }

    /// Further fields of the same object, in another form.
    pub fn in_form(&mut self, form: Form<'_>, write: impl FnOnce(&mut Fields<'_>)) {
        let mut fields = Fields {
            text: self.text,
            is_empty: self.is_empty,
            form,
        };
        write(&mut fields);
        self.is_empty = fields.is_empty;
    }

    /// A time: as the provider has it, or in UTC.
    pub fn time(&mut self, name: &str, value: Option<&str>) {
        let in_utc = value
            .filter(|_| self.form.is_normalized)
            .map(crate::contract::timestamp::normalized);
        self.text(name, in_utc.as_deref().or(value));
    }
}

fn push_text(text: &mut String, value: &str) {
    let needs_escape = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if value.bytes().any(needs_escape) {
        text.push_str(&Value::from(value).to_string());
    } else {
        text.push('"');
        text.push_str(value);
        text.push('"');
    }
}

/// A document as it came, so that no digit of a number is lost; what not every reader of JSON takes, as a text.
fn push_json(text: &mut String, json: &str) {
    if is_document(json) {
        text.push_str(json);
    } else {
        push_text(text, json);
    }
}

/// Whether it is JSON that can be parsed. Most documents need not be parsed for that: only one that is nested deeply, or that may hold
/// half a character or a number beyond all measure, can be JSON and not be parsed.
fn is_document(json: &str) -> bool {
    if serde_json::from_str::<IgnoredAny>(json).is_err() {
        return false;
    }
    // Within an answer, which is parsed as a whole.
    let within = || format!("{0}{json}{1}", "[".repeat(AROUND), "]".repeat(AROUND));
    is_plain(json) || serde_json::from_str::<Value>(&within()).is_ok()
}

/// What the names begin with by which serde_json tells itself that a value is no object. Its readers take them from anybody.
const PRIVATE: &str = "$serde_json::private";

/// Objects and lists that an answer has around a document, at most.
const AROUND: usize = 6;

/// How deep a document may be nested that is not parsed, and how many digits a number may have in a row.
const DEEPEST: usize = 64;
const LONGEST_NUMBER: usize = 100;

/// Not nested deeply, without an escape of a code point, and without a long number or an exponent; whether it is JSON is another
/// question.
fn is_plain(json: &str) -> bool {
    if json.contains(PRIVATE) {
        return false;
    }
    let (mut depth, mut digits, mut is_in_text, mut is_escaped) = (0_usize, 0_usize, false, false);
    for byte in json.bytes() {
        match byte {
            b'u' if is_escaped => return false,
            b'"' if !is_escaped => is_in_text = !is_in_text,
            _ if is_in_text => {}
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'e' | b'E' if digits > 0 => return false,
            _ => {}
        }
        is_escaped = byte == b'\\' && !is_escaped;
        digits = if byte.is_ascii_digit() && !is_in_text {
            digits.saturating_add(1)
        } else {
            0
        };
        if depth > DEEPEST || digits > LONGEST_NUMBER {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_reads_back_whatever_is_in_it() {
        for value in ["", "plain", "\"\\\u{1}\n", "é\u{10ffff}", "a\tb"] {
            let written = object(|fields| fields.text("name", Some(value)));
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json!({"name": value}));
        }
    }

    #[test]
    fn what_is_absent_is_left_out_or_null_at_any_depth() {
        let write = |fields: &mut Fields<'_>| {
            fields.text("text", None);
            fields.flag("flag", None);
            fields.text_list("list", &[]);
            fields.array("objects", [1_u8], |_, entry| entry.text("text", None));
            fields.number("number", 7_u32);
        };
        assert_eq!(object(write), r#"{"objects":[{}],"number":7}"#);
        let mut text = String::new();
        let form = Form {
            is_normalized: true,
            without: &["text"],
        };
        within(&mut text, form, write);
        assert_eq!(text, r#"{"flag":null,"list":[],"objects":[{"text":null}],"number":7}"#);
    }

    #[test]
    fn a_document_stays_as_it_came_unless_some_reader_would_not_take_it() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let number = |digits: usize| "1".repeat(digits);
        let json = [
            &number(300),
            "[1.5e3,true,false]",
            r#"{"n": 12345678901234567890123, "t":"\"[{"}"#,
            r#"{"t": "\u0041"}"#,
            "[]",
            &deep(DEEPEST),
            &deep(DEEPEST + 1),
            &deep(127 - AROUND),
        ];
        let none = [
            r#"["\ud800"]"#,
            r#"{"$serde_json::private::RawValue":0}"#,
            r#"[{"$serde_json::private::RawValue":"x"}]"#,
            r#"{"a":"\u0041"}],[{}"#,
            "1e1,2",
            "1,2",
            "no",
            "1 2",
            "",
            "[",
            "[1,]",
            "\"\n\"",
            "1e999",
            "-1E+999",
            &number(400),
            &deep(1_000),
        ];
        let kept = json.map(|json| (json, json.to_owned()));
        let quoted = none.map(|text| (text, Value::from(text).to_string()));
        for (json, expected) in kept.into_iter().chain(quoted) {
            let mut text = String::new();
            push_json(&mut text, json);
            assert_eq!(text, expected, "{json}");
        }
    }
}
