//! The request that removes assignments: one body holds exactly what is to go.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    client::{Answer, Call, Repeat, path_segment},
    contract::{reason::Reason, types::SideEffect},
    error::{FaultKind, ProviderFault},
    hashed::{HashMap, HashSet},
    provider::{Affects, Consequence, Context, Grant, Planned, Verdict, Write},
    request::ValidatedRequest,
    transport::Method,
};

use super::{
    assignments::{self, ALL, Assigned},
    backend::ElasticCloud,
    config::Config,
    core,
    documents::RemovedItem,
    ids::{self, PROJECTS},
    read::Detail,
};

impl ElasticCloud {
    /// One request for all targets, and one for each that goes in its own.
    pub fn writes(&self, ask: &ValidatedRequest, user: &str, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        let url = self
            .config
            .base
            .join(&format!("/users/{}/role_assignments", path_segment(user)));
        let write = |chosen: Vec<(usize, &Planned<'_>)>| {
            let mut held = BTreeSet::new();
            let mut indices = Vec::new();
            for (index, planned) in chosen {
                let before = held.len();
                held.extend(detail.assignments.of_grant(planned.grant));
                if held.len() > before {
                    indices.push(index);
                }
            }
            let assigned = held
                .into_iter()
                .filter_map(|position| detail.assignments.held.get(position));
            let body = body(assigned, &ask.remote_data).to_string().into_bytes();
            let call = Call::write(Method::Delete, url.clone(), Some(body), Repeat::Replay)
                .header("content-type", "application/json");
            Write { call, targets: indices }
        };
        let (alone, together): (Vec<_>, Vec<_>) = targets.iter().enumerate().partition(|(_, planned)| planned.alone);
        let mut writes: Vec<Write> = alone.into_iter().map(|one| write(vec![one])).collect();
        writes.push(write(together));
        writes.retain(|write| !write.targets.is_empty());
        writes
    }
}

/// One answer for all of them: a request is refused as a whole.
pub async fn send(config: &Config, cx: &Context<'_>, write: &Write, grants: usize) -> Vec<Verdict> {
    vec![verdict(config, cx, write, grants).await; grants]
}

async fn verdict(config: &Config, cx: &Context<'_>, write: &Write, grants: usize) -> Verdict {
    let answer = match core::send(config, cx, &write.call).await {
        Ok(answer) => answer,
        Err(fault) => return cx.fault(&fault),
    };
    let has_error = core::codes(&answer).next().is_some() || !answer.is_given();
    if answer.is_success() && !has_error {
        cx.revoke_answers.borrow_mut().push(answer.evidence(None));
        if !core::is_document(&answer) {
            return Verdict::Unanswered {
                reason: Reason::BadAnswer,
                message: String::from("the answer to the removal is no document of Elastic Cloud"),
            };
        }
        return Verdict::Acknowledged;
    }
    let fault = refusal(cx, &answer);
    let mut verdict = cx.fault(&fault);
    // One assignment that the key may not touch refuses them all.
    let is_of_one =
        core::codes(&answer).any(|code| code.starts_with("role_assignments.") || code == "root.permission_denied");
    if fault.kind == FaultKind::Forbidden && is_of_one && grants > 1 {
        verdict = Verdict::Refused {
            reason: Reason::ProviderRefused,
            message: core::error_message(&answer),
        };
    }
    if answer.is_success() {
        verdict.left_open()
    } else {
        verdict
    }
}

/// Its refusal of a removal. An error inside a success that says no more is one, too.
fn refusal(cx: &Context<'_>, answer: &Answer) -> ProviderFault {
    let shown = answer.error_only();
    let fault = core::fault(cx, &shown, "Elastic Cloud refused to remove the assignments");
    if fault.kind != FaultKind::BadAnswer || !answer.is_success() {
        return fault;
    }
    cx.client.fault(&shown, FaultKind::Refused, &fault.message)
}

/// The last organization owner is guarded.
pub fn consequences(detail: &Detail, targets: &[Grant]) -> Vec<Consequence> {
    let is_role = |grant: &Grant| ids::Key::parse(&grant.role_id).role == ids::ORGANIZATION_ADMIN;
    // It may stand among the application roles, too.
    let is_owner = |grant: &Grant| is_role(grant) || assignments::companions(grant).iter().any(is_role);
    targets
        .iter()
        .enumerate()
        .filter(|(_, grant)| detail.other_admins == 0 && is_owner(grant))
        .map(|(target, _)| Consequence {
            target,
            effect: SideEffect::LastAdministrator,
            lists: vec![String::from("the last organization owner")],
            takes: Vec::new(),
            affects: Affects::Nobody,
            takes_unknown: false,
        })
        .collect()
}

/// What two places of one assignment have in common.
type Common<'a> = (&'static str, &'a Option<String>, &'a str, &'a [String], bool);

/// The body that takes away exactly these. What is added to it never takes the place of anything.
fn body<'a>(targets: impl Iterator<Item = &'a Assigned>, rest: &Map<String, Value>) -> Value {
    let mut items: Vec<(&'static str, RemovedItem)> = Vec::new();
    let mut positions: HashMap<Common<'a>, usize> = HashMap::new();
    let mut seen: HashSet<(Common<'a>, Option<&str>)> = HashSet::new();
    for target in targets {
        let scope = &target.grant.scope;
        let place = scope.workspace.as_deref();
        let common: Common<'a> = (
            target.kind,
            &scope.organization,
            &target.role_id,
            &target.application_roles,
            place == Some(ALL),
        );
        if !seen.insert((common, place)) {
            continue;
        }
        let next = items.len();
        let position = *positions.entry(common).or_insert(next);
        if position == next {
            let item = RemovedItem {
                organization_id: scope.organization.clone(),
                role_id: target.role_id.clone(),
                application_roles: target.application_roles.to_vec(),
                all: place.map(|place| place == ALL),
                ..RemovedItem::default()
            };
            items.push((target.kind, item));
        }
        // An assignment for all must name no ids.
        if let (Some((kind, item)), Some(place)) = (items.get_mut(position), place.filter(|place| *place != ALL)) {
            let ids = if *kind == "deployment" {
                &mut item.deployment_ids
            } else {
                &mut item.project_ids
            };
            ids.push(place.to_owned());
        }
    }
    let mut lists: HashMap<&'static str, Vec<Value>> = HashMap::new();
    for (kind, item) in items {
        lists
            .entry(kind)
            .or_default()
            .push(serde_json::to_value(item).unwrap_or_default());
    }
    let mut take = |kind: &'static str| Some((kind.to_owned(), Value::Array(lists.remove(kind)?)));
    let projects: Map<String, Value> = PROJECTS.into_iter().filter_map(&mut take).collect();
    let mut body = rest.clone();
    body.extend(["organization", "deployment"].into_iter().filter_map(take));
    if !projects.is_empty() {
        body.insert(String::from("project"), Value::Object(projects));
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json, value::to_raw_value};

    use super::{super::assignments::Assignments, body};

    #[test]
    fn an_assignment_is_sent_back_as_it_came() {
        let document = json!({
            "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
            "deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "all": true}],
            "project": {"security": [
                {"organization_id": "org", "role_id": "t1_analyst", "all": false, "project_ids": ["p", "q"]},
                {"organization_id": "org", "role_id": "viewer", "all": false, "project_ids": ["p"], "application_roles": ["b", "a"]},
            ]},
        });
        let read = Assignments::read(Some(&to_raw_value(&document).unwrap()), "org");
        assert_eq!(body(read.held.iter(), &Map::new()), document);
    }

    #[test]
    fn what_a_request_adds_replaces_nothing() {
        let document = json!({"deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "all": true}]});
        let read = Assignments::read(Some(&to_raw_value(&document).unwrap()), "org");
        let added = json!({"note": 1, "deployment": []}).as_object().unwrap().clone();
        assert_eq!(
            body(read.held.iter(), &added),
            json!({"note": 1, "deployment": document["deployment"]})
        );
    }
}
