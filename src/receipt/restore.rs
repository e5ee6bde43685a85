//! What a receipt says was held and is gone, for whoever must grant it again.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use serde::Serialize;

use crate::naming::visible;

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

/// What a receipt says was held and is gone.
pub fn restore_list(claims: &Claims) -> Restoration {
    let results: HashMap<(&str, &Place), &GrantResult> = claims
        .outcomes
        .iter()
        .flat_map(|entry| &entry.grants)
        .filter(|result| result.direct)
        .map(|result| ((result.role_id.as_str(), &result.scope), result))
        .collect();
    let mut restoration = Restoration {
        user: claims.user.clone(),
        gone: Vec::new(),
        uncertain: Vec::new(),
        besides: BTreeSet::new(),
    };
    for held in claims.before.iter().filter(|held| held.direct == Some(true)) {
        let Some(result) = results.get(&(held.role_id.as_str(), &held.scope)) else {
            continue;
        };
        let list = match result.outcome.as_str() {
            "removed" => &mut restoration.gone,
            // A verify sends nothing.
            "unverified" | "unknown" if claims.mode == "revoke" => &mut restoration.uncertain,
            _ => continue,
        };
        list.push(held.clone());
        restoration.besides.extend(result.side_effects.iter().cloned());
    }
    restoration
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
