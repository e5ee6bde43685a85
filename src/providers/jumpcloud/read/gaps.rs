//! What the lists of a person do not show.

use std::cell::OnceCell;

use crate::{
    client::paging::count,
    error::ProviderFault,
    hashed::HashSet,
    provider::{Gap, GrantKind},
};

use super::super::core::{Extent, List, visible};

/// What a list showed first.
pub type FirstRows = OnceCell<First>;

pub struct First {
    /// The ids in its rows.
    ids: HashSet<String>,
    /// How many rows it hid.
    hidden: u64,
    /// How many rows could not be read.
    unread: u64,
}

/// What a read shows; its failure is kept.
pub fn kept<T>(read: Result<Option<T>, ProviderFault>, failure: &mut Option<ProviderFault>) -> Option<T> {
    read.unwrap_or_else(|fault| {
        failure.get_or_insert(fault);
        None
    })
}

/// A list that was asked for, if JumpCloud shows it. What it does not show is noted.
pub fn shown<T>(
    gaps: &mut Vec<Gap>,
    read: Option<Result<List<T>, ProviderFault>>,
    what: (&str, GrantKind),
    rows: (&FirstRows, &dyn Fn(&T) -> String),
    failure: &mut Option<ProviderFault>,
) -> Option<List<T>> {
    let list = kept(visible(read?), failure);
    note_gaps(gaps, list.as_ref(), what, rows);
    list
}

/// Notes what a list does not show: a read-back that misses more than the first read is not settled.
fn note_gaps<T>(
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
    let unread = count(&list.unread);
    let first = first.get_or_init(|| First {
        ids: list.rows.iter().map(id).collect(),
        hidden,
        unread,
    });
    // A row that is shown only now may have been a hidden or unread one, and what is hidden or unread now is then another.
    let shown_since: Vec<&T> = list.rows.iter().filter(|row| !first.ids.contains(&id(row))).collect();
    let may_hide = hidden.saturating_add(count(&shown_since));
    match list.extent {
        Extent::Whole => {}
        Extent::Lacks(_) if may_hide <= first.hidden => gaps.push(Gap::at(format!("hidden rows of {what}"))),
        Extent::Lacks(_) => gaps.push(Gap::unreliable(kind, format!("hidden rows of {what}"))),
        Extent::Unclear(why) => gaps.push(Gap::unreliable(kind, format!("{what}: {why}"))),
    }
    let place = format!("unread rows of {what}");
    let has_moved =
        !shown_since.is_empty() && may_hide.saturating_add(unread) > first.hidden.saturating_add(first.unread);
    if unread > 0 && (has_moved || list.unread.len() > MOST_UNREAD) {
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
