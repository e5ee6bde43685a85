//! What a user holds, and the roles of a tenant, as JSON.

use serde_json::Value;

use crate::contract::types::{
    GrantSelector, HeldGrant, ListedRole, Obstacle, Organization, Removable, Role, RoleDirectory, ScopeKind,
};

use super::{
    Fields,
    names::{grant_kind_name, side_effect_name},
    outcome::{scope, via},
    user::{organization, role},
};

/// One entry of `role_grants`.
pub fn held_grant(grant: HeldGrant) -> Value {
    let HeldGrant {
        kind,
        role_id,
        role_name,
        scope: at,
        direct,
        via: through,
        removable,
        selector,
        warnings,
    } = grant;
    let mut fields = Fields::default();
    fields.value("kind", Value::from(grant_kind_name(kind)));
    fields.text("role_id", Some(role_id));
    fields.text("role_name", role_name);
    fields.value("scope", scope(at));
    fields.flag("direct", Some(direct));
    fields.list("via", through, via);
    match removable {
        Removable::Yes => fields.value("removable", Value::from("yes")),
        Removable::NeedsAllow(effects) => {
            fields.value("removable", Value::from("needs_allow"));
            fields.list("needs_allow", effects, |effect| Value::from(side_effect_name(effect)));
        }
        Removable::No(obstacle) => {
            fields.value("removable", Value::from("no"));
            fields.value("obstacle", Value::from(obstacle_name(obstacle)));
        }
    }
    if let Some(selector) = selector {
        let mut entry = Fields::default();
        match selector {
            GrantSelector::Role(selector) => entry.value("role", role(Role::from(selector))),
            GrantSelector::Organization(selector) => {
                entry.value("organization", organization(Organization::from(selector)));
            }
        }
        fields.value("selector", entry.done());
    }
    fields.list("warnings", warnings, Value::String);
    fields.done()
}

/// The roles of a tenant.
pub fn role_directory(directory: RoleDirectory) -> Value {
    let RoleDirectory { roles, whole, unread } = directory;
    let mut fields = Fields::default();
    fields.value("roles", Value::Array(roles.into_iter().map(listed_role).collect()));
    fields.flag("whole", Some(whole));
    fields.list("unread", unread, Value::String);
    fields.done()
}

pub fn listed_role(listed: ListedRole) -> Value {
    let ListedRole {
        id,
        name,
        scopes,
        scope: at,
        removable,
    } = listed;
    let mut fields = Fields::default();
    fields.text("id", id);
    fields.text("name", name);
    fields.list("scopes", scopes, |kind| Value::from(scope_kind_name(kind)));
    fields.value("scope", scope(at));
    fields.flag("removable", Some(removable));
    fields.done()
}

const fn obstacle_name(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Inherited => "inherited",
        Obstacle::Protected => "protected",
        Obstacle::NotSupported => "not_supported",
        Obstacle::NotSelectable => "not_selectable",
    }
}

const fn scope_kind_name(kind: ScopeKind) -> &'static str {
    match kind {
        ScopeKind::Tenant => "tenant",
        ScopeKind::Organization => "organization",
        ScopeKind::Workspace => "workspace",
        ScopeKind::Group => "group",
    }
}
