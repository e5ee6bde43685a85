//! What a user holds.

pub mod directory;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use futures_util::future;

use crate::{
    client::{QueryBuilder, lenient::Rows},
    contract::{types::Mode, warning::Warning},
    error::Error,
    provider::{Context, Gap, GrantKind, Snapshot},
    request::{Entry, Selector},
    sorted::{self, Set},
};

use super::{
    account_types::{self, ListOf, Lists, Ownerships, Workspace},
    assignments::{Assignments, Extent, Narrowing},
    config::Config,
    core::{self, Fault, Pages, Scim},
    documents::{Identity, ScimUser, User},
    find::{self, Member},
    ids,
};

/// Slack-specific data kept from a read for the later steps.
pub struct Detail {
    pub user: User,
    pub member: Member,
    pub assignments: Assignments,
    /// The workspaces whose lists of owners and admins the request needs.
    pub workspaces: BTreeMap<String, Workspace>,
    /// Read only where the request may demote the user in the organization.
    pub ownerships: Option<Ownerships>,
    /// The SCIM user, if the account asks for it and it could be read.
    pub scim: Option<ScimUser>,
}

/// What the reads and writes of one operation share.
#[derive(Default)]
pub struct Memory {
    narrowing: Narrowing,
    /// The other id of the user that `migration.exchange` confirmed.
    pub confirmed: RefCell<Option<String>>,
    /// Whose the token is, asked once.
    pub identity: RefCell<Option<Result<Identity, Fault>>>,
    /// The lists of workspaces that the last read needed: the next one begins with them.
    needed: RefCell<Set<ListOf>>,
    /// The account types of the first read, which the guards judge by.
    pub guarded: RefCell<Option<Standing>>,
    /// A demotion in the organization may have had an effect.
    pub has_demoted: Cell<bool>,
}

/// The account types of a user, as far as a demotion depends on them.
#[derive(Clone)]
pub struct Standing {
    pub member: Member,
    pub workspaces: BTreeMap<String, Workspace>,
    pub ownerships: Option<Ownerships>,
}

/// A fresh read of the user and of everything that is held.
///
/// # Errors
/// [`Error::UserNotFound`], [`Error::Refused`] for another user's document, or a failed read. The lists of one workspace concern only
/// the entries that mean it, unless everything is read.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, user: &str) -> Result<(Snapshot, Detail), Error> {
    let is_first = memory.guarded.borrow().is_none();
    let mut all = Pages::new(config, cx, core::ASSIGNMENTS, []);
    let mut lists = Lists::default();
    // The user first: what changes after it was read shows in the lists.
    let begun = future::join(
        future::try_join4(
            find::info(config, cx, user),
            async { all.next().await.map_err(Error::from) },
            async { Ok(core::scim_user(config, cx, user).await) },
            async {
                // Nothing is guarded where nothing can be written.
                if cx.request.mode != Mode::Verify || cx.request.reads_everything() {
                    ask_for_identity(config, cx, memory).await;
                }
                Ok(())
            },
        ),
        lists.read(config, cx, known_to_be_needed(cx, memory)),
    );
    let (read, ()) = begun.await;
    let ((document, raw), first, scim, ()) = read?;
    find::confirm(config, cx, &memory.confirmed, user, &document).await?;
    let member = Member::new(&document, user, enterprise(config, cx, memory, &document).await?);
    // What was held where the first read looked is looked for there, whatever the document names by now.
    let mut of_request: Vec<String> = workspaces_of_request(cx, &member).into_iter().collect();
    if let Some(guarded) = memory.guarded.borrow().as_ref() {
        of_request.extend(guarded.workspaces.keys().cloned());
    }
    let of_request: Set<String> = of_request.into_iter().collect();
    let is_demotable = needs_ownerships(cx, memory, &member);
    let mut needed = ListOf::both(&of_request);
    if is_demotable {
        needed.extend(ListOf::owners(&member, &guarded_ownerships(memory)));
    }
    memory.needed.borrow_mut().clone_from(&needed);
    let (assignments, ()) = future::join(
        Assignments::read(config, cx, &member, &memory.narrowing, all, first.unwrap_or_default()),
        lists.read(config, cx, needed),
    )
    .await;
    let assignments = assignments?;
    lists
        .read(config, cx, account_types::to_explain(&lists, &member, &of_request))
        .await;
    let workspaces = account_types::of_workspaces(&lists, &member, of_request);
    if cx.request.reads_everything()
        && let Some(fault) = account_types::failed_read(workspaces.values())
    {
        return Err(fault.clone().into());
    }
    let ownerships = is_demotable.then(|| account_types::ownerships(&lists, &member, &guarded_ownerships(memory)));
    memory.guarded.borrow_mut().get_or_insert_with(|| Standing {
        member: member.clone(),
        workspaces: workspaces.clone(),
        ownerships: ownerships.clone(),
    });
    let mut grants = assignments.grants.clone();
    grants.extend(account_types::of_organization(&member));
    grants.extend(account_types::grants(&member, &workspaces));
    if workspaces.is_empty() && of_workspaces(cx).next().is_some() {
        grants.extend(account_types::everywhere(&member));
    }
    let owned = ownerships.iter().flat_map(|ownerships| &ownerships.workspaces);
    for workspace in owned.filter(|workspace| !workspaces.contains_key(*workspace)) {
        grants.push(account_types::ownership(&member, Some(workspace)));
    }
    let unreadable = unreadable(&member, &assignments, &workspaces, ownerships.as_ref());
    let mut documents = vec![("user", raw.get().to_owned())];
    // A part of the list would look like all of it.
    if assignments.extent == Extent::Whole {
        let rows: Vec<&str> = assignments.rows.iter().map(|row| row.get()).collect();
        documents.push(("role_assignments", format!("[{}]", rows.join(","))));
    }
    let scim = own_scim(config, cx, &member, scim).await;
    // Whether the user is protected is not known yet, and may be the next time.
    if let Scim::NotRead(Some(fault)) = &scim
        && is_first
        && config.protects_addresses
        && cx.request.mode != Mode::Verify
        && fault.reason().may_pass()
    {
        return Err(fault.clone().into());
    }
    let may_be_protected = may_be_protected(config, &member, &scim);
    let scim = match scim {
        Scim::Read(user, document) => {
            documents.push(("scim", document));
            Some(user)
        }
        Scim::None | Scim::NotFound | Scim::NotRead(_) => None,
    };
    let reading = Snapshot {
        grants,
        unread: assignments.unread.clone(),
        emails: emails(&document, scim.as_ref()),
        username: document.name.as_str().map(str::to_owned),
        other_ids: member.other_ids(),
        documents,
        unreadable,
        may_be_protected,
        is_sparse: false,
        warnings: warnings(cx, &member, &assignments, &workspaces),
    };
    let detail = Detail {
        user: document,
        member,
        assignments,
        workspaces,
        ownerships,
        scim,
    };
    Ok((reading, detail))
}

/// The workspaces of which the first read knew, or could not know, that the user owns them.
pub fn guarded_ownerships(memory: &Memory) -> Set<String> {
    let guarded = memory.guarded.borrow();
    let ownerships = guarded.iter().flat_map(|standing| &standing.ownerships);
    let known = ownerships.flat_map(|known| known.workspaces.iter().chain(known.unclear.iter()));
    known.cloned().collect()
}

/// The SCIM document of the person: SCIM may know one id of two.
async fn own_scim(config: &Config, cx: &Context<'_>, member: &Member, asked: Scim) -> Scim {
    let mut scim = asked;
    for id in member.other_ids() {
        if !matches!(scim, Scim::NotFound) {
            break;
        }
        scim = core::scim_user(config, cx, &id).await;
    }
    match scim {
        Scim::Read(user, _) if !user.id.as_str().is_some_and(|id| member.is(id)) => Scim::NotRead(None),
        scim => scim,
    }
}

/// The engine compares the ids and addresses that Slack shows. One that it does not show may be protected.
fn may_be_protected(config: &Config, member: &Member, scim: &Scim) -> Option<String> {
    if config.protected_ids.iter().any(|id| member.may_be(id)) {
        return Some(String::from(
            "Slack's user document does not show all ids of the user, and the account protects a user by an id that may be one of them: nothing was sent",
        ));
    }
    let shows_all_addresses = match scim {
        Scim::None | Scim::NotFound => true,
        Scim::NotRead(_) => false,
        Scim::Read(user, _) => match &user.emails {
            Rows::Absent => true,
            emails => {
                emails.is_whole()
                    && emails
                        .read()
                        .all(|email| email.value.as_str().is_some_and(|text| text.contains('@')))
            }
        },
    };
    (config.protects_addresses && !shows_all_addresses).then(|| {
        String::from("the user's SCIM addresses cannot be read, and the account protects a user by an address that may be one of them: nothing was sent")
    })
}

/// The lists that will be needed whatever the document shows: those of the last read, or of the workspaces that the request names.
fn known_to_be_needed(cx: &Context<'_>, memory: &Memory) -> Set<ListOf> {
    let needed = memory.needed.borrow();
    if !needed.is_empty() {
        return needed.clone();
    }
    let named = of_workspaces(cx).filter_map(|selector| selector.workspace.clone());
    ListOf::both(&named.collect())
}

/// Whose the token is. Asked with the first read, since that takes no longer.
async fn ask_for_identity(config: &Config, cx: &Context<'_>, memory: &Memory) {
    if memory.identity.borrow().is_none() {
        let identity = core::read(config, cx, "auth.test", QueryBuilder::new()).await;
        *memory.identity.borrow_mut() = Some(identity);
    }
}

/// Whose the token is.
///
/// # Errors
/// What the one question gave.
pub async fn identity(config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<Identity, Fault> {
    ask_for_identity(config, cx, memory).await;
    memory
        .identity
        .borrow()
        .clone()
        .unwrap_or_else(|| Ok(Identity::default()))
}

/// The organization's id: the account's setting, what the document says, or whose the token is.
async fn enterprise(config: &Config, cx: &Context<'_>, memory: &Memory, user: &User) -> Result<String, Fault> {
    match find::enterprise(config, user) {
        Some(id) => Ok(id),
        None => find::enterprise_of(identity(config, cx, memory).await?),
    }
}

/// Whether the ownerships are read that would go with a demotion in the organization. If the first read has them, all reads do.
fn needs_ownerships(cx: &Context<'_>, memory: &Memory, member: &Member) -> bool {
    let guarded = memory
        .guarded
        .borrow()
        .as_ref()
        .map(|standing| standing.ownerships.is_some());
    let is_demotable = member
        .above
        .is_some_and(|above| !above.is_primary_owner && !above.is_regular());
    let is_asked = || {
        cx.request.reads_everything()
            || selectors(cx).any(|selector| ids::meant(selector).iter().any(|id| is_of_organization(id)))
    };
    guarded.unwrap_or_else(|| is_demotable && is_asked())
}

fn is_of_organization(id: &str) -> bool {
    ids::is_account_type(id) && !ids::is_of_workspace(id)
}

/// Every address that Slack shows. There is none if the token lacks `users:read.email`.
fn emails(user: &User, scim: Option<&ScimUser>) -> Vec<String> {
    let own = user.profile.read().and_then(|profile| profile.email.as_str());
    let more = scim.into_iter().flat_map(|scim| scim.emails.read());
    let mut emails: Vec<String> = own
        .into_iter()
        .chain(more.filter_map(|email| email.value.as_str()))
        .map(|email| email.trim().to_lowercase())
        .collect();
    sorted::sort(&mut emails);
    emails.dedup();
    emails
}

/// What could not be read: a read-back that sees less than the first read is not settled.
fn unreadable(
    member: &Member,
    assignments: &Assignments,
    workspaces: &BTreeMap<String, Workspace>,
    ownerships: Option<&Ownerships>,
) -> Vec<Gap> {
    let gaps = workspaces
        .iter()
        .filter(|(_, workspace)| workspace.gap().is_some())
        .map(|(id, _)| id);
    let unclear = ownerships.into_iter().flat_map(|ownerships| &ownerships.unclear);
    let places: Set<String> = gaps.chain(unclear).cloned().collect();
    let mut unreadable: Vec<Gap> = places.into_iter().map(Gap::at).collect();
    if member.above.is_none() {
        unreadable.push(Gap::of("account type", &member.enterprise));
    }
    if !member.has_teams {
        unreadable.push(Gap::of("workspaces", &member.enterprise));
    }
    if let Extent::Roles {
        has_control, unknown, ..
    } = &assignments.extent
    {
        // A narrowed list without a row of the whole one proves nothing.
        if !has_control {
            unreadable.push(Gap::unreliable(GrantKind::Role, core::ASSIGNMENTS.method));
        }
        let refused = unknown.iter().map(|role| Gap::of(role, core::ASSIGNMENTS.method));
        unreadable.extend(refused);
    }
    unreadable
}

fn warnings(
    cx: &Context<'_>,
    member: &Member,
    assignments: &Assignments,
    workspaces: &BTreeMap<String, Workspace>,
) -> Vec<String> {
    let mut warnings = vec![Warning::IdpInheritanceNotVisible.text()];
    if assignments.extent != Extent::Whole {
        warnings.push(Warning::RolesNotWhole.text());
    }
    if selectors(cx).any(|selector| selector.id.as_deref().is_some_and(ids::is_custom)) {
        warnings.push(Warning::CustomRoleNotChecked.text());
    }
    if !member.has_teams && of_workspaces(cx).any(|selector| selector.workspace.is_none()) {
        warnings.push(Warning::WorkspacesNotVisible.text());
    }
    warnings.extend(
        workspaces
            .iter()
            .filter(|(_, workspace)| workspace.gap().is_some())
            .map(|(id, _)| Warning::WorkspaceNotVisible.about(id)),
    );
    warnings
}

/// The workspaces whose account types are read: those that the request means.
fn workspaces_of_request(cx: &Context<'_>, member: &Member) -> Set<String> {
    if cx.request.reads_everything() {
        let teams = member.teams.iter().take(account_types::MOST_WORKSPACES);
        return teams.cloned().collect();
    }
    let mut workspaces: Set<String> = of_workspaces(cx)
        .filter_map(|selector| selector.workspace.clone())
        .collect();
    if of_workspaces(cx).any(|selector| selector.workspace.is_none()) {
        workspaces.extend(member.teams.iter().cloned());
    }
    workspaces
}

/// The entries that mean an account type of a workspace.
fn of_workspaces<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Selector> {
    selectors(cx).filter(|selector| selector.id.as_deref().is_some_and(ids::is_of_workspace))
}

fn selectors<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Selector> {
    cx.request.entries.iter().map(Entry::selector)
}
