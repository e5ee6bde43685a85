//! From CrowdStrike's documents to grants and to the unified user.

use std::collections::BTreeSet;

use crate::{
    contract::types::{self, Email, Group, Organization, Role, Scope, Via, ViaKind},
    provider::{Grant, GrantKind, Held, KnownAs},
    unified::blank_user,
};

use super::{
    cid::Cid,
    documents::{GrantRow, User},
};

/// The parsed documents of a reading.
pub struct Detail {
    pub user: User,
    /// Every row has its CID, where one is known.
    pub rows: Vec<GrantRow>,
    /// The user's home CID.
    pub home: Option<Cid>,
    /// The CID in view, where it is known.
    pub view: Option<Cid>,
}

impl Detail {
    /// Where a role without an organization is meant: in view, and at home.
    pub fn own_cids(&self) -> Vec<Cid> {
        let mut cids: Vec<Cid> = self.view.iter().chain(&self.home).cloned().collect();
        cids.dedup();
        cids
    }

    /// Every CID that the reading names.
    pub fn known_cids(&self) -> Vec<Cid> {
        let shown = self.rows.iter().filter_map(|row| Cid::parse(row.cid.as_deref()?).ok());
        let mut cids: Vec<Cid> = self.own_cids().into_iter().chain(shown).collect();
        cids.sort();
        cids.dedup();
        cids
    }
}

/// The scope of a CID.
pub fn scope(cid: &Cid) -> Scope {
    Scope {
        group: None,
        organization: Some(cid.to_string()),
        workspace: None,
    }
}

/// Whether two rows, from overlapping lists, are the same grant.
pub fn same_row(one: &GrantRow, other: &GrantRow) -> bool {
    one.role_id == other.role_id
        && one.cid == other.cid
        && one.is_direct() == other.is_direct()
        && one.user_group_id == other.user_group_id
        && one.cid_group_id == other.cid_group_id
}

/// A row as a grant.
pub fn grant(row: &GrantRow) -> Grant {
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_id: row.role_id.clone(),
        role_name: row.role_name.clone(),
        scope: Scope {
            group: None,
            organization: row.cid.clone(),
            workspace: None,
        },
        held: if row.is_direct() {
            Held::Direct
        } else {
            Held::Through(via(row))
        },
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The login, if it looks like an e-mail address.
pub fn email(user: &User) -> Option<&str> {
    let uid = user.uid.as_deref()?;
    let (local, domain) = uid.split_once('@')?;
    (!local.is_empty() && domain.contains('.') && !domain.contains('@')).then_some(uid)
}

/// The unified user.
pub fn user(detail: &Detail) -> types::User {
    let Detail { user, rows, .. } = detail;
    let name = [user.first_name.as_deref(), user.last_name.as_deref()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    types::User {
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        name: if name.is_empty() { user.uid.clone() } else { Some(name) },
        username: user.uid.clone(),
        emails: email(user)
            .map(|email| Email {
                email: Some(email.to_owned()),
                type_: None,
                is_primary: Some(true),
            })
            .into_iter()
            .collect(),
        // `active` and `inactive` are the contract's own words; anything else stays the provider's.
        status: user.status.clone(),
        // Without a factor the user may still have one at the identity provider: nothing is said then.
        is_two_factor_enabled: user
            .factors
            .as_ref()
            .filter(|factors| !factors.is_empty())
            .map(|_| true),
        roles: roles(rows),
        organizations: organizations(detail),
        user_type: user
            .user_type
            .clone()
            .or_else(|| rows.iter().find_map(|row| row.user_type.clone())),
        groups: groups(rows),
        created_at: user.created_at.clone(),
        updated_at: user.updated_at.clone(),
        last_login_at: user.last_login_at.clone(),
        ..blank_user(user.uuid.clone())
    }
}

/// Each role once for each CID, as a request can send it back: a group is no scope here, and stands in `groups`.
fn roles(rows: &[GrantRow]) -> Vec<Role> {
    let mut seen = BTreeSet::new();
    rows.iter()
        .filter(|row| seen.insert((&row.role_id, &row.cid)))
        .map(|row| Role {
            id: Some(row.role_id.clone()),
            name: row.role_name.clone().filter(|name| !name.is_empty()),
            group: None,
            organization: row.cid.clone(),
            workspace: None,
        })
        .collect()
}

fn via(row: &GrantRow) -> Vec<Via> {
    let part = |kind, id: &Option<String>, name: &Option<String>| {
        (id.is_some() || name.is_some()).then(|| Via {
            kind,
            id: id.clone(),
            name: name.clone(),
        })
    };
    [
        part(ViaKind::Group, &row.user_group_id, &row.user_group_name),
        part(ViaKind::CidGroup, &row.cid_group_id, &row.cid_group_name),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn organizations(detail: &Detail) -> Vec<Organization> {
    let mut cids: Vec<&str> = Vec::new();
    for cid in detail
        .user
        .cid
        .as_deref()
        .into_iter()
        .chain(detail.rows.iter().filter_map(|row| row.cid.as_deref()))
    {
        if !cids.contains(&cid) {
            cids.push(cid);
        }
    }
    cids.into_iter()
        .map(|cid| Organization {
            id: Some(cid.to_owned()),
            name: None,
        })
        .collect()
}

fn groups(rows: &[GrantRow]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows
        .iter()
        .filter(|row| row.user_group_id.is_some() || row.user_group_name.is_some())
    {
        let group = Group {
            id: row.user_group_id.clone(),
            name: row.user_group_name.clone(),
            organization: None,
        };
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}
