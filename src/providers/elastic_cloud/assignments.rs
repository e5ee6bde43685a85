//! Role assignments: as the members list shows them, as grants, and as the body that takes them away.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    ask::Ask,
    contract::types::{Scope, Via, ViaKind},
    provider::{Grant, GrantKind, Held},
};

use super::roles;

/// Stands for every deployment or project.
pub const ALL: &str = "*";

/// The kinds of projects.
const PROJECTS: [&str; 3] = ["elasticsearch", "observability", "security"];

/// One element of a list of assignments. Source: `elastic/cloud-sdk-go` (`RoleAssignments`).
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Item {
    pub organization_id: Option<String>,
    pub role_id: String,
    pub all: Option<bool>,
    #[serde(default)]
    pub deployment_ids: Option<Vec<String>>,
    #[serde(default)]
    pub project_ids: Option<Vec<String>>,
    #[serde(default)]
    pub application_roles: Option<Vec<String>>,
}

/// A grant and the assignment that it stands for.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub grant: Grant,
    /// `organization`, `deployment`, or the kind of project.
    pub kind: &'static str,
    pub role_id: String,
    pub application_roles: Vec<String>,
}

/// Every grant of a member's assignments, one for each deployment or project.
///
/// # Errors
/// If an assignment is not as documented.
pub fn read(assignments: &Value, organization: &str) -> Result<Vec<Assigned>, serde_json::Error> {
    let mut all = Vec::new();
    for item in items(assignments.get("organization"))? {
        all.push(assigned("organization", &item, organization, None));
    }
    for item in items(assignments.get("deployment"))? {
        for id in places(&item, item.deployment_ids.as_deref()) {
            all.push(assigned("deployment", &item, organization, Some(id)));
        }
    }
    for kind in PROJECTS {
        for item in items(assignments.pointer(&format!("/project/{kind}")))? {
            for id in places(&item, item.project_ids.as_deref()) {
                all.push(assigned(kind, &item, organization, Some(id)));
            }
        }
    }
    Ok(all)
}

/// For every entry that names one deployment or project: a grant for all of them gives the role there too.
pub fn wider(assigned: &[Assigned], ask: &Ask) -> Vec<Grant> {
    let mut wider: Vec<Grant> = Vec::new();
    let places = ask
        .entries
        .iter()
        .filter_map(|entry| entry.selector().workspace.as_ref())
        .filter(|place| *place != ALL);
    for place in places {
        for known in assigned
            .iter()
            .filter(|known| known.grant.scope.workspace.as_deref() == Some(ALL))
        {
            let grant = Grant {
                scope: Scope {
                    workspace: Some(place.clone()),
                    ..known.grant.scope.clone()
                },
                held: Held::Through(vec![Via {
                    kind: ViaKind::WiderScope,
                    id: Some(known.role_id.clone()),
                    name: Some(format!(
                        "every {}",
                        if known.kind == "deployment" {
                            "deployment"
                        } else {
                            "project"
                        }
                    )),
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
    let Some(place) = &target.grant.scope.workspace else {
        list.push(item);
        return;
    };
    if place == ALL {
        // The ids must be absent then.
        item["all"] = json!(true);
        list.push(item);
        return;
    }
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
    if let Some(Value::Array(places)) = list.iter_mut().find(same).and_then(|other| other.get_mut(ids)) {
        places.push(json!(place));
        return;
    }
    item[ids] = json!([place]);
    list.push(item);
}

fn items(list: Option<&Value>) -> Result<Vec<Item>, serde_json::Error> {
    match list {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(list) => serde_json::from_value(list.clone()),
    }
}

fn places(item: &Item, ids: Option<&[String]>) -> Vec<String> {
    if item.all == Some(true) {
        vec![ALL.to_owned()]
    } else {
        ids.unwrap_or_default().to_vec()
    }
}

fn assigned(kind: &'static str, item: &Item, organization: &str, place: Option<String>) -> Assigned {
    let application_roles = item.application_roles.clone().unwrap_or_default();
    // A custom role is known by its own name; the role that carries it is the same for all of them.
    let custom = (!application_roles.is_empty()).then(|| application_roles.join("+"));
    Assigned {
        grant: Grant {
            kind: GrantKind::Role,
            role_name: custom
                .clone()
                .or_else(|| roles::display_name(&item.role_id).map(str::to_owned)),
            role_id: custom.unwrap_or_else(|| item.role_id.clone()),
            scope: Scope {
                group: PROJECTS.contains(&kind).then(|| kind.to_owned()),
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
