//! What one operation keeps between its reads, and the lists that are read once in it.

use std::{cell::RefCell, rc::Rc};

use crate::{
    error::ProviderFault,
    hashed::{HashMap, HashSet},
    provider::{Context, Directory},
    request::Entry,
    sorted::Set,
};

use super::{
    super::{
        config::Config,
        core::{self, Listed},
        documents::Owner,
        find::{self, TokenOwner},
        groups::{self, RequestedGroup, Resolution, UserGroup},
    },
    lists::Ask,
};

/// What one operation keeps between its reads.
#[derive(Default)]
pub struct Memory {
    /// Roles whose direct assignment this operation has removed: if one is still listed without an explanation, the list is taken to
    /// be right.
    pub revoked: RefCell<HashSet<String>>,
    /// The lists that the last reading needed: the next one begins with them.
    pub(super) needed: RefCell<Set<Ask>>,
    /// Where the first full reading found something: later ones look only there.
    pub(super) found: RefCell<Option<Found>>,
    /// Groups that the request names. Found once: a group that cannot be found again later was not left for that.
    named: RefCell<Option<Vec<RequestedGroup>>>,
    /// Groups in which the user was seen. Their role is looked at even after the user left: who takes both must not find the
    /// role gone because the membership is.
    pub(super) joined: RefCell<HashSet<u64>>,
    /// The company's groups; or why they cannot be read, for people.
    pub(super) groups: RefCell<Option<Result<Listed<UserGroup>, String>>>,
    /// The company's roles; or why they could not be read.
    directory: RefCell<Option<Result<Directory, ProviderFault>>>,
    /// Whose token it is, asked once.
    owner: RefCell<Option<Result<Option<Owner>, ProviderFault>>>,
    /// Whose the token is, looked for once.
    pub token_owner: RefCell<Option<TokenOwner>>,
    /// E-mail addresses of users, by id; read once.
    pub addresses: RefCell<Option<Rc<HashMap<String, String>>>>,
}

/// The roles and groups in which a full reading found the user, or may have.
#[derive(Clone, Default)]
pub(super) struct Found {
    pub(super) roles: Set<String>,
    pub(super) groups: Set<u64>,
    /// Where it could not look, for people.
    pub(super) gaps: Vec<String>,
}

impl Memory {
    /// Whose token it is, as the first read was told; `None` where that cannot be told.
    pub fn owner(&self) -> Result<Option<Owner>, ProviderFault> {
        self.owner.borrow().clone().unwrap_or(Ok(None))
    }
}

/// Whose token it is; asked with the first read, since that takes no longer.
pub async fn ask_for_owner(config: &Config, cx: &Context<'_>, memory: &Memory) {
    if memory.owner.borrow().is_none() {
        let owner = find::owner(config, cx).await;
        *memory.owner.borrow_mut() = Some(owner);
    }
}

/// The company's roles, read once in an operation.
pub async fn directory(config: &Config, cx: &Context<'_>, memory: &Memory) -> Result<Directory, ProviderFault> {
    let known = memory.directory.borrow().clone();
    if let Some(known) = known {
        return known;
    }
    let directory = core::directory(config, cx).await;
    *memory.directory.borrow_mut() = Some(directory.clone());
    directory
}

/// The groups that the request names, or all of them if it names nothing; found once in an operation.
pub async fn named_groups(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
) -> Result<Vec<RequestedGroup>, ProviderFault> {
    let known = memory.named.borrow().clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let selectors = cx.request.entries.iter().map(Entry::selector);
    let texts: Set<&String> = selectors.filter_map(|selector| selector.group.as_ref()).collect();
    let named = if texts.is_empty() && !cx.request.reads_everything() {
        Vec::new()
    } else {
        match groups::all(config, cx).await {
            Ok(all) => {
                let named = if cx.request.reads_everything() {
                    all.rows.iter().map(RequestedGroup::by_id).collect()
                } else {
                    texts.into_iter().map(|text| groups::find(text, &all)).collect()
                };
                *memory.groups.borrow_mut() = Some(Ok(all));
                named
            }
            // The entries that name no group do not need it.
            Err(fault) if core::is_no(&fault) || !cx.request.reads_everything() => {
                let unreadable = |text: &String| RequestedGroup {
                    text: text.clone(),
                    resolution: if core::is_no(&fault) {
                        Resolution::Unreadable(fault.message.clone())
                    } else {
                        Resolution::Failed(fault.clone())
                    },
                };
                let named = texts.into_iter().map(unreadable).collect();
                *memory.groups.borrow_mut() = Some(Err(fault.into_details().message));
                named
            }
            Err(fault) => return Err(fault),
        }
    };
    *memory.named.borrow_mut() = Some(named.clone());
    Ok(named)
}

/// The names of these groups. A group that was deleted meanwhile has none, and none has one where they cannot be read.
pub async fn group_names(config: &Config, cx: &Context<'_>, memory: &Memory, wanted: Set<u64>) -> HashMap<u64, String> {
    let names = |groups: &Listed<UserGroup>| -> HashMap<u64, String> {
        let groups = groups.rows.iter();
        groups
            .filter_map(|group| Some((group.id, group.name.clone()?)))
            .collect()
    };
    let known = match memory.groups.borrow().as_ref() {
        Some(Ok(groups)) => names(groups),
        // Not read once, and not asked for again.
        Some(Err(_)) => return HashMap::new(),
        None => HashMap::new(),
    };
    if wanted.iter().all(|id| known.contains_key(id)) {
        return known;
    }
    let Ok(groups) = groups::all(config, cx).await else {
        return known;
    };
    let read = names(&groups);
    *memory.groups.borrow_mut() = Some(Ok(groups));
    read
}
