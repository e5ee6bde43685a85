//! JSON in which an object is an object. serde's derived structs also take a list, whose elements are the fields in the order of
//! their declaration: one reader would see other fields there than the next.

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, Unexpected, VariantAccess,
        Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// The value as a `T`.
///
/// # Errors
/// As serde's own, and if a list stands where `T` has a struct, at any depth. The message may quote the value.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Strict(value))
}

struct Strict(Value);

impl IntoDeserializer<'_, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Strict));
                let value = visitor.visit_seq(&mut items)?;
                items.end().map(|()| value)
            }
            Value::Object(fields) => {
                let mut fields = MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Self(value))));
                let value = visitor.visit_map(&mut fields)?;
                fields.end().map(|()| value)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, content) = match self.0 {
            Value::String(name) => (name, None),
            Value::Object(fields) if fields.len() == 1 => match fields.into_iter().next() {
                Some((name, content)) => (name, Some(content)),
                None => return Err(Error::invalid_type(Unexpected::Map, &visitor)),
            },
            Value::Object(_) => return Err(Error::invalid_value(Unexpected::Map, &"an object with one key")),
            _ => {
                return Err(Error::invalid_type(
                    Unexpected::Other("no text and no object"),
                    &visitor,
                ));
            }
        };
        visitor.visit_enum(Case { name, content })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// A case of an enum: its name, or an object with the name and what belongs to it.
struct Case {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Case {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content), Error> {
        let name = IntoDeserializer::<Error>::into_deserializer(self.name);
        Ok((seed.deserialize(name)?, Content(self.content)))
    }
}

struct Content(Option<Value>);

impl Content {
    fn needed(self) -> Result<Strict, Error> {
        self.0
            .map(Strict)
            .ok_or_else(|| Error::custom("a case lacks its content"))
    }
}

impl<'de> VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), |content| <()>::deserialize(Strict(content)))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.needed()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.needed()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.needed()?.deserialize_struct("", fields, visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Outer {
        inner: Inner,
        list: Vec<Inner>,
        maybe: Option<Inner>,
        choice: Choice,
        numbers: (i8, f64),
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        a: u64,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Nothing,
        Text(Option<String>),
        Object(Inner),
        Fields { a: u64 },
    }

    fn with(field: &str, value: Value) -> Value {
        let mut outer =
            json!({"inner": {"a": 1}, "list": [{"a": 1}], "maybe": null, "choice": "nothing", "numbers": [-1, 2]});
        outer[field] = value;
        outer
    }

    #[test]
    fn everything_else_is_read_as_serde_reads_it() {
        for good in [
            with("maybe", json!({"a": u64::MAX})),
            with("choice", json!({"text": "x"})),
            with("choice", json!({"text": null})),
            with("choice", json!({"object": {"a": 1}})),
            with("choice", json!({"fields": {"a": 1}})),
            with("choice", json!({"nothing": null})),
            with("more", json!([{"a": []}])),
        ] {
            let plain: Outer = serde_json::from_value(good.clone()).unwrap();
            assert_eq!(from_value::<Outer>(good).unwrap(), plain);
        }
        for bad in [
            with("choice", json!({"text": "x", "object": {"a": 1}})),
            with("choice", json!("other")),
            with("choice", json!({"fields": [1]})),
            with("choice", json!("object")),
            with("choice", json!(1)),
            with("numbers", json!([-1, 2, 3])),
            with("inner", json!({"a": -1})),
            with("inner", Value::Null),
        ] {
            assert!(serde_json::from_value::<Outer>(bad.clone()).is_err(), "{bad}");
            assert!(from_value::<Outer>(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        for bad in [
            with("inner", json!([1])),
            with("list", json!([[1]])),
            with("maybe", json!([1])),
            with("choice", json!({"object": [1]})),
            json!([{"a": 1}, [], null, "nothing", [1, 2]]),
        ] {
            assert!(
                serde_json::from_value::<Outer>(bad.clone()).is_ok(),
                "serde takes {bad}"
            );
            assert!(from_value::<Outer>(bad.clone()).is_err(), "{bad}");
        }
    }
}
