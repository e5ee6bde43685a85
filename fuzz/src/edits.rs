//! What a fuzz input does to the provider's answers.
//!
//! Four bytes are one edit: the call, the place in its document (two bytes), and the change. A change keeps what is held
//! visible to a careful reader, except for [`Edited::Replaced`], which takes the rest of the input as the whole document.
//! [`Edited::Status`] is an answer of something on the way: the provider does not get the request.

use sandboxes::Change;
use serde_json::Value;

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
    edited: Edited,
}

#[derive(Clone, Debug)]
enum Edited {
    Changed(Change),
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
            let edited = Edited::of(*change, rest);
            let is_last = matches!(edited, Edited::Replaced(_));
            edits.push(Edit {
                call: usize::from(call % CALLS),
                place: usize::from(u16::from_be_bytes([*high, *low])),
                edited,
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
        let is_replaced = |edit: &Edit| matches!(edit.edited, Edited::Replaced(_));
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
        self.edits.iter().find_map(|edit| match edit.edited {
            Edited::Status(status) if edit.call == call => Some(status),
            _ => None,
        })
    }

    /// The body of the answer to the call with this number as the component gets it.
    pub fn apply(&mut self, call: usize, body: &[u8]) -> Vec<u8> {
        let mut edited = body.to_vec();
        for edit in self.edits.iter().filter(|edit| edit.call == call) {
            match &edit.edited {
                Edited::Status(_) => {}
                Edited::Replaced(document) => edited.clone_from(document),
                Edited::Changed(change) => {
                    if let Ok(mut document) = serde_json::from_slice::<Value>(&edited) {
                        self.hides |= apply(*change, &mut document, edit.place);
                        edited = document.to_string().into_bytes();
                    }
                }
            }
        }
        edited
    }
}

impl Edited {
    fn of(byte: u8, rest: &[u8]) -> Self {
        match byte {
            240.. => Self::Replaced(rest.to_vec()),
            208.. => Self::Status(STATUSES[usize::from(byte) % STATUSES.len()]),
            _ => Self::Changed(Change::ALL[usize::from(byte) % Change::ALL.len()]),
        }
    }
}

/// Changes the place with this number, counted in document order and modulo the number of places. Returns true if that removed a
/// list or an object with something in it.
fn apply(change: Change, document: &mut Value, place: usize) -> bool {
    let places = count(document);
    let mut left = place % places;
    apply_at(change, document, &mut left);
    change == Change::Removed && places > count(document) + 1
}

/// Returns true once the change is made or does not fit.
fn apply_at(change: Change, value: &mut Value, left: &mut usize) -> bool {
    if *left == 0 {
        if let Some(changed) = change.of(value) {
            *value = changed;
        }
        return true;
    }
    *left -= 1;
    match value {
        Value::Object(object) => {
            let removed = object.iter_mut().find_map(|(key, inner)| {
                if *left == 0 && change == Change::Removed {
                    return Some(Some(key.clone()));
                }
                apply_at(change, inner, left).then_some(None)
            });
            if let Some(Some(key)) = &removed {
                object.shift_remove(key);
            }
            removed.is_some()
        }
        Value::Array(rows) => rows.iter_mut().any(|row| apply_at(change, row, left)),
        _ => false,
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
