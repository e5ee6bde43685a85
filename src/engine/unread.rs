//! Rows that could not be read, held against selectors. What is compared of them is made once: a reading of a thousand such rows
//! meets thousands of selectors.

use crate::{
    naming::Skeleton,
    provider::{Grant, GrantKind, Provider, UnreadRow},
    request::Selector,
};

use super::{
    directories::Known,
    matching::{self, Doubt},
};

/// More unreadable rows than this are not looked at one by one: such a reading proves nothing.
const MOST_ROWS: usize = 1_000;

/// The unread rows of a reading.
#[derive(Debug)]
pub struct UnreadRows {
    /// Empty if there are too many.
    rows: Vec<Row>,
    count: usize,
}

/// A row by the skeletons of what stands in it. Ids that a provider takes for one look alike.
#[derive(Debug)]
struct Row {
    is_link: bool,
    group: Option<Skeleton>,
    organization: Option<Skeleton>,
    workspace: Option<Skeleton>,
    ids: Vec<Skeleton>,
    names: Vec<Skeleton>,
}

impl UnreadRows {
    pub fn of(unread: &[UnreadRow]) -> Self {
        let is_few = unread.len() <= MOST_ROWS;
        Self {
            rows: unread.iter().filter(|_| is_few).map(Row::of).collect(),
            count: unread.len(),
        }
    }

    /// Why a row may be what a selector means; it is never certainly that.
    pub fn doubt(&self, provider: &dyn Provider, selector: &Selector, known: &Known) -> Option<Doubt> {
        if self.count > MOST_ROWS {
            return Some(Doubt::NotVisible(self.too_many()));
        }
        if self.rows.is_empty() {
            return None;
        }
        let wanted = Wanted::of(provider, selector, known);
        self.rows.iter().any(|row| wanted.may_be(row)).then(|| {
            Doubt::NotVisible(format!(
                "the provider shows a row that cannot be read and that may be `{}`",
                selector.label()
            ))
        })
    }
}

impl UnreadRows {
    /// Why a row that says which role it is may be the role of a grant, which a selector selects by its id.
    pub fn named_doubt(
        &self,
        provider: &dyn Provider,
        (selector, grant): (&Selector, &Grant),
        known: &Known,
    ) -> Option<String> {
        if grant.kind == GrantKind::Membership {
            return None;
        }
        if self.count > MOST_ROWS {
            return Some(self.too_many());
        }
        let is_named = |row: &&Row| !(row.ids.is_empty() && row.names.is_empty());
        let mut named = self.rows.iter().filter(is_named).peekable();
        named.peek()?;
        let wanted = Wanted::of(provider, selector, known);
        let names: Vec<Skeleton> = matching::names(grant).map(Skeleton::of).collect();
        let is_called = |row: &Row| {
            let shares = |name: &Skeleton| row.names.iter().any(|other| name.meets(other));
            names.is_empty() || names.iter().any(shares)
        };
        let may_be = |row: &Row| wanted.may_be(row) && (!row.ids.is_empty() || is_called(row));
        named.any(may_be).then(|| {
            format!(
                "the provider shows a row that cannot be read and that names `{}`: it may be held in another way, too",
                selector.label()
            )
        })
    }

    fn too_many(&self) -> String {
        format!("{} rows of what the provider shows cannot be read", self.count)
    }
}

impl Row {
    fn of(row: &UnreadRow) -> Self {
        let skeleton = |text: &Option<String>| text.as_deref().map(Skeleton::of);
        let skeletons = |texts: &[String]| texts.iter().map(|text| Skeleton::of(text)).collect();
        Self {
            is_link: row.is_link,
            group: skeleton(&row.scope.group),
            organization: skeleton(&row.scope.organization),
            workspace: skeleton(&row.scope.workspace),
            ids: skeletons(&row.ids),
            names: skeletons(&row.names),
        }
    }
}

/// A selector in skeletons.
struct Wanted<'a> {
    provider: &'a dyn Provider,
    known: &'a Known,
    is_link: bool,
    group: Option<Skeleton>,
    /// `None`: any.
    organizations: Option<Vec<Skeleton>>,
    workspace: Option<Skeleton>,
    role: WantedRole<'a>,
}

enum WantedRole<'a> {
    Id {
        id: Skeleton,
        spelled: &'a str,
    },
    Name {
        name: Skeleton,
        /// The ids that the directory has for the name.
        ids: Vec<Skeleton>,
    },
    /// A membership or a link, which has neither.
    Any,
}

impl<'a> Wanted<'a> {
    fn of(provider: &'a dyn Provider, selector: &'a Selector, known: &'a Known) -> Self {
        let skeleton = |text: &Option<String>| text.as_deref().map(Skeleton::of);
        let role = match (&selector.id, &selector.name) {
            (Some(id), _) => WantedRole::Id {
                id: Skeleton::of(id),
                spelled: id,
            },
            (None, Some(name)) => WantedRole::Name {
                name: Skeleton::of(name),
                ids: known.roles_named(name).map(|role| Skeleton::of(&role.id)).collect(),
            },
            (None, None) => WantedRole::Any,
        };
        Self {
            provider,
            known,
            is_link: selector.is_link,
            group: skeleton(&selector.group),
            organizations: selector
                .meant_organizations()
                .map(|meant| meant.iter().map(|wanted| Skeleton::of(wanted)).collect()),
            workspace: skeleton(&selector.workspace),
            role,
        }
    }

    fn may_be(&self, row: &Row) -> bool {
        self.is_link == row.is_link && self.may_be_at(row) && !self.is_other(row)
    }

    /// Whether what is known of a row's scope leaves the selector possible.
    fn may_be_at(&self, row: &Row) -> bool {
        let fits = |wanted: &Option<Skeleton>, known: &Option<Skeleton>| match (wanted, known) {
            (Some(wanted), Some(known)) => wanted.meets(known),
            _ => true,
        };
        fits(&self.group, &row.group)
            && fits(&self.workspace, &row.workspace)
            && match (&self.organizations, &row.organization) {
                (Some(meant), Some(known)) => known.meets_any(meant),
                _ => true,
            }
    }

    /// Whether a row is certainly another role.
    fn is_other(&self, row: &Row) -> bool {
        let differs = |wanted: &Skeleton, own: &[Skeleton]| !own.is_empty() && !wanted.meets_any(own);
        match &self.role {
            // An id in the row decides.
            WantedRole::Id { id, spelled } if row.ids.is_empty() => {
                let is_wanted = |known: &str| self.provider.is_same_id(spelled, known);
                differs(id, &row.names) && self.names_others(row, is_wanted)
            }
            WantedRole::Id { id, .. } => differs(id, &row.ids),
            WantedRole::Name { name, ids } if row.ids.is_empty() => {
                let is_wanted = |known: &str| Skeleton::of(known).meets_any(ids);
                differs(name, &row.names) && self.names_others(row, is_wanted)
            }
            WantedRole::Name { name, ids } => {
                differs(name, &row.names) && row.ids.iter().all(|id| !id.meets(name) && !id.meets_any(ids))
            }
            WantedRole::Any => !row.ids.is_empty() || !row.names.is_empty(),
        }
    }

    /// Whether each name of a row without an id is that of other roles: only a directory that was read whole says so.
    fn names_others(&self, row: &Row, is_wanted: impl Fn(&str) -> bool) -> bool {
        let is_another = |name: &Skeleton| {
            let mut called = self.known.ids_like(name).peekable();
            called.peek().is_some() && !called.any(&is_wanted)
        };
        self.known.is_whole() && row.names.iter().all(is_another)
    }
}
