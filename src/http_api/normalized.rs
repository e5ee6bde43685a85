//! The format `normalized`: every field of the schema, with null or an empty list for what the provider lacks, and times in UTC.

use serde_json::{Map, Value};

use crate::contract::timestamp;

/// Fields that are null where they are absent …
const SCALARS: &[&str] = &[
    "external_id",
    "identifiers",
    "first_name",
    "last_name",
    "title",
    "name",
    "username",
    "status",
    "is_email_verified",
    "is_2fa_enabled",
    "user_type",
    "avatar",
    "timezone",
    "bio",
    "created_at",
    "updated_at",
    "last_active_at",
    "last_login_at",
    "status_changed_at",
    "activated_at",
];

/// … and lists, with the fields of their entries.
pub const LISTS: &[(&str, &[&str])] = &[
    ("emails", &["email", "type", "is_primary"]),
    ("phones", &["number", "extension", "type"]),
    ("roles", &["id", "name", "group", "organization", "workspace"]),
    ("organizations", &["id", "name"]),
    ("licenses", &["id", "name", "organization", "last_active_at"]),
    ("groups", &["id", "name", "organization"]),
    ("workspaces", &["id", "name"]),
    ("languages", &[]),
    ("urls", &["url", "type"]),
];

/// The user without the provider's documents.
pub fn of(mut user: Map<String, Value>) -> Map<String, Value> {
    user.shift_remove("remote_data");
    fill(&mut user, SCALARS);
    let left_out = user
        .get("truncated")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    // A list that was left out must not look empty.
    let shown = LISTS
        .iter()
        .filter(|(name, _)| !left_out.iter().any(|left_out| left_out == name));
    for (name, entry_fields) in shown {
        let list = user.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
        for entry in list.as_array_mut().into_iter().flatten() {
            if let Value::Object(entry) = entry {
                fill(entry, entry_fields);
            }
        }
    }
    user
}

fn fill(fields: &mut Map<String, Value>, names: &[&str]) {
    for (name, value) in &mut *fields {
        if let (true, Value::String(text)) = (name.ends_with("_at"), &mut *value) {
            *text = timestamp::normalized(text);
        }
    }
    for name in names {
        fields.entry(*name).or_insert(Value::Null);
    }
}

#[cfg(test)]
pub mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    fn keys(value: &Value) -> BTreeSet<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// What an answer adds to the user.
    pub const BESIDE_THE_USER: [&str; 6] = [
        "role_outcomes",
        "dry_run",
        "planned_requests",
        "plan",
        "plan_digest",
        "receipt",
    ];

    /// The OpenAPI document is held against the WIT by a test of its own.
    #[test]
    fn every_field_of_the_schema_is_there_and_no_other() {
        let openapi: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let properties = &openapi["components"]["schemas"]["User"]["properties"];
        let mut bare = json!({"id": "u", "remote_data": {"user": {}}});
        for (list, fields) in LISTS {
            bare[list] = if fields.is_empty() { json!([]) } else { json!([{}]) };
        }
        let user = Value::Object(of(bare.as_object().unwrap().clone()));
        let mut expected = keys(properties);
        for name in BESIDE_THE_USER.iter().chain(&["remote_data", "truncated"]) {
            expected.remove(*name);
        }
        assert_eq!(keys(&user), expected);
        for (list, fields) in LISTS.iter().filter(|(_, fields)| !fields.is_empty()) {
            let reference = properties[list]["items"]["$ref"].as_str().unwrap();
            let entry = openapi.pointer(reference.trim_start_matches('#')).unwrap();
            assert_eq!(keys(&user[list][0]), keys(&entry["properties"]), "{list}");
            assert!(fields.iter().all(|field| user[list][0][field].is_null()), "{list}");
        }
    }

    #[test]
    fn a_time_that_utc_cannot_hold_stays_as_it_is() {
        let user = json!({"id": "u", "created_at": "9999-12-31T23:59:59-01:00"});
        assert_eq!(
            of(user.as_object().unwrap().clone())["created_at"],
            "9999-12-31T23:59:59-01:00"
        );
    }

    #[test]
    fn times_are_in_utc_at_any_depth_and_what_is_there_stays() {
        let user = json!({
            "id": "u", "created_at": "2026-01-31T10:30:00+01:00",
            "licenses": [{"id": "l", "last_active_at": "2026-01-31T10:30:00+01:00"}],
        });
        let user = of(user.as_object().unwrap().clone());
        assert_eq!(user["created_at"], "2026-01-31T09:30:00Z");
        assert_eq!(
            user["licenses"],
            json!([{"id": "l", "last_active_at": "2026-01-31T09:30:00Z", "name": null, "organization": null}])
        );
    }
}
