//! The roles that exist, by CID.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{error::Error, naming::same, provider::Context};

use super::{cid::Cid, config::Config, core, documents::Role};

/// The role directories that one operation has read.
#[derive(Default)]
pub struct Directories {
    read: RefCell<BTreeMap<Cid, Vec<Role>>>,
}

impl Directories {
    pub const fn new() -> Self {
        Self {
            read: RefCell::new(BTreeMap::new()),
        }
    }

    /// The roles of that name in these CIDs, each id once.
    pub async fn called(
        &self,
        config: &Config,
        cx: &Context<'_>,
        name: &str,
        cids: &[Cid],
    ) -> Result<Vec<Role>, Error> {
        let is_called = |role: &Role| role.display_name.as_deref().is_some_and(|shown| same(shown, name));
        self.matching(config, cx, cids, is_called).await
    }

    /// The role with that id, as the first of these CIDs that knows it shows it.
    pub async fn with_id(
        &self,
        config: &Config,
        cx: &Context<'_>,
        id: &str,
        cids: &[Cid],
    ) -> Result<Option<Role>, Error> {
        let roles = self.matching(config, cx, cids, |role| role.id == id).await?;
        Ok(roles.into_iter().next())
    }

    async fn matching(
        &self,
        config: &Config,
        cx: &Context<'_>,
        cids: &[Cid],
        fits: impl Fn(&Role) -> bool,
    ) -> Result<Vec<Role>, Error> {
        let mut found: Vec<Role> = Vec::new();
        for cid in cids {
            if !self.read.borrow().contains_key(cid) {
                let roles = core::roles(config, cx, cid).await?;
                self.read.borrow_mut().insert(cid.clone(), roles);
            }
            let read = self.read.borrow();
            for role in read.get(cid).into_iter().flatten() {
                if fits(role) && !found.iter().any(|known| known.id == role.id) {
                    found.push(role.clone());
                }
            }
        }
        Ok(found)
    }
}
