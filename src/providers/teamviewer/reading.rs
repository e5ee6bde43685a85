//! Who is meant, and what is held.

use std::{cell::RefCell, collections::BTreeSet};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use serde_json::json;

use crate::{
    ask::Entry,
    contract::types::{Scope, Via, ViaKind},
    error::{Error, ProviderFault},
    naming::same,
    provider::{Context, Grant, GrantKind, Held, KnownAs, Reading},
    reason::Reason,
};

use super::{
    config::Config,
    core,
    documents::{self, Owner, Role, UserGroup},
    groups::{self, GroupState, Holders, Named},
    ids,
};

/// What the steps need of a reading.
pub struct Detail {
    pub user: documents::User,
    /// Every role of the company.
    pub roles: Vec<Role>,
    /// The groups that the request names.
    pub named: Vec<Named>,
    /// What was read of those that there are.
    pub groups: Vec<GroupState>,
}

/// What one operation keeps between its reads.
#[derive(Default)]
pub struct Memory {
    /// Roles whose direct assignment this operation has taken away: if one is still listed without an explanation, the list is
    /// taken to be right.
    pub revoked: RefCell<BTreeSet<String>>,
    /// Which groups the request names. Found once: a group that cannot be found again later was not left for that.
    named: RefCell<Option<Vec<Named>>>,
    /// Named groups in which the user was seen. Their role is looked at even after the user left: who takes both must not find the
    /// role gone because the membership is.
    joined: RefCell<BTreeSet<u64>>,
    /// The company's groups, for their names.
    groups: RefCell<Option<Vec<UserGroup>>>,
    /// Whose token it is, asked once.
    owner: RefCell<Option<Result<Option<Owner>, ProviderFault>>>,
}

/// Reads under way at once.
pub const CONCURRENT_READS: usize = 8;

const NO_SCOPE: Scope = Scope {
    group: None,
    organization: None,
    workspace: None,
};

/// The one user that is meant.
pub async fn find_user(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.ask.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let users = core::users_by_email(config, cx, wanted).await?;
    let mut exact = users
        .iter()
        .filter(|user| user.email.as_deref().is_some_and(|email| same(email, wanted)));
    match (exact.next(), exact.next()) {
        (Some(user), None) => ids::user(&user.id).ok_or_else(|| Error::UserNotFound {
            message: String::from("TeamViewer's user has no id of the documented form"),
        }),
        (None, _) => Err(Error::UserNotFound {
            message: format!("TeamViewer knows no user with the e-mail address `{wanted}`"),
        }),
        (Some(_), Some(_)) => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!("TeamViewer knows several users with the e-mail address `{wanted}`"),
        }),
    }
}

/// A fresh and complete read.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, user: &str) -> Result<(Reading, Detail), Error> {
    let (found, listed, roles, named, ()) = future::join5(
        core::user(config, cx, user),
        core::roles_of_user(config, cx, user),
        core::roles(config, cx),
        named_groups(config, cx, memory),
        ask_for_owner(config, cx, memory),
    )
    .await;
    let ((raw, document), listed, roles, named) = (found?, listed?, roles?, named?);
    let documents = vec![("user", raw.get().to_owned()), ("roles", json!(listed).to_string())];
    let ((mut grants, holders), mut groups) = future::try_join(
        role_grants(config, cx, memory, user, &listed, &roles),
        groups::read(config, cx, &named),
    )
    .await?;
    groups::doubt_contradicted(&mut groups, &holders);
    for state in &groups {
        grants.extend(groups::grants(state, user, &roles, &mut memory.joined.borrow_mut()));
    }
    let reading = Reading {
        unread: Vec::new(),
        other_ids: Vec::new(),
        grants,
        emails: document.email.iter().map(|email| email.to_lowercase()).collect(),
        username: document.email.clone(),
        documents,
        is_sparse: false,
        unreadable: groups
            .iter()
            .filter(|state| state.is_part_unread())
            .map(|state| state.group.id.to_string())
            .collect(),
        warnings: Vec::new(),
        detail: Box::new(()),
    };
    let detail = Detail {
        user: document,
        roles,
        named,
        groups,
    };
    Ok((reading, detail))
}

/// Whose token it is; asked with the first read, since that takes no longer.
async fn ask_for_owner(config: &Config, cx: &Context<'_>, memory: &Memory) {
    if memory.owner.borrow().is_none() {
        let owner = core::owner(config, cx).await;
        *memory.owner.borrow_mut() = Some(owner);
    }
}

/// The groups that the request names, found once in an operation.
async fn named_groups(config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<Vec<Named>, ProviderFault> {
    let known = memory.named.borrow().clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let texts: BTreeSet<&String> = cx
        .ask
        .entries
        .iter()
        .filter_map(|entry| entry.selector().group.as_ref())
        .collect();
    let named = if texts.is_empty() {
        Vec::new()
    } else {
        match core::groups(config, cx).await {
            Ok(all) => {
                let named = texts.into_iter().map(|text| groups::find(text, &all)).collect();
                *memory.groups.borrow_mut() = Some(all);
                named
            }
            // The entries that name no group do not need it.
            Err(fault) if core::is_no(&fault) => texts
                .into_iter()
                .map(|text| Named::unreadable(text, &fault.message))
                .collect(),
            Err(fault) => return Err(fault),
        }
    };
    *memory.named.borrow_mut() = Some(named.clone());
    Ok(named)
}

/// How each role is held that TeamViewer lists for the user or that the request means: directly if the user stands in the role's own
/// assignments, and through every group that has both the role and the user.
async fn role_grants(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    user: &str,
    listed: &[String],
    roles: &[Role],
) -> Result<(Vec<Grant>, Holders), ProviderFault> {
    // What is asked for is looked up in the role's own assignments even where the user's list does not show it.
    let looked_at: BTreeSet<&String> = listed.iter().chain(asked_for(cx, roles)).collect();
    let assignments: Vec<(&String, Vec<String>, Vec<u64>)> = stream::iter(looked_at)
        .map(|role| async move {
            let (users, groups) = future::try_join(
                core::users_of_role(config, cx, role),
                core::groups_of_role(config, cx, role),
            )
            .await?;
            Ok::<_, ProviderFault>((role, users, groups))
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let with_role: BTreeSet<u64> = assignments.iter().flat_map(|(.., groups)| groups).copied().collect();
    let is_member: Vec<(u64, bool)> = stream::iter(with_role)
        .map(|group| async move {
            let members = core::members(config, cx, group).await?;
            Ok::<_, ProviderFault>((group, ids::is_among(user, &members)))
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let joined: BTreeSet<u64> = is_member
        .into_iter()
        .filter_map(|(group, is_member)| is_member.then_some(group))
        .collect();
    let names = names(config, cx, memory, &joined).await?;
    let mut grants = Vec::new();
    let mut holders = Holders::new();
    for (role, users, groups) in assignments {
        let via: Vec<Via> = groups
            .iter()
            .filter(|group| joined.contains(group))
            .map(|group| Via {
                kind: ViaKind::Group,
                id: Some(group.to_string()),
                name: names
                    .iter()
                    .find(|known| known.id == *group)
                    .and_then(|known| known.name.clone()),
            })
            .collect();
        let is_listed = listed.contains(role);
        let mut is_direct = users.iter().any(|id| id == user);
        let is_unexplained = is_listed && !is_direct && via.is_empty();
        is_direct |= is_unexplained && memory.revoked.borrow().contains(role);
        if is_direct {
            grants.push(role_grant(roles, role, Held::Direct));
        }
        if !via.is_empty() || (is_listed && !is_direct) {
            grants.push(role_grant(roles, role, Held::Through(via)));
        }
        holders.push((role.clone(), groups));
    }
    Ok((grants, holders))
}

/// The roles that the entries mean, by id or by name. An id that no role has is not looked up.
fn asked_for<'a>(cx: &'a Context<'_>, roles: &'a [Role]) -> impl Iterator<Item = &'a String> {
    cx.ask
        .entries
        .iter()
        .map(Entry::selector)
        .flat_map(move |selector| {
            roles
                .iter()
                .filter(|role| selector.names(&role.id, role.name.as_deref()))
        })
        .map(|role| &role.id)
}

fn role_grant(roles: &[Role], role: &str, held: Held) -> Grant {
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_name: core::name_of(roles, role),
        role_id: role.to_owned(),
        scope: NO_SCOPE,
        held,
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The company's groups, if any name is wanted. A group that was deleted meanwhile keeps its id alone.
async fn names(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    wanted: &BTreeSet<u64>,
) -> Result<Vec<UserGroup>, ProviderFault> {
    let known = memory.groups.borrow().clone().unwrap_or_default();
    if wanted.iter().all(|id| known.iter().any(|group| group.id == *id)) {
        return Ok(known);
    }
    match core::groups(config, cx).await {
        Ok(groups) => {
            *memory.groups.borrow_mut() = Some(groups.clone());
            Ok(groups)
        }
        Err(fault) if core::is_no(&fault) => Ok(known),
        Err(fault) => Err(fault),
    }
}

impl Memory {
    /// Whose token it is, as the first read was told; `None` where that cannot be told.
    pub fn owner(&self) -> Result<Option<Owner>, ProviderFault> {
        self.owner.borrow().clone().unwrap_or(Ok(None))
    }
}

impl Detail {
    /// The group that a text of the request means, or the id that stands for it in the scopes.
    pub fn named(&self, text: &str) -> Option<&Named> {
        let by_text = self.named.iter().find(|named| named.text == text);
        by_text.or_else(|| {
            self.named
                .iter()
                .find(|named| named.group().is_some_and(|group| group.id.to_string() == text))
        })
    }

    /// Why it could not be read who is in a group, or which role it has if that is asked.
    pub fn why_unread(&self, group: u64, with_role: bool) -> Option<&str> {
        let state = self.state(group)?;
        let role = state.role.as_ref().err().filter(|_| with_role);
        state.members.as_ref().err().or(role).map(String::as_str)
    }

    pub fn is_member(&self, group: u64, user: &str) -> bool {
        self.state(group)
            .and_then(|state| state.members.as_ref().ok())
            .is_some_and(|members| ids::is_among(user, members))
    }

    fn state(&self, group: u64) -> Option<&GroupState> {
        self.groups.iter().find(|state| state.group.id == group)
    }
}
