//! What a user holds: every role with the ways in which it is held, and what stands in the groups that the request names, or in all
//! groups if it names nothing.

mod lists;
mod memory;
mod roles;

use std::time::Duration;

use futures_util::future;
use serde_json::json;

use crate::{
    contract::warning::Warning,
    error::{Error, ProviderFault},
    hashed::HashMap,
    provider::{Context, Coverage, Directory, GrantKind, Snapshot, role_index::RoleIndex},
    request::{Entry, Selector},
    sorted::Set,
};

pub use self::memory::Memory;

use self::{
    lists::{Ask, Lists},
    memory::{Found, ask_for_owner, directory, group_names, named_groups},
    roles::Roles,
};
use super::{
    config::Config,
    core::{self, Holds},
    documents, find,
    groups::{self, GroupState, RequestedGroup, Resolution, UserGroup},
};

/// Provider-specific data kept from a read for the later steps.
pub struct Detail {
    pub user: documents::User,
    pub id: String,
    /// The company's roles.
    pub roles: RoleIndex,
    /// The groups that the request names; all of them if it names nothing.
    pub named: Vec<RequestedGroup>,
    /// What was read of those that exist. If the request names nothing: of those that the user is in, or may be in.
    pub groups: Vec<GroupState>,
    /// Where something may be held that is not shown, for people.
    pub gaps: Vec<String>,
    /// Why the company's roles could not be read.
    pub directory_failure: Option<ProviderFault>,
    /// Roles of which the own lists could not be read.
    role_failures: HashMap<String, ProviderFault>,
}

/// Where a reading looks.
struct Places<'a> {
    /// Roles of which the own lists are read.
    roles: Set<String>,
    groups: Vec<&'a UserGroup>,
    /// Groups whose role is read even if the user is in none of them.
    with_role: Set<u64>,
}

/// Roles whose own lists a full reading reads, besides those that TeamViewer lists for the user.
const MOST_ROLES: usize = 100;
/// Groups whose members a full reading reads.
const MOST_GROUPS: usize = 100;

/// Lists that contradict each other are read again after these pauses: somebody may have changed them between two reads.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];

/// A fresh read in which the lists agree, as far as there is time. After a write the engine repeats the read itself.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, user: &str) -> Result<(Snapshot, Detail), Error> {
    for pause in PAUSES {
        let (reading, detail, agrees) = read_once(config, cx, memory, user).await?;
        let transport = cx.client.transport();
        let has_time = cx.client.deadline().left(transport) > pause.saturating_mul(10);
        if agrees || cx.client.wrote() || !has_time {
            return Ok((reading, detail));
        }
        transport.sleep(pause).await;
    }
    let (reading, detail, _) = read_once(config, cx, memory, user).await?;
    Ok((reading, detail))
}

/// A reading, its detail, and whether the lists agree.
async fn read_once(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    user: &str,
) -> Result<(Snapshot, Detail, bool), Error> {
    let mut lists = Lists::default();
    let (read, _) = future::join(
        future::join5(
            find::user(config, cx, user),
            core::roles_of_user(config, cx, user),
            directory(config, cx, memory),
            named_groups(config, cx, memory),
            ask_for_owner(config, cx, memory),
        ),
        lists.read(config, cx, known_to_be_needed(cx, memory)),
    )
    .await;
    let (found, listed, directory, named, ()) = read;
    let ((raw, document), listed, named) = (found?, listed?, named?);
    // Where everything is meant, every list is needed.
    let (directory, directory_failure) = match directory {
        Ok(directory) => (directory, None),
        Err(fault) if cx.request.reads_everything() => return Err(fault.into()),
        Err(fault) => (Directory::none(fault.message.clone()), Some(fault)),
    };
    let roles = Roles::new(user, listed, directory);
    let places = Places::of(cx, memory, &roles, &named);
    let looked_at = places.read(config, cx, memory, user, &mut lists).await;
    if let Some(fault) = lists.failure().filter(|_| cx.request.reads_everything()) {
        return Err(fault.clone().into());
    }
    let names = group_names(config, cx, memory, joined_groups(&lists, &looked_at, user)).await;
    let held = roles.held(&lists, &looked_at, &memory.revoked.borrow(), &names);
    let mut groups = places.states(memory, user, &mut lists);
    let contradicted = groups::discard_contradicted(&mut groups, &held.group_lists);
    let mut grants = held.grants;
    for state in &groups {
        let name_of = |role: &str| roles.name_of(role);
        grants.extend(groups::grants(state, user, name_of, &mut memory.joined.borrow_mut()));
    }
    let emails: Vec<String> = find::email(&document)
        .iter()
        .map(|email| email.to_lowercase())
        .collect();
    let known_gaps = memory.found.borrow().as_ref().map(|found| found.gaps.clone());
    let gaps = known_gaps.unwrap_or_else(|| gaps(memory, &roles, &named, &looked_at));
    if cx.request.reads_everything() && memory.found.borrow().is_none() {
        let shown = grants.iter().filter(|grant| grant.kind == GrantKind::Role);
        let unclear = held.unread.iter().flat_map(|row| &row.ids);
        *memory.found.borrow_mut() = Some(Found {
            roles: shown.map(|grant| &grant.role_id).chain(unclear).cloned().collect(),
            groups: groups.iter().map(|state| state.group.id).collect(),
            gaps: gaps.clone(),
        });
    }
    let reading = Snapshot {
        grants,
        unread: held.unread,
        other_ids: Vec::new(),
        username: emails.first().cloned(),
        emails,
        documents: vec![
            ("user", raw.get().to_owned()),
            ("roles", json!(roles.listed.rows).to_string()),
        ],
        may_be_protected: None,
        is_sparse: false,
        unreadable: groups.iter().flat_map(|state| state.gaps(user)).collect(),
        warnings: directory_failure
            .iter()
            .map(|_| Warning::RoleDirectoryNotReadable.text())
            .collect(),
    };
    let role_failure = |role: &String| Some((role.clone(), lists.failure_of_role(role)?.clone()));
    let detail = Detail {
        directory_failure,
        role_failures: looked_at.iter().filter_map(role_failure).collect(),
        user: document,
        id: user.to_owned(),
        roles: roles.index,
        named,
        groups,
        gaps,
    };
    Ok((reading, detail, held.agrees && contradicted.is_empty()))
}

/// The lists that will be needed whatever the others show: those of the last reading, or of the roles that the request names by id.
fn known_to_be_needed(cx: &Context<'_>, memory: &Memory) -> Set<Ask> {
    let needed = memory.needed.borrow();
    if !needed.is_empty() {
        return needed.clone();
    }
    let selectors = cx.request.entries.iter().map(Entry::selector);
    selectors
        .filter_map(|selector| selector.id.as_deref())
        .flat_map(Ask::assignments)
        .collect()
}

impl<'a> Places<'a> {
    fn of(cx: &Context<'_>, memory: &Memory, roles: &Roles<'_>, named: &'a [RequestedGroup]) -> Self {
        let groups = groups::distinct(named);
        if !cx.request.reads_everything() {
            return Self {
                roles: roles.meant(cx),
                with_role: groups.iter().map(|group| group.id).collect(),
                groups,
            };
        }
        let mut meant: Vec<String> = roles.listed.rows.clone();
        let found = memory.found.borrow();
        let groups = if let Some(found) = found.as_ref() {
            meant.extend(found.roles.iter().cloned());
            groups
                .into_iter()
                .filter(|group| found.groups.contains(&group.id))
                .collect()
        } else {
            if has_few_roles(roles) {
                meant.extend(roles.index.directory.roles.iter().map(|role| role.id.clone()));
            }
            groups.into_iter().take(MOST_GROUPS).collect()
        };
        Self {
            roles: meant.into_iter().collect(),
            groups,
            with_role: memory.joined.borrow().iter().copied().collect(),
        }
    }

    /// Reads every list that is needed, in as few rounds as their answers allow. Returns the roles that were looked at.
    async fn read(
        &self,
        config: &Config,
        cx: &Context<'_>,
        memory: &Memory,
        user: &str,
        lists: &mut Lists,
    ) -> Set<String> {
        loop {
            let (roles, needed) = self.needed(user, lists);
            if !lists.read(config, cx, needed.clone()).await {
                *memory.needed.borrow_mut() = if cx.request.reads_everything() {
                    self.needed_again(needed, user, lists)
                } else {
                    needed
                };
                return roles;
            }
        }
    }

    /// The roles that are looked at, and the lists that these places need, as far as the lists that were read tell.
    fn needed(&self, user: &str, lists: &Lists) -> (Set<String>, Set<Ask>) {
        let mut needed = Vec::new();
        let mut roles: Vec<String> = self.roles.iter().cloned().collect();
        for group in &self.groups {
            needed.push(Ask::MembersOf(group.id));
            let is_in = matches!(lists.membership(group.id, user), Some(Holds::Yes | Holds::Unclear));
            if is_in || self.with_role.contains(&group.id) {
                needed.push(Ask::RoleOfGroup(group.id));
            }
            roles.extend(lists.role_of(group.id).map(str::to_owned));
        }
        let roles = Set::from_iter(roles);
        for role in &roles {
            needed.extend(Ask::assignments(role));
            needed.extend(lists.groups_of(role).map(Ask::MembersOf));
        }
        (roles, needed.into_iter().collect())
    }

    /// What the next full reading needs for certain: of groups and roles in which the user was not found, nothing.
    fn needed_again(&self, needed: Set<Ask>, user: &str, lists: &Lists) -> Set<Ask> {
        let is_named = |group: u64| self.with_role.contains(&group);
        let is_in = |group: u64| !matches!(lists.membership(group, user), Some(Holds::No) | None);
        let has = |role: &str| {
            let (users, groups) = lists.assignments(role)?;
            Some(users.holds(user) != Holds::No || !groups.unread.is_empty() || groups.rows.iter().any(|id| is_in(*id)))
        };
        needed
            .into_iter()
            .filter(|ask| match ask {
                Ask::MembersOf(group) | Ask::RoleOfGroup(group) => is_named(*group) || is_in(*group),
                Ask::UsersOfRole(role) | Ask::GroupsOfRole(role) => has(role).unwrap_or(true),
            })
            .collect()
    }

    /// What was read of the groups that matter: the named ones, and those that the user is, was or may be in.
    fn states(&self, memory: &Memory, user: &str, lists: &mut Lists) -> Vec<GroupState> {
        let joined = memory.joined.borrow();
        let matters = |group: &&&UserGroup| {
            let is_out = lists.membership(group.id, user) == Some(Holds::No);
            !is_out || self.with_role.contains(&group.id) || joined.contains(&group.id)
        };
        let groups: Vec<&UserGroup> = self.groups.iter().filter(matters).copied().collect();
        groups
            .into_iter()
            .filter_map(|group| {
                let failures = lists.failures_of_group(group.id);
                let (members, role) = lists.take_group(group.id)?;
                Some(GroupState {
                    failures,
                    group: group.clone(),
                    members,
                    role,
                })
            })
            .collect()
    }
}

/// A company has few roles, so that the lists of all of them can be read.
fn has_few_roles(roles: &Roles<'_>) -> bool {
    roles.index.directory.roles.len() <= MOST_ROLES
}

/// The groups that have one of these roles and the user.
fn joined_groups(lists: &Lists, roles: &Set<String>, user: &str) -> Set<u64> {
    let groups = roles.iter().flat_map(|role| lists.groups_of(role));
    groups
        .filter(|group| lists.membership(*group, user) == Some(Holds::Yes))
        .collect()
}

/// Where something may be held that the reading does not show.
fn gaps(memory: &Memory, roles: &Roles<'_>, named: &[RequestedGroup], looked_at: &Set<String>) -> Vec<String> {
    let mut gaps = Vec::new();
    match memory.groups.borrow().as_ref() {
        Some(Err(why)) => gaps.push(format!("the user groups cannot be read: {why}")),
        Some(Ok(groups)) if !groups.unread.is_empty() => gaps.push(String::from("a user group cannot be read")),
        Some(Ok(_)) | None => {}
    }
    if named.len() > MOST_GROUPS {
        gaps.push(format!(
            "the company has {} user groups, and the members of {MOST_GROUPS} were read",
            named.len()
        ));
    }
    // Null is no proof by itself: the roles' own lists must agree.
    let directory = &roles.index.directory;
    let is_every_role_read = directory.roles.iter().all(|role| looked_at.contains(&role.id));
    if !roles.has_list && !is_every_role_read {
        gaps.push(format!(
            "TeamViewer gives no list of the user's roles, and the company has more roles ({}) than are looked at one by one",
            directory.roles.len()
        ));
    }
    if let (false, Coverage::Partial(why)) = (roles.has_list, &directory.coverage) {
        gaps.push(format!("TeamViewer gives no list of the user's roles, and {why}"));
    }
    gaps
}

impl Detail {
    /// The group that a text of the request means, or the id that stands for it in the scopes.
    pub fn named(&self, text: &str) -> Option<&RequestedGroup> {
        let by_text = self.named.iter().find(|named| named.text == text);
        let has_id = |named: &&RequestedGroup| named.group().is_some_and(|group| group.id.to_string() == text);
        by_text.or_else(|| self.named.iter().find(has_id))
    }

    /// What was read of a group that the request names.
    pub fn state(&self, group: u64) -> Option<&GroupState> {
        self.groups.iter().find(|state| state.group.id == group)
    }

    /// The failed read that an entry needs, if nothing that it means is shown.
    pub fn failed_read(&self, selector: &Selector) -> Option<ProviderFault> {
        let means_role = selector.id.is_some() || selector.name.is_some();
        if let Some(text) = &selector.group {
            let of_group = match self.named(text).map(|named| &named.resolution) {
                Some(Resolution::Failed(fault)) => Some(fault.clone()),
                Some(Resolution::One(group)) => self.state(group.id).and_then(|state| {
                    let [members, role] = &state.failures;
                    members.clone().or_else(|| role.clone().filter(|_| means_role))
                }),
                _ => None,
            };
            if of_group.is_some() {
                return of_group;
            }
        }
        let mut roles = self.roles.meant_by(selector).into_iter().map(|role| &role.id);
        let mut of_role = || match &selector.id {
            Some(id) => self.role_failures.get(id),
            None => roles.find_map(|role| self.role_failures.get(role)),
        };
        let of_directory = self.directory_failure.clone().filter(|_| means_role);
        of_directory.or_else(|| of_role().cloned().filter(|_| selector.group.is_none()))
    }

    /// Why it cannot be told whether the user is in a group, or which role it has if that is asked.
    pub fn group_gap(&self, group: u64, with_role: bool) -> Option<&str> {
        let state = self.state(group)?;
        let role = state.role_gap().filter(|_| with_role);
        state.members_gap(&self.id).or(role)
    }
}
