//! Types for provider documents that never fail to be read.
//!
//! Providers send `null` among rows, numbers as text, and shapes that no documentation names. One such value must neither end the
//! call nor pass for absence: what cannot be read is kept as [`Row::Unread`] or as an unread [`Scalar`], and the caller decides
//! what it could have been. Only text that is not JSON is an error.
//!
//! Every type reads raw JSON text ([`RawValue`]), so that no digit of a long number is lost, and a text is walked once for each
//! level that it is read at. A missing key is [`Rows::Absent`], [`Scalar::is_absent`] or an unread row. The types are read without
//! serde's derived visitors, which are a kilobyte a struct and reader.

mod number;
mod object;
mod row;
mod scalar;

use serde::de::Error as _;
use serde_json::{Error, Value, value::RawValue};

use crate::contract::json::unique::Unique;

pub(crate) use self::object::document;
pub use self::{
    object::{Document, Fields},
    row::{Row, Rows},
    scalar::{Flag, Id, Number, Scalar, Text, Word, kind},
};

/// Bytes that are kept of what could not be read.
const UNREAD_LIMIT: usize = 256;

/// What JSON text is read as.
pub trait FromJson: Sized {
    /// # Errors
    /// The value is another one than this type holds.
    fn from_json(raw: &RawValue) -> Result<Self, Error>;

    /// # Errors
    /// The text is not JSON, or another value than this type holds.
    fn from_text(text: &str) -> Result<Self, Error> {
        Self::from_json(serde_json::from_str(text)?)
    }

    /// What a missing key stands for. `None`: the key is required.
    fn missing() -> Option<Self> {
        None
    }
}

/// The elements of a list.
///
/// # Errors
/// It is not JSON, or no list.
pub fn elements(text: &str) -> Result<Vec<&RawValue>, Error> {
    serde_json::from_str(text)
}

impl FromJson for String {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        scalar::string(raw.get())
    }
}

/// The value as it came.
impl FromJson for Box<RawValue> {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        Ok(raw.to_owned())
    }
}

impl FromJson for Value {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        Self::from_text(raw.get())
    }

    fn from_text(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text)
    }
}

/// A tree in which no key is there twice.
impl FromJson for Unique {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        Self::from_text(raw.get())
    }

    fn from_text(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text)
    }
}

/// `None` if the key is missing or `null`.
impl<T: FromJson> FromJson for Option<T> {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        (raw.get() != "null").then(|| T::from_json(raw)).transpose()
    }

    fn missing() -> Option<Self> {
        Some(None)
    }
}

fn fault(message: &str) -> Error {
    Error::custom(message)
}

/// As much of a text as is kept of what could not be read.
pub fn cut(raw: &str) -> String {
    raw.get(..raw.floor_char_boundary(UNREAD_LIMIT))
        .unwrap_or_default()
        .to_owned()
}
