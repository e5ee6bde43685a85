//! The description of the service: schemas, the provider matrix, health. No token is needed and no provider is called.

use serde_json::{Map, Value, json};

use crate::{
    contract::{
        json,
        types::{Profile, SideEffect},
    },
    providers,
};

use super::answer::Answer;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Meta,
    OpenApi,
    Health,
}

/// `openapi.json`, without white space between its tokens, packed by the build script.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.deflate"));

const PATH: &str = "/unified/user-directory/users/unassign-role";

pub fn answer(what: What) -> Answer {
    let body = match what {
        What::OpenApi => openapi(),
        What::Health => json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}).to_string(),
        What::Meta => meta().to_string(),
    };
    Answer {
        status: 200,
        headers: Vec::new(),
        body: body.into_bytes(),
    }
}

/// The service as OpenAPI 3.1. A test holds it against `wit/`. It is this crate's own, so that nothing of it can fail: tests read it.
fn openapi() -> String {
    let text = miniz_oxide::inflate::decompress_to_vec(PACKED).unwrap_or_default();
    String::from_utf8(text).unwrap_or_default()
}

fn meta() -> Value {
    let mut openapi: Value = serde_json::from_str(&openapi()).unwrap_or_default();
    let query: Map<String, Value> = openapi
        .get("paths")
        .and_then(|paths| paths.get(PATH)?.get("post")?.get("parameters")?.as_array())
        .into_iter()
        .flatten()
        .filter_map(|parameter| {
            Some((
                parameter.get("name")?.as_str()?.to_owned(),
                parameter.get("schema")?.clone(),
            ))
        })
        .collect();
    let components = openapi.get_mut("components").map(Value::take).unwrap_or_default();
    let query_schema = json!({
        "components": components,
        "type": "object",
        "required": ["integrated_account_id"],
        "properties": query,
    });
    let schema = |name: &str| json!({"components": components, "$ref": format!("#/components/schemas/{name}")});
    let profiles: Map<String, Value> = providers::matrix()
        .map(|(provider, capability)| {
            (
                json::provider_name(provider).to_owned(),
                profile(capability.profile(provider)),
            )
        })
        .collect();
    json!({
        "resource": "user-directory/users",
        "method": "unassign-role",
        "http_method": "POST",
        "path": PATH,
        "query_schema": query_schema,
        "request_body_schema": schema("Request"),
        "body_schema": schema("Request"),
        "response_schema": schema("User"),
        "schema": schema("User"),
        "default_query": {},
        "default_body": {},
        "documentation_link": "/openapi.json",
        "error_schema": schema("Error"),
        "providers": profiles,
    })
}

fn profile(profile: Profile) -> Value {
    let Profile {
        provider: _,
        name,
        credentials,
        permissions,
        user_ids,
        role_ids,
        group,
        organization,
        workspace,
        organization_links,
        remote_data,
        side_effects,
        not_guarded,
        grants_per_request,
        staleness_window,
    } = profile;
    let effects = |effects: Vec<SideEffect>| effects.into_iter().map(json::side_effect_name).collect::<Vec<_>>();
    json!({
        "name": name,
        "credentials": credentials,
        "permissions": permissions,
        "user_ids": user_ids,
        "role_ids": role_ids,
        "scopes": {"group": group, "organization": organization, "workspace": workspace},
        "organization_links": organization_links,
        "remote_data": remote_data,
        "side_effects": effects(side_effects),
        "not_guarded": effects(not_guarded),
        "grants_per_request": grants_per_request,
        "staleness_window_ms": staleness_window,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http_api::{left_out::tests::BESIDE_THE_USER, names::Place};

    const WIT: &str = include_str!("../../wit/user-directory.wit");

    fn openapi() -> Value {
        serde_json::from_str(&super::openapi()).unwrap()
    }

    /// The names in a block of the WIT, e.g. `record email`.
    fn wit_names(block: &str) -> Vec<String> {
        let (_, rest) = WIT
            .split_once(&format!("  {block} {{\n"))
            .unwrap_or_else(|| panic!("{block}"));
        let (inner, _) = rest.split_once("\n  }").unwrap();
        inner
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with("///") && !line.starts_with('@'))
            .map(|line| {
                let name = line.split([':', ',']).next().unwrap();
                name.trim_start_matches('%').to_owned()
            })
            .collect()
    }

    fn snake(name: &str) -> String {
        match name {
            "is-two-factor-enabled" => String::from("is_2fa_enabled"),
            name => name.replace('-', "_"),
        }
    }

    fn keys(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_schemas_have_exactly_the_fields_of_the_wit() {
        let schemas = openapi()["components"]["schemas"].clone();
        for (record, schema, more) in [
            ("role", "Role", &[] as &[&str]),
            ("role", "RequestedRole", &[]),
            ("organization", "Organization", &[]),
            ("organization", "RequestedOrganization", &[]),
            ("email", "Email", &[]),
            ("phone", "Phone", &[]),
            ("license", "License", &[]),
            ("group", "Group", &[]),
            ("workspace", "Workspace", &[]),
            ("url", "Url", &[]),
            ("user", "User", &BESIDE_THE_USER),
            ("held-grant", "HeldGrant", &["needs_allow", "obstacle"]),
            ("listed-role", "ListedRole", &[]),
            ("role-directory", "RoleDirectory", &[]),
            ("role-outcome", "RoleOutcome", &[]),
            ("grant-outcome", "GrantOutcome", &[]),
            ("via", "Via", &[]),
            ("scope", "Scope", &[]),
            ("planned-request", "PlannedRequest", &[]),
        ] {
            let mut expected: BTreeSet<String> = wit_names(&format!("record {record}"))
                .iter()
                .map(|name| snake(name))
                .collect();
            expected.extend(more.iter().map(|&name| name.to_owned()));
            assert_eq!(keys(&schemas[schema]["properties"]), expected, "{schema}");
        }
        for (record, schema, renamed) in [
            (
                "options",
                "Options",
                &[
                    ("mode", "dry_run"),
                    ("deadline", "deadline_ms"),
                    ("accept_unverified", "accept"),
                ] as &[(&str, &str)],
            ),
            ("request", "Request", &[("remote_query", "options")]),
        ] {
            let expected: BTreeSet<String> = wit_names(&format!("record {record}"))
                .iter()
                .map(|name| snake(name))
                .map(|name| {
                    let other = renamed.iter().find(|(known, _)| *known == name);
                    other.map_or(name, |(_, other)| (*other).to_owned())
                })
                .collect();
            assert_eq!(keys(&schemas[schema]["properties"]), expected, "{schema}");
        }
    }

    #[test]
    fn the_enumerations_have_exactly_the_words_of_the_wit() {
        let schemas = openapi()["components"]["schemas"].clone();
        let words = |schema: &Value| -> Vec<String> {
            let words = schema["enum"].as_array().unwrap();
            words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        let of_wit = |name: &str| wit_names(&format!("enum {name}"));
        let outcomes: Vec<String> = of_wit("outcome").iter().map(|name| snake(name)).collect();
        assert_eq!(words(&schemas["Outcome"]), outcomes);
        for (name, schema) in [
            ("grant-kind", "GrantKind"),
            ("obstacle", "Obstacle"),
            ("scope-kind", "ScopeKind"),
        ] {
            let names: Vec<String> = of_wit(name).iter().map(|name| snake(name)).collect();
            assert_eq!(words(&schemas[schema]), names, "{schema}");
        }
        let kinds: Vec<String> = of_wit("via-kind").iter().map(|name| snake(name)).collect();
        assert_eq!(words(&schemas["ViaKind"]), kinds);
        assert_eq!(words(&schemas["SideEffect"]), of_wit("side-effect"));
        let codes = words(&schemas["Error"]["properties"]["error_code"]);
        for kind in of_wit("failure-kind") {
            assert!(codes.contains(&snake(&kind)), "{kind}");
        }
    }

    #[test]
    fn what_is_served_is_the_readable_document_in_short() {
        let readable: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        assert_eq!(super::openapi(), readable.to_string());
    }

    #[test]
    fn it_is_of_this_version_and_every_reference_leads_somewhere() {
        let openapi = openapi();
        assert_eq!(openapi["info"]["version"], env!("CARGO_PKG_VERSION"));
        let text = super::openapi();
        let references = text.split("\"#").skip(1).filter_map(|rest| rest.split('"').next());
        for reference in references {
            assert!(openapi.pointer(reference).is_some(), "{reference}");
        }
    }

    #[test]
    fn the_parameters_are_those_that_are_read() {
        let openapi = openapi();
        let parameters = openapi["paths"][PATH]["post"]["parameters"].as_array().unwrap();
        let described: BTreeSet<&str> = parameters
            .iter()
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(described, Place::Query.names().iter().copied().collect());
        for (path, place) in [
            ("/unified/user-directory/users/{id}", Place::ReadUser),
            ("/unified/user-directory/roles", Place::ListRoles),
        ] {
            let parameters = openapi["paths"][path]["get"]["parameters"].as_array().unwrap();
            let described: BTreeSet<&str> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "query")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            assert_eq!(described, place.names().iter().copied().collect(), "{path}");
        }
    }

    #[test]
    fn the_shortest_deadline_is_the_one_that_is_taken() {
        let deadline = &openapi()["components"]["schemas"]["Options"]["properties"]["deadline_ms"];
        let shortest = u64::try_from(crate::request::SHORTEST_DEADLINE.as_millis()).unwrap();
        assert_eq!(deadline["minimum"], shortest);
    }

    #[test]
    fn meta_has_the_schemas_and_every_provider() {
        let meta = meta();
        for name in [
            "method",
            "schema",
            "documentation_link",
            "query_schema",
            "request_body_schema",
            "response_schema",
            "default_query",
            "default_body",
        ] {
            assert!(!meta[name].is_null(), "{name}");
        }
        assert_eq!(meta["request_body_schema"]["$ref"], "#/components/schemas/Request");
        let query = &meta["query_schema"];
        let role = query["properties"]["roles"]["items"]["$ref"].as_str().unwrap();
        assert!(query.pointer(role.trim_start_matches('#')).is_some(), "{role}");
        assert!(meta["query_schema"]["properties"]["integrated_account_id"].is_object());
        assert_eq!(meta["body_schema"]["$ref"], "#/components/schemas/Request");
        assert_eq!(
            meta["providers"].as_object().unwrap().len(),
            providers::matrix().count()
        );
        for (provider, capability) in providers::matrix() {
            let row = &meta["providers"][providers::name(provider)];
            assert_eq!(row["name"], capability.name);
            assert_eq!(
                row["side_effects"].as_array().unwrap().len(),
                capability.side_effects.len()
            );
        }
    }
}
