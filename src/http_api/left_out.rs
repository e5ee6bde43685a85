//! How an answer shows the user, a failure's as well.

use crate::contract::{
    json::{
        self,
        text::{Fields, Form},
    },
    types::User,
};

use super::bounded::{Cut, PLAN};

/// The parts of the user that are left out, and the format. `normalized` has every field of the schema, with null or an empty list
/// for what the provider lacks, times in UTC, and no documents of the provider.
pub struct LeftOut {
    /// Names of the user's own fields.
    pub fields: Vec<String>,
    /// The provider's documents: the caller does not want them, or its token may not see them.
    pub remote_data: bool,
    pub is_normalized: bool,
}

const DOCUMENTS: &str = "remote_data";

impl LeftOut {
    pub const fn nothing() -> Self {
        Self {
            fields: Vec::new(),
            remote_data: false,
            is_normalized: false,
        }
    }

    /// Writes the user's fields, without those that the answer has no room for. `truncated` names these.
    pub fn user(&self, user: &User, cut: Cut, fields: &mut Fields<'_>) {
        let mut without: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        if self.remote_data || self.is_normalized {
            without.push(DOCUMENTS);
        }
        let left_out: Vec<&str> = user.truncated.iter().map(String::as_str).collect();
        let lists = json::lists(user);
        if self.is_normalized {
            // A list that was left out must not look empty.
            let missing = lists
                .iter()
                .filter(|(name, is_empty)| *is_empty && left_out.contains(name));
            without.extend(missing.map(|(name, _)| *name));
        }
        let mut truncated = if without.contains(&"truncated") {
            Vec::new()
        } else {
            left_out.clone()
        };
        let mut gone = Vec::new();
        if cut >= Cut::Documents && user.remote_data.is_some() {
            gone.push(DOCUMENTS);
        }
        if cut >= Cut::Lists {
            // That of the roles is there even if it is empty.
            let is_there = |(name, is_empty): &(&str, bool)| {
                !is_empty || self.is_normalized || *name == "roles" && !left_out.contains(name)
            };
            gone.extend(lists.iter().filter(|list| is_there(list)).map(|(name, _)| *name));
        }
        gone.retain(|name| !without.contains(name));
        if !gone.is_empty() || cut >= Cut::Plan {
            without.retain(|name| *name != "truncated");
        }
        truncated.extend(&gone);
        if cut >= Cut::Plan {
            truncated.push(PLAN);
        }
        without.extend(gone);
        let form = Form {
            is_normalized: self.is_normalized,
            without: &without,
        };
        fields.in_form(form, |fields| json::user(user, &truncated, fields));
    }
}

#[cfg(test)]
pub mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::contract::{
        json::text::object,
        types::{Email, Group, License, Organization, Phone, Role, Url, Workspace},
        user::blank_user,
    };

    const NORMALIZED: LeftOut = LeftOut {
        fields: Vec::new(),
        remote_data: false,
        is_normalized: true,
    };

    /// What an answer adds to the user.
    pub const BESIDE_THE_USER: [&str; 6] = [
        "role_outcomes",
        "dry_run",
        "planned_requests",
        "plan",
        "plan_digest",
        "receipt",
    ];

    fn keys(value: &Value) -> BTreeSet<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    fn shown(user: &User, left_out: &LeftOut) -> Value {
        let text = object(|fields| left_out.user(user, Cut::Nothing, fields));
        serde_json::from_str(&text).unwrap()
    }

    /// One entry in every list, with nothing in it.
    fn bare() -> User {
        User {
            emails: vec![Email {
                email: None,
                type_: None,
                is_primary: None,
            }],
            phones: vec![Phone {
                number: None,
                extension: None,
                type_: None,
            }],
            roles: vec![Role {
                id: None,
                name: None,
                group: None,
                organization: None,
                workspace: None,
            }],
            organizations: vec![Organization { id: None, name: None }],
            licenses: vec![License {
                id: None,
                name: None,
                organization: None,
                last_active_at: None,
            }],
            groups: vec![Group {
                id: None,
                name: None,
                organization: None,
            }],
            workspaces: vec![Workspace { id: None, name: None }],
            urls: vec![Url { url: None, type_: None }],
            remote_data: Some(String::from("{}")),
            ..blank_user("u")
        }
    }

    /// The OpenAPI document is held against the WIT by a test of its own.
    #[test]
    fn every_field_of_the_schema_is_there_and_no_other() {
        let openapi: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let properties = &openapi["components"]["schemas"]["User"]["properties"];
        let user = shown(&bare(), &NORMALIZED);
        let mut expected = keys(properties);
        for name in BESIDE_THE_USER.iter().chain(&["remote_data", "truncated"]) {
            expected.remove(*name);
        }
        assert_eq!(keys(&user), expected);
        assert_eq!(user["languages"], json!([]));
        for (list, _) in json::lists(&bare()).iter().filter(|(list, _)| *list != "languages") {
            let reference = properties[list]["items"]["$ref"].as_str().unwrap();
            let entry = openapi.pointer(reference.trim_start_matches('#')).unwrap();
            assert_eq!(keys(&user[list][0]), keys(&entry["properties"]), "{list}");
            assert!(
                user[list][0].as_object().unwrap().values().all(Value::is_null),
                "{list}"
            );
        }
    }

    #[test]
    fn a_time_that_utc_cannot_hold_stays_as_it_is() {
        let user = User {
            created_at: Some(String::from("9999-12-31T23:59:59-01:00")),
            ..blank_user("u")
        };
        assert_eq!(shown(&user, &NORMALIZED)["created_at"], "9999-12-31T23:59:59-01:00");
    }

    #[test]
    fn times_are_in_utc_at_any_depth_and_what_is_there_stays() {
        let time = || Some(String::from("2026-01-31T10:30:00+01:00"));
        let license = License {
            id: Some(String::from("l")),
            name: None,
            organization: None,
            last_active_at: time(),
        };
        let user = User {
            created_at: time(),
            licenses: vec![license],
            ..blank_user("u")
        };
        let normalized = shown(&user, &NORMALIZED);
        assert_eq!(normalized["created_at"], "2026-01-31T09:30:00Z");
        assert_eq!(
            normalized["licenses"],
            json!([{"id": "l", "last_active_at": "2026-01-31T09:30:00Z", "name": null, "organization": null}])
        );
        assert_eq!(
            shown(&user, &LeftOut::nothing())["created_at"],
            "2026-01-31T10:30:00+01:00"
        );
    }

    #[test]
    fn a_list_that_was_left_out_does_not_look_empty() {
        let user = User {
            truncated: vec![String::from("roles"), String::from("groups")],
            ..blank_user("u")
        };
        for left_out in [NORMALIZED, LeftOut::nothing()] {
            let user = shown(&user, &left_out);
            assert_eq!(user["truncated"], json!(["roles", "groups"]));
            assert!(user.get("roles").is_none() && user.get("groups").is_none(), "{user}");
        }
    }
}
