//! A small provider: `GET /user` shows grants, `POST /revoke` takes roles away. Its far end can misbehave.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    account::settings::General,
    client::{Caches, Call, RateLimitPolicy, Repeat},
    contract::{
        examples::options,
        reason::Reason,
        types::{
            self, Failure, Options, ReadOptions, Request, Role, Scope, SideEffect, Success, User, UserReading, Via,
            ViaKind,
        },
        user::blank_user,
    },
    engine::{self, Audit, NoAudit},
    error::{Error, FaultKind, ProviderFault},
    fake::{FakeTransport, Reaction, Seen},
    provider::{
        Absence, Consequence, Context, Coverage, Directory, Grant, GrantKind, Held, Identity, KnownAs, KnownRole,
        Planned, Principal, RoleList, Snapshot, UnreadRow, Verdict, Verification, Write, backend::Backend,
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
    transport::Method,
};

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

/// The provider under the engine.
pub struct Fake {
    pub repeat: Repeat,
    pub verification: Verification,
    /// Of the targets of the first question.
    pub consequences: Vec<Consequence>,
    first_asked: RefCell<Vec<Grant>>,
    /// What the removal of these roles takes cannot be read.
    pub closed: Vec<&'static str>,
    /// From the first write on.
    pub later_consequences: Option<Vec<Consequence>>,
    pub own: Principal,
    pub other_ids: Vec<String>,
    /// Organizations of which nothing is proven.
    pub blind_at: Vec<&'static str>,
    /// What absence proves.
    pub probe: bool,
    pub batch: bool,
    pub effects: Vec<SideEffect>,
    /// Ids and names of the roles that the provider lists.
    pub directory: Vec<(&'static str, &'static str)>,
    pub coverage: Coverage,
    /// Rows that cannot be read, in every reading.
    pub unread: Vec<UnreadRow>,
    /// After the first write, every row of role `a` is shown as one that cannot be read.
    pub unread_after_write: Cell<bool>,
    /// What the rows of these roles call them.
    pub row_names: Vec<(&'static str, Option<String>)>,
    /// What the `role_id` of this role is.
    pub identity: Option<(&'static str, Identity)>,
    /// What a reading without any grant means.
    pub nothing: Absence,
    /// Where something may be held that is not shown.
    pub gaps: Vec<String>,
}

const CAPABILITY: Capability = Capability {
    name: "Fake",
    group: Some("a group"),
    organization: Some("an organization"),
    reserved: &["roles"],
    ..Capability::EXAMPLE
};

pub const WINDOW: Duration = Duration::from_secs(10);

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
                verification: Verification {
                    window: WINDOW,
                    earliest: Duration::ZERO,
                    rounds: 1,
                    replaces_set: false,
                },
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

    /// Everything that the user holds.
    pub fn read_user(&self) -> Result<UserReading, Failure> {
        let caches = Caches::default();
        let options = ReadOptions { deadline: None };
        let ask = ValidatedRequest::reading(Some("u1"), options, &self.provider)
            .map_err(|error| engine::failure_of(&error, false))?;
        let cx = engine::context(&self.transport, &caches, &ask, Vec::new(), RateLimitPolicy::default());
        self.transport
            .run(engine::read_user(&self.provider, &cx, &self.general, &NoAudit))
    }

    fn request(&self, roles: Vec<Role>, everything: bool) -> Request {
        Request {
            everything,
            id: String::from("u1"),
            roles: roles.into_iter().map(Into::into).collect(),
            organizations: self
                .organizations
                .iter()
                .cloned()
                .filter_map(crate::request::requested::organization_selector)
                .collect(),
            workspace_id: types::Narrowing::Anywhere,
            remote_query: None,
            remote_data: None,
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
        let mut cx = engine::context(&self.transport, &caches, &ask, Vec::new(), RateLimitPolicy::default());
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

/// The outcomes of either answer, as names.
pub fn outcomes(answer: &Result<Success, Failure>) -> Vec<&'static str> {
    entries(answer)
        .iter()
        .map(|entry| crate::contract::json::outcome_name(entry.outcome))
        .collect()
}

pub fn entries(answer: &Result<Success, Failure>) -> &[types::RoleOutcome] {
    match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
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

impl Backend for Fake {
    type Detail = ();

    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        self.verification
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        Ok(cx.request.user.clone())
    }

    async fn read(&self, cx: &Context<'_>, _user: &str) -> Result<(Snapshot, ()), Error> {
        let answer = cx.client.send(&Call::get("https://fake.test/user")).await?;
        if !answer.is_success() {
            let fault = answer.fault(answer.fault_kind(), "read refused");
            let retry_after = cx.client.retry_after(&answer);
            return Err(ProviderFault { retry_after, ..fault }.into());
        }
        let document: Value = answer.json("the user")?;
        let grants = document["grants"]
            .as_array()
            .ok_or_else(|| answer.fault(FaultKind::BadAnswer, "no grants"))?
            .iter()
            .map(|grant| self.grant(grant.as_str().unwrap()))
            .collect::<Vec<_>>();
        let (lost, grants): (Vec<Grant>, Vec<Grant>) = grants
            .into_iter()
            .partition(|grant| grant.role_id == "a" && self.unread_after_write.get() && cx.client.wrote());
        let lost = lost.into_iter().map(|_| UnreadRow::new("null"));
        Ok((
            Snapshot {
                unread: self.unread.iter().cloned().chain(lost).collect(),
                other_ids: self.other_ids.clone(),
                is_sparse: document["is_sparse"] == true,
                grants,
                emails: vec![String::from("ann@example.com")],
                username: Some(String::from("ann")),
                documents: vec![("user", document.to_string())],
                unreadable: texts(&document["unreadable"]),
                warnings: Vec::new(),
            },
            (),
        ))
    }

    async fn absence(
        &self,
        cx: &Context<'_>,
        selector: &Selector,
        _snapshot: &Snapshot,
        (): &(),
    ) -> Result<Absence, Error> {
        let id = selector.label();
        Ok(match id {
            _ if selector
                .organizations
                .iter()
                .any(|at| self.blind_at.contains(&at.as_str())) =>
            {
                Absence::Unclear {
                    reason: Reason::NotVisible,
                    message: String::from("not visible"),
                }
            }
            "broken" => {
                let answer = cx.client.send(&Call::get("https://fake.test/directory")).await?;
                return Err(answer.fault(answer.fault_kind(), "the directory is closed").into());
            }
            "blind" => Absence::Unclear {
                reason: Reason::NotVisible,
                message: String::from("not visible"),
            },
            _ if self.probe => Absence::Probe(vec![self.grant(&format!("{id}@o1"))]),
            "a" | "b" | "c" | "d" => Absence::Proven,
            _ => Absence::NotFound(format!("no role {id}")),
        })
    }

    async fn list_roles(&self, _cx: &Context<'_>) -> Result<RoleList, Error> {
        Ok(RoleList::default())
    }

    async fn nothing_held(&self, _cx: &Context<'_>, _snapshot: &Snapshot, (): &()) -> Result<Absence, Error> {
        Ok(self.nothing.clone())
    }

    fn gaps(&self, _snapshot: &Snapshot, (): &()) -> Vec<String> {
        self.gaps.clone()
    }

    async fn directory(
        &self,
        _cx: &Context<'_>,
        _selector: &Selector,
        _snapshot: &Snapshot,
        (): &(),
    ) -> Result<Directory, Error> {
        let roles = self.directory.iter().map(|&(id, name)| KnownRole {
            id: id.to_owned(),
            name: Some(name.to_owned()),
        });
        let directory = Directory {
            roles: roles.collect(),
            coverage: self.coverage.clone(),
        };
        Ok(directory)
    }

    async fn consequences(
        &self,
        cx: &Context<'_>,
        _snapshot: &Snapshot,
        (): &(),
        targets: &[Grant],
    ) -> Result<Vec<Consequence>, Error> {
        if targets
            .iter()
            .any(|grant| self.closed.contains(&grant.role_id.as_str()))
        {
            let answer = cx.client.send(&Call::get("https://fake.test/directory")).await?;
            return Err(answer.fault(answer.fault_kind(), "what it takes is closed").into());
        }
        if let Some(later) = self.later_consequences.as_ref().filter(|_| cx.client.wrote()) {
            return Ok(later.clone());
        }
        let mut first = self.first_asked.borrow_mut();
        if targets.iter().any(|grant| !first.contains(grant)) {
            *first = targets.to_vec();
        }
        let now = |consequence: &Consequence| {
            let of = first.get(consequence.target)?;
            let target = targets.iter().position(|grant| grant.same_key(of))?;
            Some(Consequence {
                target,
                ..consequence.clone()
            })
        };
        Ok(self.consequences.iter().filter_map(now).collect())
    }

    async fn credential_owner(&self, _cx: &Context<'_>, _snapshot: &Snapshot, (): &()) -> Result<Principal, Error> {
        Ok(self.own.clone())
    }

    fn plan(&self, _ask: &ValidatedRequest, _user: &str, (): &(), targets: &[Planned<'_>]) -> Vec<Write> {
        let write = |targets: Vec<(usize, String)>| Write {
            call: Call::write(
                Method::Post,
                "https://fake.test/revoke",
                Some(
                    json!({ "roles": targets.iter().map(|(_, key)| key).collect::<Vec<_>>() })
                        .to_string()
                        .into_bytes(),
                ),
                self.repeat,
            ),
            targets: targets.into_iter().map(|(index, _)| index).collect(),
        };
        let key = |grant: &Grant| format!("{}@{}", grant.role_id, grant.scope.organization.as_deref().unwrap());
        let (single, batch): (Vec<_>, Vec<_>) = targets
            .iter()
            .enumerate()
            .map(|(index, planned)| {
                (
                    planned.probe || planned.alone || !self.batch,
                    (index, key(planned.grant)),
                )
            })
            .partition(|(single, _)| *single);
        let mut writes: Vec<Write> = single.into_iter().map(|(_, target)| write(vec![target])).collect();
        if !batch.is_empty() {
            writes.push(write(batch.into_iter().map(|(_, target)| target).collect()));
        }
        writes
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, _grants: &[&Grant], (): &()) -> Vec<Verdict> {
        let verdict = match cx.client.send(&write.call).await {
            Err(fault) => cx.fault(&fault),
            Ok(answer) if answer.is_success() => Verdict::Acknowledged,
            Ok(answer) if answer.status == 409 => Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                message: String::from("the set has changed"),
            },
            Ok(answer) if answer.status == 400 && write.targets.len() == 1 => Verdict::UnknownRole {
                message: String::from("unknown role"),
            },
            Ok(answer) => {
                let fault = ProviderFault {
                    retry_after: cx.client.retry_after(&answer),
                    ..answer.fault(answer.fault_kind(), "revoke refused")
                };
                cx.fault(&fault)
            }
        };
        vec![verdict; write.targets.len()]
    }

    fn unify(&self, reading: &Snapshot, (): &()) -> User {
        User {
            roles: reading
                .grants
                .iter()
                .map(|grant| Role {
                    id: Some(grant.role_id.clone()),
                    name: None,
                    group: None,
                    organization: grant.scope.organization.clone(),
                    workspace: None,
                })
                .collect(),
            ..blank_user("u1")
        }
    }
}

impl Fake {
    /// The grant of `role@organization[/group]`; a role `x` is called `Name x`, and `b2` shares its name with `b`.
    pub fn grant(&self, text: &str) -> Grant {
        let (role, place) = text.split_once('@').unwrap();
        let (organization, group) = match place.split_once('/') {
            Some((organization, group)) => (organization, Some(group)),
            None => (place, None),
        };
        let name = match self.row_names.iter().find(|(id, _)| *id == role) {
            Some((_, name)) => name.clone(),
            None => Some(format!("Name {}", role.trim_end_matches('2'))),
        };
        let identity = self.identity.filter(|(id, _)| *id == role);
        Grant {
            known_as: KnownAs {
                identity: identity.map(|(_, identity)| identity).unwrap_or_default(),
                ..KnownAs::default()
            },
            kind: if role == "group" {
                GrantKind::Membership
            } else {
                GrantKind::Role
            },
            role_id: role.to_owned(),
            role_name: name,
            scope: Scope {
                group: (role == "group").then(|| String::from("g1")),
                organization: Some(organization.to_owned()),
                workspace: None,
            },
            held: match group {
                None => Held::Direct,
                Some("?") => Held::NotRead,
                Some(group) => Held::Through(vec![Via {
                    kind: ViaKind::Group,
                    id: None,
                    name: Some(group.to_owned()),
                }]),
            },
            effects: self.effects.clone(),
            warnings: Vec::new(),
        }
    }
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
