//! Rows and lists of rows.

use std::fmt;

use serde_json::{Error, value::RawValue};

use super::{FromJson, cut, elements};

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

impl Row<Box<RawValue>> {
    /// A row that was kept as it came, as something else; `None` if it is not that.
    pub fn parse<T: FromJson>(&self) -> Option<T> {
        T::from_json(self.read()?).ok()
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

/// A missing key.
impl<T> Default for Row<T> {
    fn default() -> Self {
        Self::Unread(String::new())
    }
}

impl<T: FromJson> FromJson for Row<T> {
    /// A list is no row.
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        let text = raw.get();
        let row = (!text.starts_with('[')).then(|| T::from_json(raw));
        Ok(row
            .and_then(Result::ok)
            .map_or_else(|| Self::Unread(cut(text)), Self::Read))
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

impl<T: FromJson> FromJson for Rows<T> {
    fn from_json(raw: &RawValue) -> Result<Self, Error> {
        let text = raw.get();
        if text == "null" {
            return Ok(Self::Null);
        }
        let Ok(elements) = elements(text) else {
            return Ok(Self::Unread(cut(text)));
        };
        elements
            .into_iter()
            .map(Row::from_json)
            .collect::<Result<_, _>>()
            .map(Self::List)
    }

    fn missing() -> Option<Self> {
        Some(Self::Absent)
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
