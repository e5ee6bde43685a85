//! What the lists of a person do not show.

use std::cell::OnceCell;

use crate::{
    error::ProviderFault,
    hashed::HashSet,
    provider::{Gap, GrantKind},
};

use super::super::core::{Extent, List, visible};

/// What a list showed first: the ids in its rows, and how many rows it hid.
pub type FirstRows = OnceCell<(HashSet<String>, u64)>;

/// What a read shows; its failure is kept.
pub fn kept<T>(read: Result<Option<T>, ProviderFault>, failure: &mut Option<ProviderFault>) -> Option<T> {
    read.unwrap_or_else(|fault| {
        failure.get_or_insert(fault);
        None
    })
}

/// A list that was asked for; the inner `None`: JumpCloud does not show it, or the read failed.
pub fn shown<T>(
    read: Option<Result<List<T>, ProviderFault>>,
    failure: &mut Option<ProviderFault>,
) -> Option<Option<List<T>>> {
    Some(kept(visible(read?), failure))
}

/// Notes what a list does not show: a read-back that misses more than the first read is not settled.
pub fn note_gaps<T>(
    gaps: &mut Vec<Gap>,
    read: Option<&List<T>>,
    (what, kind): (&str, GrantKind),
    (first, id): (&FirstRows, &dyn Fn(&T) -> String),
) {
    let Some(list) = read else {
        gaps.push(Gap::at(what));
        return;
    };
    let hidden = match list.extent {
        Extent::Lacks(hidden) => hidden,
        Extent::Whole | Extent::Unclear(_) => 0,
    };
    let (first, hidden_first) = first.get_or_init(|| (list.rows.iter().map(id).collect(), hidden));
    // A row that is shown only now may have been a hidden one, and what is hidden now is then another.
    let shown_since = list.rows.iter().filter(|row| !first.contains(&id(row))).count();
    let may_hide = hidden.saturating_add(u64::try_from(shown_since).unwrap_or(u64::MAX));
    match list.extent {
        Extent::Whole => {}
        Extent::Lacks(_) if may_hide <= *hidden_first => gaps.push(Gap::at(format!("hidden rows of {what}"))),
        Extent::Lacks(_) => gaps.push(Gap::unreliable(kind, format!("hidden rows of {what}"))),
        Extent::Unclear(why) => gaps.push(Gap::unreliable(kind, format!("{what}: {why}"))),
    }
    let place = format!("unread rows of {what}");
    if list.unread.len() > MOST_UNREAD {
        gaps.push(Gap::unreliable(kind, place));
        return;
    }
    for (position, raw) in list.unread.iter().enumerate() {
        let earlier = list.unread.iter().take(position).filter(|other| *other == raw).count();
        // What such a row says can be anybody's: it is compared, and not shown.
        gaps.push(Gap::of(format!("{raw} {earlier}"), &place));
    }
}

pub const LINKS: (&str, GrantKind) = ("the organization links", GrantKind::OrganizationLink);
pub const MEMBERSHIPS: (&str, GrantKind) = ("the user's groups", GrantKind::Membership);
/// Unread rows of a list that are told apart.
const MOST_UNREAD: usize = 100;
