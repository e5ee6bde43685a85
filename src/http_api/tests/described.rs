//! The answers have the types that the OpenAPI document says: records with all of their fields, and with none that can be absent,
//! are written as JSON and held against its schemas.

use serde_json::Value;

use crate::contract::{
    json::text::object,
    types::{
        Email, Failure, FailureKind, GrantOutcome, Group, License, Organization, Outcome, Phone, PlannedRequest,
        ProviderAnswer, Role, RoleOutcome, Scope, SideEffect, Success, Url, User, UserReading, Via, ViaKind, Workspace,
    },
    user::blank_user,
};

use crate::http_api::{
    Envelope, Format, answer,
    bounded::Cut,
    envelope,
    envelope::tests::{EVERYTHING, failure},
    reading,
};

/// The schemas of the OpenAPI document, as far as they use what is needed here.
struct Schemas {
    openapi: Value,
    /// Whether a value has to have every property that is described, or those that are required.
    whole: bool,
}

impl Schemas {
    fn new(whole: bool) -> Self {
        let openapi = serde_json::from_str(include_str!("../openapi.json")).unwrap();
        Self { openapi, whole }
    }

    /// The fields that a schema and all that it is made of require.
    fn required<'a>(&'a self, schema: &'a Value) -> Vec<&'a str> {
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let parts = parts.map(|part| part["$ref"].as_str().unwrap().trim_start_matches('#'));
        let parts = parts.flat_map(|path| self.required(self.openapi.pointer(path).unwrap()));
        let own = schema["required"].as_array().into_iter().flatten();
        own.filter_map(Value::as_str).chain(parts).collect()
    }

    fn hold(&self, name: &str, value: &Value) {
        self.compare(&self.openapi["components"]["schemas"][name], value, name);
    }

    fn compare(&self, schema: &Value, value: &Value, at: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let schema = self.openapi.pointer(reference.trim_start_matches('#')).unwrap();
            return self.compare(schema, value, at);
        }
        match &schema["type"] {
            Value::Null => {}
            Value::String(kind) => assert!(is_of(value, kind), "{at} is described as {kind}: {value}"),
            kinds => {
                let mut kinds_named = kinds.as_array().unwrap().iter().map(|kind| kind.as_str().unwrap());
                assert!(
                    kinds_named.any(|kind| is_of(value, kind)),
                    "{at} is described as {kinds}: {value}"
                );
            }
        }
        if let Some(constant) = schema.get("const") {
            assert_eq!(value, constant, "{at}");
        }
        if let Some(words) = schema["enum"].as_array() {
            assert!(words.contains(value), "{at} is described as one of {words:?}: {value}");
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let described = schema["properties"].get(name).or(schema.get("additionalProperties"));
                    match described {
                        Some(schema) => self.compare(schema, value, &format!("{at}.{name}")),
                        // Without any property it is an object of whatever there is.
                        None => assert!(schema.get("properties").is_none(), "{at}.{name} is not described"),
                    }
                }
                let required = schema["required"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str);
                let described = schema["properties"]
                    .as_object()
                    .into_iter()
                    .flat_map(|properties| properties.keys());
                let expected: Vec<&str> = if self.whole {
                    described.map(String::as_str).collect()
                } else {
                    required.collect()
                };
                for name in expected {
                    assert!(fields.contains_key(name), "{at}.{name} is described, and not there");
                }
            }
            Value::Array(items) => {
                assert!(!(self.whole && items.is_empty()), "{at} shows no item");
                for item in items {
                    self.compare(&schema["items"], item, &format!("{at}[]"));
                }
            }
            _ => {}
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("{other} is no type of JSON schema"),
    }
}

fn text() -> Option<String> {
    String::from("text").into()
}

fn role() -> Role {
    Role {
        id: text(),
        name: text(),
        group: text(),
        organization: text(),
        workspace: text(),
    }
}

fn organization() -> Organization {
    Organization {
        id: text(),
        name: text(),
    }
}

fn whole_user() -> User {
    User {
        id: String::from("u"),
        external_id: text(),
        identifiers: Some(String::from("{}")),
        first_name: text(),
        last_name: text(),
        title: text(),
        name: text(),
        username: text(),
        emails: vec![Email {
            email: text(),
            type_: text(),
            is_primary: Some(true),
        }],
        phones: vec![Phone {
            number: text(),
            extension: text(),
            type_: text(),
        }],
        status: text(),
        is_email_verified: Some(true),
        is_two_factor_enabled: Some(true),
        roles: vec![role()],
        organizations: vec![organization()],
        user_type: text(),
        licenses: vec![License {
            id: text(),
            name: text(),
            organization: text(),
            last_active_at: text(),
        }],
        groups: vec![Group {
            id: text(),
            name: text(),
            organization: text(),
        }],
        workspaces: vec![Workspace {
            id: text(),
            name: text(),
        }],
        avatar: text(),
        timezone: text(),
        languages: vec![String::from("en")],
        bio: text(),
        created_at: text(),
        updated_at: text(),
        last_active_at: text(),
        last_login_at: text(),
        status_changed_at: text(),
        activated_at: text(),
        urls: vec![Url {
            url: text(),
            type_: text(),
        }],
        remote_data: Some(String::from(r#"{"user": {}}"#)),
        truncated: vec![String::from("urls")],
    }
}

fn whole_outcome() -> RoleOutcome {
    let grant = GrantOutcome {
        role_name: text(),
        scope: Scope {
            group: text(),
            organization: text(),
            workspace: text(),
        },
        reason: text(),
        message: text(),
        via: vec![Via {
            kind: ViaKind::CidGroup,
            id: text(),
            name: text(),
        }],
        changed: true,
        warnings: vec![String::from("w")],
        side_effects: vec![String::from("s")],
        needs_allow: vec![SideEffect::LeaveGroup],
        acknowledged_at: text(),
        verify_after: text(),
        verified_at: text(),
        ..sparse_grant()
    };
    RoleOutcome {
        verify_after: Some(String::from("2026-01-31T09:30:10Z")),
        same_as: Some(0),
        role: Some(role()),
        organization: Some(organization()),
        outcome: Outcome::NotAttempted,
        reason: text(),
        message: text(),
        warnings: vec![String::from("w")],
        grants: vec![grant],
    }
}

fn sparse_grant() -> GrantOutcome {
    GrantOutcome {
        role_id: String::from("r"),
        role_name: None,
        scope: Scope {
            group: None,
            organization: None,
            workspace: None,
        },
        direct: true,
        outcome: Outcome::NotAttempted,
        reason: None,
        message: None,
        acknowledged: true,
        via: Vec::new(),
        changed: false,
        warnings: Vec::new(),
        side_effects: Vec::new(),
        needs_allow: Vec::new(),
        acknowledged_at: None,
        verify_after: Some(String::from("2026-01-31T09:30:10Z")),
        verified_at: None,
    }
}

fn sparse_outcome() -> RoleOutcome {
    RoleOutcome {
        verify_after: Some(String::from("2026-01-31T09:30:10Z")),
        same_as: None,
        role: None,
        organization: None,
        outcome: Outcome::NotAttempted,
        reason: None,
        message: None,
        warnings: Vec::new(),
        grants: vec![sparse_grant()],
    }
}

fn planned(headers: &[(&str, &str)], body: Option<&str>) -> PlannedRequest {
    PlannedRequest {
        method: String::from("POST"),
        url: String::from("https://api.example.com/"),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.map(str::to_owned),
    }
}

fn success(format: Format, user: User, outcome: RoleOutcome, planned: PlannedRequest) -> Value {
    let success = Success {
        plan: Some(String::from("{}")),
        plan_digest: Some("0".repeat(64)),
        receipt: Some(String::from("a.b.c")),
        user,
        outcomes: vec![outcome],
        dry_run: true,
        planned_requests: vec![planned],
    };
    let answer = answer::of_success(success, format, &EVERYTHING, Envelope::Bare);
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn a_success_has_the_types_of_its_schema() {
    let request = planned(&[("content-type", "application/json")], Some("{}"));
    let whole = success(Format::Unified, whole_user(), whole_outcome(), request);
    Schemas::new(true).hold("User", &whole);
    // The format `normalized` writes null for what is absent.
    for format in [Format::Unified, Format::Normalized] {
        let sparse = success(format, blank_user("u"), sparse_outcome(), planned(&[], None));
        Schemas::new(false).hold("User", &sparse);
    }
}

#[test]
fn what_the_schemas_require_is_in_an_answer_with_nothing_in_it() {
    let schemas = Schemas::new(false);
    let shown = UserReading {
        user: blank_user("u"),
        grants: Vec::new(),
        whole: true,
        unread: Vec::new(),
        warnings: Vec::new(),
    };
    let reading = object(|fields| reading::described(&shown, &EVERYTHING, Cut::Nothing, fields));
    let reading: Value = serde_json::from_str(&reading).unwrap();
    let sparse = success(Format::Unified, blank_user("u"), sparse_outcome(), planned(&[], None));
    for (name, answer) in [("UserReading", reading), ("UserResult", sparse)] {
        let required = schemas.required(&schemas.openapi["components"]["schemas"][name]);
        assert!(!required.is_empty(), "{name}");
        for field in required {
            assert!(answer.get(field).is_some(), "{name} requires {field}: {answer}");
        }
    }
}

#[test]
fn a_failure_has_the_types_of_its_schema() {
    let sparse = || failure(FailureKind::Forbidden, 403);
    let whole = Failure {
        field: text(),
        answer: Some(ProviderAnswer {
            status: 403,
            body: String::from("{}"),
            trace_id: text(),
            missing_scopes: vec![String::from("s")],
        }),
        outcomes: vec![whole_outcome()],
        user: Some(whole_user()),
        plan: text(),
        plan_digest: text(),
        receipt: text(),
        ..sparse()
    };
    for (whole, failure) in [(true, whole), (false, sparse())] {
        let answer = envelope::of_failure(failure, &EVERYTHING);
        let body = serde_json::from_slice(&answer.body).unwrap();
        Schemas::new(whole).hold("Error", &body);
    }
    for rejection in [
        envelope::Rejection::missing_body("id"),
        envelope::Rejection::field("f", "why"),
        envelope::Rejection::new(404, "unknown_path", "why"),
    ] {
        let body = serde_json::from_slice(&rejection.into_answer().body).unwrap();
        Schemas::new(false).hold("Error", &body);
    }
}
