//! What it means that no grant fits an entry.

use crate::{
    contract::reason::Reason,
    provider::{Absence, Coverage},
    request::Selector,
    sorted::Set,
};

use super::{groups::Resolution, read::Detail};

/// What it means that no grant fits a selector, and no row that could not be read may be one. The own assignments of every role that
/// the selector can mean were read.
pub fn absence(selector: &Selector, detail: &Detail) -> Absence {
    if let Some(text) = &selector.group {
        let means_role = selector.id.is_some() || selector.name.is_some();
        if let Some(absence) = group_obstacle(text, means_role, detail) {
            return absence;
        }
        if !means_role {
            return Absence::Proven;
        }
    }
    let matching = detail.roles.meant_by(selector);
    let ids: Set<&str> = matching.iter().map(|role| role.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    match (ids.as_slice(), &detail.roles.directory.coverage) {
        // An id has one role; behind the roles that are listed, another one may have the name.
        ([], Coverage::Partial(why)) => unclear(Reason::NotVisible, why.clone()),
        ([_], Coverage::Partial(why)) if selector.id.is_none() => unclear(Reason::NotVisible, why.clone()),
        ([], Coverage::Whole) => Absence::NotFound(format!("TeamViewer has no role `{}`", selector.label())),
        ([_], _) => Absence::Proven,
        (several, _) => unclear(
            Reason::Ambiguous,
            format!(
                "several roles are called `{}`: {}",
                selector.label(),
                several.join(", ")
            ),
        ),
    }
}

/// What it means that nothing at all is shown.
pub fn of_everything(detail: &Detail) -> Absence {
    match detail.gaps.first() {
        None => Absence::Proven,
        Some(why) => unclear(Reason::NotVisible, why.clone()),
    }
}

/// Why nothing can be said of what is held in a group; `None` if it is one group, and was read.
fn group_obstacle(text: &str, with_role: bool, detail: &Detail) -> Option<Absence> {
    let not_visible = |message: &str| unclear(Reason::NotVisible, message.to_owned());
    match detail.named(text).map(|named| &named.resolution) {
        Some(Resolution::One(group)) => detail.group_gap(group.id, with_role).map(not_visible),
        Some(Resolution::Unreadable(why)) => Some(not_visible(why)),
        Some(Resolution::Failed(fault)) => Some(not_visible(&fault.message)),
        Some(Resolution::Ambiguous(why)) => Some(unclear(Reason::Ambiguous, why.clone())),
        Some(Resolution::None) | None => Some(Absence::NotFound(format!("TeamViewer has no user group `{text}`"))),
    }
}

const fn unclear(reason: Reason, message: String) -> Absence {
    Absence::Unclear { reason, message }
}
