//! Small changes to a provider's document that keep what is held visible to a careful reader: what real providers, proxies and old
//! clients do to documents, one change at a time.

use std::fmt;

use serde_json::{Map, Value, json};

/// One change at one place of a document.
#[derive(Clone)]
pub struct Mutation {
    /// Keys and indices from the top.
    path: Vec<Step>,
    change: Change,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What happens at the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Removed,
    Null,
    /// A text becomes an object, everything else a text.
    OtherType,
    /// A text becomes a number that it is not.
    Number,
    EmptyText,
    BlankText,
    OtherCase,
    ExtraSpaces,
    Decomposed,
    LookAlike,
    NumberAsText,
    HugeNumber,
    OneMore,
    LateDate,
    DuplicateRow,
    NullRow,
    UnknownRow,
    OutOfOrder,
}

const CHANGES: [Change; 18] = [
    Change::Removed,
    Change::Null,
    Change::OtherType,
    Change::Number,
    Change::EmptyText,
    Change::BlankText,
    Change::OtherCase,
    Change::ExtraSpaces,
    Change::Decomposed,
    Change::LookAlike,
    Change::NumberAsText,
    Change::HugeNumber,
    Change::OneMore,
    Change::LateDate,
    Change::DuplicateRow,
    Change::NullRow,
    Change::UnknownRow,
    Change::OutOfOrder,
];

impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.path {
            match step {
                Step::Key(key) => write!(f, "/{key}")?,
                Step::Index(index) => write!(f, "/{index}")?,
            }
        }
        write!(f, " {:?}", self.change)
    }
}

impl Mutation {
    /// Every mutation that changes this document.
    pub fn all(document: &Value) -> Vec<Self> {
        let mut places = Vec::new();
        collect(document, &mut Vec::new(), &mut places);
        let every = places.into_iter().flat_map(|path| {
            CHANGES.map(|change| Self {
                path: path.clone(),
                change,
            })
        });
        every
            .filter(|mutation| mutation.apply(document).is_some_and(|changed| changed != *document))
            .collect()
    }

    /// The changed document; `None` where the change does not fit the place.
    pub fn apply(&self, document: &Value) -> Option<Value> {
        let mut changed = document.clone();
        let (last, parents) = self.path.split_last()?;
        let mut at = &mut changed;
        for step in parents {
            at = match step {
                Step::Key(key) => at.get_mut(key)?,
                Step::Index(index) => at.get_mut(*index)?,
            };
        }
        match (self.change, last) {
            (Change::Removed, Step::Key(key)) => {
                at.as_object_mut()?.shift_remove(key)?;
            }
            // A row that is left out is not visible to any reader.
            (Change::Removed, Step::Index(_)) => return None,
            (_, step) => {
                let place = match step {
                    Step::Key(key) => at.get_mut(key)?,
                    Step::Index(index) => at.get_mut(*index)?,
                };
                *place = self.change.of(place)?;
            }
        }
        Some(changed)
    }
}

impl Change {
    fn of(self, old: &Value) -> Option<Value> {
        let text = old.as_str();
        let rows = old.as_array().filter(|rows| !rows.is_empty());
        let with = |change: fn(&mut Vec<Value>)| {
            rows.map(|rows| {
                let mut rows = rows.clone();
                change(&mut rows);
                Value::Array(rows)
            })
        };
        match self {
            Self::Removed => None,
            Self::Null => Some(Value::Null),
            Self::OtherType => Some(if text.is_some() {
                json!({"value": old})
            } else {
                json!("other")
            }),
            Self::Number => text.map(|_| json!(7)),
            Self::EmptyText => text.map(|_| json!("")),
            Self::BlankText => text.map(|_| json!(" \u{a0}")),
            Self::OtherCase => text.map(|text| {
                let upper = text.to_uppercase();
                json!(if upper == text { text.to_lowercase() } else { upper })
            }),
            Self::ExtraSpaces => text.map(|text| json!(format!(" {}  ", text.replace(' ', "  ")))),
            Self::Decomposed => text.map(|text| {
                json!(
                    text.replace('é', "e\u{301}")
                        .replace('ü', "u\u{308}")
                        .replace('ö', "o\u{308}")
                )
            }),
            Self::LookAlike => text.map(|text| json!(text.replace('a', "\u{430}").replace('U', "u"))),
            Self::NumberAsText => old.as_number().map(|number| json!(number.to_string())),
            Self::HugeNumber => old.as_number().map(|_| json!(1e300)),
            Self::OneMore => old.as_u64().map(|number| json!(number + 1)),
            Self::LateDate => text
                .filter(|text| {
                    text.len() > 9 && text[..4].bytes().all(|byte| byte.is_ascii_digit()) && text[4..].starts_with('-')
                })
                .map(|_| json!("9999-12-31T23:59:59-01:00")),
            Self::DuplicateRow => with(|rows| rows.push(rows[0].clone())),
            Self::NullRow => with(|rows| rows.insert(0, Value::Null)),
            Self::UnknownRow => with(|rows| rows.insert(0, json!({"unknown": ["row"]}))),
            Self::OutOfOrder => with(|rows| rows.reverse()),
        }
    }
}

fn collect(value: &Value, path: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
    match value {
        Value::Object(object) => within(object, path, places),
        // Rows of a long list are alike: the first, the second and the last stand for all.
        Value::Array(rows) => {
            for (index, row) in rows.iter().enumerate() {
                if index < 2 || index + 1 == rows.len() {
                    step(Step::Index(index), row, path, places);
                }
            }
        }
        _ => {}
    }
}

fn within(object: &Map<String, Value>, path: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
    for (key, value) in object {
        step(Step::Key(key.clone()), value, path, places);
    }
}

fn step(step: Step, value: &Value, path: &mut Vec<Step>, places: &mut Vec<Vec<Step>>) {
    path.push(step);
    places.push(path.clone());
    collect(value, path, places);
    path.pop();
}
