//! The `Provider` steps of CrowdStrike.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::try_join_all;
use serde_json::value::RawValue;

use crate::{
    ask::{Ask, Entry, Selector},
    capability::Capability,
    client::{Call, Repeat},
    contract::types::User,
    error::{Error, FaultKind, ProviderFault},
    naming::same,
    provider::{Absence, Context, Field, Grant, Planned, Provider, Reading, Verdict, Verification, Write},
    reason::Reason,
    transport::{Method, Task},
    unified::blank_user,
    warning::Warning,
};

use super::{
    absence,
    capability::CAPABILITY,
    cid::Cid,
    config::Config,
    core,
    directory::Directories,
    documents::{GrantRow, RoleAction},
    mapping::{self, Detail},
    revoke::Revokes,
};

/// One CrowdStrike account during one operation.
pub struct CrowdStrike {
    config: Config,
    directories: Directories,
    revokes: Revokes,
}

/// Role ids in one revoke. The API's own limit is not documented; the Terraform provider sends 100.
const ROLES_AT_ONCE: usize = 100;

impl CrowdStrike {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            directories: Directories::new(),
            revokes: Revokes::new(),
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
        if user.uid.as_deref().is_some_and(|uid| same(uid, wanted)) {
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
        let view = self
            .config
            .member_cid
            .clone()
            .or_else(|| shown_cid(lists.first()?.as_ref()?));
        let mut unreadable = Vec::new();
        let mut raw_rows: Vec<String> = Vec::new();
        let mut detail = Detail {
            user,
            rows: Vec::new(),
            view,
            home,
        };
        for (cid, list) in cids.into_iter().zip(lists) {
            let Some(rows) = list else {
                unreadable.extend(cid.map(|cid| cid.to_string()));
                continue;
            };
            for (raw, mut row) in rows {
                // A row without a CID belongs to the CID that was asked for, or else to the one in view.
                let shown = row.cid.as_deref().and_then(|shown| Cid::parse(shown).ok());
                let at = shown.or_else(|| cid.clone());
                let at = at.or_else(|| self.config.member_cid.clone().or_else(|| detail.home.clone()));
                row.cid = at.map(|cid| cid.to_string());
                if detail.rows.iter().any(|known| mapping::same_row(known, &row)) {
                    continue;
                }
                raw_rows.push(raw.get().to_owned());
                detail.rows.push(row);
            }
        }
        let is_unscoped = |entry: &Entry| entry.selector().organizations.is_empty();
        let hidden_home = detail
            .home
            .iter()
            .map(Cid::to_string)
            .filter(|home| unreadable.contains(home) && cx.ask.entries.iter().any(is_unscoped));
        let warnings = hidden_home.map(|home| Warning::CidNotVisible.about(home)).collect();
        Ok(Reading {
            unread: Vec::new(),
            other_ids: Vec::new(),
            grants: detail.rows.iter().map(mapping::grant).collect(),
            emails: mapping::email(&detail.user)
                .into_iter()
                .map(str::to_lowercase)
                .collect(),
            username: detail.user.uid.clone(),
            documents: vec![("user", raw_user), ("roles", format!("[{}]", raw_rows.join(",")))],
            is_sparse: false,
            unreadable,
            warnings,
            detail: Box::new(detail),
        })
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
            call,
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
        Box::pin(absence::of(
            &self.config,
            &self.directories,
            cx,
            selector,
            reading,
            detail(reading),
        ))
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
            let called = self
                .directories
                .called(&self.config, cx, selector.label(), &cids)
                .await?;
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

    fn send<'a>(
        &'a self,
        cx: &'a Context<'a>,
        write: &'a Write,
        grants: &'a [&'a Grant],
        reading: &'a Reading,
    ) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move {
            let detail = detail(reading);
            let shown = async || {
                let uuid = detail?.user.uuid.as_str();
                let now = self.read_all(cx, uuid).await.ok()?;
                Some(now.grants)
            };
            let revokes = &self.revokes;
            revokes
                .send(&self.config, &self.directories, cx, write, grants, detail, shown)
                .await
        })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), mapping::user)
    }
}

/// The one CID that the rows of the CID in view name.
fn shown_cid(rows: &[(Box<RawValue>, GrantRow)]) -> Option<Cid> {
    let mut cids = rows.iter().map(|(_, row)| Cid::parse(row.cid.as_deref()?).ok());
    let first = cids.next()??;
    cids.all(|cid| cid.as_ref() == Some(&first)).then_some(first)
}

/// Whether a read of one CID was refused for that CID's sake.
const fn is_out_of_sight(fault: &ProviderFault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused
    )
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
