//! What it means that a reading shows no grant: only a revoke proves that it is not held.

use crate::{
    ask::Selector,
    error::Error,
    naming::same,
    provider::{Absence, Context, Grant, GrantKind, Held, KnownAs, Reading},
    reason::Reason,
    warning::Warning,
};

use super::{
    cid::Cid,
    config::Config,
    directory::Directories,
    mapping::{self, Detail},
};

/// For one organization at most.
pub async fn of(
    config: &Config,
    directories: &Directories,
    cx: &Context<'_>,
    selector: &Selector,
    reading: &Reading,
    detail: Option<&Detail>,
) -> Result<Absence, Error> {
    let named: Vec<Cid> = selector
        .organizations
        .iter()
        .filter_map(|cid| Cid::parse(cid).ok())
        .collect();
    let cids = if named.is_empty() {
        detail.map(Detail::own_cids).unwrap_or_default()
    } else {
        named
    };
    if cids.is_empty() {
        return Ok(not_visible(String::from(
            "the role is not shown, and CrowdStrike does not say which CID the user belongs to: name roles[].organization",
        )));
    }
    // Without an organization a role means what the credentials see; the reading's warning names a home that they do not.
    let is_named = !selector.organizations.is_empty();
    let is_blind = |cid: &Cid| reading.unreadable.iter().any(|blind| blind == cid.as_str());
    let (blind, cids): (Vec<Cid>, Vec<Cid>) = cids.into_iter().partition(is_blind);
    if let Some(cid) = blind.first().filter(|_| is_named || cids.is_empty()) {
        return Ok(not_visible(format!(
            "the credentials cannot read the user's roles in the CID {cid}"
        )));
    }
    let (id, name) = match (&selector.id, &selector.name) {
        (Some(id), None) => (id.clone(), None),
        (Some(id), Some(name)) => {
            let role = directories.with_id(config, cx, id, &cids).await?;
            let shown = role.and_then(|role| role.display_name);
            if let Some(shown) = shown.filter(|shown| !same(shown, name)) {
                return Ok(Absence::Unclear {
                    reason: Reason::NameMismatch,
                    message: format!("the role with the id `{id}` is called `{shown}`, not `{name}`"),
                });
            }
            (id.clone(), Some(name.clone()))
        }
        (None, _) => {
            let name = selector.label();
            let mut found = directories.called(config, cx, name, &cids).await?;
            match found.len() {
                0 => return Ok(no_role_called(name, blind.first())),
                1 => {
                    let role = found.remove(0);
                    (role.id, role.display_name)
                }
                _ => {
                    let ids: Vec<&str> = found.iter().map(|role| role.id.as_str()).collect();
                    return Ok(Absence::Unclear {
                        reason: Reason::Ambiguous,
                        message: format!("several roles are called `{name}`: {}", ids.join(", ")),
                    });
                }
            }
        }
    };
    let cids = where_known(config, directories, cx, &id, cids).await;
    Ok(Absence::Probe(
        cids.into_iter()
            .map(|cid| Grant {
                known_as: KnownAs::default(),
                kind: GrantKind::Role,
                role_id: id.clone(),
                role_name: name.clone(),
                warnings: vec![Warning::NotShownInCid.about(&cid)],
                scope: mapping::scope(&cid),
                held: Held::Direct,
                effects: Vec::new(),
            })
            .collect(),
    ))
}

/// A custom role may have the name in a CID that cannot be read.
fn no_role_called(name: &str, blind: Option<&Cid>) -> Absence {
    match blind {
        Some(cid) => not_visible(format!(
            "no role is called `{name}` in view, and the credentials cannot read the roles of the CID {cid}"
        )),
        None => Absence::NotFound(format!("CrowdStrike has no role called `{name}`")),
    }
}

/// Of several CIDs those that have the role: a custom role exists in one alone, and is refused elsewhere. A directory that cannot
/// be read rules nothing out, and where none has the role, the refusals of all of them are the proof.
async fn where_known(
    config: &Config,
    directories: &Directories,
    cx: &Context<'_>,
    id: &str,
    cids: Vec<Cid>,
) -> Vec<Cid> {
    if cids.len() < 2 {
        return cids;
    }
    let mut known = Vec::with_capacity(cids.len());
    for cid in &cids {
        let found = directories.with_id(config, cx, id, std::slice::from_ref(cid)).await;
        if !matches!(found, Ok(None)) {
            known.push(cid.clone());
        }
    }
    if known.is_empty() { cids } else { known }
}

const fn not_visible(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message,
    }
}
