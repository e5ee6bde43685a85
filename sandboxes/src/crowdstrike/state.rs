//! What the tenant holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{Clock, behaviour::Behaviour, ledger::Ledger, sandbox::ProviderState};

use super::{
    quirks::Quirks,
    time,
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
    /// When a temporary grant ends, in RFC 3339.
    pub expires_at: Option<String>,
}

impl Grant {
    pub fn direct(uuid: &str, cid: &str, role: &str) -> Self {
        Self {
            uuid: uuid.to_owned(),
            cid: cid.to_owned(),
            role: role.to_owned(),
            group: None,
            cid_group: None,
            expires_at: None,
        }
    }

    pub const fn is_direct(&self) -> bool {
        self.group.is_none() && self.cid_group.is_none()
    }

    /// Whether a revoke that names this user, CID and role takes it.
    pub fn is_direct_for(&self, uuid: &str, cid: &str, role: &str) -> bool {
        self.is_direct() && self.uuid == uuid && self.cid == cid && self.role == role
    }
}

pub struct State {
    pub clock: Clock,
    pub clients: Vec<Client>,
    /// Parent and child.
    pub children: Vec<(String, String)>,
    pub users: Vec<User>,
    /// Users of partner CIDs that were invited: uuid, and the CID that invited them.
    pub invited: Vec<(String, String)>,
    pub roles: Vec<Role>,
    pub grants: Ledger<Grant>,
    pub tokens: Vec<Token>,
    pub token_lifetime: Duration,
    pub revocations: Vec<Revocation>,
    pub behaviour: Behaviour,
    pub quirks: Quirks,
    pub calls: u64,
}

impl ProviderState for State {
    fn behaviour(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    /// Lets the removals happen that are due, and ends temporary grants.
    fn settle(&mut self) {
        let now = self.clock.unix();
        self.grants.settle(now);
        let is_over = |grant: &&Grant| {
            let end = grant.expires_at.as_deref().and_then(time::unix);
            end.is_some_and(|end| end <= now)
        };
        let over: Vec<Grant> = self.grants.held().iter().filter(is_over).cloned().collect();
        for grant in over {
            self.grants.remove(&grant, now);
        }
    }

    /// All that anybody really holds, a line for every grant, direct or through a group.
    fn holdings(&self) -> BTreeSet<String> {
        self.grants.held().iter().map(|grant| format!("{grant:?}")).collect()
    }
}

impl State {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            clients: Vec::new(),
            children: Vec::new(),
            users: Vec::new(),
            invited: Vec::new(),
            roles: Vec::new(),
            grants: Ledger::default(),
            tokens: Vec::new(),
            token_lifetime: Duration::from_secs(1_799),
            revocations: Vec::new(),
            behaviour: Behaviour::default(),
            quirks: Quirks::default(),
            calls: 0,
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

    /// Adds a direct grant.
    pub fn add(&mut self, grant: Grant) {
        self.grants.add(grant, self.clock.unix());
    }

    /// Takes a grant away, at once or later, as the behaviour for its role says.
    pub fn revoke(&mut self, grant: &Grant) {
        let effect = self.behaviour.effect(&grant.role);
        self.grants.take(grant, self.clock.unix(), effect);
    }

    /// What a read shows now: the state, or that of some time ago, without what is omitted.
    pub fn shown(&mut self, uuid: &str, cid: &str) -> Vec<Grant> {
        self.settle();
        let mut shown = self.grants.shown(self.clock.unix(), self.behaviour.lag);
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

    /// Lets others change what they were told to change after this read of grants.
    pub fn finish_read(&mut self) {
        let now = self.clock.unix();
        for change in self.quirks.after_read() {
            if change.adds {
                self.grants.add(change.grant, now);
            } else {
                self.grants.remove(&change.grant, now);
            }
        }
    }
}
