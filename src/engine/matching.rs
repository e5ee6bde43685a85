//! The only place where a grant is matched against a selector: for selection, for absence and for every guard.
//! A match is yes, no or unclear. Unclear never counts as absent and never passes a guard.

use crate::{
    contract::types::ViaKind,
    naming::{self, Skeleton, look_alike},
    provider::{Grant, GrantKind, Held, Identity, Provider},
    request::Selector,
    sorted,
};

use super::directories::Known;

/// Whether a grant is what a selector means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    Is,
    IsNot,
    Unclear(Doubt),
}

/// Why it can't be told; each with a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Something is not shown that would decide it.
    NotVisible(String),
    /// It may well be the one: only spelling tells the two apart, or row and directory contradict each other.
    MightBe(String),
}

/// Holds a grant against a selector.
pub fn grant(provider: &dyn Provider, selector: &Selector, grant: &Grant, known: &Known) -> Match {
    if !is_of_kind(selector, grant) || !is_at(selector, grant) {
        return Match::IsNot;
    }
    match (grant.kind, &selector.id, &selector.name) {
        (GrantKind::Membership, None, None) => Match::Is,
        (GrantKind::Membership, ..) | (_, None, None) => Match::IsNot,
        (_, Some(id), _) => by_id(provider, id, grant, known),
        (_, None, Some(name)) => by_name(provider, name, grant, known),
    }
}

/// Whether a role as an account's `protected_roles` spells it is, or may be, the role of a grant, or one that goes with it.
pub fn is_protected(
    provider: &dyn Provider,
    text: &str,
    refined: Option<&Selector>,
    grant: &Grant,
    known: &Known,
) -> bool {
    // It is no role, and none goes with it.
    if grant.kind == GrantKind::OrganizationLink {
        return false;
    }
    is_called_so(provider, text, refined, grant, known)
        || provider
            .companions(grant)
            .iter()
            .any(|companion| is_called_so(provider, text, refined, companion, known))
}

fn is_called_so(provider: &dyn Provider, text: &str, refined: Option<&Selector>, grant: &Grant, known: &Known) -> bool {
    let text = text.trim();
    // The place may be spelled otherwise, or by a name.
    let may_be_at = |place: &String| {
        let mut places = grant.scope.workspace.iter().chain(&grant.known_as.workspaces);
        places.any(|own| look_alike(place, own))
    };
    let place = refined.and_then(|selector| selector.workspace.as_ref());
    let is_at_place = place.is_none_or(may_be_at);
    let id = refined.and_then(|selector| selector.id.as_deref()).unwrap_or(text);
    let is_id = is_at_place && by_id(provider, id, grant, known) != Match::IsNot;
    if is_id || by_id(provider, text, grant, known) != Match::IsNot {
        return true;
    }
    match by_name(provider, text, grant, known) {
        Match::Is | Match::Unclear(Doubt::MightBe(_)) => true,
        // A directory that can spell the role otherwise than its row does not show it.
        Match::IsNot => {
            provider.capability().rows_have_own_names
                && grant.kind == GrantKind::Role
                && !provider.is_role_id(text)
                && !known.is_whole()
                && !is_named_by(provider, grant, known)
        }
        // A text that can be no name leaves nothing in doubt where only the name is missing. What is missing of a membership is a
        // group's name: the roles that it gives are companions or go with it.
        Match::Unclear(Doubt::NotVisible(_)) => grant.kind != GrantKind::Membership && !provider.is_role_id(text),
    }
}

/// Whether the directory has a name for the grant's role: by its id, or, of a row without one, by the name of the row.
fn is_named_by(provider: &dyn Provider, grant: &Grant, known: &Known) -> bool {
    if ids(grant).next().is_some() {
        return ids(grant).any(|id| known.names_of(provider, id).next().is_some());
    }
    names(grant).any(|name| known.roles_named(name).next().is_some())
}

fn is_of_kind(selector: &Selector, grant: &Grant) -> bool {
    match grant.kind {
        GrantKind::OrganizationLink => selector.is_link,
        _ if selector.is_link => false,
        GrantKind::Role => true,
        GrantKind::GroupRole | GrantKind::Membership => selector.group.is_some(),
    }
}

fn is_at(selector: &Selector, grant: &Grant) -> bool {
    if grant.kind == GrantKind::OrganizationLink {
        return true;
    }
    // What a wider grant gives at a place is meant only by a selector that names the place.
    let is_only_wider = matches!(&grant.held, Held::Through(via)
        if !via.is_empty() && via.iter().all(|via| via.kind == ViaKind::WiderScope));
    selector.admits(&grant.scope) && (!is_only_wider || selector.workspace.is_some())
}

/// The ids that are known of a grant.
pub fn ids(grant: &Grant) -> impl Iterator<Item = &str> {
    let own = (grant.known_as.identity != Identity::NameOnly).then_some(grant.role_id.as_str());
    own.into_iter()
        .filter(|id| !id.is_empty())
        .chain(grant.known_as.ids.iter().map(String::as_str))
}

/// The names that its row shows of a grant.
pub fn names(grant: &Grant) -> impl Iterator<Item = &str> {
    let is_name = grant.known_as.identity != Identity::Id && !grant.role_id.is_empty();
    is_name
        .then_some(grant.role_id.as_str())
        .into_iter()
        .chain(grant.role_name.as_deref())
        .chain(grant.known_as.names.iter().map(String::as_str))
}

fn by_id(provider: &dyn Provider, wanted: &str, grant: &Grant, known: &Known) -> Match {
    if ids(grant).any(|id| provider.is_same_id(wanted, id)) {
        return Match::Is;
    }
    if ids(grant).next().is_none() {
        return by_id_through_names(provider, wanted, grant, known);
    }
    let skeleton = Skeleton::of(wanted);
    let mut own = ids(grant).chain(names(grant)).chain(
        ids(grant)
            .next()
            .into_iter()
            .flat_map(|id| known.names_of(provider, id)),
    );
    let Some(like) = own.find(|own| skeleton.is_like(own)) else {
        return Match::IsNot;
    };
    let is_listed = ids(grant).any(|id| known.has_id(provider, id));
    if known.is_whole() && known.has_id(provider, wanted) && is_listed {
        return Match::IsNot;
    }
    Match::Unclear(Doubt::MightBe(format!(
        "`{wanted}` is not the id of a role that is held, and `{}`, which is held as `{}`, may be meant",
        like, grant.role_id
    )))
}

/// The row shows no id: whose name is it?
fn by_id_through_names(provider: &dyn Provider, wanted: &str, grant: &Grant, known: &Known) -> Match {
    let mut named: Vec<&str> = names(grant)
        .flat_map(|name| known.roles_named(name))
        .map(|role| role.id.as_str())
        .collect();
    sorted::sort(&mut named);
    named.dedup();
    let is_wanted = |id: &str| provider.is_same_id(wanted, id);
    let skeleton = Skeleton::of(wanted);
    // A name in the place of an id, unless the directory has it for one.
    let may_be_name = !known.has_id(provider, wanted) && names(grant).any(|name| skeleton.is_like(name));
    match named.as_slice() {
        [one] if known.is_whole() && is_wanted(one) => Match::Is,
        _ if may_be_name => Match::Unclear(Doubt::MightBe(format!(
            "`{wanted}` is not the id of a role, and `{}`, which is held, may be meant",
            grant.role_id
        ))),
        several if known.is_whole() && !several.is_empty() && !several.iter().any(|id| is_wanted(id)) => Match::IsNot,
        _ => {
            let name = names(grant).next().unwrap_or("a role without a name");
            let doubt = format!("`{name}` is held, and nothing tells whether its id is `{wanted}`");
            Match::Unclear(if named.iter().any(|id| is_wanted(id)) {
                Doubt::MightBe(doubt)
            } else {
                Doubt::NotVisible(doubt)
            })
        }
    }
}

/// Holds a name against a grant, wherever that is held.
pub fn by_name(provider: &dyn Provider, wanted: &str, grant: &Grant, known: &Known) -> Match {
    // A name that is an id stands in no directory.
    let is_own_id = grant.known_as.identity == Identity::NameIsId;
    let is_of_directory = |id: &str| known.roles_named(wanted).any(|role| provider.is_same_id(&role.id, id));
    if !is_own_id && ids(grant).any(is_of_directory) {
        return Match::Is;
    }
    let names_another = known.roles_named(wanted).next().is_some();
    let listed_names: Vec<&str> = ids(grant)
        .filter(|_| !is_own_id)
        .flat_map(|id| known.names_of(provider, id))
        .collect();
    let is_called = if is_own_id {
        names(grant).any(|name| provider.is_same_id(wanted, name))
    } else {
        names(grant).any(|name| naming::same(name, wanted))
    };
    if is_called {
        // The row calls it so, and the directory calls another one so.
        return if names_another && ids(grant).next().is_some() {
            might_be(wanted, grant)
        } else {
            Match::Is
        };
    }
    let skeleton = Skeleton::of(wanted);
    let mut own = names(grant).chain(listed_names.iter().copied()).chain(ids(grant));
    if own.any(|own| skeleton.is_like(own)) {
        // A directory that was read whole and has the two spellings for two ids tells them apart.
        let is_another = match ids(grant).next() {
            Some(_) => !listed_names.is_empty(),
            None => names(grant).any(|name| known.roles_named(name).next().is_some()),
        };
        return if known.is_whole() && names_another && is_another {
            Match::IsNot
        } else {
            might_be(wanted, grant)
        };
    }
    if names(grant).next().is_none() && listed_names.is_empty() {
        return Match::Unclear(Doubt::NotVisible(format!(
            "the role `{}` is held and nothing shows its name: whether it is called `{wanted}` cannot be told",
            grant.role_id
        )));
    }
    Match::IsNot
}

fn might_be(wanted: &str, grant: &Grant) -> Match {
    let name = names(grant).next().unwrap_or(&grant.role_id);
    Match::Unclear(Doubt::MightBe(format!(
        "`{wanted}` may mean `{name}`, which is held as `{}`: name it by its id",
        grant.role_id
    )))
}

/// Whether a grant of a later reading may be the same as an earlier one that it does not equal by key: spelled otherwise, or with
/// less to tell it by.
pub fn may_be_same(provider: &dyn Provider, one: &Grant, other: &Grant) -> bool {
    let is_near = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => one == other || look_alike(one, other),
        _ => true,
    };
    let scopes_meet = is_near(&one.scope.group, &other.scope.group)
        && is_near(&one.scope.organization, &other.scope.organization)
        && is_near(&one.scope.workspace, &other.scope.workspace);
    // The same role at the same scope, held in another way, is told apart by that.
    let is_told_apart = one.role_id == other.role_id && one.scope == other.scope;
    if one.kind != other.kind || !scopes_meet || is_told_apart {
        return false;
    }
    let without_id = ids(one).next().is_none() || ids(other).next().is_none();
    let shares_id = ids(one).any(|id| ids(other).any(|other| provider.is_same_id(id, other) || look_alike(id, other)));
    let shares_name = names(one).any(|name| names(other).any(|other| look_alike(name, other)));
    shares_id || shares_name || (without_id && (names(one).next().is_none() || names(other).next().is_none()))
}
