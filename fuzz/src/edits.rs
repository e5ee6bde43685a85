//! What a fuzz input does to the provider's answers.
//!
//! Four bytes are one edit: the call, the place in its document (two bytes), and the change. A change keeps what is held
//! visible to a careful reader, except for [`Change::Replaced`], which takes the rest of the input as the whole document.
//! [`Change::Status`] is an answer of something on the way: the provider does not get the request.

use serde_json::{Value, json};

/// Which answers are edited, and how.
#[derive(Debug, Default)]
pub struct Edits {
    edits: Vec<Edit>,
    calls: usize,
    /// A whole list or object was removed, which some providers do with an empty one.
    hides: bool,
}

#[derive(Debug)]
struct Edit {
    call: usize,
    place: usize,
    change: Change,
}

#[derive(Clone, Debug, PartialEq)]
enum Change {
    Removed,
    Null,
    OtherType,
    Number,
    Blank,
    OtherCase,
    ExtraSpaces,
    LookAlike,
    NumberAsText,
    HugeNumber,
    OneMore,
    LateDate,
    DuplicateRow,
    NullRow,
    UnknownRow,
    OutOfOrder,
    Status(u16),
    Replaced(Vec<u8>),
}

/// More calls than one removal of two roles makes without an error.
const CALLS: u8 = 24;

/// A longer input only repeats what a shorter one shows.
const MAX_EDITS: usize = 4;

const STATUSES: [u16; 9] = [204, 400, 401, 403, 404, 409, 429, 500, 503];

impl Edits {
    /// Of a fuzz input. An input that is too short edits nothing.
    pub fn of(mut input: &[u8]) -> Self {
        let mut edits = Vec::new();
        while let Some(([call, high, low, change], rest)) = input.split_first_chunk() {
            let change = Change::of(*change, rest);
            let is_last = matches!(change, Change::Replaced(_));
            edits.push(Edit {
                call: usize::from(call % CALLS),
                place: usize::from(u16::from_be_bytes([*high, *low])),
                change,
            });
            if is_last || edits.len() == MAX_EDITS {
                break;
            }
            input = rest;
        }
        Self {
            edits,
            ..Self::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Returns true if a careful reader still saw everything that is held. Known once the run is over.
    pub fn were_careful(&self) -> bool {
        let is_replaced = |edit: &Edit| matches!(edit.change, Change::Replaced(_));
        !self.hides && !self.edits.iter().any(is_replaced)
    }

    /// Counts a call and gives it its number.
    pub fn next_call(&mut self) -> usize {
        self.calls += 1;
        self.calls - 1
    }

    pub fn calls(&self) -> usize {
        self.calls
    }

    /// The status of a call that does not reach the provider: something on the way answers for it.
    pub fn intercepted(&self, call: usize) -> Option<u16> {
        self.edits.iter().find_map(|edit| match edit.change {
            Change::Status(status) if edit.call == call => Some(status),
            _ => None,
        })
    }

    /// The body of the answer to the call with this number as the component gets it.
    pub fn apply(&mut self, call: usize, body: &[u8]) -> Vec<u8> {
        let mut edited = body.to_vec();
        for edit in self.edits.iter().filter(|edit| edit.call == call) {
            match &edit.change {
                Change::Status(_) => {}
                Change::Replaced(document) => edited.clone_from(document),
                change => {
                    if let Ok(mut document) = serde_json::from_slice::<Value>(&edited) {
                        self.hides |= change.apply(&mut document, edit.place);
                        edited = document.to_string().into_bytes();
                    }
                }
            }
        }
        edited
    }
}

impl Change {
    fn of(byte: u8, rest: &[u8]) -> Self {
        match byte {
            240.. => Self::Replaced(rest.to_vec()),
            208.. => Self::Status(STATUSES[usize::from(byte) % STATUSES.len()]),
            _ => match byte % 16 {
                0 => Self::Removed,
                1 => Self::Null,
                2 => Self::OtherType,
                3 => Self::Number,
                4 => Self::Blank,
                5 => Self::OtherCase,
                6 => Self::ExtraSpaces,
                7 => Self::LookAlike,
                8 => Self::NumberAsText,
                9 => Self::HugeNumber,
                10 => Self::OneMore,
                11 => Self::LateDate,
                12 => Self::DuplicateRow,
                13 => Self::NullRow,
                14 => Self::UnknownRow,
                _ => Self::OutOfOrder,
            },
        }
    }

    /// Changes the place with this number, counted in document order and modulo the number of places. Returns true if that removed a
    /// list or an object with something in it.
    fn apply(&self, document: &mut Value, place: usize) -> bool {
        let places = count(document);
        let mut left = place % places;
        self.apply_at(document, &mut left);
        *self == Self::Removed && places > count(document) + 1
    }

    /// Returns true once the change is made or does not fit.
    fn apply_at(&self, value: &mut Value, left: &mut usize) -> bool {
        if *left == 0 {
            self.change(value);
            return true;
        }
        *left -= 1;
        match value {
            Value::Object(object) => {
                let removed = object.iter_mut().find_map(|(key, inner)| {
                    if *left == 0 && *self == Self::Removed {
                        return Some(Some(key.clone()));
                    }
                    self.apply_at(inner, left).then_some(None)
                });
                if let Some(Some(key)) = &removed {
                    object.shift_remove(key);
                }
                removed.is_some()
            }
            Value::Array(rows) => rows.iter_mut().any(|row| self.apply_at(row, left)),
            _ => false,
        }
    }

    fn change(&self, value: &mut Value) {
        let changed = match (self, &mut *value) {
            (Self::Null, _) => Value::Null,
            (Self::OtherType, Value::String(text)) => json!({"value": text}),
            (Self::OtherType, _) => json!("other"),
            (Self::Number, Value::String(_)) => json!(7),
            (Self::Blank, Value::String(_)) => json!(" \u{a0}"),
            (Self::OtherCase, Value::String(text)) => {
                let upper = text.to_uppercase();
                json!(if upper == *text { text.to_lowercase() } else { upper })
            }
            (Self::ExtraSpaces, Value::String(text)) => json!(format!(" {}  ", text.replace(' ', "  "))),
            (Self::LookAlike, Value::String(text)) => json!(text.replace('a', "\u{430}").replace('U', "u")),
            (Self::LateDate, Value::String(text)) if text.contains("-") && text.starts_with("20") => {
                json!("9999-12-31T23:59:59-01:00")
            }
            (Self::NumberAsText, Value::Number(number)) => json!(number.to_string()),
            (Self::HugeNumber, Value::Number(_)) => json!(1e300),
            (Self::OneMore, Value::Number(number)) => json!(number.as_u64().unwrap_or_default().saturating_add(1)),
            (Self::DuplicateRow, Value::Array(rows)) => {
                rows.extend(rows.first().cloned());
                return;
            }
            (Self::NullRow, Value::Array(rows)) if !rows.is_empty() => {
                rows.insert(0, Value::Null);
                return;
            }
            (Self::UnknownRow, Value::Array(rows)) if !rows.is_empty() => {
                rows.insert(0, json!({"unknown": ["row"]}));
                return;
            }
            (Self::OutOfOrder, Value::Array(rows)) => {
                rows.reverse();
                return;
            }
            _ => return,
        };
        *value = changed;
    }
}

/// The number of values in a document, itself included.
fn count(value: &Value) -> usize {
    let inner: usize = match value {
        Value::Object(object) => object.values().map(count).sum(),
        Value::Array(rows) => rows.iter().map(count).sum(),
        _ => 0,
    };
    inner + 1
}
