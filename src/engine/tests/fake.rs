//! The provider of the tests under the engine: it asks the far end of [`super::world`], and says of itself what a test sets.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    client::{Call, Repeat},
    contract::{
        reason::Reason,
        types::{Role, Scope, SideEffect, User, Via, ViaKind},
        user::blank_user,
    },
    error::{Error, FaultKind},
    provider::{
        Absence, Consequence, Context, Coverage, Directory, Gap, Grant, GrantKind, Held, Identity, KnownAs, KnownRole,
        Planned, Principal, RoleList, Snapshot, UnreadRow, Verdict, Verification, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
    transport::Method,
};

/// The provider under the engine.
pub struct Fake {
    pub repeat: Repeat,
    pub verification: Verification,
    /// Of the targets of the first question.
    pub consequences: Vec<Consequence>,
    pub first_asked: RefCell<Vec<Grant>>,
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

impl Backend for Fake {
    type Detail = ();
    const CAPABILITY: &'static Capability = &CAPABILITY;

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
            return Err(fault.with_wait(retry_after).into());
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
                may_be_protected: None,
                is_sparse: document["is_sparse"] == true,
                grants,
                emails: vec![String::from("ann@example.com")],
                username: Some(String::from("ann")),
                documents: vec![("user", document.to_string())],
                unreadable: texts(&document["unreadable"]).into_iter().map(Gap::at).collect(),
                warnings: Vec::new(),
            },
            (),
        ))
    }

    async fn absence(&self, step: Step<'_, ()>, selector: &Selector) -> Result<Absence, Error> {
        let Step { cx, .. } = step;
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

    fn nothing_held(&self, (): &()) -> Absence {
        self.nothing.clone()
    }

    fn gaps(&self, _snapshot: &Snapshot, (): &()) -> Vec<String> {
        self.gaps.clone()
    }

    async fn directory(&self, _step: Step<'_, ()>, _selector: &Selector) -> Result<Directory, Error> {
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

    async fn consequences(&self, step: Step<'_, ()>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        let Step { cx, .. } = step;
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

    async fn credential_owner(&self, _step: Step<'_, ()>) -> Result<Principal, Error> {
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
                let fault = answer.fault(answer.fault_kind(), "revoke refused");
                let fault = fault.with_wait(cx.client.retry_after(&answer));
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
