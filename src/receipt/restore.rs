//! What a receipt says was held and is gone, for whoever must grant it again.

use std::{collections::BTreeSet, fmt};

use serde::Serialize;

use crate::{
    hashed::{HashMap, HashSet},
    naming::visible,
};

use super::{Claims, GrantResult, HeldGrant, Place};

/// What may have to be granted again.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Restoration {
    pub user: Option<String>,
    /// Held directly before, and proven gone.
    pub gone: Vec<HeldGrant>,
    /// Held directly before; the removal may have been sent, and no read settles it.
    pub uncertain: Vec<HeldGrant>,
    /// What went with it, in words.
    pub besides: BTreeSet<String>,
}

/// What a receipt says was held and is gone. What the read after the removal does not show is gone, whatever became of its entry.
pub fn restore_list(claims: &Claims) -> Restoration {
    let results: HashMap<(&str, &Place), &GrantResult> = claims
        .outcomes
        .iter()
        .flat_map(|entry| &entry.grants)
        .filter(|result| result.direct)
        .map(|result| ((result.role_id.as_str(), &result.scope), result))
        .collect();
    let after = claims.after.as_ref().map(|after| {
        let may_be_direct = after.iter().filter(|held| held.direct != Some(false));
        may_be_direct.map(identity).collect::<HashSet<_>>()
    });
    let mut restoration = Restoration {
        user: claims.user.clone(),
        gone: Vec::new(),
        uncertain: Vec::new(),
        besides: BTreeSet::new(),
    };
    let mut listed = HashSet::new();
    for held in claims.before.iter().filter(|held| held.direct == Some(true)) {
        if !listed.insert(identity(held)) {
            continue;
        }
        let result = results.get(&(held.role_id.as_str(), &held.scope));
        let is_not_shown = after.as_ref().is_some_and(|after| !after.contains(&identity(held)));
        let list = match result.map(|result| result.outcome.as_str()) {
            _ if is_not_shown => &mut restoration.gone,
            Some("removed") => &mut restoration.gone,
            // A verify sends nothing.
            Some("unverified" | "unknown") if claims.mode == "revoke" => &mut restoration.uncertain,
            _ => continue,
        };
        list.push(held.clone());
        let besides = result.iter().flat_map(|result| &result.side_effects);
        restoration.besides.extend(besides.cloned());
    }
    restoration
}

/// Tells what is held directly apart.
fn identity(held: &HeldGrant) -> (&str, &str, &Place) {
    (&held.kind, &held.role_id, &held.scope)
}

/// For people, in lines of plain text.
impl fmt::Display for Restoration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_deref().unwrap_or_default();
        writeln!(f, "user: \"{}\"", visible(user))?;
        for (title, grants) in [
            ("was held and is gone", &self.gone),
            ("was held and may be gone", &self.uncertain),
        ] {
            writeln!(f, "{title}: {}", grants.len())?;
            grants.iter().try_for_each(|grant| writeln!(f, "  {grant}"))?;
        }
        if !self.besides.is_empty() {
            writeln!(f, "went with it: {}", self.besides.len())?;
        }
        self.besides
            .iter()
            .try_for_each(|what| writeln!(f, "  {}", visible(what)))
    }
}

impl fmt::Display for HeldGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} \"{}\"",
            visible(&self.kind).replace('_', " "),
            visible(&self.role_id)
        )?;
        if let Some(name) = &self.role_name {
            write!(f, " (named \"{}\")", visible(name))?;
        }
        for (kind, id) in [
            ("group", &self.scope.group),
            ("organization", &self.scope.organization),
            ("workspace", &self.scope.workspace),
        ] {
            if let Some(id) = id {
                write!(f, " in {kind} \"{}\"", visible(id))?;
            }
        }
        Ok(())
    }
}
