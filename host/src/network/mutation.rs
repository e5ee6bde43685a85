//! Small changes to a provider's document that keep what is held visible to a careful reader, one at a time.

use std::fmt;

use sandboxes::Change;
use serde_json::{Map, Value};

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
            Change::ALL.map(|change| Self {
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
