//! What the tenant holds.

use std::time::Duration;

use crate::Clock;

use super::behaviour::Behaviour;

/// `domain.User`; a key that is empty is absent from the document.
#[derive(Clone, Debug, Default)]
pub struct User {
    pub uuid: String,
    /// The login.
    pub uid: String,
    /// The home CID.
    pub cid: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub status: Option<String>,
    pub factors: Vec<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub last_login_at: Option<String>,
    pub user_type: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Role {
    pub id: String,
    pub display_name: String,
    /// `None`: a default role; else a custom role of that CID.
    pub cid: Option<String>,
}

/// An acknowledged revoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub uuid: String,
    pub cid: String,
    pub roles: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub uuid: String,
    pub cid: String,
    pub role: String,
    /// Id and name.
    pub group: Option<(String, String)>,
    pub cid_group: Option<(String, String)>,
}

pub struct Token {
    pub text: String,
    /// The CID in view.
    pub cid: String,
    /// The CIDs that it may act on.
    pub authority: Vec<String>,
    /// Unix time.
    pub expires: Duration,
}

pub struct Client {
    pub id: String,
    pub secret: String,
    pub cid: String,
}

pub struct State {
    pub clock: Clock,
    pub clients: Vec<Client>,
    /// Parent and child.
    pub children: Vec<(String, String)>,
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    pub grants: Vec<Grant>,
    /// Removed grants and when: for stale reads.
    pub removed: Vec<(Duration, Grant)>,
    /// Acknowledged removals that happen later.
    pub due: Vec<(Duration, Grant)>,
    pub tokens: Vec<Token>,
    pub token_lifetime: Duration,
    pub revocations: Vec<Revocation>,
    pub behaviour: Behaviour,
    pub calls: u64,
}

impl Grant {
    pub const fn is_direct(&self) -> bool {
        self.group.is_none() && self.cid_group.is_none()
    }

    fn is(&self, other: &Self) -> bool {
        self.uuid == other.uuid
            && self.cid == other.cid
            && self.role == other.role
            && self.is_direct() == other.is_direct()
    }
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
            removed: Vec::new(),
            due: Vec::new(),
            tokens: Vec::new(),
            token_lifetime: Duration::from_secs(1_799),
            revocations: Vec::new(),
            behaviour: Behaviour::default(),
            calls: 0,
        }
    }

    pub fn add_client(&mut self, id: &str, secret: &str, cid: &str) {
        self.clients.push(Client {
            id: id.to_owned(),
            secret: secret.to_owned(),
            cid: cid.to_owned(),
        });
    }

    pub fn grant(
        &mut self,
        uuid: &str,
        cid: &str,
        role: &str,
        group: Option<(&str, &str)>,
        cid_group: Option<(&str, &str)>,
    ) {
        let owned = |pair: Option<(&str, &str)>| pair.map(|(id, name)| (id.to_owned(), name.to_owned()));
        self.grants.push(Grant {
            uuid: uuid.to_owned(),
            cid: cid.to_owned(),
            role: role.to_owned(),
            group: owned(group),
            cid_group: owned(cid_group),
        });
    }

    pub fn role(&self, id: &str, cid: &str) -> Option<&Role> {
        self.roles
            .iter()
            .find(|role| role.id == id && role.cid.as_ref().is_none_or(|owner| owner == cid))
    }

    /// Lets the removals happen that are due.
    pub fn settle(&mut self) {
        let now = self.clock.unix();
        let due: Vec<(Duration, Grant)> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        for (at, grant) in due {
            self.remove(&grant, at);
        }
    }

    /// Takes a grant away, at once or later, as the behaviour for its role says.
    pub fn revoke(&mut self, grant: &Grant) {
        if self.behaviour.keeps.contains(&grant.role) {
            return;
        }
        let now = self.clock.unix();
        match self.behaviour.delays.iter().find(|(role, _)| *role == grant.role) {
            Some((_, delay)) => self.due.push((now + *delay, grant.clone())),
            None => self.remove(grant, now),
        }
    }

    /// What a read shows now: the state, or that of some time ago.
    pub fn shown(&mut self, uuid: &str, cid: &str) -> Vec<Grant> {
        self.settle();
        let now = self.clock.unix();
        let lag = self.behaviour.lag;
        let mut shown: Vec<Grant> = self.grants.clone();
        shown.extend(
            self.removed
                .iter()
                .filter(|(at, _)| *at + lag > now)
                .map(|(_, grant)| grant.clone()),
        );
        shown.retain(|grant| grant.uuid == uuid && grant.cid == cid);
        shown.retain(|grant| !self.behaviour.omits(&grant.role));
        shown
    }

    fn remove(&mut self, grant: &Grant, at: Duration) {
        let before = self.grants.len();
        self.grants.retain(|held| !held.is(grant));
        if self.grants.len() < before {
            self.removed.push((at, grant.clone()));
        }
    }
}
