//! Outcomes and planned requests as JSON.

use crate::contract::types::{GrantOutcome, PlannedRequest, RoleOutcome, Scope, Via};

use super::{
    names::{outcome_name, side_effect_name, via_kind_name},
    text::Fields,
    user::{organization, role},
};

/// One entry of `role_outcomes`.
pub fn role_outcome(entry: &RoleOutcome, fields: &mut Fields<'_>) {
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
    if let Some(asked) = asked_role {
        fields.object("role", |fields| role(asked, fields));
    }
    if let Some(asked) = asked_organization {
        fields.object("organization", |fields| organization(asked, fields));
    }
    fields.text("outcome", Some(outcome_name(*outcome)));
    fields.text("reason", reason.as_deref());
    fields.text("message", message.as_deref());
    fields.text_list("warnings", warnings);
    fields.text("verify_after", verify_after.as_deref());
    fields.array("grants", grants, grant_outcome);
    if let Some(position) = *same_as {
        fields.number("same_as", position);
    }
}

/// One planned request of a dry run. A body that is JSON is shown as JSON.
pub fn planned_request(request: &PlannedRequest, fields: &mut Fields<'_>) {
    let PlannedRequest {
        method,
        url,
        headers,
        body,
    } = request;
    fields.text("method", Some(method));
    fields.text("url", Some(url));
    fields.object("headers", |fields| {
        for (name, value) in headers {
            fields.text(name, Some(value));
        }
    });
    fields.json("body", body.as_deref());
}

fn grant_outcome(grant: &GrantOutcome, fields: &mut Fields<'_>) {
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
    fields.text("role_id", Some(role_id));
    fields.text("role_name", role_name.as_deref());
    fields.object("scope", |fields| scope(at, fields));
    fields.flag("direct", Some(*direct));
    fields.text("outcome", Some(outcome_name(*outcome)));
    fields.text("reason", reason.as_deref());
    fields.text("message", message.as_deref());
    fields.flag("acknowledged", Some(*acknowledged));
    fields.list("via", through, via);
    fields.flag("changed", changed.then_some(true));
    fields.text_list("warnings", warnings);
    fields.text_list("side_effects", side_effects);
    if !needs_allow.is_empty() {
        fields.text_array(
            "needs_allow",
            &mut needs_allow.iter().map(|effect| side_effect_name(*effect)),
        );
    }
    fields.text("acknowledged_at", acknowledged_at.as_deref());
    fields.text("verify_after", verify_after.as_deref());
    fields.text("verified_at", verified_at.as_deref());
}

pub fn scope(scope: &Scope, fields: &mut Fields<'_>) {
    let Scope {
        group,
        organization,
        workspace,
    } = scope;
    fields.text("group", group.as_deref());
    fields.text("organization", organization.as_deref());
    fields.text("workspace", workspace.as_deref());
}

pub fn via(via: &Via, fields: &mut Fields<'_>) {
    let Via { kind, id, name } = via;
    fields.text("kind", Some(via_kind_name(*kind)));
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
}
