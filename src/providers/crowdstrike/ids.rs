//! The forms of ids, and the directories that list the ids of roles.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
};

use crate::{
    client::{
        Call, QueryBuilder,
        lenient::{Id, Row},
    },
    error::ProviderFault,
    naming,
    provider::{Context, Coverage, Directory, KnownRole},
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
            listed.by_look.entry(naming::skeleton(&role.id)).or_insert(position);
            if let Some(name) = &role.name {
                listed
                    .by_name
                    .entry(naming::canonical(name))
                    .or_default()
                    .push(position);
                listed.by_look.entry(naming::skeleton(name)).or_insert(position);
            }
        }
        Self { directory, ..listed }
    }

    pub fn is_whole(&self) -> bool {
        self.directory.coverage == Coverage::Whole
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
        self.directory.roles.get(*self.by_look.get(&naming::skeleton(text))?)
    }

    fn at<'a>(&'a self, positions: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a KnownRole> {
        let positions = positions.into_iter().flatten();
        positions.filter_map(|&position| self.directory.roles.get(position))
    }
}

/// The role directories that one operation has read.
#[derive(Default)]
pub struct Directories {
    by_cid: RefCell<BTreeMap<Cid, Result<Rc<Listed>, ProviderFault>>>,
    /// Of several CIDs together.
    merged: RefCell<BTreeMap<Vec<Cid>, Rc<Listed>>>,
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
        let read = match read(config, cx, cid).await {
            Ok(directory) => Ok(Rc::new(Listed::new(directory))),
            Err(fault) if core::is_no(&fault) => Ok(Rc::new(Listed::new(Directory::none(fault.message)))),
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
        let mut all = Directory::default();
        let mut seen = HashSet::new();
        for cid in cids {
            let listed = self.of(config, cx, cid).await?;
            for role in &listed.directory.roles {
                if seen.insert((role.id.clone(), role.name.clone())) {
                    all.roles.push(role.clone());
                }
            }
            if all.coverage == Coverage::Whole {
                all.coverage.clone_from(&listed.directory.coverage);
            }
        }
        let all = Rc::new(Listed::new(all));
        self.merged.borrow_mut().insert(cids.to_vec(), Rc::clone(&all));
        Ok(all)
    }
}

/// Reads all roles of a CID. The list of ids has no pages, and must never be asked for with a user: it then shows the roles that are
/// available to the user and not those that are held (`CrowdStrike/psfalcon` issues 313 and 365).
async fn read(config: &Config, cx: &Context<'_>, cid: &Cid) -> Result<Directory, ProviderFault> {
    let path = QueryBuilder::new()
        .pair("cid", cid.as_str())
        .on("/user-management/queries/roles/v1");
    let call = core::api(Call::get(config.base.join(&path)));
    let list = core::resources(config, cx, &call, "the role ids").await?;
    let count = u64::try_from(list.rows.len()).unwrap_or(u64::MAX);
    let id = |row: &Row<_>| parse::<Id>(row)?.into_string();
    let ids: Vec<String> = list.rows.iter().filter_map(id).collect();
    // Every CID has the default roles.
    let is_whole = !ids.is_empty() && ids.len() == list.rows.len() && list.total.is_none_or(|total| total == count);
    let mut gap = (!is_whole).then_some("does not list every role");

    let mut roles = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(ROLES_AT_ONCE) {
        let chunk: Vec<&str> = chunk.iter().map(String::as_str).collect();
        let path = QueryBuilder::new()
            .pair("cid", cid.as_str())
            .on("/user-management/entities/roles/GET/v2");
        let body = serde_json::to_vec(&Ids { ids: &chunk }).ok();
        let call = core::api(Call::read(Method::Post, config.base.join(&path), body));
        for row in core::resources(config, cx, &call, "the roles").await?.rows {
            match parse::<Role>(&row).and_then(|role| Some((role.id.into_string()?, role.display_name.into_string()))) {
                Some((id, name)) => {
                    if name.is_none() {
                        gap = Some("does not name every role");
                    }
                    roles.push(KnownRole { id, name });
                }
                None => gap = Some("has a role that cannot be read"),
            }
        }
    }
    let described: HashSet<String> = roles.iter().map(|role| role.id.clone()).collect();
    for id in ids.into_iter().filter(|id| !described.contains(id)) {
        gap = Some("does not describe every role");
        roles.push(KnownRole { id, name: None });
    }
    Ok(Directory {
        roles,
        coverage: gap.map_or(Coverage::Whole, |gap| {
            Coverage::Partial(format!("CrowdStrike's directory of roles in the CID {cid} {gap}"))
        }),
    })
}

fn parse<T: serde::de::DeserializeOwned>(row: &Row<Box<serde_json::value::RawValue>>) -> Option<T> {
    serde_json::from_str::<Row<T>>(row.read()?.get()).ok()?.into_read()
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
