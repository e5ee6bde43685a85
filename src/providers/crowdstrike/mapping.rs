//! From CrowdStrike's documents to grants and to the unified user.

use crate::{
    client::lenient::{Row, Rows, Text},
    contract::{
        timestamp,
        types::{self, Group, Organization, Role, Scope, Via, ViaKind},
        user::{blank_user, primary_email},
        warning::Warning,
    },
    hashed::HashSet,
    naming::same,
    provider::{Grant, GrantKind, Held, KnownAs, UnreadRow},
};

use super::{
    cid::Cid,
    documents::{ListedGrant, User},
    read::Detail,
};

/// A role that is held in a CID, directly or not: what all rows of it say together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Assignment {
    pub role_id: String,
    pub role_name: Option<String>,
    /// What other rows call the role.
    pub other_names: Vec<String>,
    pub cid: Cid,
    pub is_direct: bool,
    /// The user groups and CID groups that give it, as each row pairs them.
    pub through: Vec<(GroupRef, GroupRef)>,
    /// The ends of temporary grants, RFC 3339.
    pub ends: Vec<String>,
    pub user_type: Option<String>,
}

/// The id and name of a group. Neither: no group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct GroupRef {
    pub id: Option<String>,
    pub name: Option<String>,
}

/// The scope of a CID.
pub fn scope(cid: &Cid) -> Scope {
    Scope {
        group: None,
        organization: Some(cid.to_string()),
        workspace: None,
    }
}

/// A row as a grant, or what can be told of it.
pub fn assignment(listed: &ListedGrant, owner: &str, cid: Option<&Cid>) -> Result<Assignment, UnreadRow> {
    let text = match &listed.raw {
        Row::Read(raw) => raw.get(),
        Row::Unread(raw) => raw,
    };
    let unread = |cid: Option<&Cid>| {
        let mut unread = UnreadRow::new(text);
        unread.scope.organization = cid.map(Cid::to_string);
        unread
    };
    let Some(row) = &listed.row else {
        return Err(unread(cid));
    };
    let is_foreign = row.uuid.is_unread()
        || row
            .uuid
            .as_str()
            .is_some_and(|uuid| !uuid.trim().eq_ignore_ascii_case(owner));
    // A CID that the row names and that is none leaves open where it belongs.
    let at = if row.cid.as_str().is_some() || row.cid.is_unread() {
        listed.cid.clone()
    } else {
        cid.cloned()
    };
    let described = |unread: UnreadRow| UnreadRow {
        ids: row.role_id.as_str().map(str::to_owned).into_iter().collect(),
        names: row.role_name.as_str().map(str::to_owned).into_iter().collect(),
        ..unread
    };
    let groups = [
        &row.user_group_id,
        &row.user_group_name,
        &row.cid_group_id,
        &row.cid_group_name,
    ];
    let user_group = GroupRef::of(&row.user_group_id, &row.user_group_name);
    let cid_group = GroupRef::of(&row.cid_group_id, &row.cid_group_name);
    let is_unclear = is_foreign || row.grant_type.is_unread() || groups.iter().any(|text| text.is_unread());
    match (row.role_id.as_str(), at) {
        (Some(role_id), Some(at)) if !is_unclear => Ok(Assignment {
            role_id: role_id.to_owned(),
            role_name: row.role_name.as_str().map(str::to_owned),
            other_names: Vec::new(),
            // Only `direct` is published, by example. Anything else, or a group, is held through something.
            is_direct: row.grant_type.as_str().is_none_or(|kind| same(kind, "direct"))
                && groups.iter().all(|text| text.as_str().is_none()),
            through: vec![(user_group, cid_group)],
            ends: row.expires_at.as_str().map(str::to_owned).into_iter().collect(),
            user_type: row.user_type.as_str().map(str::to_owned),
            cid: at,
        }),
        (_, at) => Err(described(unread(at.as_ref()))),
    }
}

/// A role that is held, for the engine.
pub fn grant(held: &Assignment) -> Grant {
    let ends = held.ends.iter().filter_map(|end| timestamp::parse(end));
    Grant {
        known_as: KnownAs {
            names: held.other_names.clone(),
            ..KnownAs::default()
        },
        kind: GrantKind::Role,
        role_id: held.role_id.clone(),
        role_name: held.role_name.clone(),
        scope: scope(&held.cid),
        held: if held.is_direct {
            Held::Direct
        } else {
            Held::Through(held.through.iter().flat_map(via).collect())
        },
        effects: Vec::new(),
        warnings: ends
            .map(|end| Warning::ExpiresAt.about(timestamp::format(end)))
            .collect(),
    }
}

/// The login, if it looks like an e-mail address.
pub fn email(user: &User) -> Option<&str> {
    let uid = user.uid.as_str()?.trim();
    let (local, domain) = uid.split_once('@')?;
    (!local.is_empty() && domain.contains('.') && !domain.contains('@')).then_some(uid)
}

/// The unified user.
pub fn user(detail: &Detail) -> types::User {
    let Detail { user, held, .. } = detail;
    // Roles are never shown partly.
    let is_whole = detail.is_whole();
    let text = |text: &Text| text.as_str().map(str::to_owned);
    let names: Vec<&str> = [&user.first_name, &user.last_name]
        .into_iter()
        .filter_map(Text::as_str)
        .collect();
    types::User {
        first_name: text(&user.first_name),
        last_name: text(&user.last_name),
        name: if names.is_empty() {
            text(&user.uid)
        } else {
            Some(names.join(" "))
        },
        username: text(&user.uid),
        emails: primary_email(email(user).map(str::to_owned)),
        // `active` and `inactive` are the contract's own words; anything else stays the provider's.
        status: text(&user.status),
        // A user without a factor may still have one at the identity provider.
        is_two_factor_enabled: matches!(&user.factors, Rows::List(factors) if !factors.is_empty()).then_some(true),
        roles: if is_whole { roles(held) } else { Vec::new() },
        truncated: (!is_whole).then(|| String::from("roles")).into_iter().collect(),
        organizations: organizations(detail),
        user_type: text(&user.user_type).or_else(|| held.iter().find_map(|held| held.user_type.clone())),
        groups: groups(held),
        created_at: text(&user.created_at),
        updated_at: text(&user.updated_at),
        last_login_at: text(&user.last_login_at),
        ..blank_user(detail.uuid.clone())
    }
}

/// Each role once for each CID, as a request can send it back: a group is no scope here, and stands in `groups`.
fn roles(held: &[Assignment]) -> Vec<Role> {
    let mut seen = HashSet::new();
    held.iter()
        .filter(|held| seen.insert((&held.role_id, &held.cid)))
        .map(|held| Role {
            id: Some(held.role_id.clone()),
            name: held.role_name.clone(),
            group: None,
            organization: Some(held.cid.to_string()),
            workspace: None,
        })
        .collect()
}

fn via((user_group, cid_group): &(GroupRef, GroupRef)) -> impl Iterator<Item = Via> {
    [(ViaKind::Group, user_group), (ViaKind::CidGroup, cid_group)]
        .into_iter()
        .filter(|(_, group)| group.is_some())
        .map(|(kind, group)| Via {
            kind,
            id: group.id.clone(),
            name: group.name.clone(),
        })
}

fn organizations(detail: &Detail) -> Vec<Organization> {
    let mut seen = HashSet::new();
    let held = detail.held.iter().map(|held| &held.cid);
    detail
        .home
        .iter()
        .chain(held)
        .filter(|cid| seen.insert(*cid))
        .map(|cid| Organization {
            id: Some(cid.to_string()),
            name: None,
        })
        .collect()
}

fn groups(held: &[Assignment]) -> Vec<Group> {
    let mut seen = HashSet::new();
    held.iter()
        .flat_map(|held| &held.through)
        .map(|(group, _)| group)
        .filter(|group| group.is_some() && seen.insert(*group))
        .map(|group| Group {
            id: group.id.clone(),
            name: group.name.clone(),
            organization: None,
        })
        .collect()
}

impl Assignment {
    /// What identifies it: a grant is a role at a scope, held directly or not.
    pub fn key(&self) -> (String, Cid, bool) {
        (self.role_id.clone(), self.cid.clone(), self.is_direct)
    }

    /// Adds what another row says of the same grant.
    pub fn merge(&mut self, other: Self) {
        let Self {
            role_name,
            through,
            ends,
            user_type,
            ..
        } = other;
        match (&self.role_name, role_name) {
            (None, name) => self.role_name = name,
            (Some(own), Some(name)) if *own != name => add(&mut self.other_names, [name]),
            _ => {}
        }
        add(&mut self.through, through);
        add(&mut self.ends, ends);
        self.user_type = self.user_type.take().or(user_type);
    }
}

/// A list that is longer is not searched for what is there already: a role may come through thousands of groups.
const LONGEST_SEARCHED: usize = 64;

/// Adds what is not there yet.
fn add<T: PartialEq>(list: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if list.len() > LONGEST_SEARCHED || !list.contains(&one) {
            list.push(one);
        }
    }
}

impl GroupRef {
    fn of(id: &Text, name: &Text) -> Self {
        Self {
            id: id.as_str().map(str::to_owned),
            name: name.as_str().map(str::to_owned),
        }
    }

    pub const fn is_some(&self) -> bool {
        self.id.is_some() || self.name.is_some()
    }
}
