//! The calls that exist, and nothing else.

use std::collections::BTreeMap;

use axum::{body::Body, extract::Request, response::Response};
use serde_json::{Map, Value, json};

use crate::request::Received;

use super::{
    ElasticCloud,
    state::{Assignment, State},
};

type Reply = (u16, Value);

const PROJECTS: [&str; 3] = ["elasticsearch", "observability", "security"];

pub async fn answer(sandbox: ElasticCloud, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.settled();
    let (status, document) = dispatch(&mut state, &call);
    drop(state);
    let code = document["errors"][0]["code"].as_str().map(str::to_owned);
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8");
    if let Some(code) = code {
        response = response.header("x-cloud-error-codes", code);
    }
    response.body(Body::from(document.to_string())).unwrap_or_default()
}

fn dispatch(state: &mut State, call: &Received) -> Reply {
    let segments = call.segments();
    let key = call.credentials("ApiKey");
    if key.is_none() || key != state.key.as_deref() {
        return refusal(401, "root.unauthorized", "the supplied authentication is invalid");
    }
    if state.behaviour.is_limited() {
        return refusal(429, "root.rate_limited", "too many requests");
    }
    if !call.query.is_empty() {
        return refusal(400, "root.invalid_parameter", "no query parameter is declared");
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["api", "v1", "organizations"]) => (
            200,
            json!({"organizations": [{"id": state.organization, "name": "Acme"}]}),
        ),
        ("GET", ["api", "v1", "organizations", id, "members"]) => members(state, id),
        ("GET", ["api", "v1", "organizations", id, "role_mappings"]) => mappings(state, id),
        ("GET", ["api", "v1", "organizations", id, "invitations"]) => invitations(state, id),
        (method @ ("DELETE" | "POST"), ["api", "v1", "users", id, "role_assignments"]) => {
            let is_dropped = method == "DELETE" && state.drops_delete_bodies;
            if is_dropped || call.body.is_empty() {
                refusal(400, "root.invalid_json_request", "the body is required")
            } else if !call.is_json() {
                refusal(415, "root.unsupported_media_type", "the body must be JSON")
            } else {
                change(state, id, &call.body, method == "DELETE")
            }
        }
        _ => refusal(404, "root.resource_not_found", "no such resource"),
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    (status, json!({"errors": [{"code": code, "message": message}]}))
}

fn members(state: &mut State, id: &str) -> Reply {
    if id != state.organization {
        return refusal(404, "organization.not_found", "no such organization");
    }
    let shown = state.shown();
    let mut by_user: BTreeMap<&str, Vec<&Assignment>> = BTreeMap::new();
    for (user, assignment) in &shown {
        by_user.entry(user).or_default().push(assignment);
    }
    let everybody = state.members.clone();
    let members: Vec<Value> = everybody
        .iter()
        .map(|(user, name, email)| {
            let held = by_user.get(user.as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut member = json!({
                "user_id": user, "name": name, "email": email, "organization_id": state.organization,
                "member_since": "2025-01-02T03:04:05Z",
            });
            if !state.lacks_assignments(user) {
                member["role_assignments"] = document(state, held);
            }
            member
        })
        .collect();
    (200, json!({ "members": members }))
}

/// What single sign-on assigns at a login.
fn mappings(state: &State, id: &str) -> Reply {
    if id != state.organization {
        return refusal(404, "organization.not_found", "no such organization");
    }
    if state.mappings_hidden {
        return refusal(
            403,
            "root.permission_denied",
            "the user must have the required authorization",
        );
    }
    let mappings: Vec<Value> = state
        .mappings
        .iter()
        .map(|(enabled, assignment)| {
            json!({
                "name": assignment.role, "enabled": enabled, "rule": {"any": [{"group": "staff"}]},
                "role_assignments": document(state, &[assignment]),
            })
        })
        .collect();
    (200, json!({ "mappings": mappings }))
}

fn invitations(state: &State, id: &str) -> Reply {
    if id != state.organization {
        return refusal(404, "organization.not_found", "no such organization");
    }
    let invitations: Vec<Value> = state
        .invitations
        .iter()
        .map(|(email, expired, accepted)| {
            json!({
                "token": "secret-invitation-token", "email": email, "expired": expired,
                "created_at": "2026-01-30T00:00:00Z", "expires_at": "2026-02-02T00:00:00Z",
                "accepted_at": accepted.then_some("2026-01-31T00:00:00Z"),
                "organization": {"id": state.organization, "name": "Acme"}, "role_assignments": {},
            })
        })
        .collect();
    (200, json!({ "invitations": invitations }))
}

/// Assignments of the same role are one item with several ids.
fn document(state: &State, held: &[&Assignment]) -> Value {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for assignment in held {
        let list = lists.entry(&assignment.kind).or_default();
        let mut item = json!({"organization_id": state.organization, "role_id": state.spelled(assignment)});
        if !assignment.application_roles.is_empty() {
            item["application_roles"] = json!(assignment.application_roles);
        }
        let ids = ids_of(&assignment.kind);
        match assignment.place.as_deref() {
            None => list.push(item),
            Some("*") => {
                item["all"] = json!(true);
                list.push(item);
            }
            Some(place) => {
                let same = |other: &&mut Value| {
                    other.get(ids).is_some()
                        && other["role_id"] == item["role_id"]
                        && other.get("application_roles") == item.get("application_roles")
                };
                let places = list
                    .iter_mut()
                    .find(same)
                    .and_then(|other| other.get_mut(ids))
                    .and_then(Value::as_array_mut);
                if let Some(places) = places {
                    places.push(json!(place));
                } else {
                    item[ids] = json!([place]);
                    list.push(item);
                }
            }
        }
    }
    let mut fields = Map::new();
    let mut projects = Map::new();
    for (kind, list) in lists {
        let to = if PROJECTS.contains(&kind) {
            &mut projects
        } else {
            &mut fields
        };
        to.insert(kind.to_owned(), Value::Array(list));
    }
    if !projects.is_empty() {
        fields.insert(String::from("project"), Value::Object(projects));
    }
    Value::Object(fields)
}

/// The name of the list of places.
fn ids_of(kind: &str) -> &'static str {
    match kind {
        "deployment" => "deployment_ids",
        "cloud_connected_resource" => "resource_ids",
        _ => "project_ids",
    }
}

/// Takes the assignments of a body away, or adds them.
fn change(state: &mut State, user: &str, body: &[u8], removes: bool) -> Reply {
    let Some(asked) = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| parse(&body, &state.organization))
    else {
        return refusal(400, "role_assignments.invalid_config", "the body is not as documented");
    };
    if asked.is_empty() {
        return refusal(400, "role_assignments.invalid_config", "nothing is asked for");
    }
    if !state.members.iter().any(|(id, ..)| id == user) {
        return refusal(400, "role_assignments.invalid_target_user_id", "no such user");
    }
    if asked
        .iter()
        .any(|asked| asked.place.as_ref().is_some_and(|place| state.hidden.contains(place)))
    {
        return refusal(
            403,
            "role_assignments.unauthorized_role_assignments",
            "some assignments cannot be managed",
        );
    }
    state.writes += 1;
    for mut assignment in asked {
        if !removes {
            let now = state.clock.unix();
            state.assignments.add((user.to_owned(), assignment), now);
            continue;
        }
        // An id in another spelling than its own names nothing that anybody holds.
        let known = state.assignments.held().iter().map(|(_, known)| known).find(|known| {
            known.kind == assignment.kind
                && is_same_set(&known.application_roles, &assignment.application_roles)
                && state.spelled(known) == assignment.role
        });
        if let Some(known) = known {
            assignment.role.clone_from(&known.role);
            assignment.application_roles.clone_from(&known.application_roles);
            state.take(&(user.to_owned(), assignment));
        }
    }
    (200, json!({}))
}

fn is_same_set(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|role| other.contains(role))
}

/// The assignments of a body; `None` if it is not as documented. What is null counts as absent, as the official SDK sends it, and
/// the scopes of platform administrators may be there and empty.
fn parse(body: &Value, organization: &str) -> Option<Vec<Assignment>> {
    let mut all = Vec::new();
    for (key, value) in present(body)? {
        match key.as_str() {
            "organization" | "deployment" => list(&mut all, key, value, organization)?,
            "project" => {
                for (kind, value) in present(value)? {
                    if !PROJECTS.contains(&kind.as_str()) {
                        return None;
                    }
                    list(&mut all, kind, value, organization)?;
                }
            }
            "platform" if value.as_array()?.is_empty() => {}
            _ => return None,
        }
    }
    Some(all)
}

/// The keys of an object whose values are not null.
fn present(value: &Value) -> Option<impl Iterator<Item = (&String, &Value)>> {
    Some(value.as_object()?.iter().filter(|(_, value)| !value.is_null()))
}

fn list(all: &mut Vec<Assignment>, kind: &str, value: &Value, organization: &str) -> Option<()> {
    let ids = ids_of(kind);
    for item in value.as_array()? {
        let known = ["organization_id", "role_id", "all", ids, "application_roles"];
        let fields: BTreeMap<&str, &Value> = present(item)?.map(|(key, value)| (key.as_str(), value)).collect();
        if fields.keys().any(|key| !known.contains(key)) || fields.get("organization_id")?.as_str()? != organization {
            return None;
        }
        let texts = |key: &str| -> Option<Vec<String>> {
            fields.get(key).map_or(Some(Vec::new()), |list| {
                let texts = list.as_array()?.iter();
                texts.map(|text| text.as_str().map(str::to_owned)).collect()
            })
        };
        let named = texts(ids)?;
        let everywhere = match fields.get("all") {
            None => None,
            Some(all) => Some(all.as_bool()?),
        };
        let places: Vec<Option<String>> = match (kind, everywhere, named.is_empty()) {
            ("organization", None, true) => vec![None],
            ("organization", ..) | (_, Some(true), false) | (_, None | Some(false), true) => return None,
            (_, Some(true), true) => vec![Some(String::from("*"))],
            (_, _, false) => named.into_iter().map(Some).collect(),
        };
        for place in places {
            all.push(Assignment {
                kind: kind.to_owned(),
                role: fields.get("role_id")?.as_str()?.to_owned(),
                place,
                application_roles: texts("application_roles")?,
            });
        }
    }
    Some(())
}
