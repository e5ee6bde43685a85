//! The lists of roles and groups that one reading looks at. Each is read once, whatever needs it.

use futures_util::{StreamExt, stream};

use crate::{error::ProviderFault, hashed::HashMap, provider::Context, sorted::Set};

use super::super::{
    config::Config,
    core::{self, Holds, Listed},
    groups,
};

/// Reads under way at once.
const CONCURRENT_READS: usize = 8;

/// One list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ask {
    /// The users to whom a role is assigned.
    UsersOfRole(String),
    /// The groups that have a role.
    GroupsOfRole(String),
    /// The members of a group.
    MembersOf(u64),
    /// The role that a group has.
    RoleOfGroup(u64),
}

/// The lists that were read.
#[derive(Default)]
pub struct Lists {
    /// By role; `None`: TeamViewer does not know the role.
    users: HashMap<String, Option<Listed<String>>>,
    groups: HashMap<String, Option<Listed<u64>>>,
    /// By group; or why it cannot be read, for people.
    members: HashMap<u64, Result<Listed<String>, String>>,
    roles_of_groups: HashMap<u64, Result<Option<String>, String>>,
    /// Reads that failed, and may not the next time: a problem of what needs them only.
    failed: HashMap<Ask, ProviderFault>,
}

/// The answer to one question.
enum Answer {
    Users(String, Option<Listed<String>>),
    Groups(String, Option<Listed<u64>>),
    Members(u64, Result<Listed<String>, String>),
    RoleOfGroup(u64, Result<Option<String>, String>),
}

impl Ask {
    /// The two lists of a role's own assignments.
    pub fn assignments(role: &str) -> [Self; 2] {
        [Self::UsersOfRole(role.to_owned()), Self::GroupsOfRole(role.to_owned())]
    }
}

impl Lists {
    /// Reads the lists that were not read yet; returns true if there were any.
    pub async fn read(&mut self, config: &Config, cx: &Context<'_>, wanted: Set<Ask>) -> bool {
        let missing: Vec<Ask> = wanted.into_iter().filter(|ask| !self.has(ask)).collect();
        let is_any = !missing.is_empty();
        let answers: Vec<(Ask, Result<Answer, ProviderFault>)> = stream::iter(missing)
            .map(async |ask| (ask.clone(), answer(config, cx, ask).await))
            .buffered(CONCURRENT_READS)
            .collect()
            .await;
        for (ask, answer) in answers {
            match answer {
                Ok(Answer::Users(role, users)) => drop(self.users.insert(role, users)),
                Ok(Answer::Groups(role, groups)) => drop(self.groups.insert(role, groups)),
                Ok(Answer::Members(group, members)) => drop(self.members.insert(group, members)),
                Ok(Answer::RoleOfGroup(group, role)) => drop(self.roles_of_groups.insert(group, role)),
                Err(fault) => self.note_failure(ask, fault),
            }
        }
        is_any
    }

    /// What failed of a group is unreadable like what is refused.
    fn note_failure(&mut self, ask: Ask, fault: ProviderFault) {
        let why = fault.message.clone();
        match ask {
            Ask::MembersOf(group) => drop(self.members.insert(group, Err(why))),
            Ask::RoleOfGroup(group) => drop(self.roles_of_groups.insert(group, Err(why))),
            Ask::UsersOfRole(_) | Ask::GroupsOfRole(_) => {}
        }
        self.failed.insert(ask, fault);
    }

    /// The failed read of a role's own assignments, or of the members of a group that has the role.
    pub fn failure_of_role(&self, role: &str) -> Option<&ProviderFault> {
        let members = self.groups_of(role).map(Ask::MembersOf);
        let mut needed = Ask::assignments(role).into_iter().chain(members);
        needed.find_map(|ask| self.failed.get(&ask))
    }

    /// The failed reads of a group's members, and of its role.
    pub fn failures_of_group(&self, group: u64) -> [Option<ProviderFault>; 2] {
        [Ask::MembersOf(group), Ask::RoleOfGroup(group)].map(|ask| self.failed.get(&ask).cloned())
    }

    /// One of the reads that failed.
    pub fn failure(&self) -> Option<&ProviderFault> {
        self.failed.values().next()
    }

    fn has(&self, ask: &Ask) -> bool {
        if self.failed.contains_key(ask) {
            return true;
        }
        match ask {
            Ask::UsersOfRole(role) => self.users.contains_key(role),
            Ask::GroupsOfRole(role) => self.groups.contains_key(role),
            Ask::MembersOf(group) => self.members.contains_key(group),
            Ask::RoleOfGroup(group) => self.roles_of_groups.contains_key(group),
        }
    }

    /// The users and the groups that have a role; `None` if it was not looked at, or if TeamViewer does not know it.
    pub fn assignments(&self, role: &str) -> Option<(&Listed<String>, &Listed<u64>)> {
        let users = self.users.get(role)?.as_ref()?;
        let groups = self.groups.get(role)?.as_ref()?;
        Some((users, groups))
    }

    /// The groups that a role's own list shows.
    pub fn groups_of(&self, role: &str) -> impl Iterator<Item = u64> {
        let groups = self.groups.get(role).into_iter().flatten();
        groups.flat_map(|groups| groups.rows.iter().copied())
    }

    /// Whether a user is in a group; `None` if that was not looked at.
    pub fn membership(&self, group: u64, user: &str) -> Option<Holds> {
        let members = self.members.get(&group)?;
        Some(members.as_ref().map_or(Holds::Unclear, |members| members.holds(user)))
    }

    /// The role of a group, if it was read and there is one.
    pub fn role_of(&self, group: u64) -> Option<&str> {
        self.roles_of_groups.get(&group)?.as_ref().ok()?.as_deref()
    }

    /// Who is in a group and which role it has; each may say why it cannot be read.
    pub fn take_group(
        &mut self,
        group: u64,
    ) -> Option<(Result<Listed<String>, String>, Result<Option<String>, String>)> {
        Some((self.members.remove(&group)?, self.roles_of_groups.remove(&group)?))
    }
}

async fn answer(config: &Config, cx: &Context<'_>, ask: Ask) -> Result<Answer, ProviderFault> {
    Ok(match ask {
        Ask::UsersOfRole(role) => {
            let users = known(core::users_of_role(config, cx, &role).await)?;
            Answer::Users(role, users)
        }
        Ask::GroupsOfRole(role) => {
            let groups = known(core::groups_of_role(config, cx, &role).await)?;
            Answer::Groups(role, groups)
        }
        Ask::MembersOf(group) => Answer::Members(group, readable(groups::members(config, cx, group).await)?),
        Ask::RoleOfGroup(group) => {
            let role = readable(groups::role_of_group(config, cx, group).await)?;
            Answer::RoleOfGroup(group, role.and_then(|role| role))
        }
    })
}

/// `None` if TeamViewer does not know the role.
fn known<T>(read: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(fault) if core::is_unknown_role(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A no stays with the group. A 404 too: that a group cannot be found is no proof that the user left it, nor that it lost its role.
fn readable<T>(read: Result<T, ProviderFault>) -> Result<Result<T, String>, ProviderFault> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(fault) if core::is_no(&fault) => Ok(Err(fault.into_details().message)),
        Err(fault) => Err(fault),
    }
}
