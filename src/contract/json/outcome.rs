//! Outcomes and planned requests as JSON.

use serde_json::{Map, Value};

use crate::contract::types::{GrantOutcome, PlannedRequest, RoleOutcome, Scope, Via};

use super::{
    Fields,
    names::{outcome_name, side_effect_name, via_kind_name},
    user::{organization, role},
};

/// One entry of `role_outcomes`.
pub fn role_outcome(entry: RoleOutcome) -> Value {
    let RoleOutcome {
        role: asked_role,
        organization: asked_organization,
        outcome,
        reason,
        message,
        warnings,
        verify_after,
        grants,
        same_as,
    } = entry;
    let mut fields = Fields::default();
    if let Some(asked) = asked_role {
        fields.value("role", role(asked));
    }
    if let Some(asked) = asked_organization {
        fields.value("organization", organization(asked));
    }
    fields.value("outcome", Value::from(outcome_name(outcome)));
    fields.text("reason", reason);
    fields.text("message", message);
    fields.list("warnings", warnings, Value::String);
    fields.text("verify_after", verify_after);
    fields.value("grants", Value::Array(grants.into_iter().map(grant_outcome).collect()));
    if let Some(position) = same_as {
        fields.value("same_as", Value::from(position));
    }
    fields.done()
}

/// One planned request of a dry run. A body that is JSON is shown as JSON.
pub fn planned_request(request: PlannedRequest) -> Value {
    let PlannedRequest {
        method,
        url,
        headers,
        body,
    } = request;
    let headers: Map<String, Value> = headers
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    let mut fields = Fields::default();
    fields.text("method", Some(method));
    fields.text("url", Some(url));
    fields.value("headers", Value::Object(headers));
    fields.json("body", body);
    fields.done()
}

fn grant_outcome(grant: GrantOutcome) -> Value {
    let GrantOutcome {
        role_id,
        role_name,
        scope: at,
        direct,
        outcome,
        reason,
        message,
        acknowledged,
        via: through,
        changed,
        warnings,
        side_effects,
        needs_allow,
        acknowledged_at,
        verify_after,
        verified_at,
    } = grant;
    let mut fields = Fields::default();
    fields.text("role_id", Some(role_id));
    fields.text("role_name", role_name);
    fields.value("scope", scope(at));
    fields.flag("direct", Some(direct));
    fields.value("outcome", Value::from(outcome_name(outcome)));
    fields.text("reason", reason);
    fields.text("message", message);
    fields.flag("acknowledged", Some(acknowledged));
    fields.list("via", through, via);
    fields.flag("changed", changed.then_some(true));
    fields.list("warnings", warnings, Value::String);
    fields.list("side_effects", side_effects, Value::String);
    fields.list("needs_allow", needs_allow, |effect| {
        Value::from(side_effect_name(effect))
    });
    fields.text("acknowledged_at", acknowledged_at);
    fields.text("verify_after", verify_after);
    fields.text("verified_at", verified_at);
    fields.done()
}

pub fn scope(scope: Scope) -> Value {
    let Scope {
        group,
        organization,
        workspace,
    } = scope;
    let mut fields = Fields::default();
    fields.text("group", group);
    fields.text("organization", organization);
    fields.text("workspace", workspace);
    fields.done()
}

pub fn via(via: Via) -> Value {
    let Via { kind, id, name } = via;
    let mut fields = Fields::default();
    fields.value("kind", Value::from(via_kind_name(kind)));
    fields.text("id", id);
    fields.text("name", name);
    fields.done()
}
