//! What a user holds, and the roles of a tenant, as JSON.

use crate::contract::types::{
    GrantSelector, HeldGrant, ListedRole, Obstacle, Organization, Removable, Role, RoleDirectory, ScopeKind,
};

use super::{
    names::{grant_kind_name, side_effect_name},
    outcome::{scope, via},
    text::Fields,
    user::{organization, role},
};

/// One entry of `role_grants`.
pub fn held_grant(grant: &HeldGrant, fields: &mut Fields<'_>) {
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
    fields.text("kind", Some(grant_kind_name(*kind)));
    fields.text("role_id", Some(role_id));
    fields.text("role_name", role_name.as_deref());
    fields.object("scope", |fields| scope(at, fields));
    fields.flag("direct", Some(*direct));
    fields.list("via", through, via);
    match removable {
        Removable::Yes => fields.text("removable", Some("yes")),
        Removable::NeedsAllow(effects) => {
            fields.text("removable", Some("needs_allow"));
            if !effects.is_empty() {
                fields.text_array(
                    "needs_allow",
                    &mut effects.iter().map(|effect| side_effect_name(*effect)),
                );
            }
        }
        Removable::No(obstacle) => {
            fields.text("removable", Some("no"));
            fields.text("obstacle", Some(obstacle_name(*obstacle)));
        }
    }
    match selector {
        Some(GrantSelector::Role(selector)) => fields.object("selector", |fields| {
            fields.object("role", |fields| role(&Role::from(selector.clone()), fields));
        }),
        Some(GrantSelector::Organization(selector)) => fields.object("selector", |fields| {
            fields.object("organization", |fields| {
                organization(&Organization::from(selector.clone()), fields);
            });
        }),
        None => {}
    }
    fields.text_list("warnings", warnings);
}

/// The roles of a tenant.
pub fn role_directory(directory: &RoleDirectory, fields: &mut Fields<'_>) {
    let RoleDirectory { roles, whole, unread } = directory;
    fields.array("roles", roles, listed_role);
    fields.flag("whole", Some(*whole));
    fields.text_list("unread", unread);
}

pub fn listed_role(listed: &ListedRole, fields: &mut Fields<'_>) {
    let ListedRole {
        id,
        name,
        scopes,
        scope: at,
        removable,
    } = listed;
    fields.text("id", id.as_deref());
    fields.text("name", name.as_deref());
    if !scopes.is_empty() {
        fields.text_array("scopes", &mut scopes.iter().map(|kind| scope_kind_name(*kind)));
    }
    fields.object("scope", |fields| scope(at, fields));
    fields.flag("removable", Some(*removable));
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
