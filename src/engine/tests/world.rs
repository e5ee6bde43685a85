//! A small provider: `GET /user` shows grants, `POST /revoke` takes roles away. Its far end can misbehave.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    account::settings::General,
    client::{Caches, Repeat},
    contract::{
        examples::{options, request},
        types::{self, Failure, Options, ReadOptions, Request, Role, Success, UserReading},
    },
    engine::{self, Audit, NoAudit},
    fake::{FakeTransport, Reaction, Seen},
    provider::{Absence, Coverage, Principal, Verification},
    request::ValidatedRequest,
};

pub use crate::contract::examples::{entries, outcomes};

use super::fake::Fake;

/// What the far end really holds, and how it behaves.
#[derive(Default)]
pub struct World {
    /// `role@organization`, or `role@organization/group` for an inherited one, `/?` if that is not read.
    pub held: Vec<String>,
    /// Roles that exist.
    pub directory: Vec<&'static str>,
    /// How a read of the directory is answered.
    pub directory_status: u16,
    /// How the next revokes end, before anything else.
    pub revokes: Vec<Revoke>,
    /// Acknowledged removals of these roles never happen.
    pub keeps: Vec<&'static str>,
    /// Writes show in reads only after this time.
    pub stale_for: Duration,
    /// Each of the next reads is this instead.
    pub reads: Vec<Read>,
    /// Held from this moment on.
    pub appears: Vec<(Duration, String)>,
    writes: Vec<(Duration, Vec<String>)>,
}

pub enum Revoke {
    /// The request has no effect.
    Instead(Reaction),
    /// The request has its effect; this is the answer.
    Then(Reaction),
}

pub enum Read {
    Instead(Reaction),
    /// Without these grants.
    Without(&'static str),
    Good,
}

pub type Shared = Rc<RefCell<World>>;

/// What a test gives and gets.
pub struct Case {
    pub world: Shared,
    pub transport: FakeTransport,
    pub provider: Fake,
    pub general: General,
    pub options: Options,
    pub organizations: Vec<types::Organization>,
}

impl Case {
    pub fn holding(held: &[&str]) -> Self {
        let world = Rc::new(RefCell::new(World {
            held: held.iter().map(|&grant| grant.to_owned()).collect(),
            directory: vec!["a", "b", "c", "d"],
            directory_status: 403,
            ..World::default()
        }));
        let far_end = Rc::clone(&world);
        Self {
            world,
            transport: FakeTransport::new(move |seen| far_end.borrow_mut().react(seen)),
            provider: Fake {
                repeat: Repeat::Replay,
                verification: Verification::in_rounds(1),
                consequences: Vec::new(),
                first_asked: RefCell::default(),
                closed: Vec::new(),
                later_consequences: None,
                own: Principal::NoUser,
                other_ids: Vec::new(),
                blind_at: Vec::new(),
                probe: false,
                batch: true,
                effects: Vec::new(),
                directory: vec![
                    ("a", "Name a"),
                    ("b", "Name b"),
                    ("b2", "Name b"),
                    ("c", "Name c"),
                    ("d", "Name d"),
                ],
                coverage: Coverage::Whole,
                unread: Vec::new(),
                unread_after_write: Cell::new(false),
                row_names: Vec::new(),
                identity: None,
                nothing: Absence::Proven,
                gaps: Vec::new(),
            },
            general: General::default(),
            options: options(),
            organizations: Vec::new(),
        }
    }

    pub fn with(self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.world.borrow_mut());
        self
    }

    /// The reason for which a role of this id and name is not removed.
    pub fn reason_of_pair(&self, id: &str, name: &str) -> Option<String> {
        let role = Role {
            id: Some(id.to_owned()),
            name: Some(name.to_owned()),
            group: None,
            organization: None,
            workspace: None,
        };
        self.ask_roles(vec![role]).err()?.outcomes.first()?.reason.clone()
    }

    /// Asks for roles by id (`a`, `a@org`) or name (`=Name`).
    pub fn ask(&self, roles: &[&str]) -> Result<Success, Failure> {
        self.ask_roles(roles.iter().map(|role| asked(role)).collect())
    }

    /// Asks for everything that is held.
    pub fn ask_everything(&self) -> Result<Success, Failure> {
        self.run(self.request(Vec::new(), true))
    }

    pub fn ask_roles(&self, roles: Vec<Role>) -> Result<Success, Failure> {
        self.run(self.request(roles, false))
    }

    /// When the writes were sent.
    pub fn posts(&self) -> Vec<Duration> {
        let seen = self.transport.seen.borrow();
        let posts = seen.iter().filter(|seen| seen.method == "POST");
        posts.map(|seen| seen.at).collect()
    }

    /// Everything that the user holds.
    pub fn read_user(&self) -> Result<UserReading, Failure> {
        let caches = Caches::default();
        let options = ReadOptions { deadline: None };
        let ask = ValidatedRequest::reading(Some("u1"), options, &self.provider)
            .map_err(|error| engine::failure_of(&error, false))?;
        let cx = engine::context(&self.transport, &caches, &ask, &self.provider, Vec::new());
        self.transport
            .run(engine::read_user(&self.provider, &cx, &self.general, &NoAudit))
    }

    fn request(&self, roles: Vec<Role>, everything: bool) -> Request {
        Request {
            everything,
            organizations: self
                .organizations
                .iter()
                .cloned()
                .filter_map(crate::request::requested::organization_selector)
                .collect(),
            ..request("u1", &roles)
        }
    }

    fn run(&self, request: Request) -> Result<Success, Failure> {
        self.run_audited(request, &NoAudit)
    }

    /// As [`Self::ask_roles`], with someone who takes note.
    pub fn ask_audited(&self, roles: Vec<Role>, audit: &dyn Audit) -> Result<Success, Failure> {
        self.run_audited(self.request(roles, false), audit)
    }

    fn run_audited(&self, request: Request, audit: &dyn Audit) -> Result<Success, Failure> {
        let caches = Caches::default();
        let ask = ValidatedRequest::validate(request, self.options.clone(), &self.general, &self.provider)
            .map_err(|error| engine::failure_of(&error, false))?;
        let mut cx = engine::context(&self.transport, &caches, &ask, &self.provider, Vec::new());
        cx.account.id = String::from("acme");
        self.transport
            .run(engine::run(&self.provider, &cx, &self.general, audit))
    }

    /// What is really held.
    pub fn held(&self) -> Vec<String> {
        let mut held = self.world.borrow().held.clone();
        held.sort();
        held
    }

    pub fn writes_seen(&self) -> usize {
        self.transport
            .seen
            .borrow()
            .iter()
            .filter(|seen| seen.method == "POST")
            .count()
    }

    pub fn reads_seen(&self) -> usize {
        self.transport
            .seen
            .borrow()
            .iter()
            .filter(|seen| seen.method == "GET")
            .count()
    }
}

fn asked(text: &str) -> Role {
    let (role, organization) = match text.split_once('@') {
        Some((role, organization)) => (role, Some(organization.to_owned())),
        None => (text, None),
    };
    let (id, name) = match role.strip_prefix('=') {
        Some(name) => (None, Some(name.to_owned())),
        None => (Some(role.to_owned()), None),
    };
    Role {
        id,
        name,
        group: None,
        organization,
        workspace: None,
    }
}

pub fn ok() -> Reaction {
    Reaction::Answer(200, Vec::new(), String::from("{}"))
}

pub fn status(status: u16) -> Reaction {
    Reaction::Answer(status, Vec::new(), String::from("{}"))
}

impl World {
    fn react(&mut self, seen: &Seen) -> Reaction {
        if seen.url.ends_with("/directory") {
            return status(self.directory_status);
        }
        for (_, grant) in self.appears.extract_if(.., |(at, _)| *at <= seen.at) {
            self.held.push(grant);
        }
        if seen.method == "GET" {
            self.read(seen)
        } else {
            self.revoke(seen)
        }
    }

    fn read(&mut self, seen: &Seen) -> Reaction {
        let read = if self.reads.is_empty() {
            Read::Good
        } else {
            self.reads.remove(0)
        };
        let without = match read {
            Read::Instead(reaction) => return reaction,
            Read::Without(grant) => Some(grant),
            Read::Good => None,
        };
        let mut shown = self.held.clone();
        for (at, gone) in &self.writes {
            if *at + self.stale_for > seen.at {
                shown.extend(gone.iter().filter(|grant| !self.held.contains(grant)).cloned());
            }
        }
        shown.retain(|grant| without != Some(grant.as_str()));
        shown.sort();
        shown.dedup();
        Reaction::Answer(200, Vec::new(), json!({ "grants": shown }).to_string())
    }

    fn revoke(&mut self, seen: &Seen) -> Reaction {
        let (instead, then) = if self.revokes.is_empty() {
            (None, None)
        } else {
            match self.revokes.remove(0) {
                Revoke::Instead(reaction) => (Some(reaction), None),
                Revoke::Then(reaction) => (None, Some(reaction)),
            }
        };
        if let Some(reaction) = instead {
            return reaction;
        }
        let body: Value = serde_json::from_str(&seen.body).unwrap();
        let grants: Vec<String> = body["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|grant| grant.as_str().unwrap().to_owned())
            .collect();
        if let Some(unknown) = grants
            .iter()
            .find(|grant| !self.directory.contains(&grant.split('@').next().unwrap()))
        {
            return Reaction::Answer(400, Vec::new(), json!({ "unknown": unknown }).to_string());
        }
        let (gone, stays): (Vec<String>, Vec<String>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|grant| grants.contains(grant) && !self.keeps.contains(&grant.split('@').next().unwrap()));
        self.held = stays;
        self.writes.push((seen.at, gone));
        then.unwrap_or_else(ok)
    }
}
