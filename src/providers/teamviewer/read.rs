//! What a user holds: every role with the ways in which it is held, and what stands in the groups that the request names.

mod roles;

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use futures_util::future;
use serde_json::json;

use crate::{
    error::{Error, ProviderFault},
    provider::{Context, Snapshot, role_index::RoleIndex},
    request::Entry,
};

use self::roles::Roles;
use super::{
    config::Config,
    core::{self, Listed},
    documents::{self, Owner},
    find,
    groups::{self, GroupState, RequestedGroup, UserGroup},
};

/// Provider-specific data kept from a read for the later steps.
pub struct Detail {
    pub user: documents::User,
    pub id: String,
    /// The company's roles.
    pub roles: RoleIndex,
    /// The groups that the request names.
    pub named: Vec<RequestedGroup>,
    /// What was read of those that exist.
    pub groups: Vec<GroupState>,
}

/// What one operation keeps between its reads.
#[derive(Default)]
pub struct Memory {
    /// Roles whose direct assignment this operation has removed: if one is still listed without an explanation, the list is taken to
    /// be right.
    pub revoked: RefCell<BTreeSet<String>>,
    /// Resolution groups the request names. Found once: a group that cannot be found again later was not left for that.
    named: RefCell<Option<Vec<RequestedGroup>>>,
    /// RequestedGroup groups in which the user was seen. Their role is looked at even after the user left: who takes both must not find the
    /// role gone because the membership is.
    joined: RefCell<BTreeSet<u64>>,
    /// The company's groups, for their names.
    groups: RefCell<Option<Listed<UserGroup>>>,
    /// Whose token it is, asked once.
    owner: RefCell<Option<Result<Option<Owner>, ProviderFault>>>,
}

/// Reads under way at once.
pub const CONCURRENT_READS: usize = 8;

/// Lists that contradict each other are read again after these pauses: somebody may have changed them between two reads.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];

/// A fresh read in which the lists agree, as far as there is time. After a write the engine repeats the read itself.
pub async fn read(config: &Config, cx: &Context<'_>, memory: &Memory, user: &str) -> Result<(Snapshot, Detail), Error> {
    for pause in PAUSES {
        let (reading, detail, agrees) = read_once(config, cx, memory, user).await?;
        let transport = cx.client.transport();
        let has_time = cx.client.deadline().left(transport) > pause.saturating_mul(10);
        if agrees || cx.client.wrote() || !has_time {
            return Ok((reading, detail));
        }
        transport.sleep(pause).await;
    }
    let (reading, detail, _) = read_once(config, cx, memory, user).await?;
    Ok((reading, detail))
}

/// A reading, its detail, and whether the lists agree.
async fn read_once(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    user: &str,
) -> Result<(Snapshot, Detail, bool), Error> {
    let (found, listed, directory, named, ()) = future::join5(
        find::user(config, cx, user),
        core::roles_of_user(config, cx, user),
        core::directory(config, cx),
        named_groups(config, cx, memory),
        ask_for_owner(config, cx, memory),
    )
    .await;
    let ((raw, document), listed, directory, named) = (found?, listed?, directory?, named?);
    let roles = Roles::new(user, listed, directory);
    let (held, mut groups) = future::try_join(roles.held(config, cx, memory), groups::read(config, cx, &named)).await?;
    let contradicted = groups::discard_contradicted(&mut groups, user, &held.group_lists);
    let mut grants = held.grants;
    for state in &groups {
        let name_of = |role: &str| roles.name_of(role);
        grants.extend(groups::grants(state, user, name_of, &mut memory.joined.borrow_mut()));
    }
    let has_gap = |state: &&GroupState| state.members_gap(user).or(state.role_gap()).is_some();
    let emails: Vec<String> = find::email(&document)
        .iter()
        .map(|email| email.to_lowercase())
        .collect();
    let reading = Snapshot {
        grants,
        unread: held.unread,
        other_ids: Vec::new(),
        username: emails.first().cloned(),
        emails,
        documents: vec![
            ("user", raw.get().to_owned()),
            ("roles", json!(roles.listed.rows).to_string()),
        ],
        is_sparse: false,
        unreadable: groups
            .iter()
            .filter(has_gap)
            .map(|state| state.group.id.to_string())
            .collect(),
        warnings: Vec::new(),
    };
    let detail = Detail {
        user: document,
        id: user.to_owned(),
        roles: roles.index,
        named,
        groups,
    };
    Ok((reading, detail, held.agrees && contradicted.is_empty()))
}

/// Whose token it is; asked with the first read, since that takes no longer.
async fn ask_for_owner(config: &Config, cx: &Context<'_>, memory: &Memory) {
    if memory.owner.borrow().is_none() {
        let owner = find::owner(config, cx).await;
        *memory.owner.borrow_mut() = Some(owner);
    }
}

/// The groups that the request names, found once in an operation.
async fn named_groups(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
) -> Result<Vec<RequestedGroup>, ProviderFault> {
    let known = memory.named.borrow().clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let selectors = cx.request.entries.iter().map(Entry::selector);
    let texts: BTreeSet<&String> = selectors.filter_map(|selector| selector.group.as_ref()).collect();
    let named = if texts.is_empty() {
        Vec::new()
    } else {
        match groups::all(config, cx).await {
            Ok(all) => {
                let named = texts.into_iter().map(|text| groups::find(text, &all)).collect();
                *memory.groups.borrow_mut() = Some(all);
                named
            }
            // The entries that name no group do not need it.
            Err(fault) if core::is_no(&fault) => texts
                .into_iter()
                .map(|text| RequestedGroup::unreadable(text, &fault.message))
                .collect(),
            Err(fault) => return Err(fault),
        }
    };
    *memory.named.borrow_mut() = Some(named.clone());
    Ok(named)
}

/// The names of these groups. A group that was deleted meanwhile has none.
async fn group_names(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    wanted: BTreeSet<u64>,
) -> Result<HashMap<u64, String>, ProviderFault> {
    let names = |groups: &Listed<UserGroup>| -> HashMap<u64, String> {
        let groups = groups.rows.iter();
        groups
            .filter_map(|group| Some((group.id, group.name.clone()?)))
            .collect()
    };
    let known = memory.groups.borrow().as_ref().map(names).unwrap_or_default();
    if wanted.iter().all(|id| known.contains_key(id)) {
        return Ok(known);
    }
    match groups::all(config, cx).await {
        Ok(groups) => {
            let read = names(&groups);
            *memory.groups.borrow_mut() = Some(groups);
            Ok(read)
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
    pub fn named(&self, text: &str) -> Option<&RequestedGroup> {
        let by_text = self.named.iter().find(|named| named.text == text);
        let has_id = |named: &&RequestedGroup| named.group().is_some_and(|group| group.id.to_string() == text);
        by_text.or_else(|| self.named.iter().find(has_id))
    }

    /// What was read of a group that the request names.
    pub fn state(&self, group: u64) -> Option<&GroupState> {
        self.groups.iter().find(|state| state.group.id == group)
    }

    /// Why it cannot be told whether the user is in a group, or which role it has if that is asked.
    pub fn group_gap(&self, group: u64, with_role: bool) -> Option<&str> {
        let state = self.state(group)?;
        let role = state.role_gap().filter(|_| with_role);
        state.members_gap(&self.id).or(role)
    }
}
