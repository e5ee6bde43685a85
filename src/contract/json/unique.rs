//! JSON in which no object has a key twice: of two values, one reader takes the first and another one the last.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value, value::RawValue};

use super::objects;

/// Parses a configuration text (an account, its settings, the tokens), the text of a typed call, or what was signed. Only an object
/// is taken for a struct.
///
/// # Errors
/// Says what is wrong and where, without any value: it may be a credential.
pub fn parse_configuration<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let Unique(value) = serde_json::from_str(text).map_err(|error| fault(&error, KEY_TWICE))?;
    objects::from_value(value).map_err(|_| {
        // A value has no places any more: the text is read again for them.
        serde_json::from_str::<T>(text).err().map_or_else(
            || String::from("it has a list where an object is expected"),
            |error| fault(&error, "it has an unknown field, or one of another type"),
        )
    })
}

/// The members of a JSON object, each as its own text, so that a fault in one of them is not the others'.
///
/// # Errors
/// As [`parse_configuration`]; inside of a member, only the syntax counts.
pub fn parse_members(text: &str) -> Result<BTreeMap<String, &RawValue>, String> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = BTreeMap<String, &'de RawValue>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((name, member)) = fields.next_entry::<String, &'de RawValue>()? {
                if members.insert(name, member).is_some() {
                    return Err(A::Error::custom(KEY_TWICE));
                }
            }
            Ok(members)
        }
    }

    let mut reader = serde_json::Deserializer::from_str(text);
    let members = reader.deserialize_map(Members).and_then(|members| {
        reader.end()?;
        Ok(members)
    });
    members.map_err(|error| {
        // The message is this file's own, or serde's: only the first can be repeated.
        let is_ours = error.to_string().starts_with(KEY_TWICE);
        fault(&error, if is_ours { KEY_TWICE } else { "it is not a JSON object" })
    })
}

const KEY_TWICE: &str = "an object has a key twice";

/// serde's own message quotes the offending value.
fn fault(error: &serde_json::Error, data: &str) -> String {
    let what = if error.is_data() { data } else { "it is not JSON" };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// A JSON value; deserializing it fails on a repeated key, at any depth.
pub struct Unique(pub Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict).map(Self)
    }
}

struct Strict;

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let Unique(value) = fields.next_value()?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom(KEY_TWICE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_twice_is_refused_at_any_depth_and_all_else_is_kept() {
        for bad in [r#"{"a": 1, "a": 1}"#, r#"[{"b": [{"a": 1, "\u0061": 2}]}]"#] {
            assert!(serde_json::from_str::<Unique>(bad).is_err(), "{bad}");
        }
        assert!(parse_configuration::<Value>(r#"{"a": {"b": 1, "b": 2}}"#).is_err());
        let text = r#"{"a": [1, -2, 2.5, null, true, "x\n", {"a": {}}], "b": []}"#;
        let Unique(value) = serde_json::from_str(text).unwrap();
        assert_eq!(value, json!({"a": [1, -2, 2.5, null, true, "x\n", {"a": {}}], "b": []}));
    }

    #[test]
    fn a_fault_is_said_with_its_place_and_without_a_value() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code)]
        struct Shape {
            a: u8,
        }
        for (text, why) in [
            (r#"{"a": "sesame"}"#, "unknown field, or one of another type (line 1"),
            (r#"{"a": 1, "sesame": 1}"#, "unknown field, or one of another type"),
            (r#"{"a": sesame}"#, "not JSON (line 1, column 7)"),
            (r#"{"a": 1, "a": "sesame"}"#, "a key twice (line 1"),
        ] {
            let message = parse_configuration::<Shape>(text).unwrap_err();
            assert!(message.contains(why) && !message.contains("sesame"), "{message}");
        }
        let message = parse_configuration::<Shape>("[1]").unwrap_err();
        assert!(message.contains("a list where an object is expected"), "{message}");
    }

    #[test]
    fn members_are_unique_and_what_is_in_them_is_left_for_later() {
        let members = parse_members(r#"{"a": {"b": 1, "b": 2}, "c": 3}"#).unwrap();
        assert_eq!(members["a"].get(), r#"{"b": 1, "b": 2}"#);
        for (text, why) in [
            (r#"{"a": 1, "\u0061": 2}"#, "a key twice"),
            ("[]", "not a JSON object"),
            ("{} x", "not JSON"),
            (r#"{"a": }"#, "not JSON"),
        ] {
            let message = parse_members(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
