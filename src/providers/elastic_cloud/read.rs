//! A fresh read of the user: the member's element, as grants.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use futures_util::future;

use crate::{
    contract::{
        types::{Scope, Via, ViaKind},
        warning::Warning,
    },
    error::{Error, FaultKind, ProviderFault},
    hashed::HashSet,
    naming::{same, same_address},
    provider::{Context, Gap, Grant, Held, Snapshot, UnreadRow},
    request::{Selector, ValidatedRequest},
    sorted::Set,
};

use super::{
    assignments::{ALL, Assigned, Assignments, Places, sorted_name},
    config::Config,
    documents::Member,
    find::{self, Scan, Unattributed},
    ids,
    role_mappings::{self, Mappings},
};

/// Wider grants that are shown at the places of a request at most. With more of them nothing is proven.
const MOST_WIDER: usize = 4_096;

/// Stands for the lists of every kind.
pub const EVERYTHING: &str = "role_assignments";

/// What is kept between the reads of one operation.
#[derive(Default)]
pub struct Memory {
    organization: RefCell<String>,
    /// The scan that found the user: the first read needs no second one.
    first: RefCell<Option<Scan>>,
    /// `None` if the role mappings cannot be read.
    mappings: RefCell<Option<Rc<Mappings>>>,
    /// Where something was held in any read.
    places: RefCell<Places>,
    /// The lists that the first read lacked.
    hidden: RefCell<BTreeSet<&'static str>>,
    /// The first read showed other administrators.
    has_others: Cell<bool>,
    /// Roles whose id alone means assignments with application roles, too.
    pub ambiguous_roles: RefCell<HashSet<String>>,
}

/// Provider-specific data kept from a read for the later steps.
#[derive(Debug)]
pub struct Detail {
    pub member: Member,
    pub organization: String,
    pub assignments: Assignments,
    /// Lists that were never shown: kinds, or [`EVERYTHING`].
    pub hidden: BTreeSet<&'static str>,
    pub admins: usize,
    pub other_admins: usize,
    pub mappings: Option<Rc<Mappings>>,
}

/// Finds the user, and reads the role mappings beside.
pub async fn find_user(config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<String, Error> {
    let organization = find::organization(config, cx).await?;
    let (found, mappings) = future::join(
        find::user(config, cx, &organization),
        role_mappings::mappings(config, cx, &organization),
    )
    .await;
    let (id, scan) = found?;
    memory.organization.replace(organization);
    memory.first.replace(Some(scan));
    memory.mappings.replace(mappings.map(Rc::new));
    Ok(id)
}

/// Scans the members list once, however many entries there are.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, user: &str) -> Result<(Snapshot, Detail), Error> {
    let organization = memory.organization.borrow().clone();
    let mappings = memory.mappings.borrow().clone();
    let first = memory.first.take();
    let is_first = first.is_some();
    let scan = match first {
        Some(scan) => scan,
        None => find::scan(config, cx, &organization, user).await?,
    };
    let Some(found) = scan.found.first() else {
        return Err(ProviderFault::new(FaultKind::BadAnswer, "the members list does not show the user").into());
    };
    // A member that stands there twice holds what either element shows.
    let mut assignments = Assignments::default();
    for found in &scan.found {
        let shown = found.member.role_assignments.as_deref();
        assignments.add(Assignments::read(shown, &organization));
    }
    let stray = own_elements(&scan);
    assignments
        .unread
        .extend(stray.iter().map(|shown| UnreadRow::new(&shown.raw)));
    let mut missing = assignments.hidden.clone();
    if scan.found.iter().any(|found| found.member.role_assignments.is_none()) {
        missing.insert(EVERYTHING);
    }
    if is_first {
        memory.hidden.replace(missing.clone());
        memory.has_others.set(scan.other_admins > 0);
    }
    memory.ambiguous_roles.replace(assignments.ambiguous_roles());
    // A list that goes with the last role in it is none that hides something.
    let (hidden, emptied): (BTreeSet<_>, BTreeSet<_>) = missing
        .into_iter()
        .partition(|kind| memory.hidden.borrow().contains(kind));
    assignments.places.remember(&memory.places.borrow());
    memory.places.replace(assignments.places.clone());
    if let Some(mappings) = &mappings {
        for held in &mut assignments.held {
            if mappings.gives_again(&held.grant) {
                held.grant.warnings.push(Warning::MayReturnAtSsoLogin.text());
            }
        }
    }
    let mut grants = assignments.grants();
    match wider(&assignments, cx.request) {
        Some(wider) => grants.extend(wider),
        None => assignments
            .unread
            .push(UnreadRow::new("more grants for everything than are looked at")),
    }
    // A read-back that lacks what the first read had proves nothing: a list without them may hide more.
    let mut unreadable = Vec::new();
    if scan.other_admins == 0 && memory.has_others.get() {
        unreadable.push(Gap::at("other administrators"));
    }
    let emails: Set<String> = scan
        .found
        .iter()
        .filter_map(|found| found.member.email.as_str().map(str::to_lowercase))
        .collect();
    let mut warnings = Vec::new();
    if mappings.is_none() {
        warnings.push(Warning::SsoNotChecked.text());
    }
    if !hidden.is_empty() {
        warnings.push(Warning::RolesNotWhole.text());
    }
    let member = found.member.clone();
    let reading = Snapshot {
        grants,
        unread: assignments.unread.clone(),
        emails: emails.into_iter().collect(),
        username: member.email.as_str().map(str::to_owned),
        // For guards only: an element that cannot be told to be the user's says nothing else of the user.
        other_ids: stray.iter().flat_map(|shown| &shown.emails).cloned().collect(),
        documents: vec![("user", found.raw.clone())],
        unreadable,
        may_be_protected: hides_address(&scan, &stray).filter(|_| config.protects_addresses),
        is_sparse: !emptied.is_empty(),
        warnings,
    };
    let detail = Detail {
        member,
        organization,
        assignments,
        hidden,
        admins: scan.admins,
        other_admins: scan.other_admins,
        mappings,
    };
    Ok((reading, detail))
}

/// Why the user may have an address that is not shown.
fn hides_address(scan: &Scan, stray: &[&Unattributed]) -> Option<String> {
    let is_unread = scan.found.iter().any(|found| found.member.email.is_unread());
    (is_unread || stray.iter().any(|shown| shown.emails.is_empty())).then(|| {
        String::from(
            "an address of the user cannot be read, and the account protects a user by an address: nothing was sent",
        )
    })
}

/// The elements without one user id that may be the user's own: an id or an e-mail address says so, or nothing tells them apart by it.
fn own_elements(scan: &Scan) -> Vec<&Unattributed> {
    let members = || scan.found.iter().map(|found| &found.member);
    let has_email = members().any(|member| member.email.as_str().is_some());
    let is_own = |shown: &Unattributed| {
        (!has_email && !shown.emails.is_empty())
            || members().any(|member| {
                let (id, email) = (member.user_id.as_str(), member.email.as_str());
                shown.ids.iter().any(|shown| Some(shown.as_str()) == id)
                    || email.is_some_and(|email| shown.emails.iter().any(|shown| same_address(shown, email)))
            })
    };
    scan.unread.iter().filter(|shown| is_own(shown)).collect()
}

/// For every entry that names a place: a grant for the organization, or for all deployments or projects, gives the role there too.
/// `None`: there are too many.
fn wider(assignments: &Assignments, ask: &ValidatedRequest) -> Option<Vec<Grant>> {
    let mut wider: Vec<Grant> = Vec::new();
    let mut seen = HashSet::new();
    let mut asked = HashSet::new();
    for entry in &ask.entries {
        let selector = resolve(entry.selector(), assignments);
        let Some(place) = &selector.workspace else {
            continue;
        };
        if !asked.insert((selector.id.clone(), selector.name.clone(), place.clone())) {
            continue;
        }
        let kind = assignments.places.kind(Some(place));
        for held in mentioned(assignments, &selector) {
            let what = match (held.kind, held.grant.scope.workspace.as_deref()) {
                ("organization", _) => "organization",
                ("deployment", Some(ALL)) => "every deployment",
                (_, Some(ALL)) => "every project",
                _ => continue,
            };
            // What is held for all of one kind is not held at a place of another kind.
            let is_elsewhere = place == ALL || kind.is_some_and(|kind| kind != held.kind);
            if is_elsewhere && held.kind != "organization" {
                continue;
            }
            let grant = Grant {
                scope: Scope {
                    workspace: Some(place.clone()),
                    ..held.grant.scope.clone()
                },
                held: Held::Through(vec![Via {
                    kind: ViaKind::WiderScope,
                    id: Some(held.grant.role_id.clone()),
                    name: Some(what.to_owned()),
                }]),
                ..held.grant.clone()
            };
            if seen.insert(grant.key()) {
                if wider.len() >= MOST_WIDER {
                    return None;
                }
                wider.push(grant);
            }
        }
    }
    Some(wider)
}

/// The assignments at any place that a selector may mean: by id, by name, or by the ids that a name stands for.
pub fn mentioned<'a>(
    assignments: &'a Assignments,
    selector: &Selector,
) -> impl Iterator<Item = &'a Assigned> + use<'a> {
    let texts: Set<String> = match (&selector.id, &selector.name) {
        (Some(id), _) => Set::from([id.clone()]),
        (None, Some(name)) => ids::called(name, None)
            .into_iter()
            .map(|role| role.id.to_owned())
            .chain([name.clone()])
            .collect(),
        (None, None) => Set::default(),
    };
    texts
        .into_iter()
        .flat_map(|text| assignments.mentions(&text))
        .map(|(held, _)| held)
}

/// A selector in the spelling of the reading.
pub fn resolve(selector: &Selector, assignments: &Assignments) -> Selector {
    let mut selector = selector.clone();
    // One custom role may have a plus sign in its name.
    let is_several = |name: &str| name.contains('+') && !assignments.has_application_role(name);
    if let Some(name) = selector.name.as_mut().filter(|name| is_several(name)) {
        *name = sorted_name(name);
    }
    let Some(id) = &selector.id else {
        return selector;
    };
    let mut key = ids::Key::parse(id);
    if let Some(group) = selector.group.as_deref() {
        // With its kind, a short id means one role.
        let whole = ids::canonical(group, &key.role);
        let is_published = matches!(ids::by_id(&key.role, Some(group)).as_slice(), [_]);
        let is_held = || {
            assignments
                .mentions(&whole)
                .any(|(held, _)| ids::Key::parse(&held.grant.role_id).role == whole)
        };
        if ids::published(&key.role).is_none() && (is_published || is_held()) {
            key.role = whole;
        }
    }
    let own = ids::published(&key.role);
    // With its display name, the id of a carrier means it without application roles.
    if let (Some(own), Some(name)) = (own, &selector.name)
        && key.custom.is_empty()
        && ids::is_carrier(own.kind, own.id)
        && same(own.name, name)
        && selector.group.as_deref().is_none_or(|group| group == own.kind)
    {
        selector.id = None;
        selector.group = Some(own.kind.to_owned());
        return selector;
    }
    selector.id = Some(key.text());
    selector
}
