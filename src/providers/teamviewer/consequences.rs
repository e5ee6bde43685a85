//! What else goes with a group.

use crate::{
    contract::types::{Scope, SideEffect, Via, ViaKind},
    provider::{Affects, Consequence, Grant, GrantKind, Held, Reading},
};

use super::reading::Detail;

/// Who leaves a group loses its role, unless it is held in another way that stays.
pub fn of_leaving(reading: &Reading, targets: &[Grant]) -> Vec<Consequence> {
    let left: Vec<&str> = targets
        .iter()
        .filter(|grant| grant.kind == GrantKind::Membership)
        .filter_map(|grant| grant.scope.group.as_deref())
        .collect();
    let stays = |role: &str| {
        reading
            .grants
            .iter()
            .filter(|grant| grant.kind == GrantKind::Role && grant.role_id == role)
            .any(|grant| match &grant.held {
                Held::Direct => true,
                Held::Through(via) => via
                    .iter()
                    .filter_map(|via| via.id.as_deref())
                    .any(|id| !left.contains(&id)),
            })
    };
    let given_by = |group: &Grant| {
        reading
            .grants
            .iter()
            .find(|grant| grant.kind == GrantKind::GroupRole && grant.scope == group.scope)
            .filter(|grant| !stays(&grant.role_id))
    };
    targets
        .iter()
        .enumerate()
        .filter(|(_, grant)| grant.kind == GrantKind::Membership)
        .filter_map(|(target, grant)| {
            let role = given_by(grant)?;
            let name = role.role_name.as_ref().unwrap_or(&role.role_id);
            Some(Consequence {
                affects: Affects::default(),
                target,
                effect: SideEffect::LeaveGroup,
                lists: vec![format!("the role `{name}` that the group gives")],
                takes: vec![through(role)],
            })
        })
        .collect()
}

/// The group's role as its member holds it: the group keeps its own.
fn through(role: &Grant) -> Grant {
    let via = Via {
        kind: ViaKind::Group,
        id: role.scope.group.clone(),
        name: None,
    };
    Grant {
        kind: GrantKind::Role,
        scope: Scope {
            group: None,
            ..role.scope.clone()
        },
        held: Held::Through(vec![via]),
        effects: Vec::new(),
        warnings: Vec::new(),
        ..role.clone()
    }
}

/// A role that goes from a group goes from the owner of the token too, if that user is in it.
pub fn of_stripping(detail: &Detail, own: &str, targets: &[Grant]) -> Vec<Consequence> {
    let is_in = |grant: &Grant| group_of(grant).is_some_and(|group| detail.is_member(group, own));
    targets
        .iter()
        .enumerate()
        .filter(|(_, grant)| grant.kind == GrantKind::GroupRole && is_in(grant))
        .map(|(target, _)| Consequence {
            affects: Affects::default(),
            target,
            effect: SideEffect::RemoveOwnAccess,
            lists: vec![format!("the role of `{own}`, whose token this is")],
            takes: Vec::new(),
        })
        .collect()
}

/// The group in a grant's scope.
pub fn group_of(grant: &Grant) -> Option<u64> {
    grant.scope.group.as_ref()?.parse().ok()
}
