//! Objects: their fields, and documents that are read from them.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Error, value::RawValue};

use super::{FromJson, fault};

/// The fields of an object in their order. A key that stands there twice is there twice.
#[derive(Debug)]
pub struct Fields<'a>(Vec<(Key<'a>, &'a RawValue)>);

/// A document: an object whose keys are known.
pub trait Document: Sized {
    /// # Errors
    /// A key is there twice, or a required one is missing.
    fn of(fields: &Fields<'_>) -> Result<Self, Error>;
}

/// Makes a struct a [`Document`]: `document! { Role: id, kind = "type", name = "Name" | "name" }`. A field has the key of its own
/// name unless others are given; one of several may be there.
macro_rules! document {
    ($name:ident: $($field:ident $(= $($key:literal)|+)?),+ $(,)?) => {
        impl $crate::client::lenient::Document for $name {
            fn of(fields: &$crate::client::lenient::Fields<'_>) -> Result<Self, serde_json::Error> {
                Ok(Self { $($field: fields.read($crate::client::lenient::document!(@ $field $($($key)+)?))?,)+ })
            }
        }
    };
    (@ $field:ident) => { &[stringify!($field)] };
    (@ $field:ident $($key:literal)+) => { &[$($key),+] };
}

pub(crate) use document;

impl<'a> Fields<'a> {
    /// # Errors
    /// The text is not JSON, or no object.
    pub fn of(text: &'a str) -> Result<Self, Error> {
        serde_json::from_str(text)
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (&*key.0, *value))
    }

    /// The value of the one key of these that is there.
    ///
    /// # Errors
    /// Two are: which of them counts cannot be told.
    pub fn get(&self, keys: &[&str]) -> Result<Option<&'a RawValue>, Error> {
        let mut found = None;
        for (key, value) in self.iter() {
            if keys.contains(&key) && found.replace(value).is_some() {
                return Err(fault("a key is there twice"));
            }
        }
        Ok(found)
    }

    /// The field of these keys.
    ///
    /// # Errors
    /// It is there twice, is another value than the type holds, or is required and missing.
    pub fn read<T: FromJson>(&self, keys: &[&str]) -> Result<T, Error> {
        match self.get(keys)? {
            Some(value) => T::from_json(value),
            None => T::missing().ok_or_else(|| fault("a key is missing")),
        }
    }
}

impl<T: Document> FromJson for T {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        Self::from_text(raw.get())
    }

    fn from_text(text: &str) -> Result<Self, Error> {
        Self::of(&Fields::of(text)?)
    }
}

/// A key: a piece of the text unless it has escapes.
#[derive(Debug)]
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // Room for most rows: growing step by step copies them.
        let mut fields = Vec::with_capacity(16);
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}
