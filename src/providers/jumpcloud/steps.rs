//! The `Provider` steps of JumpCloud.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use serde_json::{Map, Value};

use crate::{
    ask::{Ask, Selector},
    capability::Capability,
    client::path_segment,
    contract::types::{SideEffect, User},
    error::Error,
    naming::same,
    provider::{
        Absence, Affects, Consequence, Context, Field, Grant, GrantKind, Planned, Principal, Provider, Reading,
        Verdict, Verification, Write,
    },
    reason::Reason,
    secret::MASK,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    absence,
    capability::CAPABILITY,
    config::{Access, Config, is_object_id},
    core,
    documents::RoleNames,
    mapping,
    people::{self, Known},
    reading::{self, Basis, Detail},
    roles::Directory,
};

/// One JumpCloud account during one operation.
pub struct JumpCloud {
    config: Config,
    /// What the operation's first read found.
    basis: RefCell<Option<Rc<Basis>>>,
    /// Whether the guards were asked about the administrator's deletion.
    deletes: Cell<bool>,
    /// Names of roles that a write of this operation took, or may have: an older read still shows them, and a set that is made from
    /// it must not give them back.
    taken: RefCell<Vec<String>>,
}

/// Only its holders may change administrators, so that the last one must stay. Spelt in two ways.
const OWNER: &str = "administrator with billing";

impl JumpCloud {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            basis: RefCell::new(None),
            deletes: Cell::new(false),
            taken: RefCell::new(Vec::new()),
        }
    }

    async fn read_again(&self, cx: &Context<'_>, user: &str) -> Result<Reading, Error> {
        let basis = self.basis.borrow().clone();
        let reading = reading::read(&self.config, cx, user, basis).await?;
        if let Some(detail) = detail(&reading) {
            self.basis.replace(Some(detail.basis.clone()));
        }
        Ok(reading)
    }

    async fn what_else_goes(
        &self,
        cx: &Context<'_>,
        reading: &Reading,
        targets: &[Grant],
    ) -> Result<Vec<Consequence>, Error> {
        let Some(known) = detail(reading).and_then(|detail| detail.person.known()) else {
            return Ok(Vec::new());
        };
        let roles = |grants: &[Grant]| grants.iter().filter(|grant| grant.kind == GrantKind::Role).count();
        let is_last_role = roles(targets) > 0 && roles(targets) == roles(&reading.grants);
        self.deletes.set(is_last_role);
        let has_link = targets.iter().any(|grant| grant.kind == GrantKind::OrganizationLink);
        if (is_last_role || has_link) && !cx.ask.remote_data.is_empty() {
            let what = if has_link {
                "an organization link"
            } else {
                "the last role"
            };
            return Err(Error::request(
                "remote_data",
                format!("remote_data cannot be sent: {what} goes with a DELETE, which has no body; nothing was sent"),
            ));
        }
        let mut consequences = Vec::new();
        for (target, grant) in targets
            .iter()
            .enumerate()
            .filter(|(_, grant)| grant.kind == GrantKind::Role)
        {
            if is_last_role {
                consequences.push(Consequence {
                    affects: Affects::default(),
                    target,
                    takes: Vec::new(),
                    effect: SideEffect::DeleteAdministrator,
                    lists: vec![format!("the administrator record {} with its API key", known.record.id)],
                });
            }
            if grant.role_name.as_deref().is_some_and(|name| same(name, OWNER)) {
                let all = people::administrators(&self.config, cx).await?;
                let is_other_owner = |other: &super::documents::Administrator| {
                    let names = other.names().unwrap_or_default();
                    other.id != known.record.id
                        && other.suspended != Some(true)
                        && names.iter().any(|name| same(name, OWNER))
                };
                if !all.iter().any(is_other_owner) {
                    consequences.push(Consequence {
                        affects: Affects::default(),
                        target,
                        takes: Vec::new(),
                        effect: SideEffect::LastAdministrator,
                        lists: vec![String::from("the last Administrator With Billing")],
                    });
                }
            }
        }
        Ok(consequences)
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], reading: &Reading) -> Verdict {
        let are_roles = grants.iter().all(|grant| grant.kind == GrantKind::Role);
        if are_roles && let Some(verdict) = self.changed_meanwhile(cx, reading).await {
            return verdict;
        }
        let verdict = self.answered(cx, write).await;
        if are_roles
            && write.call.method == Method::Put
            && matches!(verdict, Verdict::Acknowledged | Verdict::Unanswered { .. })
        {
            let names = grants.iter().filter_map(|grant| grant.role_name.clone());
            self.taken.borrow_mut().extend(names);
        }
        verdict
    }

    async fn answered(&self, cx: &Context<'_>, write: &Write) -> Verdict {
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        if answer.is_success() {
            cx.revoke_answers.borrow_mut().push(core::evidence(&answer));
            return Verdict::Acknowledged;
        }
        let fault = core::fault(cx, &answer, answer.fault_kind(), "JumpCloud refused to remove");
        let verdict = cx.fault(&fault);
        if answer.status == 404 {
            // Gone meanwhile, or another id than it was: the read-back decides.
            return Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                message: fault.message,
            };
        }
        verdict
    }

    /// The roles of a record, without those that were taken meanwhile.
    fn not_taken<'a>(&self, names: &'a [String]) -> Vec<&'a str> {
        let taken = self.taken.borrow();
        names
            .iter()
            .filter(|name| !taken.contains(name))
            .map(String::as_str)
            .collect()
    }

    /// The PUT replaces the whole set: it goes only if the set is still the one that was read.
    async fn changed_meanwhile(&self, cx: &Context<'_>, reading: &Reading) -> Option<Verdict> {
        let known = detail(reading)?.person.known()?;
        let now = match people::administrator_by_id(&self.config, cx, &known.record.id).await {
            Ok(Some(document)) => people::record(&document),
            // A cancelled write of an earlier round may have deleted it: the read-back decides.
            Ok(None) => {
                return Some(Verdict::Unanswered {
                    reason: Reason::ConcurrentChange,
                    message: String::from("the administrator is gone"),
                });
            }
            Err(fault) => Err(fault),
        };
        let is_same = |names: &[String]| {
            let (mut now, mut before) = (self.not_taken(names), self.not_taken(&known.names));
            now.sort_unstable();
            before.sort_unstable();
            now == before
        };
        match now.map(|record| record.names()) {
            Ok(Ok(names)) if is_same(&names) => None,
            Ok(Ok(_)) => Some(Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                message: String::from(
                    "the administrator's roles changed between the read and the write; nothing was written",
                ),
            }),
            Ok(Err(why)) => Some(Verdict::NotSent {
                reason: Reason::BadAnswer,
                message: format!("{why}; nothing was written"),
            }),
            Err(fault) => Some(match Verdict::of_fault(&fault) {
                Verdict::Unanswered { reason, message } => Verdict::NotSent { reason, message },
                other => other,
            }),
        }
    }

    fn role_write(&self, ask: &Ask, known: &Known, targets: &[(usize, &Grant)]) -> Option<Write> {
        let goes = |name: &str| {
            targets
                .iter()
                .any(|(_, grant)| grant.role_name.as_deref() == Some(name))
        };
        let mut keep = self.not_taken(&known.names);
        keep.retain(|name| !goes(name));
        let path = format!("/api/users/{}", path_segment(&known.record.id));
        let call = if keep.is_empty() {
            // There is no administrator without a role. The guards have seen and allowed it, unless the other roles went meanwhile.
            let is_allowed = self.deletes.get() && ask.allow.contains(&SideEffect::DeleteAdministrator);
            if !is_allowed || !ask.remote_data.is_empty() {
                return None;
            }
            core::write(&self.config, Method::Delete, &path, None)
        } else {
            let body = RoleNames {
                names: keep,
                rest: &ask.remote_data,
            };
            core::write(&self.config, Method::Put, &path, serde_json::to_vec(&body).ok())
        };
        Some(Write {
            call,
            targets: targets.iter().map(|(index, _)| *index).collect(),
        })
    }

    fn link_write(&self, ask: &Ask, known: &Known, target: (usize, &Grant)) -> Option<Write> {
        if !ask.remote_data.is_empty() {
            return None;
        }
        let path = format!(
            "/api/v2/administrators/{}/organizationlinks/{}",
            path_segment(&known.record.id),
            path_segment(&target.1.role_id)
        );
        Some(Write {
            call: core::write(&self.config, Method::Delete, &path, None),
            targets: vec![target.0],
        })
    }

    fn membership_write(&self, ask: &Ask, user: &str, group: &str, targets: Vec<usize>) -> Write {
        let path = format!("/api/v2/usergroups/{}/members", path_segment(group));
        let mut body: Map<String, Value> = ask.remote_data.clone();
        for (field, value) in [("op", "remove"), ("type", "user"), ("id", user)] {
            body.insert(field.to_owned(), Value::from(value));
        }
        let body = Value::Object(body).to_string().into_bytes();
        Write {
            call: core::write(&self.config, Method::Post, &path, Some(body)),
            targets,
        }
    }
}

impl Provider for JumpCloud {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        Verification {
            window: self.config.staleness_window,
            earliest: Duration::from_secs(2),
            rounds: 3,
            replaces_set: true,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::User if !is_object_id(value) && !value.contains('@') => Err(String::from(
                "must be an id (24 hexadecimal digits) or an e-mail address",
            )),
            Field::User | Field::Organization | Field::Role | Field::Group if is_object_id(value) => {
                Ok(value.to_ascii_lowercase())
            }
            Field::Organization => Err(String::from("must be an organization id (24 hexadecimal digits)")),
            _ => Ok(value.to_owned()),
        }
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        if selector.group.is_none() {
            return Ok(());
        }
        // A group gives no role at JumpCloud; `member` is what one is in it.
        if selector.id.is_none() && selector.name.as_deref().is_none_or(|name| same(name, "member")) {
            selector.name = None;
            return Ok(());
        }
        Err(String::from(
            "cannot stand beside a group: JumpCloud has no roles in groups, name the group alone to leave it",
        ))
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(people::find_user(&self.config, cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(self.read_again(cx, user))
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(async move {
            match detail(reading) {
                Some(detail) => Ok(absence::of(&self.config, cx, selector, detail).await?),
                None => Ok(Absence::NotFound(String::from("nothing was read"))),
            }
        })
    }

    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(self.what_else_goes(cx, reading, targets))
    }

    fn namesakes<'a>(
        &'a self,
        _cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            // A group that is named alone has no name of a role to share.
            let Some(detail) = detail(reading).filter(|_| selector.group.is_none()) else {
                return Ok(Vec::new());
            };
            let called: Vec<String> = if selector.is_link {
                let known = detail.basis.organizations.iter().flatten();
                known
                    .filter(|known| selector.names(&known.id, known.name.as_deref()))
                    .map(|known| known.id.clone())
                    .collect()
            } else {
                if let Directory::Failed(fault) = &detail.basis.directory {
                    return Err(fault.clone().into());
                }
                let known = detail.basis.directory.roles().iter();
                known
                    .filter(|role| selector.names(&role.id, Some(&role.name)))
                    .map(|role| role.id.clone())
                    .collect()
            };
            // The record may have another id for the only one of that name.
            Ok(if called.len() > 1 { called } else { Vec::new() })
        })
    }

    fn own_principal<'a>(&'a self, _cx: &'a Context<'a>, _reading: &'a Reading) -> Task<'a, Result<Principal, Error>> {
        // A key does not say whose it is; a client is a service account's.
        let principal = match self.config.access {
            Access::Key(_) => Principal::Unknown,
            Access::Client { .. } => Principal::NoUser,
        };
        Box::pin(async move { Ok(principal) })
    }

    fn is_role(&self, text: &str, grant: &Grant) -> bool {
        let text = text.trim();
        let is_told = grant.kind != GrantKind::Role || is_object_id(&grant.role_id);
        same(text, &grant.role_id)
            || grant.role_name.as_deref().is_some_and(|name| same(text, name))
            // A guard that cannot see must not wave through: it could be any id.
            || (!is_told && is_object_id(text))
    }

    fn plan(&self, ask: &Ask, user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let Some(detail) = detail(reading) else {
            return Vec::new();
        };
        let of_kind = |kind: GrantKind| {
            targets
                .iter()
                .enumerate()
                .filter(move |(_, planned)| planned.grant.kind == kind)
                .map(|(index, planned)| (index, planned.grant))
        };
        let roles: Vec<(usize, &Grant)> = of_kind(GrantKind::Role).collect();
        let mut writes = Vec::new();
        if let Some(known) = detail.person.known() {
            if !roles.is_empty() {
                writes.extend(self.role_write(ask, known, &roles));
            }
            writes
                .extend(of_kind(GrantKind::OrganizationLink).filter_map(|target| self.link_write(ask, known, target)));
        }
        // An entry may name a group by its id and another one by its name: it is left once.
        let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
        for (index, grant) in of_kind(GrantKind::Membership) {
            match groups.iter_mut().find(|(group, _)| *group == grant.role_id) {
                Some((_, indices)) => indices.push(index),
                None => groups.push((&grant.role_id, vec![index])),
            }
        }
        let member = detail.basis.system_user.as_deref().unwrap_or(user);
        writes.extend(
            groups
                .into_iter()
                .map(|(group, indices)| self.membership_write(ask, member, group, indices)),
        );
        writes
    }

    fn call_headers(&self) -> Vec<(&'static str, String)> {
        let name = match self.config.access {
            Access::Key(_) => "x-api-key",
            Access::Client { .. } => "authorization",
        };
        vec![(name, MASK.to_owned())]
    }

    fn send<'a>(
        &'a self,
        cx: &'a Context<'a>,
        write: &'a Write,
        grants: &'a [&'a Grant],
        reading: &'a Reading,
    ) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write, grants, reading).await; grants.len()] })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), |detail| mapping::user(detail, &reading.grants))
    }
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
