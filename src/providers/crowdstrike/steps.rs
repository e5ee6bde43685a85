//! The `Provider` steps of CrowdStrike.

use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use futures_util::future::try_join_all;

use crate::{
    ask::{Ask, Selector, same_text},
    capability::Capability,
    client::{Call, Repeat},
    contract::types::User,
    engine::with_remote_query,
    error::{Error, FaultKind, ProviderFault},
    provider::{
        Absence, Context, Field, Grant, GrantKind, Held, Planned, Provider, Reading, Verdict, Verification, Write,
    },
    reason::Reason,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    capability::CAPABILITY,
    cid::Cid,
    config::Config,
    core,
    documents::{Envelope, Role, RoleAction},
    mapping::{self, Detail},
};

/// One CrowdStrike account during one operation.
pub struct CrowdStrike {
    config: Config,
    /// The role directories that were read.
    directories: RefCell<BTreeMap<Cid, Vec<Role>>>,
}

/// Role ids in one revoke. The API's own limit is not documented; the Terraform provider sends 100.
const ROLES_AT_ONCE: usize = 100;

impl CrowdStrike {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            directories: RefCell::new(BTreeMap::new()),
        }
    }

    async fn find(&self, cx: &Context<'_>) -> Result<String, Error> {
        let wanted = &cx.ask.user;
        if !wanted.contains('@') {
            return Ok(wanted.clone());
        }
        let uuids = core::users_by_email(&self.config, cx, wanted).await?;
        let uuid = match uuids.as_slice() {
            [] => {
                return Err(Error::UserNotFound {
                    message: format!("CrowdStrike knows no user with the login `{wanted}`"),
                });
            }
            [uuid] => uuid.clone(),
            _ => {
                return Err(Error::Refused {
                    reason: Reason::Ambiguous,
                    message: format!("CrowdStrike knows several users with the login `{wanted}`; use the uuid"),
                });
            }
        };
        let (_, user) = core::user(&self.config, cx, &uuid).await?;
        if user.uid.as_deref().is_some_and(|uid| same_text(uid, wanted)) {
            Ok(uuid)
        } else {
            Err(Error::Refused {
                reason: Reason::NotExpected,
                message: String::from("the user that CrowdStrike found has another login than the one asked for"),
            })
        }
    }

    async fn read_all(&self, cx: &Context<'_>, uuid: &str) -> Result<Reading, Error> {
        let (raw_user, user) = core::user(&self.config, cx, uuid).await?;
        let home = user.cid.as_deref().and_then(|cid| Cid::parse(cid).ok());
        // The CID in view, the home CID (where a role that is not shown is revoked), and those that the request names.
        let mut cids: Vec<Option<Cid>> = vec![None];
        let named = cx.ask.entries.iter().flat_map(|entry| &entry.selector().organizations);
        for cid in home
            .iter()
            .cloned()
            .chain(named.filter_map(|cid| Cid::parse(cid).ok()))
            .map(Some)
        {
            if !cids.contains(&cid) {
                cids.push(cid);
            }
        }
        let reads = cids.iter().map(|cid| async move {
            match core::grants(&self.config, cx, uuid, cid.as_ref()).await {
                Ok(rows) => Ok(Some(rows)),
                // A CID that these credentials may not see blocks only the entries that mean it.
                Err(Error::Provider(fault)) if cid.is_some() && is_out_of_sight(&fault) => Ok(None),
                Err(error) => Err(error),
            }
        });
        let lists = try_join_all(reads).await?;
        let mut unreadable = Vec::new();
        let mut raw_rows: Vec<String> = Vec::new();
        let mut detail = Detail { user, rows: Vec::new() };
        for (cid, list) in cids.into_iter().zip(lists) {
            let Some(rows) = list else {
                unreadable.extend(cid.map(|cid| cid.to_string()));
                continue;
            };
            for (raw, mut row) in rows {
                // A row without a CID belongs to the CID that was asked for, or else to the home CID.
                let shown = row.cid.as_deref().and_then(|shown| Cid::parse(shown).ok());
                let at = shown.or_else(|| cid.clone()).or_else(|| self.view(home.as_ref()));
                row.cid = at.map(|cid| cid.to_string());
                if detail.rows.iter().any(|known| mapping::same_row(known, &row)) {
                    continue;
                }
                raw_rows.push(raw.get().to_owned());
                detail.rows.push(row);
            }
        }
        Ok(Reading {
            other_ids: Vec::new(),
            grants: detail.rows.iter().map(mapping::grant).collect(),
            emails: mapping::email(&detail.user)
                .into_iter()
                .map(str::to_lowercase)
                .collect(),
            username: detail.user.uid.clone(),
            documents: vec![("user", raw_user), ("roles", format!("[{}]", raw_rows.join(",")))],
            unreadable,
            warnings: Vec::new(),
            detail: Box::new(detail),
        })
    }

    /// The CID in view: the one that the token is locked to, else the user's home.
    fn view(&self, home: Option<&Cid>) -> Option<Cid> {
        self.config.member_cid.as_ref().or(home).cloned()
    }

    async fn what_absence_means(
        &self,
        cx: &Context<'_>,
        selector: &Selector,
        reading: &Reading,
    ) -> Result<Absence, Error> {
        let home = detail(reading)
            .and_then(|detail| detail.user.cid.as_deref())
            .and_then(|cid| Cid::parse(cid).ok());
        let mut cids: Vec<Cid> = selector
            .organizations
            .iter()
            .filter_map(|cid| Cid::parse(cid).ok())
            .collect();
        if cids.is_empty() {
            cids.extend(self.view(home.as_ref()));
        }
        if cids.is_empty() {
            return Ok(Absence::Unclear {
                reason: Reason::NotVisible,
                message: String::from(
                    "the role is not shown, and CrowdStrike does not say which CID the user belongs to: name roles[].organization",
                ),
            });
        }
        if let Some(cid) = cids
            .iter()
            .find(|cid| reading.unreadable.iter().any(|blind| blind == cid.as_str()))
        {
            return Ok(Absence::Unclear {
                reason: Reason::NotVisible,
                message: format!("the credentials cannot read the user's roles in the CID {cid}"),
            });
        }
        let (id, name) = match &selector.id {
            Some(id) => (id.clone(), selector.name.clone()),
            None => match self.id_of_name(cx, selector.label(), &cids).await? {
                Ok(role) => (role.id, role.display_name),
                Err(absence) => return Ok(absence),
            },
        };
        Ok(Absence::Probe(
            cids.into_iter()
                .map(|cid| Grant {
                    kind: GrantKind::Role,
                    role_id: id.clone(),
                    role_name: name.clone(),
                    warnings: vec![format!("not_shown_in_cid:{cid}")],
                    scope: mapping::scope(&cid),
                    held: Held::Direct,
                    effects: Vec::new(),
                })
                .collect(),
        ))
    }

    /// The roles of that name in the directories of these CIDs.
    async fn called(&self, cx: &Context<'_>, name: &str, cids: &[Cid]) -> Result<Vec<Role>, Error> {
        let mut found: Vec<Role> = Vec::new();
        for cid in cids {
            if !self.directories.borrow().contains_key(cid) {
                let roles = core::roles(&self.config, cx, cid).await?;
                self.directories.borrow_mut().insert(cid.clone(), roles);
            }
            let directories = self.directories.borrow();
            for role in directories.get(cid).into_iter().flatten() {
                let fits = role.display_name.as_deref().is_some_and(|shown| same_text(shown, name));
                if fits && !found.iter().any(|known| known.id == role.id) {
                    found.push(role.clone());
                }
            }
        }
        Ok(found)
    }

    /// The one role of that name in the directories of these CIDs.
    async fn id_of_name(&self, cx: &Context<'_>, name: &str, cids: &[Cid]) -> Result<Result<Role, Absence>, Error> {
        let mut found = self.called(cx, name, cids).await?;
        Ok(match found.len() {
            0 => Err(Absence::NotFound(format!("CrowdStrike has no role called `{name}`"))),
            1 => Ok(found.remove(0)),
            _ => {
                let ids: Vec<&str> = found.iter().map(|role| role.id.as_str()).collect();
                Err(Absence::Unclear {
                    reason: Reason::Ambiguous,
                    message: format!("several roles are called `{name}`: {}", ids.join(", ")),
                })
            }
        })
    }

    async fn send_write(&self, cx: &Context<'_>, write: &Write) -> Vec<Verdict> {
        let verdict = self.verdict(cx, write).await;
        vec![verdict; write.targets.len()]
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write) -> Verdict {
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        let said = core::said(&answer);
        if answer.status == 400 && said.contains("invalid roleID") {
            cx.revoke_answers
                .borrow_mut()
                .push(answer.evidence(Some(core::TRACE_HEADER)));
            return if write.targets.len() == 1 {
                Verdict::UnknownRole {
                    message: format!("CrowdStrike: {said}"),
                }
            } else {
                Verdict::Refused {
                    reason: Reason::ProviderRefused,
                    message: format!("CrowdStrike refused the batch: {said}"),
                }
            };
        }
        if !answer.is_success() {
            let message = format!("CrowdStrike refused to revoke ({}): {said}", answer.status);
            return cx.fault(&core::fault(cx, &answer, answer.fault_kind(), message));
        }
        cx.revoke_answers
            .borrow_mut()
            .push(answer.evidence(Some(core::TRACE_HEADER)));
        match serde_json::from_slice::<Envelope>(&answer.body) {
            Ok(envelope) if core::has_errors(&envelope) => Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                message: format!("CrowdStrike answered {} with errors: {said}", answer.status),
            },
            Ok(_) => Verdict::Acknowledged,
            Err(_) => Verdict::Unanswered {
                reason: Reason::BadAnswer,
                message: format!(
                    "CrowdStrike answered {} with something else than its documented JSON",
                    answer.status
                ),
            },
        }
    }

    fn revoke(&self, ask: &Ask, user: &str, cid: &str, roles: &[(usize, &str)]) -> Write {
        let action = RoleAction {
            action: "revoke",
            cid,
            uuid: user,
            role_ids: roles.iter().map(|(_, id)| *id).collect(),
            rest: &ask.remote_data,
        };
        let call = core::api(Call::write(
            Method::Post,
            self.config.base.join("/user-management/entities/user-role-actions/v1"),
            // Strings and a JSON map always serialise.
            serde_json::to_vec(&action).ok(),
            // It subtracts from a set: twice is the same as once.
            Repeat::Replay,
        ));
        Write {
            call: with_remote_query(call, ask),
            targets: roles.iter().map(|(index, _)| *index).collect(),
        }
    }
}

impl Provider for CrowdStrike {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        Verification {
            window: self.config.staleness_window,
            earliest: Duration::ZERO,
            rounds: 1,
            replaces_set: false,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::Organization => Cid::parse(value).map(|cid| cid.to_string()),
            Field::User | Field::Role | Field::Group | Field::Workspace => Ok(value.to_owned()),
        }
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(self.find(cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(self.read_all(cx, user))
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(self.what_absence_means(cx, selector, reading))
    }

    fn namesakes<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let mut cids: Vec<Cid> = reading
                .grants
                .iter()
                .filter(|grant| {
                    selector.names(&grant.role_id, grant.role_name.as_deref()) && selector.admits(&grant.scope)
                })
                .filter_map(|grant| Cid::parse(grant.scope.organization.as_deref()?).ok())
                .collect();
            cids.sort();
            cids.dedup();
            let called = self.called(cx, selector.label(), &cids).await?;
            Ok(called.into_iter().map(|role| role.id).collect())
        })
    }

    fn plan(&self, ask: &Ask, user: &str, _reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let mut writes = Vec::new();
        let mut batches: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
        for (index, planned) in targets.iter().enumerate() {
            let cid = planned.grant.scope.organization.as_deref().unwrap_or_default();
            let role = (index, planned.grant.role_id.as_str());
            // The call is atomic: what may be unknown must not take the rest with it.
            if planned.probe || planned.alone {
                writes.push(self.revoke(ask, user, cid, &[role]));
            } else {
                batches.entry(cid).or_default().push(role);
            }
        }
        for (cid, roles) in batches {
            writes.extend(
                roles
                    .chunks(ROLES_AT_ONCE)
                    .map(|chunk| self.revoke(ask, user, cid, chunk)),
            );
        }
        writes
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, _reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(self.send_write(cx, write))
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), mapping::user)
    }
}

/// Whether a read of one CID was refused for that CID's sake.
const fn is_out_of_sight(fault: &ProviderFault) -> bool {
    matches!(fault.kind, FaultKind::Forbidden | FaultKind::Refused)
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
