//! Matching: which grants does each entry of the request mean?

use std::rc::Rc;

use crate::{
    contract::{
        reason::Reason,
        types::{Mode, Outcome, UnknownRole},
        warning::Warning,
    },
    error::Error,
    hashed::{HashMap, HashSet},
    provider::{Absence, Context, Grant, GrantKind, Provider},
    request::{Entry, Selector},
    sorted,
};

use super::{
    Work,
    directories::Known,
    matched::{Matched, distinct},
    matching::{self, Match},
    names::{ambiguity, contradiction},
    outcome,
};

/// What one entry selected.
pub struct Selection {
    pub entry: Entry,
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
    /// The position of an earlier entry that means the same.
    pub same_as: Option<usize>,
}

impl Selection {
    fn empty() -> Self {
        Self {
            entry: Entry::rest(),
            targets: Vec::new(),
            inherited: Vec::new(),
            decided: None,
            warnings: Vec::new(),
            role_ids: Vec::new(),
            selector: Selector::default(),
            same_as: None,
        }
    }

    /// The same for an entry.
    pub fn of(self, entry: Entry) -> Self {
        Self { entry, ..self }
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
            decided.as_ref().map(|(outcome, ..)| outcome::severity(*outcome))
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
pub async fn select(provider: &dyn Provider, cx: &Context<'_>, work: &mut Work<'_>) -> Result<Vec<Selection>, Error> {
    let mut selections = Vec::with_capacity(cx.request.entries.len());
    let mut first_fault = None;
    let mut undecided: usize = 0;
    let mut seen: HashMap<&Selector, usize> = HashMap::new();
    for (position, entry) in cx.request.entries.iter().enumerate() {
        let earlier = *seen.entry(entry.selector()).or_insert(position);
        if earlier != position {
            selections.push(Selection {
                entry: entry.clone(),
                same_as: Some(earlier),
                ..Selection::empty()
            });
            continue;
        }
        // Too much for one call: it is refused as a whole, and the rest needs no look.
        if excess(work, &selections).is_some() {
            return Ok(selections);
        }
        let selection = match select_one(provider, cx, work, entry).await {
            Ok(selection) => selection,
            // A read that one entry needs does not keep the others.
            Err(Error::Provider(fault)) => {
                undecided = undecided.saturating_add(1);
                // A verify attempts nothing: it does not know.
                let outcome = match cx.request.mode {
                    Mode::Verify => Outcome::Unknown,
                    Mode::Plan | Mode::Revoke => Outcome::NotAttempted,
                };
                let selection = Selection::decided(outcome, Some(fault.reason()), fault.message.clone());
                first_fault.get_or_insert(fault);
                selection
            }
            Err(Error::Refused { reason, message }) => unclear(reason, message),
            Err(error) => return Err(error),
        };
        selections.push(selection.of(entry.clone()));
    }
    match first_fault {
        Some(fault) if undecided == seen.len() => Err(fault.into()),
        Some(fault) => {
            cx.note(&fault);
            Ok(selections)
        }
        None => Ok(selections),
    }
}

/// Everything that the reading shows, an entry for each grant of the user's own, and one for what is not shown.
pub fn everything(provider: &dyn Provider, cx: &Context<'_>, work: &mut Work<'_>) -> Vec<Selection> {
    let nothing = Rc::clone(&work.directories.nothing);
    // A group's role is everybody's: what the user has of it is held through the group.
    let is_own = |grant: &&Grant| grant.kind != GrantKind::GroupRole && grant.directness().is_some();
    let (direct, inherited): (Vec<Grant>, Vec<Grant>) = work
        .before
        .grants
        .iter()
        .filter(is_own)
        .cloned()
        .partition(Grant::is_direct);
    let direct = distinct(direct);
    let held = direct.len().saturating_add(inherited.len());
    let mut selections = Vec::with_capacity(held.min(MOST_GRANTS));
    for grant in direct.into_iter().chain(inherited).take(MOST_GRANTS) {
        let entry = Entry::of_grant(&grant);
        let selector = entry.selector().clone();
        let role_ids = vec![grant.role_id.clone()];
        let doubt = work.unread.named_doubt(provider, (&selector, &grant), &nothing);
        let (targets, inherited) = if grant.is_direct() {
            (vec![work.target(grant, false)], Vec::new())
        } else {
            (Vec::new(), vec![grant])
        };
        selections.push(Selection {
            entry,
            targets,
            inherited,
            role_ids,
            selector,
            decided: doubt.map(|why| (Outcome::Unknown, Some(Reason::NotVisible), why)),
            ..Selection::empty()
        });
    }
    let left = held.saturating_sub(MOST_GRANTS);
    if left > 0 {
        let message = format!("{left} more grants are held than one call takes ({MOST_GRANTS}): repeat it");
        let outcome = match cx.request.mode {
            Mode::Verify => Outcome::Held,
            Mode::Plan | Mode::Revoke => Outcome::NotAttempted,
        };
        selections.push(Selection::decided(outcome, Some(Reason::TooMuchAtOnce), message));
    }
    let gaps = work.before.gaps();
    if !gaps.is_empty() {
        let message = format!("more may be held than is shown: {}", gaps.join("; "));
        selections.push(Selection::decided(Outcome::Unknown, Some(Reason::NotVisible), message));
    } else if held == 0 {
        selections.push(nothing_held(work.before.nothing_held()));
    }
    selections
}

/// What may be said where the whole reading shows nothing. No revoke proves it: there is nothing to revoke.
fn nothing_held(absence: Absence) -> Selection {
    let warnings = match absence {
        Absence::Proven => Vec::new(),
        Absence::ProvenExcept { warnings } => warnings,
        Absence::Unclear { message, .. } | Absence::NotFound(message) => {
            return Selection::decided(Outcome::Unknown, Some(Reason::NotVisible), message);
        }
        Absence::Probe(_) | Absence::Unlisted { .. } => {
            let message = "nothing is shown, and only revoking a role would prove that it is not held";
            return Selection::decided(Outcome::Unknown, Some(Reason::NotVisible), message);
        }
    };
    Selection {
        warnings,
        ..Selection::decided(Outcome::AlreadyAbsent, None, "nothing is held")
    }
}

/// Grants that the entries of one call select at most.
const MOST_GRANTS: usize = 2_000;
/// Roles that one call revokes at most only to prove that they are not held.
const MOST_PROBES: usize = 1_000;

/// Why the selected grants are too many for one call. Before the first write it is certain that the report fits.
pub fn excess(work: &Work<'_>, selections: &[Selection]) -> Option<String> {
    let probes = work.targets.iter().filter(|target| target.probe).count();
    let listed = selections
        .iter()
        .map(|selection| selection.targets.len().saturating_add(selection.inherited.len()))
        .fold(0, usize::saturating_add);
    let grants = listed.saturating_sub(probes);
    (grants > MOST_GRANTS || probes > MOST_PROBES).then(|| {
        format!(
            "the request selects {grants} grants and {probes} roles that only a revoke can prove absent; one call takes at most {MOST_GRANTS} and {MOST_PROBES}: nothing was sent, split it"
        )
    })
}

async fn select_one(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work<'_>,
    entry: &Entry,
) -> Result<Selection, Error> {
    let selector = work.before.resolve(entry.selector());
    let selection = select_resolved(provider, cx, work, &selector).await?;
    Ok(Selection { selector, ..selection })
}

async fn select_resolved(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work<'_>,
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
    let known = known_roles(provider, cx, work, selector).await?;
    let matched = Matched::of(provider, work, selector, &known);
    if let Some(doubt) = matched.might_be {
        return Ok(Selection::refused(Reason::Ambiguous, doubt));
    }
    let held = matched.held;
    if held.is_empty()
        && let Some(fault) = work.before.failed_read(selector)
    {
        return Err(fault.into());
    }
    if let Some(refusal) = contradiction(provider, work, selector, &held, &known) {
        return Ok(refusal);
    }
    if let Some(refusal) = ambiguity(selector, &held, &known) {
        return Ok(refusal);
    }
    let direct = held.iter().filter(|grant| grant.is_direct()).count();
    if cx.request.strict_scope && direct > 1 {
        return Ok(Selection::refused(
            Reason::Ambiguous,
            format!("`{}` is held at {direct} scopes; name one", selector.label()),
        ));
    }
    // What one organization shows says nothing about another one.
    let mut absences = Vec::new();
    if let Some(message) = matched.not_visible {
        absences.push(Absence::Unclear {
            reason: Reason::NotVisible,
            message,
        });
    } else {
        let mut probes: usize = 0;
        for part in selector.by_organization() {
            let is_held = |grant: &Grant| matching::grant(provider, &part, grant, &known) == Match::Is;
            if held.iter().any(is_held) {
                continue;
            }
            let absence = match work.before.absence(cx, &part).await {
                // It does not keep what another organization shows.
                Err(Error::Provider(fault)) if !held.is_empty() => {
                    cx.note(&fault);
                    Absence::Unclear {
                        reason: fault.reason_of_gap(),
                        message: fault.into_details().message,
                    }
                }
                read => read?,
            };
            if let Absence::Probe(grants) | Absence::Unlisted { grants, .. } = &absence {
                probes = probes.saturating_add(grants.len());
            }
            absences.push(absence);
            // The call is refused for them: more of them need no look.
            if probes > MOST_PROBES {
                break;
            }
        }
    }
    if let Some((reason, message)) = work.before.blocked_by(selector) {
        absences.push(Absence::Unclear { reason, message });
    }
    let role_ids = distinct_ids(&held);
    let warnings = not_shown(work, selector, &held);
    let (mut direct, inherited): (Vec<Grant>, Vec<Grant>) = held.into_iter().partition(Grant::is_direct);
    let is_unclear = |absence: &Absence| matches!(absence, Absence::Unclear { .. });
    if cx.request.strict_scope && absences.iter().any(is_unclear) {
        // A second scope may hide in what is not shown.
        direct.clear();
        absences.retain(is_unclear);
    }
    let mut selection = Selection {
        targets: direct.into_iter().map(|grant| work.target(grant, false)).collect(),
        inherited,
        role_ids,
        warnings,
        ..Selection::empty()
    };
    for absence in absences {
        selection.add(absent(cx, work, selector, absence));
    }
    Ok(selection)
}

/// The places of an entry without a scope at which its role is not shown while another one shows it. Nothing is revoked there, so that
/// nothing but the list says that it is not held.
fn not_shown(work: &Work<'_>, selector: &Selector, held: &[Grant]) -> Vec<String> {
    let own = selector.own_organizations.as_deref().unwrap_or_default();
    if held.is_empty() || !selector.organizations.is_empty() {
        return Vec::new();
    }
    let shown: HashSet<&String> = held
        .iter()
        .filter_map(|grant| grant.scope.organization.as_ref())
        .collect();
    own.iter()
        .filter(|place| !shown.contains(place) && !work.before.is_unreadable(place))
        .map(|place| Warning::NotShownInCid.about(place))
        .collect()
}

/// Whether a selector means a grant of the reading, certainly, and nothing else that can be removed.
///
/// # Errors
/// If the directory that it needs cannot be read.
pub async fn means_only(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work<'_>,
    selector: &Selector,
    grant: &Grant,
) -> Result<bool, Error> {
    let selector = &work.before.resolve(selector);
    if work.before.blocked_by(selector).is_some() {
        return Ok(false);
    }
    let known = known_roles(provider, cx, work, selector).await?;
    let matched = Matched::of(provider, work, selector, &known);
    // An entry takes direct grants alone: what else gives the same role stays, and does not make it select more.
    let mut direct = matched.held.iter().filter(|held| held.is_direct());
    Ok(matched.held.iter().any(|held| held.same_key(grant))
        && direct.all(|held| held.same_key(grant))
        && matched.might_be.is_none()
        && ambiguity(selector, &matched.held, &known).is_none()
        && contradiction(provider, work, selector, &matched.held, &known).is_none())
}

/// The roles that the provider lists, as far as the entry needs them: an id that decides without them costs no call.
async fn known_roles(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work<'_>,
    selector: &Selector,
) -> Result<Rc<Known>, Error> {
    let nothing = Rc::clone(&work.directories.nothing);
    let needs_names = selector.name.is_some() || Matched::of(provider, work, selector, &nothing).is_unclear();
    if (selector.id.is_none() && selector.name.is_none()) || !needs_names {
        return Ok(nothing);
    }
    work.directories.at(cx, selector, &work.before).await
}

fn absent(cx: &Context<'_>, work: &mut Work<'_>, selector: &Selector, absence: Absence) -> Selection {
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
                targets: grants.into_iter().map(|grant| work.target(grant, true)).collect(),
                role_ids,
                ..Selection::empty()
            }
        }
        Absence::NotFound(message) => unknown_role(cx, message),
        Absence::Unlisted { grants, message } => {
            let mut selection = unknown_role(cx, message);
            selection.add(absent(cx, work, selector, Absence::Probe(grants)));
            selection
        }
        Absence::Unclear { reason, message } => unclear(reason, message),
    }
}

/// What cannot be seen is unknown; anything else that stands in the way of an entry is a refusal.
pub fn unclear(reason: Reason, message: String) -> Selection {
    let outcome = if reason == Reason::NotVisible || reason.may_pass() {
        Outcome::Unknown
    } else {
        Outcome::Refused
    };
    Selection::decided(outcome, Some(reason), message)
}

/// What a role that the provider does not know counts as.
fn unknown_role(cx: &Context<'_>, message: String) -> Selection {
    match cx.request.unknown_role {
        UnknownRole::NotFound => Selection::decided(Outcome::NotFound, Some(Reason::UnknownRole), message),
        UnknownRole::Absent => Selection {
            warnings: vec![Warning::UnknownRole.text()],
            ..Selection::decided(Outcome::AlreadyAbsent, Some(Reason::UnknownRole), message)
        },
    }
}

pub fn distinct_ids(grants: &[Grant]) -> Vec<String> {
    let mut ids: Vec<String> = grants.iter().map(|grant| grant.role_id.clone()).collect();
    sorted::sort(&mut ids);
    ids.dedup();
    ids
}
