//! Role assignments: as the members list shows them, as grants, and as the body that takes them away.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    ask::Ask,
    contract::types::{Scope, Via, ViaKind},
    provider::{Grant, GrantKind, Held, KnownAs},
};

use super::{
    key::Key,
    matching,
    places::Places,
    roles::{self, PROJECTS},
};

/// Stands for every deployment or project.
pub const ALL: &str = "*";

/// One element of a list of assignments. Source: `elastic/cloud-sdk-go` (`RoleAssignments`).
#[derive(Clone, Debug, Deserialize)]
struct Item {
    organization_id: Option<String>,
    role_id: String,
    all: Option<bool>,
    deployment_ids: Option<Vec<String>>,
    project_ids: Option<Vec<String>>,
    application_roles: Option<Vec<String>>,
}

/// A grant and the assignment that it stands for.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub grant: Grant,
    /// `organization`, `deployment`, or the kind of project.
    pub kind: &'static str,
    /// As it came: it is sent back like this.
    role_id: String,
    application_roles: Vec<String>,
}

/// What a member's element says of its assignments.
#[derive(Debug, Default)]
pub struct Assignments {
    /// One for each deployment or project.
    pub held: Vec<Assigned>,
    /// What is held besides, and cannot be read as a grant.
    pub unread: Vec<Unread>,
    pub places: Places,
}

/// An assignment that is not read as a grant.
#[derive(Debug, PartialEq, Eq)]
pub enum Unread {
    /// Its kind is not understood, or it names no place.
    Role {
        kind: String,
        role_id: String,
        custom: Vec<String>,
    },
    /// Neither its kind nor its shape is understood.
    Shape { kind: String },
}

impl Unread {
    pub fn kind(&self) -> &str {
        match self {
            Self::Role { kind, .. } | Self::Shape { kind } => kind,
        }
    }
}

/// Every grant of a member's assignments.
///
/// # Errors
/// What is not as documented: it must not count as nothing.
pub fn read(assignments: Option<&Value>, organization: &str) -> Result<Assignments, String> {
    let mut all = Assignments::default();
    for (kind, value) in object(assignments, "role_assignments")? {
        match kind.as_str() {
            "organization" => read_list(&mut all, "organization", value, organization)?,
            "deployment" => read_list(&mut all, "deployment", value, organization)?,
            "project" => {
                for (kind, value) in object(Some(value), "role_assignments.project")? {
                    match PROJECTS.into_iter().find(|known| known == kind) {
                        Some(kind) => read_list(&mut all, kind, value, organization)?,
                        None => leave_unread(&mut all, kind, value),
                    }
                }
            }
            other => leave_unread(&mut all, other, value),
        }
    }
    Ok(all)
}

/// For every entry that names a place: a grant for the organization, or for all deployments or projects, gives the role there too.
pub fn wider(assignments: &Assignments, ask: &Ask) -> Vec<Grant> {
    let places: BTreeSet<&String> = ask
        .entries
        .iter()
        .filter_map(|entry| entry.selector().workspace.as_ref())
        .collect();
    let mut wider: Vec<Grant> = Vec::new();
    for place in places {
        let kind = assignments.places.kind(Some(place));
        for known in &assignments.held {
            let what = match (known.kind, known.grant.scope.workspace.as_deref()) {
                ("organization", _) => "organization",
                ("deployment", Some(ALL)) => "every deployment",
                (_, Some(ALL)) => "every project",
                _ => continue,
            };
            // What is held for all of one kind is not held at a place of another kind.
            let is_elsewhere = place == ALL || kind.is_some_and(|kind| kind != known.kind);
            if is_elsewhere && known.kind != "organization" {
                continue;
            }
            let grant = Grant {
                scope: Scope {
                    workspace: Some(place.clone()),
                    ..known.grant.scope.clone()
                },
                held: Held::Through(vec![Via {
                    kind: ViaKind::WiderScope,
                    id: Some(known.grant.role_id.clone()),
                    name: Some(what.to_owned()),
                }]),
                ..known.grant.clone()
            };
            if !wider.iter().any(|other| other.same_key(&grant)) {
                wider.push(grant);
            }
        }
    }
    wider
}

/// The body that takes away exactly these.
pub fn body(targets: &[&Assigned], rest: &Map<String, Value>) -> Value {
    let mut lists: Vec<(&'static str, Vec<Value>)> = Vec::new();
    for target in targets {
        let index = lists
            .iter()
            .position(|(kind, _)| *kind == target.kind)
            .unwrap_or_else(|| {
                lists.push((target.kind, Vec::new()));
                lists.len() - 1
            });
        let list = &mut lists[index].1;
        add(list, target);
    }
    let mut body = rest.clone();
    let mut projects = Map::new();
    for (kind, list) in lists {
        if PROJECTS.contains(&kind) {
            projects.insert(kind.to_owned(), Value::Array(list));
        } else {
            body.insert(kind.to_owned(), Value::Array(list));
        }
    }
    if !projects.is_empty() {
        body.insert(String::from("project"), Value::Object(projects));
    }
    Value::Object(body)
}

/// Adds one place to the item of its role, or a new item.
fn add(list: &mut Vec<Value>, target: &Assigned) {
    let mut item = json!({"organization_id": target.grant.scope.organization, "role_id": target.role_id});
    if !target.application_roles.is_empty() {
        item["application_roles"] = json!(target.application_roles);
    }
    match &target.grant.scope.workspace {
        None => {}
        // The ids must be absent then.
        Some(place) if place == ALL => item["all"] = json!(true),
        Some(place) => {
            item["all"] = json!(false);
            let ids = if target.kind == "deployment" {
                "deployment_ids"
            } else {
                "project_ids"
            };
            let same = |other: &&mut Value| {
                ["organization_id", "role_id", "all", "application_roles"]
                    .iter()
                    .all(|key| other.get(*key) == item.get(*key))
            };
            let place = json!(place);
            if let Some(Value::Array(places)) = list.iter_mut().find(same).and_then(|other| other.get_mut(ids)) {
                if !places.contains(&place) {
                    places.push(place);
                }
                return;
            }
            item[ids] = json!([place]);
        }
    }
    if !list.contains(&item) {
        list.push(item);
    }
}

fn object<'a>(value: Option<&'a Value>, what: &str) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, String> {
    match value {
        None | Some(Value::Null) => Ok(None.into_iter().flatten()),
        Some(Value::Object(fields)) => Ok(Some(fields).into_iter().flatten()),
        Some(_) => Err(format!("{what} is no object")),
    }
}

fn read_list(all: &mut Assignments, kind: &'static str, list: &Value, organization: &str) -> Result<(), String> {
    if list.is_null() {
        return Ok(());
    }
    let items: Vec<Item> =
        serde_json::from_value(list.clone()).map_err(|error| format!("an assignment of the kind {kind}: {error}"))?;
    for item in items {
        if kind == "organization" {
            all.held.push(assigned(kind, &item, organization, None));
            continue;
        }
        let places = places(kind, &item)?;
        // An assignment for nothing is none of the documented shapes, and may still be one for something.
        if places.is_empty() {
            all.unread.push(Unread::Role {
                kind: kind.to_owned(),
                role_id: item.role_id.clone(),
                custom: item.application_roles.clone().unwrap_or_default(),
            });
        }
        for place in places {
            if place != ALL {
                all.places.note(&place, kind);
            }
            all.held.push(assigned(kind, &item, organization, Some(place)));
        }
    }
    Ok(())
}

/// What of another kind is held: `cloud_connected_resource`, `platform`, or what is made later.
fn leave_unread(all: &mut Assignments, kind: &str, value: &Value) {
    let shape = || Unread::Shape { kind: kind.to_owned() };
    match value {
        Value::Null => {}
        Value::Array(items) => all.unread.extend(items.iter().map(|item| {
            let Some(role_id) = item.get("role_id").and_then(Value::as_str) else {
                return shape();
            };
            let custom = item.get("application_roles").and_then(Value::as_array);
            Unread::Role {
                kind: kind.to_owned(),
                role_id: role_id.to_owned(),
                custom: custom
                    .into_iter()
                    .flatten()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect(),
            }
        })),
        _ => all.unread.push(shape()),
    }
}

fn places(kind: &str, item: &Item) -> Result<Vec<String>, String> {
    let ids = if kind == "deployment" {
        &item.deployment_ids
    } else {
        &item.project_ids
    };
    match (item.all == Some(true), ids.as_deref()) {
        (true, None | Some([])) => Ok(vec![ALL.to_owned()]),
        (false, Some(ids)) if ids.iter().all(|id| !id.is_empty() && id != ALL) => Ok(ids.to_vec()),
        _ => Err(format!(
            "an assignment of the kind {kind} is neither for all nor for a list of ids"
        )),
    }
}

fn assigned(kind: &'static str, item: &Item, organization: &str, place: Option<String>) -> Assigned {
    let application_roles = item.application_roles.clone().unwrap_or_default();
    let role = roles::canonical(kind, &item.role_id);
    let key = Key::new(&role, &application_roles);
    let group = PROJECTS.contains(&kind).then(|| kind.to_owned());
    // Where a role only carries custom roles, people know it by theirs.
    let is_custom = matching::only_carries(group.as_deref(), &key);
    Assigned {
        grant: Grant {
            known_as: KnownAs::default(),
            kind: GrantKind::Role,
            role_name: if is_custom {
                Some(key.custom.join("+"))
            } else {
                roles::display_name(&role).map(str::to_owned)
            },
            role_id: key.text(),
            scope: Scope {
                group,
                organization: item.organization_id.clone().or_else(|| Some(organization.to_owned())),
                workspace: place,
            },
            held: Held::Direct,
            effects: Vec::new(),
            warnings: Vec::new(),
        },
        kind,
        role_id: item.role_id.clone(),
        application_roles,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Assignments, Unread, body, read};

    fn shown(assignments: &Value) -> Result<Assignments, String> {
        read(Some(assignments), "org")
    }

    fn keys(assignments: &Assignments) -> Vec<(String, String)> {
        assignments
            .held
            .iter()
            .map(|known| {
                let place = known.grant.scope.workspace.clone().unwrap_or_default();
                (known.grant.role_id.clone(), place)
            })
            .collect()
    }

    #[test]
    fn the_key_has_the_roles_own_id_and_its_custom_roles_in_whatever_order_and_spelling_they_come() {
        let item = |role: &str, custom: &[&str]| {
            json!({"project": {"elasticsearch": [
                {"organization_id": "org", "role_id": role, "project_ids": ["p"], "application_roles": custom},
            ]}})
        };
        let key = |role: &str, custom: &[&str]| keys(&shown(&item(role, custom)).unwrap())[0].0.clone();
        assert_eq!(key("elasticsearch-viewer", &["b", "a"]), "elasticsearch-viewer+a+b");
        assert_eq!(key("viewer", &["a", "b"]), "elasticsearch-viewer+a+b");
        assert_eq!(key("Viewer", &[]), "elasticsearch-viewer");
    }

    #[test]
    fn what_came_is_sent_back_as_it_came() {
        let document = json!({
            "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
            "deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "all": true}],
            "project": {"security": [
                {"organization_id": "org", "role_id": "t1_analyst", "all": false, "project_ids": ["p", "q"]},
                {"organization_id": "org", "role_id": "viewer", "all": false, "project_ids": ["p"], "application_roles": ["b", "a"]},
            ]},
        });
        let read = shown(&document).unwrap();
        let all: Vec<_> = read.held.iter().collect();
        assert_eq!(body(&all, &Map::new()), document);
    }

    #[test]
    fn what_is_not_as_documented_is_an_error_and_never_nothing() {
        let item = |rest: Value| {
            let mut item = json!({"organization_id": "org", "role_id": "deployment-viewer"});
            item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            json!({ "deployment": [item] })
        };
        for bad in [
            json!([]),
            json!("none"),
            json!({"project": []}),
            json!({"organization": {}}),
            json!({"organization": [{"organization_id": "org"}]}),
            json!({"deployment": [7]}),
            item(json!({})),
            item(json!({"all": false})),
            item(json!({"all": false, "project_ids": ["p"]})),
            item(json!({"all": true, "deployment_ids": ["d"]})),
            item(json!({"deployment_ids": ["*"]})),
            item(json!({"deployment_ids": [""]})),
            item(json!({"deployment_ids": "d"})),
        ] {
            assert!(shown(&bad).is_err(), "{bad}");
        }
        for nothing in [
            json!(null),
            json!({}),
            json!({"organization": null, "deployment": [], "project": null}),
        ] {
            let read = shown(&nothing).unwrap();
            assert!(read.held.is_empty() && read.unread.is_empty(), "{nothing}");
        }
    }

    #[test]
    fn what_is_of_another_kind_is_kept_in_mind() {
        let read = shown(&json!({
            "cloud_connected_resource": [{"role_id": "cloud-connected-admin", "all": true}],
            "platform": [],
            "stack": {"x": 1},
            "deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "deployment_ids": []}],
            "project": {"vector": [{"id": 7}]},
        }))
        .unwrap();
        let role = |kind: &str, id: &str| Unread::Role {
            kind: kind.to_owned(),
            role_id: id.to_owned(),
            custom: Vec::new(),
        };
        let shape = |kind: &str| Unread::Shape { kind: kind.to_owned() };
        assert!(read.held.is_empty());
        assert_eq!(
            read.unread,
            [
                role("cloud_connected_resource", "cloud-connected-admin"),
                shape("stack"),
                role("deployment", "deployment-viewer"),
                shape("vector")
            ]
        );
    }
}
