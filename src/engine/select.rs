//! Matching: which grants does each entry of the request mean?

use crate::{
    ask::{Entry, Selector},
    contract::types::{Outcome, UnknownRole},
    error::Error,
    provider::{Absence, Context, Grant, GrantKind, Provider, Reading},
    reason::Reason,
    warning::Warning,
};

use super::{Target, Work, outcome};

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
    /// In the spelling of the reading.
    pub selector: Selector,
}

impl Selection {
    fn empty() -> Self {
        Self {
            targets: Vec::new(),
            inherited: Vec::new(),
            decided: None,
            warnings: Vec::new(),
            role_ids: Vec::new(),
            selector: Selector::default(),
        }
    }

    pub fn refused(reason: Reason, message: impl Into<String>) -> Self {
        Self::decided(Outcome::Refused, Some(reason), message)
    }

    /// The other part of the same entry; of two decisions the worse one stays.
    fn add(&mut self, other: Self) {
        self.targets.extend(other.targets);
        self.inherited.extend(other.inherited);
        self.warnings.extend(other.warnings);
        self.role_ids.extend(other.role_ids);
        let rank = |decided: &Option<(Outcome, Option<Reason>, String)>| {
            decided.as_ref().map(|(outcome, ..)| outcome::badness(*outcome))
        };
        if rank(&other.decided) > rank(&self.decided) {
            self.decided = other.decided;
        }
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
    let mut first_fault = None;
    let mut undecided = 0;
    for entry in &cx.ask.entries {
        selections.push(match select_one(provider, cx, work, entry).await {
            Ok(selection) => selection,
            // A read that one entry needs does not keep the others.
            Err(Error::Provider(fault)) => {
                undecided += 1;
                let selection = Selection::decided(Outcome::NotAttempted, Some(fault.reason()), fault.message.clone());
                first_fault.get_or_insert(fault);
                selection
            }
            Err(Error::Refused { reason, message }) => unclear(reason, message),
            Err(error) => return Err(error),
        });
    }
    match first_fault {
        Some(fault) if undecided == selections.len() => Err(fault.into()),
        Some(fault) => {
            cx.note(&fault);
            Ok(selections)
        }
        None => Ok(selections),
    }
}

async fn select_one(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work,
    entry: &Entry,
) -> Result<Selection, Error> {
    let selector = provider.resolve(entry.selector(), &work.before);
    let selection = select_resolved(provider, cx, work, &selector).await?;
    Ok(Selection { selector, ..selection })
}

async fn select_resolved(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work,
    selector: &Selector,
) -> Result<Selection, Error> {
    if selector.is_link && !provider.capability().organization_links {
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
        .filter(|grant| means(provider, selector, grant))
        .cloned()
        .collect();
    if let Some(refusal) = contradiction(provider, selector, &held) {
        return Ok(refusal);
    }
    if let Some(refusal) = ambiguity(provider, cx, work, selector, &held).await? {
        return Ok(refusal);
    }
    let direct = held.iter().filter(|grant| grant.is_direct()).count();
    if cx.ask.strict_scope && direct > 1 {
        return Ok(Selection::refused(
            Reason::Ambiguous,
            format!("`{}` is held at {direct} scopes; name one", selector.label()),
        ));
    }
    // What one organization shows says nothing about another one.
    let mut absences = Vec::new();
    for part in selector.by_organization() {
        if !held.iter().any(|grant| means(provider, &part, grant)) {
            absences.push(provider.absence(cx, &part, &work.before).await?);
        }
    }
    if let Some((reason, message)) = provider.obstacle(selector, &work.before) {
        absences.push(Absence::Unclear { reason, message });
    }
    let role_ids = distinct_ids(&held);
    let (direct, inherited): (Vec<Grant>, Vec<Grant>) = held.into_iter().partition(Grant::is_direct);
    let mut selection = Selection {
        targets: direct.into_iter().map(|grant| target(work, grant, false)).collect(),
        inherited,
        role_ids,
        ..Selection::empty()
    };
    for absence in absences {
        selection.add(absent(cx, work, selector, absence));
    }
    Ok(selection)
}

/// A name that fits several roles.
async fn ambiguity(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &Work,
    selector: &Selector,
    held: &[Grant],
) -> Result<Option<Selection>, Error> {
    let mut ids = distinct_ids(held);
    if selector.id.is_some() || selector.name.is_none() || ids.is_empty() {
        return Ok(None);
    }
    if ids.len() == 1 {
        ids.extend(provider.namesakes(cx, selector, &work.before).await?);
        ids.sort();
        ids.dedup();
    }
    Ok((ids.len() > 1).then(|| {
        Selection::refused(
            Reason::Ambiguous,
            format!("several roles are called `{}`: {}", selector.label(), ids.join(", ")),
        )
    }))
}

fn absent(cx: &Context<'_>, work: &mut Work, selector: &Selector, absence: Absence) -> Selection {
    let not_held = |warnings| Selection {
        role_ids: selector.id.iter().cloned().collect(),
        warnings,
        ..Selection::decided(Outcome::AlreadyAbsent, None, "not held")
    };
    match absence {
        Absence::Proven => not_held(Vec::new()),
        Absence::ProvenExcept { warnings } => not_held(warnings),
        Absence::Probe(grants) => {
            let role_ids = distinct_ids(&grants);
            Selection {
                targets: grants.into_iter().map(|grant| target(work, grant, true)).collect(),
                role_ids,
                ..Selection::empty()
            }
        }
        Absence::NotFound(message) => unknown_role(cx, &work.before, selector.label(), message),
        Absence::Unclear { reason, message } => unclear(reason, message),
    }
}

/// What cannot be seen is unknown; anything else that stands in the way of an entry is a refusal.
fn unclear(reason: Reason, message: String) -> Selection {
    let outcome = if reason == Reason::NotVisible {
        Outcome::Unknown
    } else {
        Outcome::Refused
    };
    Selection::decided(outcome, Some(reason), message)
}

/// What a role that the provider does not know counts as.
fn unknown_role(cx: &Context<'_>, reading: &Reading, label: &str, message: String) -> Selection {
    match cx.ask.unknown_role {
        UnknownRole::NotFound => Selection::decided(Outcome::NotFound, Some(Reason::UnknownRole), message),
        UnknownRole::Absent if reading.shows_called(label) => Selection::refused(
            Reason::Ambiguous,
            format!("no role has the id `{label}`, and a held one is called that"),
        ),
        UnknownRole::Absent => Selection {
            warnings: vec![Warning::UnknownRole.text()],
            ..Selection::decided(Outcome::AlreadyAbsent, Some(Reason::UnknownRole), message)
        },
    }
}

fn means(provider: &dyn Provider, selector: &Selector, grant: &Grant) -> bool {
    let is_named = selector.names(&grant.role_id, grant.role_name.as_deref());
    match grant.kind {
        GrantKind::OrganizationLink => selector.is_link && is_named,
        _ if selector.is_link => false,
        GrantKind::Role => provider.means(selector, grant),
        GrantKind::GroupRole => selector.group.is_some() && is_named && selector.admits(&grant.scope),
        GrantKind::Membership => {
            selector.group.is_some()
                && selector.id.is_none()
                && selector.name.is_none()
                && selector.admits(&grant.scope)
        }
    }
}

/// Id and name both given, and the role of that id has another name.
fn contradiction(provider: &dyn Provider, selector: &Selector, held: &[Grant]) -> Option<Selection> {
    let (Some(id), Some(name)) = (&selector.id, &selector.name) else {
        return None;
    };
    let by_name = Selector {
        id: None,
        ..selector.clone()
    };
    let other = held
        .iter()
        .filter(|grant| !means(provider, &by_name, grant))
        .find_map(|grant| grant.role_name.as_deref())?;
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
