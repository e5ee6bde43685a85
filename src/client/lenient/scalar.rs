//! Strings, numbers and Booleans as text.

use std::{fmt, marker::PhantomData};

use serde_json::{Error, value::RawValue};

use crate::naming::is_broken;

use super::{FromJson, cut, fault, number::integer};

/// A string, number or Boolean as text. Strings are kept as they are, numbers with all their digits.
pub type Text = Scalar<kind::Text>;

/// A string and nothing else: a name or an address is no number, and not `true`.
pub type Word = Scalar<kind::Word>;

/// An id: a string as it is, or an integer of any size as its digits (`7`, `7.0` and `7e0` are the id `7`). A blank string and a
/// fraction are unread: no provider has such ids.
pub type Id = Scalar<kind::Id>;

/// A number, or a text that holds one, with all its digits.
pub type Number = Scalar<kind::Number>;

/// `true` or `false`, also as text in any case.
pub type Flag = Scalar<kind::Flag>;

/// A scalar that is absent (missing or `null`), read, or unread. `K` says what can be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Scalar<K> {
    state: State,
    kind: PhantomData<K>,
}

#[derive(Clone, PartialEq, Eq)]
enum State {
    Absent,
    Read(String),
    Unread(String),
}

impl<K> Scalar<K> {
    /// A value that was read.
    pub fn of(text: impl Into<String>) -> Self {
        Self::with(State::Read(text.into()))
    }

    /// The text, unless it is blank.
    pub fn as_str(&self) -> Option<&str> {
        match &self.state {
            State::Read(text) if !text.trim_start().is_empty() => Some(text),
            State::Read(_) | State::Absent | State::Unread(_) => None,
        }
    }

    /// The text, unless it is blank.
    pub fn into_string(self) -> Option<String> {
        match self.state {
            State::Read(text) if !text.trim_start().is_empty() => Some(text),
            State::Read(_) | State::Absent | State::Unread(_) => None,
        }
    }

    /// Returns true if the key is missing or `null`.
    pub const fn is_absent(&self) -> bool {
        matches!(self.state, State::Absent)
    }

    /// Returns true for a value that this kind cannot hold.
    pub const fn is_unread(&self) -> bool {
        matches!(self.state, State::Unread(_))
    }

    /// The JSON text of an unread value, cut at 256 bytes. It may hold credentials: never print it.
    pub fn unread(&self) -> Option<&str> {
        match &self.state {
            State::Unread(raw) => Some(raw),
            State::Absent | State::Read(_) => None,
        }
    }

    const fn with(state: State) -> Self {
        Self {
            state,
            kind: PhantomData,
        }
    }
}

impl Number {
    /// The number, if it is an integer of that size: `3.0` is one, `3.5` is none.
    pub fn as_u64(&self) -> Option<u64> {
        integer(self.as_str()?)?.parse().ok()
    }

    /// The number, if it is an integer of that size.
    pub fn as_i64(&self) -> Option<i64> {
        integer(self.as_str()?)?.parse().ok()
    }
}

impl Flag {
    pub fn as_bool(&self) -> Option<bool> {
        Some(self.as_str()? == "true")
    }
}

/// What a [`Scalar`] can hold.
pub mod kind {
    use super::super::number::{integer, is_number};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Text {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Word {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Id {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Number {}
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Flag {}

    pub trait Kind {
        /// The value of a JSON string.
        fn string(text: String) -> Option<String>;

        /// The value of a JSON number or Boolean.
        fn literal(raw: &str) -> Option<String>;
    }

    impl Kind for Text {
        fn string(text: String) -> Option<String> {
            Some(text)
        }

        fn literal(raw: &str) -> Option<String> {
            Some(raw.to_owned())
        }
    }

    impl Kind for Word {
        fn string(text: String) -> Option<String> {
            Some(text)
        }

        fn literal(_raw: &str) -> Option<String> {
            None
        }
    }

    impl Kind for Id {
        fn string(text: String) -> Option<String> {
            (!text.trim().is_empty()).then_some(text)
        }

        fn literal(raw: &str) -> Option<String> {
            integer(raw)
        }
    }

    impl Kind for Number {
        fn string(text: String) -> Option<String> {
            let text = text.trim();
            is_number(text).then(|| text.to_owned())
        }

        fn literal(raw: &str) -> Option<String> {
            is_number(raw).then(|| raw.to_owned())
        }
    }

    impl Kind for Flag {
        fn string(text: String) -> Option<String> {
            let text = text.trim().to_ascii_lowercase();
            Self::literal(&text)
        }

        fn literal(raw: &str) -> Option<String> {
            matches!(raw, "true" | "false").then(|| raw.to_owned())
        }
    }
}

impl<K> Default for Scalar<K> {
    fn default() -> Self {
        Self::with(State::Absent)
    }
}

impl<K: kind::Kind> FromJson for Scalar<K> {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        let raw = raw.get();
        let value = match raw.bytes().next() {
            Some(b'n') => return Ok(Self::default()),
            // A replacement character stands for bytes that were not UTF-8: another text than the provider meant.
            Some(b'"') => string(raw).ok().filter(|text| !is_broken(text)).and_then(K::string),
            Some(b'{' | b'[') | None => None,
            Some(_) => K::literal(raw),
        };
        Ok(Self::with(value.map_or_else(|| State::Unread(cut(raw)), State::Read)))
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

/// The text of a JSON string; `raw` is JSON.
///
/// # Errors
/// It is another value, or has an escape that stands for no character.
pub fn string(raw: &str) -> Result<String, Error> {
    let plain = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match plain {
        Some(text) if !text.as_bytes().contains(&b'\\') => Ok(text.to_owned()),
        Some(_) => serde_json::from_str(raw),
        None => Err(fault("it is no text")),
    }
}

// `Debug` shows nothing of what could not be read: nothing says that it is no credential.

impl<K> fmt::Debug for Scalar<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Absent => f.write_str("Absent"),
            State::Read(text) => f.debug_tuple("Read").field(text).finish(),
            State::Unread(raw) => write!(f, "Unread({} bytes)", raw.len()),
        }
    }
}
