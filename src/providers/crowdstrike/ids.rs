//! The forms of ids, and the directories that list the ids of roles.

use std::{cell::RefCell, rc::Rc};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    client::{
        Call, QueryBuilder,
        lenient::{Id, Row},
    },
    contract::types::{ListedRole, Scope, ScopeKind},
    error::ProviderFault,
    hashed::{HashMap, HashSet},
    naming::{self, Skeleton},
    provider::{Context, Coverage, Directory, KnownRole, RoleList},
    transport::Method,
};

use super::{
    cid::Cid,
    config::Config,
    core,
    documents::{Ids, Role},
};

/// Role ids in one directory request; 5,000 is the documented limit.
const ROLES_AT_ONCE: usize = 1_000;
/// Directory requests at once.
const CONCURRENT_READS: usize = 8;

/// A user id as the API writes it: a UUID has lower-case digits. Anything else stays as it is.
pub fn user(text: &str) -> String {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if is_uuid {
        text.to_ascii_lowercase()
    } else {
        text.to_owned()
    }
}

/// The ids of custom roles have 32 hexadecimal digits. Those of default roles, such as `event_viewer`, could be names, too.
/// Source: `CrowdStrike/psfalcon` issue 313.
pub fn is_role(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text may be the id of a default role: a display name with spaces or capitals is none.
pub fn may_be_default_role(text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.bytes().all(is_of_id)
}

/// A directory of roles with an index: a thousand entries of a request are looked up in it.
#[derive(Default)]
pub struct Listed {
    pub directory: Directory,
    by_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// By the skeletons of ids and names.
    by_look: HashMap<String, usize>,
}

impl Listed {
    pub fn new(directory: Directory) -> Self {
        let mut listed = Self::default();
        for (position, role) in directory.roles.iter().enumerate() {
            listed.by_id.entry(role.id.clone()).or_default().push(position);
            let texts = [Some(&role.id), role.name.as_ref()];
            for reading in texts.into_iter().flatten().flat_map(|text| Skeleton::of(text)) {
                listed.by_look.entry(reading).or_insert(position);
            }
            if let Some(name) = &role.name {
                listed
                    .by_name
                    .entry(naming::canonical(name))
                    .or_default()
                    .push(position);
            }
        }
        Self { directory, ..listed }
    }

    pub fn is_whole(&self) -> bool {
        self.directory.coverage == Coverage::Whole
    }

    /// Why it does not have every role.
    pub fn gap(&self) -> Option<&str> {
        match &self.directory.coverage {
            Coverage::Whole => None,
            Coverage::Partial(gap) => Some(gap),
        }
    }

    pub fn has(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The roles of that id. Several directories may have different names for it.
    pub fn with_id(&self, id: &str) -> impl Iterator<Item = &KnownRole> {
        self.at(self.by_id.get(id))
    }

    pub fn called(&self, name: &str) -> impl Iterator<Item = &KnownRole> {
        self.at(self.by_name.get(&naming::canonical(name)))
    }

    /// A role that only spelling tells from a text, by its id or its name.
    pub fn like(&self, text: &str) -> Option<&KnownRole> {
        let position = Skeleton::of(text)
            .into_iter()
            .find_map(|reading| self.by_look.get(&reading))?;
        self.directory.roles.get(*position)
    }

    fn at<'a>(&'a self, positions: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a KnownRole> {
        let positions = positions.into_iter().flatten();
        positions.filter_map(|&position| self.directory.roles.get(position))
    }
}

/// The role directories that one operation has read.
#[derive(Default)]
pub struct Directories {
    by_cid: RefCell<HashMap<Cid, Result<Rc<Listed>, ProviderFault>>>,
    /// Of several CIDs together.
    merged: RefCell<HashMap<Vec<Cid>, Rc<Listed>>>,
}

impl Directories {
    /// The roles of one CID.
    ///
    /// # Errors
    /// What may pass. A refusal and a row that cannot be read make the directory a partial one.
    pub async fn of(&self, config: &Config, cx: &Context<'_>, cid: &Cid) -> Result<Rc<Listed>, ProviderFault> {
        if let Some(known) = self.by_cid.borrow().get(cid) {
            return known.clone();
        }
        let read = match read(config, cx, Some(cid)).await {
            Ok(roles) => Ok(Rc::new(Listed::new(roles.directory(cid)))),
            Err(fault) if core::is_no(&fault) => {
                Ok(Rc::new(Listed::new(Directory::none(fault.into_details().message))))
            }
            Err(fault) => Err(fault),
        };
        self.by_cid.borrow_mut().insert(cid.clone(), read.clone());
        read
    }

    /// The roles of several CIDs, each role once.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub async fn of_all(&self, config: &Config, cx: &Context<'_>, cids: &[Cid]) -> Result<Rc<Listed>, ProviderFault> {
        if let [cid] = cids {
            return self.of(config, cx, cid).await;
        }
        if let Some(known) = self.merged.borrow().get(cids) {
            return Ok(Rc::clone(known));
        }
        let read: Vec<Rc<Listed>> = stream::iter(cids)
            .map(|cid| self.of(config, cx, cid))
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        let all = Rc::new(Listed::new(merged(&read)));
        self.merged.borrow_mut().insert(cids.to_vec(), Rc::clone(&all));
        Ok(all)
    }

    /// The same; a read that fails leaves out only the roles of its own CID.
    pub async fn as_far_as_readable(&self, config: &Config, cx: &Context<'_>, cids: &[Cid]) -> Directory {
        let read: Vec<_> = stream::iter(cids)
            .map(|cid| self.of(config, cx, cid))
            .buffered(CONCURRENT_READS)
            .map(|read| {
                read.unwrap_or_else(|fault| Rc::new(Listed::new(Directory::none(fault.into_details().message))))
            })
            .collect()
            .await;
        merged(&read)
    }
}

/// Several directories as one, each role once.
fn merged(read: &[Rc<Listed>]) -> Directory {
    let mut all = Directory::default();
    let mut seen = HashSet::new();
    for listed in read {
        for role in &listed.directory.roles {
            if seen.insert((role.id.clone(), role.name.clone())) {
                all.roles.push(role.clone());
            }
        }
        if all.coverage == Coverage::Whole {
            all.coverage.clone_from(&listed.directory.coverage);
        }
    }
    all
}

/// The roles of the CID in view, for whoever writes a request.
///
/// # Errors
/// What the reads give.
pub async fn list(config: &Config, cx: &Context<'_>) -> Result<RoleList, ProviderFault> {
    let Roles { roles, gap } = read(config, cx, None).await?;
    let listed = |role: DescribedRole| ListedRole {
        id: Some(role.id),
        name: role.name,
        scopes: vec![ScopeKind::Organization],
        scope: Scope {
            group: None,
            // A default role exists in every CID.
            organization: role
                .is_custom
                .then(|| role.cid.or_else(|| config.member_cid.clone()))
                .flatten()
                .map(|cid| cid.to_string()),
            workspace: None,
        },
        removable: true,
    };
    let unread = gap.map(|gap| format!("CrowdStrike's directory of roles in the CID in view {gap}"));
    let mut seen = HashSet::new();
    let mut roles: Vec<ListedRole> = roles.into_iter().map(listed).collect();
    // Two names of one id stay two.
    roles.retain(|role| seen.insert((role.id.clone(), role.name.clone(), role.scope.organization.clone())));
    Ok(RoleList {
        roles,
        unread: unread.into_iter().collect(),
    })
}

/// The roles of one CID, as far as they are described.
struct Roles {
    roles: Vec<DescribedRole>,
    /// What the directory lacks, for people.
    gap: Option<&'static str>,
}

struct DescribedRole {
    id: String,
    name: Option<String>,
    is_custom: bool,
    cid: Option<Cid>,
}

impl Roles {
    fn directory(self, cid: &Cid) -> Directory {
        let known = |role: DescribedRole| KnownRole {
            id: role.id,
            name: role.name,
        };
        Directory {
            roles: self.roles.into_iter().map(known).collect(),
            coverage: self.gap.map_or(Coverage::Whole, |gap| {
                Coverage::Partial(format!("CrowdStrike's directory of roles in the CID {cid} {gap}"))
            }),
        }
    }
}

impl DescribedRole {
    /// The role of a row; `None` if the row shows no id.
    fn of_row(row: Role) -> Option<Self> {
        let id = row.id.into_string()?;
        let is_custom = row
            .kind
            .as_str()
            .map_or_else(|| is_role(&id), |kind| naming::same(kind, "custom"));
        Some(Self {
            name: row.display_name.into_string(),
            is_custom,
            cid: row.cid.as_str().and_then(|cid| Cid::parse(cid.trim()).ok()),
            id,
        })
    }
}

/// Reads all roles of a CID (`None`: the CID in view). The list of ids has no pages, and must never be asked for with a user: it then
/// shows the roles that are available to the user and not those that are held (`CrowdStrike/psfalcon` issues 313 and 365).
async fn read(config: &Config, cx: &Context<'_>, cid: Option<&Cid>) -> Result<Roles, ProviderFault> {
    let at = |path: &str| QueryBuilder::new().maybe("cid", cid.map(Cid::as_str)).on(path);
    let call = core::api(Call::get(config.base.join(&at("/user-management/queries/roles/v1"))));
    let list = core::resources(config, cx, &call, "the role ids").await?;
    let id = |row: &Row<_>| row.parse::<Id>()?.into_string();
    let ids: Vec<String> = list.rows.iter().filter_map(id).collect();
    // Every CID has the default roles.
    let is_whole = !ids.is_empty() && ids.len() == list.rows.len() && list.counted.is_of(&list.rows);
    let mut gap = (!is_whole).then_some("does not list every role");

    let path = at("/user-management/entities/roles/GET/v2");
    let described: Vec<Vec<_>> = stream::iter(ids.chunks(ROLES_AT_ONCE))
        .map(|chunk| async {
            let chunk: Vec<&str> = chunk.iter().map(String::as_str).collect();
            let body = serde_json::to_vec(&Ids { ids: &chunk }).ok();
            let call = core::api(Call::read(Method::Post, config.base.join(&path), body));
            let read = core::resources(config, cx, &call, "the roles").await?;
            Ok::<_, ProviderFault>(read.rows)
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let mut roles = Vec::with_capacity(ids.len());
    for row in described.iter().flatten() {
        match row.parse::<Role>().and_then(DescribedRole::of_row) {
            Some(role) => {
                if role.name.is_none() {
                    gap = Some("does not name every role");
                }
                roles.push(role);
            }
            None => gap = Some("has a role that cannot be read"),
        }
    }
    let named: HashSet<String> = roles.iter().map(|role| role.id.clone()).collect();
    for id in ids.into_iter().filter(|id| !named.contains(id)) {
        gap = Some("does not describe every role");
        roles.push(DescribedRole {
            is_custom: is_role(&id),
            name: None,
            cid: None,
            id,
        });
    }
    Ok(Roles { roles, gap })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_written_in_lower_case_and_nothing_else_is_touched() {
        assert_eq!(
            user("654534C5-2565-43B1-89F6-A9230C0DE6BA"),
            "654534c5-2565-43b1-89f6-a9230c0de6ba"
        );
        for text in [
            "Ann@Example.com",
            "654534C5-2565-43B1-89F6-A9230C0DE6B",
            "654534C5x2565-43B1-89F6-A9230C0DE6BA",
        ] {
            assert_eq!(user(text), text);
        }
    }

    #[test]
    fn only_the_id_of_a_custom_role_is_certainly_an_id() {
        assert!(is_role("fac7c47add5242538f592946747a7191"));
        for text in ["event_viewer", "Event Viewer", "", "fac7c47add5242538f592946747a719g"] {
            assert!(!is_role(text), "{text}");
        }
    }
}
