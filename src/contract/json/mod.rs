//! The contract's records as the JSON of the HTTP face, and its names.
//!
//! Records are taken apart without `..`, so that a new field does not compile until it has its JSON name. Absent fields and
//! empty lists are left out.

mod names;
pub(crate) mod objects;
mod outcome;
mod reading;
pub(crate) mod unique;
mod user;

pub use self::{
    names::{
        credentials_kind, failure_kind_name, grant_kind_name, outcome_name, provider, provider_name, provider_names,
        side_effect, side_effect_name, side_effect_names, via_kind_name,
    },
    outcome::{planned_request, role_outcome},
    reading::{held_grant, listed_role, role_directory},
    user::user,
};

use serde_json::{Map, Value};

/// A JSON object under construction: what is absent is left out.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), Value::String(value));
        }
    }

    fn flag(&mut self, name: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), Value::Bool(value));
        }
    }

    fn list<T>(&mut self, name: &str, items: Vec<T>, each: impl FnMut(T) -> Value) {
        if !items.is_empty() {
            self.0
                .insert(name.to_owned(), Value::Array(items.into_iter().map(each).collect()));
        }
    }

    fn value(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// Parses JSON text. Text that is not JSON becomes a string.
    fn json(&mut self, name: &str, text: Option<String>) {
        if let Some(text) = text {
            let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
            self.0.insert(name.to_owned(), value);
        }
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}
