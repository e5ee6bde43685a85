//! The shape of values: types, lengths, and names that are known.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::known::{ERRORS, NAMES};

/// The numbers of the names that are not known.
#[derive(Default)]
pub struct Names(HashMap<String, usize>);

impl Names {
    /// The name itself if it is known, else its number.
    pub fn shown(&mut self, name: &str) -> String {
        if NAMES.contains(&name) {
            return name.to_owned();
        }
        let next = self.0.len() + 1;
        format!("key_{}", self.0.entry(name.to_owned()).or_insert(next))
    }
}

/// More shapes than these of one list are left out.
const MOST_SHAPES: usize = 8;

/// The shape of a document.
pub fn of_json(value: &Value, names: &mut Names) -> Value {
    match value {
        Value::Null => Value::from("null"),
        Value::Bool(_) => Value::from("true or false"),
        Value::Number(_) => Value::from("number"),
        Value::String(text) => Value::from(of_text(text)),
        Value::Array(items) => {
            let mut list = vec![Value::from(format!("list of {}", class(items.len())))];
            for item in items {
                let shape = of_json(item, names);
                if !list.contains(&shape) && list.len() <= MOST_SHAPES {
                    list.push(shape);
                }
            }
            Value::Array(list)
        }
        Value::Object(fields) => {
            let mut shown = Map::new();
            for (name, value) in fields {
                let shape = match value {
                    Value::String(text)
                        if matches!(name.as_str(), "error" | "code") && ERRORS.contains(&text.as_str()) =>
                    {
                        Value::from(text.as_str())
                    }
                    _ => of_json(value, names),
                };
                shown.insert(names.shown(name), shape);
            }
            Value::Object(shown)
        }
    }
}

/// The type and the length of a text.
pub fn of_text(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return String::from("number");
    }
    format!("text of {}", class(text.chars().count()))
}

const fn class(length: usize) -> &'static str {
    match length {
        0 => "0",
        1..=8 => "1 to 8",
        9..=32 => "9 to 32",
        33..=128 => "33 to 128",
        129..=1_024 => "129 to 1024",
        _ => "more than 1024",
    }
}
