//! The plan of an operation as a document that can be approved.

use serde_json::Value;

use crate::{
    binding::plan::{self, PlanDocument, PlannedEffect, PlannedEntry, PlannedGrant, VERSION},
    contract::{
        json,
        types::{SideEffect, UnknownRole},
    },
    provider::{Affected, Affects, Consequence, Context, Grant, Provider},
    sorted::{self, Set},
};

use super::{Work, select::Selection};

/// What would be sent now, and what that takes.
pub fn of(provider: &dyn Provider, cx: &Context<'_>, work: &Work<'_>, selections: &[Selection]) -> PlanDocument {
    let request = cx.request;
    let pending = || work.targets.iter().filter(|target| target.is_pending());
    let grants = |probe: bool| -> Set<PlannedGrant> {
        pending()
            .filter(|target| target.probe == probe)
            .map(|target| grant(&target.grant))
            .collect()
    };
    let query: Vec<Value> = request
        .remote_query
        .iter()
        .map(|(name, value)| Value::from(vec![name.as_str(), value]))
        .collect();
    PlanDocument {
        account: cx.account.id.clone(),
        account_sha256: cx.account.sha256.clone(),
        allow: request
            .allow
            .iter()
            .map(|effect| json::side_effect_name(*effect).to_owned())
            .collect(),
        entries: if request.everything {
            Vec::new()
        } else {
            selections.iter().map(entry).collect()
        },
        everything: request.everything,
        probes: grants(true),
        provider: provider.capability().name.to_owned(),
        remote_data_sha256: plan::digest(&sorted(request.remote_data.clone()).to_string()),
        remote_query_sha256: plan::digest(&Value::Array(query).to_string()),
        side_effects: pending()
            .flat_map(|target| {
                let effects = target.grant.effects.iter();
                effects.map(|name| {
                    let of_it = |consequence: &&Consequence| consequence.effect == *name;
                    let consequences: Vec<Consequence> = target.consequences.iter().filter(of_it).cloned().collect();
                    effect(&target.grant, *name, &consequences)
                })
            })
            .collect(),
        strict_scope: request.strict_scope,
        targets: grants(false),
        unknown_role: String::from(match request.unknown_role {
            UnknownRole::NotFound => "not_found",
            UnknownRole::Absent => "absent",
        }),
        user: work.user.clone(),
        v: VERSION.to_owned(),
    }
}

/// An object with the keys of every object in it in order: how a client's language keeps them makes no other request.
fn sorted(object: serde_json::Map<String, Value>) -> Value {
    let mut value = Value::Object(object);
    value.sort_all_objects();
    value
}

fn entry(selection: &Selection) -> PlannedEntry {
    let selector = selection.entry.selector();
    PlannedEntry {
        group: selector.group.clone(),
        link: selector.is_link,
        organizations: selector.organizations.iter().cloned().collect(),
        roles: selection.role_ids.iter().cloned().collect(),
        workspace: selector.workspace.clone(),
    }
}

/// A role at a scope.
pub fn grant(grant: &Grant) -> PlannedGrant {
    PlannedGrant {
        group: grant.scope.group.clone(),
        kind: grant.kind.as_str().to_owned(),
        organization: grant.scope.organization.clone(),
        role_id: grant.role_id.clone(),
        workspace: grant.scope.workspace.clone(),
    }
}

/// What the removal of a grant takes besides, by one side effect.
pub fn effect(of: &Grant, name: SideEffect, consequences: &[Consequence]) -> PlannedEffect {
    let affects = || consequences.iter().map(|consequence| &consequence.affects);
    PlannedEffect {
        effect: json::side_effect_name(name).to_owned(),
        of: grant(of),
        people: affects()
            .flat_map(|affects| match affects {
                Affects::People(people) => people.as_slice(),
                Affects::Nobody | Affects::Unknown(_) => &[],
            })
            .map(person)
            .collect(),
        people_unknown: affects().any(|affects| matches!(affects, Affects::Unknown(_))),
        takes: consequences
            .iter()
            .flat_map(|consequence| &consequence.takes)
            .map(grant)
            .collect(),
        takes_unknown: consequences.iter().any(|consequence| consequence.takes_unknown),
    }
}

/// Tells people apart without naming them.
fn person(person: &Affected) -> String {
    let mut names = person.names.clone();
    sorted::sort(&mut names);
    let mut digest = plan::digest(&Value::from(names).to_string());
    digest.truncate(32);
    digest
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn the_order_of_keys_makes_no_other_request() {
        let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let one = sorted(object(r#"{"b": [{"d": 1, "c": 2}], "a": {"f": 3, "e": null}}"#));
        let other = sorted(object(r#"{"a": {"e": null, "f": 3}, "b": [{"c": 2, "d": 1}]}"#));
        assert_eq!(one.to_string(), other.to_string());
        let changed = sorted(object(r#"{"a": {"e": null, "f": 4}, "b": [{"c": 2, "d": 1}]}"#));
        assert_ne!(one.to_string(), changed.to_string());
        assert_eq!(one, json!({"a": {"e": null, "f": 3}, "b": [{"c": 2, "d": 1}]}));
    }
}
