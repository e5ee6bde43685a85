//! Types for provider documents that never fail to deserialize.
//!
//! Providers send `null` among rows, numbers as text, and shapes that no documentation names. One such value must neither end the
//! call nor pass for absence: what cannot be read is kept as [`Row::Unread`] or as an unread [`Scalar`], and the caller decides
//! what it could have been. Only text that is not JSON is an error.
//!
//! Every type reads its raw JSON text ([`RawValue`]), so that no digit of a long number is lost. They work in derived structs and
//! lists, but not below `#[serde(flatten)]` or `#[serde(untagged)]`, which hide the raw text. Put `#[serde(default)]` on the
//! struct: a missing key is then [`Rows::Absent`], [`Scalar::is_absent`] or an unread row.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::value::RawValue;

/// Bytes that are kept of what could not be read.
const UNREAD_LIMIT: usize = 256;

/// The most digits of a number that is written with an exponent.
const LONGEST_INTEGER: usize = 64;

/// One row of a list, or one object under a key.
#[derive(Clone, PartialEq, Eq)]
pub enum Row<T> {
    Read(T),
    /// Its JSON text, cut at 256 bytes; empty if the key is missing. It may hold credentials: never print it.
    Unread(String),
}

/// The rows of a list that may be missing.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Rows<T> {
    /// The key is missing.
    #[default]
    Absent,
    Null,
    List(Vec<Row<T>>),
    /// Neither a list nor `null`: its JSON text, cut at 256 bytes.
    Unread(String),
}

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

impl<T> Row<T> {
    /// The row, if it could be read.
    pub const fn read(&self) -> Option<&T> {
        match self {
            Self::Read(row) => Some(row),
            Self::Unread(_) => None,
        }
    }

    /// The row, if it could be read.
    pub fn into_read(self) -> Option<T> {
        match self {
            Self::Read(row) => Some(row),
            Self::Unread(_) => None,
        }
    }

    pub const fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_))
    }
}

impl<T> Rows<T> {
    /// The rows of a list; none for anything else. Check [`Rows::is_list`] before an empty result counts as absence.
    pub fn rows(&self) -> &[Row<T>] {
        match self {
            Self::List(rows) => rows,
            Self::Absent | Self::Null | Self::Unread(_) => &[],
        }
    }

    /// The rows of a list; `None` for anything else.
    pub fn into_list(self) -> Option<Vec<Row<T>>> {
        match self {
            Self::List(rows) => Some(rows),
            Self::Absent | Self::Null | Self::Unread(_) => None,
        }
    }

    /// The rows that could be read.
    pub fn read(&self) -> impl Iterator<Item = &T> {
        self.rows().iter().filter_map(Row::read)
    }

    pub const fn is_list(&self) -> bool {
        matches!(self, Self::List(_))
    }

    /// Returns true for a list of which every row could be read.
    pub fn is_whole(&self) -> bool {
        self.is_list() && !self.rows().iter().any(Row::is_unread)
    }
}

impl<K> Scalar<K> {
    /// A value that was read.
    pub fn of(text: impl Into<String>) -> Self {
        Self::with(State::Read(text.into()))
    }

    /// The text, unless it is blank.
    pub fn as_str(&self) -> Option<&str> {
        match &self.state {
            State::Read(text) if !text.trim().is_empty() => Some(text),
            State::Read(_) | State::Absent | State::Unread(_) => None,
        }
    }

    /// The text, unless it is blank.
    pub fn into_string(self) -> Option<String> {
        match self.state {
            State::Read(text) if !text.trim().is_empty() => Some(text),
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
    use super::{integer, is_number};

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

/// A missing key.
impl<T> Default for Row<T> {
    fn default() -> Self {
        Self::Unread(String::new())
    }
}

impl<K> Default for Scalar<K> {
    fn default() -> Self {
        Self::with(State::Absent)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Row<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(row(raw.get()))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(match raw.get() {
            "null" => Self::Null,
            list => serde_json::from_str(list).map_or_else(|_| Self::Unread(cut(list)), Self::List),
        })
    }
}

impl<'de, K: kind::Kind> Deserialize<'de> for Scalar<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let raw = raw.get();
        let value = match raw.bytes().next() {
            Some(b'n') => return Ok(Self::default()),
            // A replacement character stands for bytes that were not UTF-8: another text than the provider meant.
            Some(b'"') => serde_json::from_str(raw)
                .ok()
                .filter(|text: &String| !text.contains(char::REPLACEMENT_CHARACTER))
                .and_then(K::string),
            Some(b'{' | b'[') | None => None,
            Some(_) => K::literal(raw),
        };
        Ok(Self::with(value.map_or_else(|| State::Unread(cut(raw)), State::Read)))
    }
}

// `Debug` shows nothing of what could not be read: nothing says that it is no credential.

impl<T: fmt::Debug> fmt::Debug for Row<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(row) => f.debug_tuple("Read").field(row).finish(),
            Self::Unread(raw) => write!(f, "Unread({} bytes)", raw.len()),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Null => f.write_str("Null"),
            Self::List(rows) => f.debug_tuple("List").field(rows).finish(),
            Self::Unread(raw) => write!(f, "Unread({} bytes)", raw.len()),
        }
    }
}

impl<K> fmt::Debug for Scalar<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Absent => f.write_str("Absent"),
            State::Read(text) => f.debug_tuple("Read").field(text).finish(),
            State::Unread(raw) => write!(f, "Unread({} bytes)", raw.len()),
        }
    }
}

/// A list is no row: a derived struct would take its elements for fields, in order.
fn row<T: DeserializeOwned>(raw: &str) -> Row<T> {
    if raw.starts_with('[') {
        return Row::Unread(cut(raw));
    }
    serde_json::from_str(raw).map_or_else(|_| Row::Unread(cut(raw)), Row::Read)
}

fn cut(raw: &str) -> String {
    raw.get(..raw.floor_char_boundary(UNREAD_LIMIT))
        .unwrap_or_default()
        .to_owned()
}

/// Returns true for a JSON number; leading zeros are allowed.
fn is_number(text: &str) -> bool {
    parts(text).is_some()
}

/// The digits of an integral number, without leading zeros, `None` for any other. `1.20e3` is `1200`.
fn integer(text: &str) -> Option<String> {
    let (sign, whole, fraction, exponent) = parts(text)?;
    let digits = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let significant = digits.trim_end_matches('0').trim_start_matches('0');
    if significant.is_empty() {
        return Some(String::from("0"));
    }
    let leading = digits.len().checked_sub(digits.trim_start_matches('0').len())?;
    let length = usize::try_from(point.checked_sub(i64::try_from(leading).ok()?)?).ok()?;
    if length < significant.len() || (exponent != 0 && length > LONGEST_INTEGER) {
        return None;
    }
    Some(format!("{sign}{significant:0<length$}"))
}

/// Sign, whole digits, fraction digits and exponent of a number.
fn parts(text: &str) -> Option<(&str, &str, &str, i64)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (mantissa, ""),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() && are_digits(whole) && are_digits(fraction)).then_some((sign, whole, fraction, exponent))
}
