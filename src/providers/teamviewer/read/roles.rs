//! The roles that a user has, and how each is held.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, future, stream};

use crate::{
    contract::types::{Scope, Via, ViaKind},
    error::ProviderFault,
    provider::{Context, Coverage, Directory, Grant, GrantKind, Held, KnownAs, UnreadRow, role_index::RoleIndex},
    request::Entry,
};

use super::{
    super::{
        config::Config,
        core::{self, Holds, Listed},
        groups::{self, GroupLists},
    },
    CONCURRENT_READS, Memory, group_names,
};

const NO_SCOPE: Scope = Scope {
    group: None,
    organization: None,
    workspace: None,
};

/// The roles that TeamViewer lists for a user, and the company's.
pub struct Roles<'a> {
    user: &'a str,
    pub listed: Listed<String>,
    is_listed: HashSet<String>,
    /// The company's roles.
    pub index: RoleIndex,
}

/// How the user holds the roles that were looked at.
pub struct HeldRoles {
    pub grants: Vec<Grant>,
    pub unread: Vec<UnreadRow>,
    /// What this shows of groups.
    pub group_lists: GroupLists,
    /// No list contradicts another one.
    pub agrees: bool,
}

/// To whom a role is assigned.
struct Assignments {
    users: Listed<String>,
    groups: Listed<u64>,
}

impl<'a> Roles<'a> {
    pub fn new(user: &'a str, listed: Listed<String>, directory: Directory) -> Self {
        let mut index = RoleIndex::new(directory);
        let missing = listed.rows.iter().find(|role| index.with_id(role).next().is_none());
        if let (Some(role), Coverage::Whole) = (missing, &index.directory.coverage) {
            let why = format!("TeamViewer's list of roles lacks `{role}`, which the user has");
            index.directory.coverage = Coverage::Partial(why);
        }
        Self {
            user,
            is_listed: listed.rows.iter().cloned().collect(),
            listed,
            index,
        }
    }

    /// The name that the directory has for a role.
    pub fn name_of(&self, role: &str) -> Option<String> {
        self.index.name_of(role).map(str::to_owned)
    }

    /// How each role is held that TeamViewer lists for the user or that the request means: directly if the user stands in the role's
    /// own assignments, and through every group that has both the role and the user.
    pub async fn held(&self, config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<HeldRoles, ProviderFault> {
        let read: Vec<(String, Option<Assignments>)> = stream::iter(self.looked_at(cx))
            .map(|role| async move {
                let assignments = assignments(config, cx, &role).await?;
                Ok::<_, ProviderFault>((role, assignments))
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        let all_groups = read.iter().filter_map(|(_, assignments)| assignments.as_ref());
        let all_groups: BTreeSet<u64> = all_groups
            .flat_map(|assignments| &assignments.groups.rows)
            .copied()
            .collect();
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
            group_lists: GroupLists {
                memberships,
                ..GroupLists::default()
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
        let mut looked_at: BTreeSet<String> = self.listed.rows.iter().cloned().collect();
        for selector in cx.request.entries.iter().map(Entry::selector) {
            looked_at.extend(selector.id.clone());
            looked_at.extend(self.index.meant_by(selector).into_iter().map(|role| role.id.clone()));
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
            if is_listed || self.index.with_id(role).next().is_some() {
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
            held.group_lists
                .holders
                .entry(group)
                .or_default()
                .insert(role.to_owned());
            match held.group_lists.memberships.get(&group) {
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
            held.group_lists.unexplained.insert(role.to_owned());
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
