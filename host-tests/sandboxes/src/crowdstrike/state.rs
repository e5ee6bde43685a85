//! What the tenant holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::Clock;

use super::{
    behaviour::Behaviour,
    token::{Client, Token},
};

/// `domain.User` of gofalcon; a key that is empty is absent from the document.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// The id that every call takes.
    pub uuid: String,
    /// The login, normally the e-mail.
    pub uid: String,
    /// The home CID.
    pub cid: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// `active`; other values have not been published.
    pub status: Option<String>,
    /// Second factors, such as `TOTP`.
    pub factors: Vec<String>,
    /// RFC 3339 with microseconds, as are the other times.
    pub created_at: Option<String>,
    /// Last change of the record.
    pub updated_at: Option<String>,
    /// Last login.
    pub last_login_at: Option<String>,
    /// Its values have not been published.
    pub user_type: Option<String>,
}

/// A role of the directory.
#[derive(Clone, Debug)]
pub struct Role {
    /// Snake case for a default role, 32 hexadecimal digits for a custom one.
    pub id: String,
    /// Its name; two roles may share one.
    pub display_name: String,
    /// `None`: a default role; else a custom role of that CID.
    pub cid: Option<String>,
}

/// An acknowledged revoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The user's uuid.
    pub user: String,
    /// The CID that the request named.
    pub cid: String,
    /// The `role_ids` of the request, in its order.
    pub roles: Vec<String>,
    /// Unix time of the acknowledgement.
    pub at: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub uuid: String,
    pub cid: String,
    pub role: String,
    /// Id and name.
    pub group: Option<(String, String)>,
    pub cid_group: Option<(String, String)>,
}

impl Grant {
    pub fn direct(uuid: &str, cid: &str, role: &str) -> Self {
        Self {
            uuid: uuid.to_owned(),
            cid: cid.to_owned(),
            role: role.to_owned(),
            group: None,
            cid_group: None,
        }
    }

    pub const fn is_direct(&self) -> bool {
        self.group.is_none() && self.cid_group.is_none()
    }
}

/// A change through the API, kept for reads that are behind.
struct Change {
    at: Duration,
    grant: Grant,
    added: bool,
}

pub struct State {
    pub clock: Clock,
    pub clients: Vec<Client>,
    /// Parent and child.
    pub children: Vec<(String, String)>,
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    pub grants: Vec<Grant>,
    changes: Vec<Change>,
    /// Acknowledged removals that happen later.
    due: Vec<(Duration, Grant)>,
    pub tokens: Vec<Token>,
    pub token_lifetime: Duration,
    pub revocations: Vec<Revocation>,
    pub behaviour: Behaviour,
    pub calls: u64,
}

impl State {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            clients: Vec::new(),
            children: Vec::new(),
            users: Vec::new(),
            roles: Vec::new(),
            grants: Vec::new(),
            changes: Vec::new(),
            due: Vec::new(),
            tokens: Vec::new(),
            token_lifetime: Duration::from_secs(1_799),
            revocations: Vec::new(),
            behaviour: Behaviour::default(),
            calls: 0,
        }
    }

    /// A grant that is simply there, for every read as well.
    pub fn seed(&mut self, grant: Grant) {
        self.settle();
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
    }

    pub fn children_of(&self, parent: &str) -> Vec<String> {
        let of_parent = self.children.iter().filter(|(of, _)| of == parent);
        of_parent.map(|(_, child)| child.clone()).collect()
    }

    /// The roles that exist in a CID: the default ones and its own.
    pub fn roles_of(&self, cid: &str) -> impl Iterator<Item = &Role> {
        let exists = move |role: &&Role| role.cid.as_deref().is_none_or(|owner| owner == cid);
        self.roles.iter().filter(exists)
    }

    pub fn role(&self, id: &str, cid: &str) -> Option<&Role> {
        self.roles_of(cid).find(|role| role.id == id)
    }

    /// Lets the removals happen that are due, in their order.
    pub fn settle(&mut self) {
        let now = self.clock.unix();
        let mut due: Vec<(Duration, Grant)> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        for (at, grant) in due {
            self.remove(&grant, at);
        }
    }

    /// Adds a direct grant.
    pub fn add(&mut self, grant: Grant) {
        if self.grants.contains(&grant) {
            return;
        }
        self.changes.push(Change {
            at: self.clock.unix(),
            grant: grant.clone(),
            added: true,
        });
        self.grants.push(grant);
    }

    /// Takes a grant away, at once or later, as the behaviour for its role says.
    pub fn revoke(&mut self, grant: &Grant) {
        if self.behaviour.keeps.contains(&grant.role) {
            return;
        }
        let now = self.clock.unix();
        match self.behaviour.delays.iter().find(|(role, _)| *role == grant.role) {
            Some((_, delay)) if !delay.is_zero() => self.due.push((now + *delay, grant.clone())),
            _ => self.remove(grant, now),
        }
    }

    /// What a read shows now: the state, or that of some time ago, without what is omitted.
    pub fn shown(&mut self, uuid: &str, cid: &str) -> Vec<Grant> {
        self.settle();
        let now = self.clock.unix();
        let lag = self.behaviour.lag;
        let mut shown = self.grants.clone();
        // Changes are kept in order; what a read does not see yet is undone from the end.
        for change in self.changes.iter().rev().filter(|change| change.at + lag > now) {
            if change.added {
                shown.retain(|grant| *grant != change.grant);
            } else if !shown.contains(&change.grant) {
                shown.push(change.grant.clone());
            }
        }
        shown.retain(|grant| grant.uuid == uuid && grant.cid == cid);
        // One read counts once, however many grants of the role there are.
        let roles: BTreeSet<String> = shown.iter().map(|grant| grant.role.clone()).collect();
        let omitted: BTreeMap<String, bool> = roles
            .into_iter()
            .map(|role| {
                let omits = self.behaviour.omits(&role);
                (role, omits)
            })
            .collect();
        shown.retain(|grant| !omitted.get(&grant.role).copied().unwrap_or_default());
        shown
    }

    fn remove(&mut self, grant: &Grant, at: Duration) {
        let before = self.grants.len();
        self.grants.retain(|held| held != grant);
        if self.grants.len() < before {
            self.changes.push(Change {
                at,
                grant: grant.clone(),
                added: false,
            });
        }
    }
}
