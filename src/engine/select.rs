//! Matching: which grants does each entry of the request mean?

use crate::{
    ask::{Entry, Selector},
    contract::types::Outcome,
    error::Error,
    provider::{Absence, Context, Grant, GrantKind, Provider},
    reason::Reason,
};

use super::{Target, Work};

/// What one entry selected.
pub struct Selection {
    /// Indices of targets, shared between entries that mean the same grant.
    pub targets: Vec<usize>,
    /// Held, but not directly.
    pub inherited: Vec<Grant>,
    /// Decided without a grant.
    pub decided: Option<(Outcome, Option<Reason>, String)>,
    pub warnings: Vec<String>,
    /// The role ids that the entry came down to; a matching grant that appears later is found by them.
    pub role_ids: Vec<String>,
}

impl Selection {
    fn empty() -> Self {
        Self {
            targets: Vec::new(),
            inherited: Vec::new(),
            decided: None,
            warnings: Vec::new(),
            role_ids: Vec::new(),
        }
    }

    pub fn refused(reason: Reason, message: impl Into<String>) -> Self {
        Self::decided(Outcome::Refused, Some(reason), message)
    }

    fn decided(outcome: Outcome, reason: Option<Reason>, message: impl Into<String>) -> Self {
        Self {
            decided: Some((outcome, reason, message.into())),
            ..Self::empty()
        }
    }
}

/// One selection for each entry, in order; the targets are added to `work`.
///
/// # Errors
/// If a read that an entry needs fails: nothing was sent yet.
pub async fn select(provider: &dyn Provider, cx: &Context<'_>, work: &mut Work) -> Result<Vec<Selection>, Error> {
    let mut selections = Vec::with_capacity(cx.ask.entries.len());
    for entry in &cx.ask.entries {
        selections.push(select_one(provider, cx, work, entry).await?);
    }
    Ok(selections)
}

async fn select_one(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work,
    entry: &Entry,
) -> Result<Selection, Error> {
    let selector = entry.selector();
    if matches!(entry, Entry::Organization { .. }) && !provider.capability().organization_links {
        return Ok(Selection::refused(
            Reason::NotSupported,
            format!(
                "{} has no link between a user and an organization that could be removed",
                provider.capability().name
            ),
        ));
    }
    let held: Vec<Grant> = work
        .before
        .grants
        .iter()
        .filter(|grant| means(entry, selector, grant))
        .cloned()
        .collect();
    if let Some(refusal) = contradiction(selector, &held) {
        return Ok(refusal);
    }
    let ids = distinct_ids(&held);
    if selector.id.is_none() && ids.len() > 1 {
        return Ok(Selection::refused(
            Reason::Ambiguous,
            format!(
                "several held roles are called `{}`: {}",
                selector.label(),
                ids.join(", ")
            ),
        ));
    }
    if selector.id.is_none() && selector.name.is_some() && !ids.is_empty() {
        let mut all = provider.namesakes(cx, selector, &work.before).await?;
        all.extend(ids.iter().cloned());
        all.sort();
        all.dedup();
        if all.len() > 1 {
            return Ok(Selection::refused(
                Reason::Ambiguous,
                format!("several roles are called `{}`: {}", selector.label(), all.join(", ")),
            ));
        }
    }
    let (direct, inherited): (Vec<Grant>, Vec<Grant>) = held.into_iter().partition(Grant::is_direct);
    if cx.ask.strict_scope && direct.len() > 1 {
        return Ok(Selection::refused(
            Reason::Ambiguous,
            format!("`{}` is held at {} scopes; name one", selector.label(), direct.len()),
        ));
    }
    if direct.is_empty() && inherited.is_empty() {
        return absent(provider, cx, work, selector).await;
    }
    let targets = direct.into_iter().map(|grant| target(work, grant, false)).collect();
    Ok(Selection {
        targets,
        inherited,
        role_ids: ids,
        ..Selection::empty()
    })
}

async fn absent(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work,
    selector: &Selector,
) -> Result<Selection, Error> {
    Ok(match provider.absence(cx, selector, &work.before).await? {
        Absence::Proven => Selection {
            role_ids: selector.id.iter().cloned().collect(),
            ..Selection::decided(Outcome::AlreadyAbsent, None, "not held")
        },
        Absence::ProvenExcept { warnings } => Selection {
            role_ids: selector.id.iter().cloned().collect(),
            warnings,
            ..Selection::decided(Outcome::AlreadyAbsent, None, "not held")
        },
        Absence::Probe(grants) => {
            let role_ids = distinct_ids(&grants);
            Selection {
                targets: grants.into_iter().map(|grant| target(work, grant, true)).collect(),
                role_ids,
                ..Selection::empty()
            }
        }
        Absence::NotFound(message) => unknown_role(cx, message),
        Absence::Unclear { reason, message } => {
            let outcome = if reason == Reason::NotVisible {
                Outcome::Unknown
            } else {
                Outcome::Refused
            };
            Selection::decided(outcome, Some(reason), message)
        }
    })
}

/// What a role that the provider does not know counts as.
fn unknown_role(cx: &Context<'_>, message: String) -> Selection {
    use crate::contract::types::UnknownRole;
    match cx.ask.unknown_role {
        UnknownRole::NotFound => Selection::decided(Outcome::NotFound, Some(Reason::UnknownRole), message),
        UnknownRole::Absent => Selection {
            warnings: vec![String::from(UNKNOWN_ROLE_WARNING)],
            ..Selection::decided(Outcome::AlreadyAbsent, Some(Reason::UnknownRole), message)
        },
    }
}

/// The warning of an unknown role that counts as absent.
pub const UNKNOWN_ROLE_WARNING: &str = "unknown_role";

fn means(entry: &Entry, selector: &Selector, grant: &Grant) -> bool {
    match (entry, grant.kind) {
        (Entry::Organization { .. }, GrantKind::OrganizationLink) => {
            selector.names(&grant.role_id, grant.role_name.as_deref())
        }
        (Entry::Role { .. }, GrantKind::Role) => {
            selector.names(&grant.role_id, grant.role_name.as_deref()) && selector.admits(&grant.scope)
        }
        (Entry::Role { .. }, GrantKind::GroupRole) => {
            selector.group.is_some()
                && selector.names(&grant.role_id, grant.role_name.as_deref())
                && selector.admits(&grant.scope)
        }
        (Entry::Role { .. }, GrantKind::Membership) => {
            selector.group.is_some()
                && selector.id.is_none()
                && selector.name.is_none()
                && selector.admits(&grant.scope)
        }
        _ => false,
    }
}

/// Id and name both given, and the role of that id has another name.
fn contradiction(selector: &Selector, held: &[Grant]) -> Option<Selection> {
    let (Some(id), Some(name)) = (&selector.id, &selector.name) else {
        return None;
    };
    let other = held
        .iter()
        .filter_map(|grant| grant.role_name.as_deref())
        .find(|held| !crate::ask::same_text(held, name))?;
    Some(Selection::refused(
        Reason::NameMismatch,
        format!("the role with the id `{id}` is called `{other}`, not `{name}`"),
    ))
}

fn distinct_ids(grants: &[Grant]) -> Vec<String> {
    let mut ids: Vec<String> = grants.iter().map(|grant| grant.role_id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The index of the target for a grant: entries that mean the same grant share it.
fn target(work: &mut Work, grant: Grant, probe: bool) -> usize {
    if let Some(index) = work.targets.iter().position(|target| target.grant.same_key(&grant)) {
        return index;
    }
    work.targets.push(Target::new(grant, probe));
    work.targets.len() - 1
}
