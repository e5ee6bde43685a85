//! JSON and TOML, read so that every mistake is told with its place and none of them with a value: it may be a credential.

use std::{cell::RefCell, fmt};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A document, and what is wrong with its text.
#[derive(Debug, Default)]
pub struct Parsed {
    /// `None` if nothing could be read.
    pub value: Option<Value>,
    pub faults: Vec<String>,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Toml,
}

/// Parses the bytes of a file.
pub fn parse(bytes: &[u8], format: Format) -> Parsed {
    let mut faults = Vec::new();
    let Ok(text) = std::str::from_utf8(bytes) else {
        let why = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "it is UTF-16: save it as UTF-8"
        } else {
            "it is not UTF-8: save it as UTF-8"
        };
        return Parsed {
            value: None,
            faults: vec![why.to_owned()],
        };
    };
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => {
            faults.push(String::from(
                "it begins with a byte order mark, which the service does not read: save it as UTF-8 without BOM",
            ));
            rest
        }
        None => text,
    };
    if text.trim().is_empty() {
        faults.push(String::from("it is empty"));
        return Parsed { value: None, faults };
    }
    let read = match format {
        Format::Json => json(text, &mut faults),
        Format::Toml => toml(text),
    };
    match read {
        Ok(value) => Parsed {
            value: Some(value),
            faults,
        },
        Err(why) => {
            faults.push(why);
            Parsed { value: None, faults }
        }
    }
}

/// A JSON value. Of a key that is there twice, the first is kept, and the fault is told.
fn json(text: &str, faults: &mut Vec<String>) -> Result<Value, String> {
    let twice = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Node {
        at: String::new(),
        twice: &twice,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    faults.extend(
        twice
            .into_inner()
            .into_iter()
            .map(|at| format!("`{at}` is there twice: readers differ in which of the two they take")),
    );
    // serde's own message can quote what is there.
    read.map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let advice = match text.lines().nth(line.saturating_sub(1)).map(str::trim_start) {
            Some(rest) if rest.starts_with("//") || rest.starts_with('#') => ": JSON has no comments; TOML has",
            _ if error.is_eof() => ": it ends in the middle",
            _ => "",
        };
        format!("it is not JSON (line {line}, column {column}){advice}")
    })
}

fn toml(text: &str) -> Result<Value, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // The whole error shows the line, which may hold a credential.
        let at = error.span().map_or_else(String::new, |span| {
            let before = text.get(..span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            format!(" (line {line}, column {column})")
        });
        format!("it is not TOML{at}")
    })?;
    Ok(of_toml(toml::Value::Table(table)))
}

fn of_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(of_toml).collect()),
        toml::Value::Table(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, of_toml(value))).collect())
        }
    }
}

/// A value at its place.
struct Node<'a> {
    at: String,
    twice: &'a RefCell<Vec<String>>,
}

impl Node<'_> {
    fn inside(&self, name: &str) -> Self {
        let at = if self.at.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.at)
        };
        Node { at, twice: self.twice }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that JSON does not have"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inside(&format!("[{}]", list.len())))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let inside = self.inside(&name);
            let at = inside.at.clone();
            let value = fields.next_value_seed(inside)?;
            if object.contains_key(&name) {
                self.twice.borrow_mut().push(at);
            } else {
                object.insert(name, value);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(text: &str, format: Format) -> Vec<String> {
        parse(text.as_bytes(), format).faults
    }

    #[test]
    fn every_repeated_key_is_told_with_its_path_and_the_rest_is_read() {
        let parsed = parse(
            br#"{"a": {"b": 1, "b": "sesame"}, "c": [{"d": 1, "d": 2}], "a": {}}"#,
            Format::Json,
        );
        assert_eq!(parsed.value, Some(json!({"a": {"b": 1}, "c": [{"d": 1}]})));
        assert_eq!(parsed.faults.len(), 3, "{:?}", parsed.faults);
        assert!(
            parsed.faults[0].starts_with("`a.b` is there twice"),
            "{:?}",
            parsed.faults
        );
        assert!(!format!("{:?}", parsed.faults).contains("sesame"));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_place_and_without_a_value() {
        for (text, format, fault) in [
            ("", Format::Json, "it is empty"),
            ("{\"a\": sesame}", Format::Json, "it is not JSON (line 1, column 7)"),
            (
                "{\"a\": \"ses",
                Format::Json,
                "it is not JSON (line 1, column 10): it ends in the middle",
            ),
            (
                "// sesame\n{}",
                Format::Json,
                "it is not JSON (line 1, column 1): JSON has no comments; TOML has",
            ),
            ("a = sesame", Format::Toml, "it is not TOML (line 1, column 5)"),
            (
                "[a]\nb = 'x'\nb = 'sesame'",
                Format::Toml,
                "it is not TOML (line 3, column 1)",
            ),
        ] {
            assert_eq!(faults(text, format), [fault], "{text}");
        }
        assert!(faults("\u{feff}{}", Format::Json)[0].contains("byte order mark"));
        assert!(parse(&[0xff, 0xfe, b'{', 0], Format::Json).faults[0].contains("UTF-16"));
    }

    #[test]
    fn both_formats_say_the_same() {
        let toml = "[acme]\nprovider = \"slack_enterprise\"\ntags = [\"production\"]\n[acme.credentials]\ntype = \"bearer_token\"\ntoken = {secret = \"slack\"}";
        let json = r#"{"acme": {"provider": "slack_enterprise", "tags": ["production"],
                       "credentials": {"type": "bearer_token", "token": {"secret": "slack"}}}}"#;
        assert_eq!(
            parse(toml.as_bytes(), Format::Toml).value,
            parse(json.as_bytes(), Format::Json).value
        );
    }
}
