//! A method's arguments, in any of the encodings that are documented.

use serde_json::{Map, Value, json};

use crate::request::Received;

use super::http::error;

/// The methods that take a JSON body; the others read only queries and forms.
const JSON_METHODS: [&str; 8] = [
    "auth.test",
    "admin.roles.addAssignments",
    "admin.roles.removeAssignments",
    "admin.teams.list",
    "admin.users.list",
    "admin.users.setAdmin",
    "admin.users.setOwner",
    "admin.users.setRegular",
];

/// Arguments by their names. What a method does not know is ignored.
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Reads the query and the body, which wins.
    pub fn read(call: &Received, method: &str) -> Result<Self, Value> {
        let mut fields: Map<String, Value> = texts(&call.query).collect();
        if call.method == "POST" && !call.body.is_empty() {
            if call.is_form() {
                fields.extend(texts(&call.form()));
            } else if call.is_json() {
                let Ok(body) = serde_json::from_slice(&call.body) else {
                    return Err(error("invalid_json"));
                };
                let Value::Object(body) = body else {
                    return Err(error("json_not_object"));
                };
                if JSON_METHODS.contains(&method) {
                    fields.extend(body);
                }
            } else if call.header("content-type").is_some() {
                return Err(error("invalid_post_type"));
            } else {
                return Err(error("missing_post_type"));
            }
        }
        fields.retain(|_, value| !value.is_null());
        Ok(Self(fields))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A number, also one that is sent as a text.
    pub fn number(&self, name: &str) -> Option<usize> {
        let value = self.0.get(name)?;
        match value.as_str() {
            Some(text) => text.parse().ok(),
            None => value.as_u64()?.try_into().ok(),
        }
    }

    /// A switch: `1` and `true`, as a text or not.
    pub fn is_set(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(is_set)) => *is_set,
            Some(Value::String(text)) => matches!(text.as_str(), "1" | "true"),
            Some(number) => *number == json!(1),
            None => false,
        }
    }

    /// A list: an array, an array as a text, or texts between commas.
    pub fn list(&self, name: &str) -> Vec<String> {
        let texts = |items: &[Value]| -> Vec<String> {
            let texts = items.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        match self.0.get(name) {
            Some(Value::Array(items)) => texts(items),
            Some(Value::String(text)) => {
                if let Ok(Value::Array(items)) = serde_json::from_str(text) {
                    return texts(&items);
                }
                let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
                ids.map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn texts(pairs: &[(String, String)]) -> impl Iterator<Item = (String, Value)> {
    pairs.iter().map(|(name, value)| (name.clone(), json!(value)))
}
