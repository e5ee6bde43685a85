//! What a user holds: every role with the ways in which it is held, and what stands in the groups that the request names.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use serde_json::json;

use crate::{
    ask::Entry,
    contract::types::{Scope, Via, ViaKind},
    error::{Error, ProviderFault},
    naming::canonical,
    provider::{Context, Coverage, Directory, Grant, GrantKind, Held, KnownAs, Reading, UnreadRow},
};

use super::{
    config::Config,
    core::{self, Holds, Listed},
    documents::{self, Owner},
    find,
    groups::{self, GroupState, Named, Shown, UserGroup},
};

/// Provider-specific data kept from a read for the later steps.
pub struct Detail {
    pub user: documents::User,
    pub id: String,
    pub directory: Directory,
    /// Id and name of the roles that TeamViewer lists for the user, however they are held.
    pub listed: Vec<(String, Option<String>)>,
    /// The groups that the request names.
    pub named: Vec<Named>,
    /// What was read of those that exist.
    pub groups: Vec<GroupState>,
}

/// What one operation keeps between its reads.
#[derive(Default)]
pub struct Memory {
    /// Roles whose direct assignment this operation has removed: if one is still listed without an explanation, the list is taken to
    /// be right.
    pub revoked: RefCell<BTreeSet<String>>,
    /// Which groups the request names. Found once: a group that cannot be found again later was not left for that.
    named: RefCell<Option<Vec<Named>>>,
    /// Named groups in which the user was seen. Their role is looked at even after the user left: who takes both must not find the
    /// role gone because the membership is.
    joined: RefCell<BTreeSet<u64>>,
    /// The company's groups, for their names.
    groups: RefCell<Option<Listed<UserGroup>>>,
    /// Whose token it is, asked once.
    owner: RefCell<Option<Result<Option<Owner>, ProviderFault>>>,
}

/// Reads under way at once.
pub const CONCURRENT_READS: usize = 8;

/// Lists that contradict each other are read again after these pauses: somebody may have changed them between two reads.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];

const NO_SCOPE: Scope = Scope {
    group: None,
    organization: None,
    workspace: None,
};

/// A fresh read in which the lists agree, as far as there is time. After a write the engine repeats the read itself.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, user: &str) -> Result<(Reading, Detail), Error> {
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
) -> Result<(Reading, Detail, bool), Error> {
    let (found, listed, directory, named, ()) = future::join5(
        find::user(config, cx, user),
        core::roles_of_user(config, cx, user),
        core::directory(config, cx),
        named_groups(config, cx, memory),
        ask_for_owner(config, cx, memory),
    )
    .await;
    let ((raw, document), listed, directory, named) = (found?, listed?, directory?, named?);
    let roles = Roles::new(user, listed, directory);
    let (held, mut groups) = future::try_join(
        roles.held(config, cx, memory),
        groups::read(config, cx, &named),
    )
    .await?;
    let contradicted = groups::doubt_contradicted(&mut groups, user, &held.shown);
    let mut grants = held.grants;
    for state in &groups {
        let name_of = |role: &str| roles.name_of(role);
        grants.extend(groups::grants(state, user, name_of, &mut memory.joined.borrow_mut()));
    }
    let has_gap = |state: &&GroupState| state.members_gap(user).or(state.role_gap()).is_some();
    let emails: Vec<String> = find::email(&document).iter().map(|email| email.to_lowercase()).collect();
    let reading = Reading {
        grants,
        unread: held.unread,
        other_ids: Vec::new(),
        username: emails.first().cloned(),
        emails,
        documents: vec![
            ("user", raw.get().to_owned()),
            ("roles", json!(roles.listed.rows).to_string()),
        ],
        is_sparse: false,
        unreadable: groups
            .iter()
            .filter(has_gap)
            .map(|state| state.group.id.to_string())
            .collect(),
        warnings: Vec::new(),
        detail: Box::new(()),
    };
    let listed = roles.listed.rows.iter();
    let detail = Detail {
        listed: listed.map(|role| (role.clone(), roles.name_of(role))).collect(),
        user: document,
        id: user.to_owned(),
        directory: roles.directory,
        named,
        groups,
    };
    Ok((reading, detail, held.agrees && contradicted.is_empty()))
}

/// Whose token it is; asked with the first read, since that takes no longer.
async fn ask_for_owner(config: &Config, cx: &Context<'_>, memory: &Memory) {
    if memory.owner.borrow().is_none() {
        let owner = find::owner(config, cx).await;
        *memory.owner.borrow_mut() = Some(owner);
    }
}

/// The groups that the request names, found once in an operation.
async fn named_groups(config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<Vec<Named>, ProviderFault> {
    let known = memory.named.borrow().clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let selectors = cx.ask.entries.iter().map(Entry::selector);
    let texts: BTreeSet<&String> = selectors.filter_map(|selector| selector.group.as_ref()).collect();
    let named = if texts.is_empty() {
        Vec::new()
    } else {
        match groups::all(config, cx).await {
            Ok(all) => {
                let named = texts.into_iter().map(|text| groups::find(text, &all)).collect();
                *memory.groups.borrow_mut() = Some(all);
                named
            }
            // The entries that name no group do not need it.
            Err(fault) if core::is_no(&fault) => texts
                .into_iter()
                .map(|text| Named::unreadable(text, &fault.message))
                .collect(),
            Err(fault) => return Err(fault),
        }
    };
    *memory.named.borrow_mut() = Some(named.clone());
    Ok(named)
}

/// The roles that TeamViewer lists for a user, and the company's.
struct Roles<'a> {
    user: &'a str,
    listed: Listed<String>,
    is_listed: HashSet<String>,
    directory: Directory,
    /// The roles of the directory.
    is_known: HashSet<String>,
    names: HashMap<String, String>,
}

/// How the user holds the roles that were looked at.
struct HeldRoles {
    grants: Vec<Grant>,
    unread: Vec<UnreadRow>,
    /// What this shows of groups.
    shown: Shown,
    /// No list contradicts another one.
    agrees: bool,
}

/// To whom a role is assigned.
struct Assignments {
    users: Listed<String>,
    groups: Listed<u64>,
}

impl<'a> Roles<'a> {
    fn new(user: &'a str, listed: Listed<String>, mut directory: Directory) -> Self {
        let names: HashMap<String, String> = directory
            .roles
            .iter()
            .filter_map(|role| Some((role.id.clone(), role.name.clone()?)))
            .collect();
        let is_known: HashSet<String> = directory.roles.iter().map(|role| role.id.clone()).collect();
        let missing = listed.rows.iter().find(|role| !is_known.contains(*role));
        if let (Some(role), Coverage::Whole) = (missing, &directory.coverage) {
            let why = format!("TeamViewer's list of roles lacks `{role}`, which the user has");
            directory.coverage = Coverage::Partial(why);
        }
        Self {
            user,
            is_listed: listed.rows.iter().cloned().collect(),
            listed,
            directory,
            is_known,
            names,
        }
    }

    fn name_of(&self, role: &str) -> Option<String> {
        self.names.get(role).cloned()
    }

    /// How each role is held that TeamViewer lists for the user or that the request means: directly if the user stands in the role's
    /// own assignments, and through every group that has both the role and the user.
    async fn held(&self, config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<HeldRoles, ProviderFault> {
        let read: Vec<(String, Option<Assignments>)> = stream::iter(self.looked_at(cx))
            .map(|role| async move {
                let assignments = assignments(config, cx, &role).await?;
                Ok::<_, ProviderFault>((role, assignments))
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        let all_groups = read.iter().filter_map(|(_, assignments)| assignments.as_ref());
        let all_groups: BTreeSet<u64> = all_groups.flat_map(|assignments| &assignments.groups.rows).copied().collect();
        let memberships: BTreeMap<u64, Holds> = stream::iter(all_groups)
            .map(|group| async move {
                let holds = match groups::members(config, cx, group).await {
                    Ok(members) => members.holds(self.user),
                    Err(fault) if core::is_no(&fault) => Holds::Unclear,
                    Err(fault) => return Err(fault),
                };
                Ok((group, holds))
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        let joined = memberships.iter().filter(|(_, holds)| **holds == Holds::Yes);
        let names = group_names(config, cx, memory, joined.map(|(group, _)| *group).collect()).await?;
        // A row without an id may be any role that a user can hold. A group's own role stands elsewhere.
        let unlisted = self.listed.unread.iter().map(|raw| UnreadRow {
            scope: Scope {
                group: Some(String::new()),
                ..NO_SCOPE
            },
            ..UnreadRow::new(raw.as_str())
        });
        let mut held = HeldRoles {
            grants: Vec::new(),
            unread: unlisted.collect(),
            shown: Shown {
                memberships,
                ..Shown::default()
            },
            agrees: true,
        };
        for (role, assignments) in read {
            let is_revoked = memory.revoked.borrow().contains(&role);
            self.judge(&mut held, &role, assignments, &names, is_revoked);
        }
        Ok(held)
    }

    /// The roles of the list, and those that the entries mean. What is asked for is looked up in the role's own assignments even
    /// where neither the user's list nor the directory shows it.
    fn looked_at(&self, cx: &Context<'_>) -> BTreeSet<String> {
        let mut by_name: HashMap<String, Vec<&String>> = HashMap::new();
        for role in &self.directory.roles {
            let name = role.name.iter().map(|name| canonical(name));
            name.for_each(|name| by_name.entry(name).or_default().push(&role.id));
        }
        let mut looked_at: BTreeSet<String> = self.listed.rows.iter().cloned().collect();
        for selector in cx.ask.entries.iter().map(Entry::selector) {
            match (&selector.id, &selector.name) {
                (Some(id), _) => looked_at.extend([id.clone()]),
                (None, Some(name)) => {
                    let called = by_name.get(&canonical(name)).into_iter().flatten();
                    looked_at.extend(called.map(|id| (*id).clone()));
                }
                (None, None) => {}
            }
        }
        looked_at
    }

    fn judge(
        &self,
        held: &mut HeldRoles,
        role: &str,
        assignments: Option<Assignments>,
        names: &HashMap<u64, String>,
        is_revoked: bool,
    ) {
        let is_listed = self.is_listed.contains(role);
        let Some(Assignments { users, groups }) = assignments else {
            // The list or the directory shows a role, and its own assignments do not exist.
            if is_listed || self.is_known.contains(role) {
                held.agrees = false;
                held.unread.push(self.unread(role, "the role's assignments"));
            }
            return;
        };
        let mut unread: Vec<String> = groups.unread;
        let is_assigned = match users.holds(self.user) {
            Holds::Yes => true,
            Holds::No => false,
            Holds::Unclear => {
                unread.extend(users.unread_of(self.user).cloned());
                false
            }
        };
        let mut via = Vec::new();
        for group in groups.rows {
            held.shown.holders.entry(group).or_default().insert(role.to_owned());
            match held.shown.memberships.get(&group) {
                Some(Holds::Yes) => via.push(Via {
                    kind: ViaKind::Group,
                    id: Some(group.to_string()),
                    name: names.get(&group).cloned(),
                }),
                Some(Holds::No) => {}
                Some(Holds::Unclear) | None => unread.push(format!("the members of the group {group}")),
            }
        }
        let is_explained = is_assigned || !via.is_empty();
        let is_unexplained = is_listed && !is_explained && unread.is_empty();
        let is_missing = is_explained && !is_listed && self.listed.unread.is_empty();
        held.agrees &= !is_unexplained && !is_missing;
        if is_unexplained {
            held.shown.unexplained.insert(role.to_owned());
        }
        let is_direct = is_assigned || (is_unexplained && is_revoked);
        if is_direct {
            held.grants.push(self.grant(role, Held::Direct));
        }
        if !via.is_empty() || (is_unexplained && !is_direct) {
            held.grants.push(self.grant(role, Held::Through(via)));
        }
        held.unread.extend(unread.iter().map(|raw| self.unread(role, raw)));
    }

    /// A place where a role may stand that could not be read.
    fn unread(&self, role: &str, raw: &str) -> UnreadRow {
        UnreadRow {
            ids: vec![role.to_owned()],
            names: self.name_of(role).into_iter().collect(),
            ..UnreadRow::new(raw)
        }
    }

    fn grant(&self, role: &str, held: Held) -> Grant {
        Grant {
            known_as: KnownAs::default(),
            kind: GrantKind::Role,
            role_name: self.name_of(role),
            role_id: role.to_owned(),
            scope: NO_SCOPE,
            held,
            effects: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// `None` if TeamViewer does not know the role.
async fn assignments(config: &Config, cx: &Context<'_>, role: &str) -> Result<Option<Assignments>, ProviderFault> {
    let read = future::try_join(
        core::users_of_role(config, cx, role),
        core::groups_of_role(config, cx, role),
    );
    match read.await {
        Ok((users, groups)) => Ok(Some(Assignments { users, groups })),
        Err(fault) if core::is_unknown_role(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The names of these groups. A group that was deleted meanwhile has none.
async fn group_names(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    wanted: BTreeSet<u64>,
) -> Result<HashMap<u64, String>, ProviderFault> {
    let names = |groups: &Listed<UserGroup>| -> HashMap<u64, String> {
        let groups = groups.rows.iter();
        groups
            .filter_map(|group| Some((group.id, group.name.clone()?)))
            .collect()
    };
    let known = memory.groups.borrow().as_ref().map(names).unwrap_or_default();
    if wanted.iter().all(|id| known.contains_key(id)) {
        return Ok(known);
    }
    match groups::all(config, cx).await {
        Ok(groups) => {
            let read = names(&groups);
            *memory.groups.borrow_mut() = Some(groups);
            Ok(read)
        }
        Err(fault) if core::is_no(&fault) => Ok(known),
        Err(fault) => Err(fault),
    }
}

impl Memory {
    /// Whose token it is, as the first read was told; `None` where that cannot be told.
    pub fn owner(&self) -> Result<Option<Owner>, ProviderFault> {
        self.owner.borrow().clone().unwrap_or(Ok(None))
    }
}

impl Detail {
    /// The group that a text of the request means, or the id that stands for it in the scopes.
    pub fn named(&self, text: &str) -> Option<&Named> {
        let by_text = self.named.iter().find(|named| named.text == text);
        let has_id = |named: &&Named| named.group().is_some_and(|group| group.id.to_string() == text);
        by_text.or_else(|| self.named.iter().find(has_id))
    }

    /// What was read of a group that the request names.
    pub fn state(&self, group: u64) -> Option<&GroupState> {
        self.groups.iter().find(|state| state.group.id == group)
    }

    /// Why it cannot be told whether the user is in a group, or which role it has if that is asked.
    pub fn group_gap(&self, group: u64, with_role: bool) -> Option<&str> {
        let state = self.state(group)?;
        let role = state.role_gap().filter(|_| with_role);
        state.members_gap(&self.id).or(role)
    }
}
