//! Names: whether one means a single role, and whether the id beside it belongs to the same.

use crate::{
    contract::reason::Reason,
    naming::{self, Skeleton},
    provider::{Grant, Identity, Provider},
    request::Selector,
    sorted,
};

use super::{
    Work,
    directories::Known,
    matched::Matched,
    matching::{self, Match},
    select::{Selection, distinct_ids, unclear},
};

/// A name that fits several roles, or may fit another one that the directory does not show.
pub fn ambiguity(selector: &Selector, held: &[Grant], known: &Known) -> Option<Selection> {
    let (None, Some(name)) = (&selector.id, &selector.name) else {
        return None;
    };
    if held.is_empty() {
        return None;
    }
    let mut ids = distinct_ids(held);
    let mut listed: Vec<String> = known.roles_named(name).map(|role| role.id.clone()).collect();
    sorted::sort(&mut listed);
    listed.dedup();
    let has_ids = held.iter().all(|grant| grant.known_as.identity != Identity::NameOnly);
    if has_ids {
        ids.extend(listed);
        sorted::sort(&mut ids);
        ids.dedup();
    } else if listed.len() > 1 {
        ids = listed;
    }
    if ids.len() > 1 {
        return Some(Selection::refused(
            Reason::Ambiguous,
            format!(
                "the name `{}` matches several roles ({}): use a role id instead",
                selector.label(),
                ids.join(", ")
            ),
        ));
    }
    let gap = known.gap()?;
    (!is_known_by_name(held)).then(|| {
        unclear(
            Reason::NotVisible,
            format!("whether another role is called `{name}` cannot be told: {gap}"),
        )
    })
}

/// A role whose name is its id shares it with no other role. Where the rows show only a name, the provider knows the role by it.
fn is_known_by_name(held: &[Grant]) -> bool {
    held.iter().all(|grant| grant.known_as.identity != Identity::Id)
}

/// Id and name both given, and they do not belong to one role, or that cannot be told.
pub fn contradiction(
    provider: &dyn Provider,
    work: &Work<'_>,
    selector: &Selector,
    held: &[Grant],
    known: &Known,
) -> Option<Selection> {
    let (Some(id), Some(name)) = (&selector.id, &selector.name) else {
        return None;
    };
    if held.is_empty() {
        return contradiction_of_absent(provider, work, selector, (id, name), known);
    }
    held.iter()
        .find_map(|grant| match matching::by_name(provider, name, grant, known) {
            Match::Is => None,
            Match::IsNot => {
                let other = grant.role_name.as_deref().unwrap_or(&grant.role_id);
                Some(called_otherwise(id, other, name))
            }
            Match::Unclear(_) => Some(format!(
                "whether the role with the id `{id}` is called `{name}` cannot be told: leave the name out"
            )),
        })
        .map(|message| Selection::refused(Reason::NameMismatch, message))
}

/// Nothing with the id is held: the directory says what it is called. Where it does not, a role that the name means, or may mean, must
/// not be taken for absent because of the id.
fn contradiction_of_absent(
    provider: &dyn Provider,
    work: &Work<'_>,
    selector: &Selector,
    (id, name): (&str, &str),
    known: &Known,
) -> Option<Selection> {
    let mut names = known.names_of(provider, id).peekable();
    if let Some(&other) = names.peek() {
        let is_called_so = names.any(|own| naming::same(own, name));
        return (!is_called_so).then(|| Selection::refused(Reason::NameMismatch, called_otherwise(id, other, name)));
    }
    let by_name = Selector {
        id: None,
        ..selector.clone()
    };
    let candidates = work.index.candidates(&by_name, known);
    let mut grants = candidates.into_iter().filter_map(|at| work.before.grants.get(at));
    if let Some(grant) = grants.find(|grant| matching::grant(provider, &by_name, grant, known) == Match::Is) {
        let message = format!(
            "the role `{name}` is held as `{}`, and not as `{id}`: use one of the two",
            grant.role_id
        );
        return Some(Selection::refused(Reason::NameMismatch, message));
    }
    let named = Matched::of(provider, work, &by_name, known);
    if let Some(doubt) = named.might_be {
        return Some(Selection::refused(Reason::Ambiguous, doubt));
    }
    if let Some(doubt) = named.not_visible {
        return Some(unclear(Reason::NotVisible, doubt));
    }
    // A directory that was read whole has no role with the id.
    let other = known
        .ids_like(&Skeleton::of(name))
        .next()
        .filter(|_| known.is_whole())?;
    let message = format!("`{name}` is, or may be, the role with the id `{other}`, and not `{id}`: use one of the two");
    Some(Selection::refused(Reason::NameMismatch, message))
}

fn called_otherwise(id: &str, other: &str, name: &str) -> String {
    format!("the role with the id `{id}` is called `{other}`, not `{name}`")
}
