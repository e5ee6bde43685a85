//! What the organization holds.

use std::{collections::BTreeSet, time::Duration};

use serde_json::Value;

use crate::{
    Clock,
    behaviour::{Behaviour, Effect},
    sandbox::ProviderState,
};

/// `systemuserreturn`.
#[derive(Clone, Debug, Default)]
pub struct SystemUser {
    pub id: String,
    pub username: String,
    pub first: String,
    pub last: String,
    pub email: String,
    /// The administrator that is linked.
    pub administrator: Option<String>,
}

/// `userreturn`.
#[derive(Clone, Debug, Default)]
pub struct Administrator {
    pub id: String,
    pub email: String,
    pub roles: Vec<String>,
}

/// A change that happens later.
pub enum Due {
    /// The administrator's new roles (`None`: deleted).
    Roles(String, Option<Vec<String>>),
    /// The administrator's link to the organization goes.
    Unlink(String, String),
    /// The group loses the member.
    Leave(String, String),
}

pub struct State {
    pub clock: Clock,
    pub key: Option<String>,
    /// The client of a service account is known.
    pub takes_client: bool,
    /// The access tokens that were given.
    pub tokens: Vec<String>,
    /// `x-org-id` is required: the account has several organizations.
    pub organization: Option<String>,
    /// Whether the records of administrators and of system users say their organization.
    pub shows_organization: (bool, bool),
    pub users: Vec<SystemUser>,
    pub administrators: Vec<Administrator>,
    /// Id, name.
    pub roles: Vec<(String, String)>,
    /// Id, name, members.
    pub groups: Vec<(String, String, Vec<String>)>,
    /// Administrator, organization.
    pub links: Vec<(String, String)>,
    pub organizations: Vec<(String, String)>,
    pub due: Vec<(Duration, Due)>,
    pub writes: usize,
    /// By role names, and by ids of organizations and groups.
    pub behaviour: Behaviour,
    pub changes: Vec<(String, usize, Vec<String>)>,
    pub comebacks: Option<(String, Duration, usize)>,
    /// The administrator whose key it is.
    pub key_owner: Option<String>,
    /// Administrator, and the role that the record has in `roleName` and `role` whatever its lists say.
    pub fixed_roles: Vec<(String, String)>,
    /// Administrator, field, value: what a PUT changed besides roles.
    pub changed_fields: Vec<(String, String, Value)>,
    /// Ids of rows that lists leave out, and of rows that are null.
    pub skipped_rows: Vec<String>,
    pub null_rows: Vec<String>,
    pub ignores_filters: bool,
    /// When an administrator's roles were replaced, and what they were.
    pub replaced: Vec<(Duration, String, Vec<String>)>,
}

impl ProviderState for State {
    fn behaviour(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    fn settle(&mut self) {
        let now = self.clock.unix();
        let mut due: Vec<_> = self.due.extract_if(.., |(at, ..)| *at <= now).collect();
        due.sort_by_key(|(at, ..)| *at);
        for (_, due) in due {
            self.happen(due);
        }
    }

    /// All that anybody really holds, a line for every administrator, role, organization link, group membership, and field of a record
    /// that was changed.
    fn holdings(&self) -> BTreeSet<String> {
        let roles = self.administrators.iter().flat_map(|admin| {
            let account = format!("{}: account", admin.id);
            let roles = self.held_roles(admin);
            let roles = roles.into_iter().map(|role| format!("{}: {role}", admin.id));
            roles.chain([account])
        });
        let links = self.links.iter().map(|link| format!("{link:?}"));
        let members = self
            .groups
            .iter()
            .flat_map(|(id, _, members)| members.iter().map(move |member| format!("{id}: {member}")));
        let changed = self.changed_fields.iter().map(|change| format!("{change:?}"));
        roles.chain(links).chain(members).chain(changed).collect()
    }
}

impl State {
    pub fn new(clock: Clock, key: &str) -> Self {
        Self {
            clock,
            key: Some(key.to_owned()),
            takes_client: false,
            tokens: Vec::new(),
            organization: None,
            shows_organization: (true, true),
            users: Vec::new(),
            administrators: Vec::new(),
            roles: Vec::new(),
            groups: Vec::new(),
            links: Vec::new(),
            organizations: Vec::new(),
            due: Vec::new(),
            writes: 0,
            behaviour: Behaviour::default(),
            changes: Vec::new(),
            comebacks: None,
            key_owner: None,
            fixed_roles: Vec::new(),
            changed_fields: Vec::new(),
            skipped_rows: Vec::new(),
            null_rows: Vec::new(),
            ignores_filters: false,
            replaced: Vec::new(),
        }
    }

    /// A write that takes what is called so: it happens at once, or later, or not at all.
    pub fn take(&mut self, what: &str, due: Due) {
        self.writes += 1;
        match self.behaviour.effect(what) {
            Effect::Never => {}
            Effect::After(delay) => self.due.push((self.clock.unix() + delay, due)),
            Effect::Now => self.happen(due),
        }
    }

    /// The role that a record has in `roleName` and `role`.
    pub fn first_role<'a>(&'a self, administrator: &'a Administrator) -> Option<&'a String> {
        let fixed = self.fixed_roles.iter().find(|(id, _)| *id == administrator.id);
        fixed.map(|(_, role)| role).or_else(|| administrator.roles.first())
    }

    /// The roles that an administrator really has: those of the lists, and the one that stands beside them.
    pub fn held_roles(&self, administrator: &Administrator) -> Vec<String> {
        let mut held = administrator.roles.clone();
        let fixed = self.fixed_roles.iter().filter(|(id, _)| *id == administrator.id);
        held.extend(fixed.map(|(_, role)| role.clone()));
        let mut seen = std::collections::BTreeSet::new();
        held.retain(|role| seen.insert(role.clone()));
        held
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Roles(id, roles) => self.set(&id, roles),
            Due::Unlink(administrator, organization) => self
                .links
                .retain(|(known, linked)| *known != administrator || *linked != organization),
            Due::Leave(group, user) => {
                for (_, _, members) in self.groups.iter_mut().filter(|(id, ..)| *id == group) {
                    members.retain(|member| *member != user);
                }
            }
        }
    }

    /// One read of an administrator: changes that are due after it happen behind it.
    pub fn read(&mut self, id: &str) -> Option<Administrator> {
        let mut shown = self.administrators.iter().find(|known| known.id == id).cloned()?;
        let now = self.clock.unix();
        let is_behind =
            |(at, known, _): &&(Duration, String, Vec<String>)| known == id && *at + self.behaviour.lag > now;
        if let Some((.., before)) = self.replaced.iter().find(is_behind) {
            shown.roles.clone_from(before);
        }
        let omitted = self.behaviour.omitted();
        shown.roles.retain(|held| !omitted.contains(held));
        let mut now = None;
        for (administrator, reads, roles) in self.changes.iter_mut().filter(|(known, ..)| known == id) {
            if *reads == 0 {
                continue;
            }
            *reads -= 1;
            if *reads == 0 {
                now = Some((administrator.clone(), roles.clone()));
            }
        }
        if let Some((administrator, roles)) = now {
            self.set(&administrator, Some(roles));
        }
        Some(shown)
    }

    /// Replaces an administrator's roles (`None`: deletes the administrator), at once or later.
    pub fn replace(&mut self, id: &str, roles: Option<Vec<String>>) {
        self.writes += 1;
        let before = self
            .administrators
            .iter()
            .find(|known| known.id == id)
            .map(|known| known.roles.clone())
            .unwrap_or_default();
        let taken: Vec<&String> = before
            .iter()
            .filter(|role| roles.as_ref().is_none_or(|left| !left.contains(role)))
            .collect();
        let now = self.clock.unix();
        self.replaced.push((now, id.to_owned(), before.clone()));
        let delay = taken.iter().find_map(|role| self.behaviour.delay_of(role));
        if let Some(delay) = delay {
            self.due.push((now + delay, Due::Roles(id.to_owned(), roles)));
            return;
        }
        let kept: Vec<String> = taken
            .iter()
            .filter(|role| self.behaviour.keeps(role))
            .map(|role| (*role).clone())
            .collect();
        if let Some((role, delay, times)) = &mut self.comebacks
            && taken.contains(&&*role)
            && *times > 0
        {
            *times -= 1;
            let mut back = roles.clone().unwrap_or_default();
            back.push(role.clone());
            let at = now + *delay;
            self.due.push((at, Due::Roles(id.to_owned(), Some(back))));
        }
        match roles {
            None if kept.is_empty() => self.set(id, None),
            roles => {
                let mut roles = roles.unwrap_or_default();
                roles.extend(kept);
                self.set(id, Some(roles));
            }
        }
    }

    fn set(&mut self, id: &str, roles: Option<Vec<String>>) {
        match roles {
            None => {
                self.administrators.retain(|known| known.id != id);
                for user in self
                    .users
                    .iter_mut()
                    .filter(|user| user.administrator.as_deref() == Some(id))
                {
                    user.administrator = None;
                }
            }
            Some(roles) => {
                if let Some(known) = self.administrators.iter_mut().find(|known| known.id == id) {
                    known.roles = roles;
                }
            }
        }
    }
}
