//! The roles that a user has, and how each is held.

use crate::{
    contract::types::{Scope, Via, ViaKind},
    hashed::{HashMap, HashSet},
    naming::Skeleton,
    provider::{Context, Coverage, Directory, Grant, GrantKind, Held, KnownAs, UnreadRow, role_index::RoleIndex},
    request::Entry,
    sorted::Set,
};

use super::{
    super::{
        core::{Holds, Listed},
        groups::GroupLists,
    },
    lists::Lists,
};

const NO_SCOPE: Scope = Scope {
    group: None,
    organization: None,
    workspace: None,
};

/// The roles that TeamViewer lists for a user, and the company's.
pub struct Roles<'a> {
    user: &'a str,
    pub listed: Listed<String>,
    /// TeamViewer gave a list, and not null: null also stands for a user that it does not know.
    pub has_list: bool,
    is_listed: HashSet<String>,
    /// The company's roles.
    pub index: RoleIndex,
}

/// How the user holds the roles that TeamViewer lists and those that were looked at.
pub struct HeldRoles {
    pub grants: Vec<Grant>,
    pub unread: Vec<UnreadRow>,
    /// What this shows of groups.
    pub group_lists: GroupLists,
    /// No list contradicts another one.
    pub agrees: bool,
}

impl<'a> Roles<'a> {
    pub fn new(user: &'a str, listed: Option<Listed<String>>, directory: Directory) -> Self {
        let has_list = listed.is_some();
        let listed = listed.unwrap_or_default();
        let mut index = RoleIndex::new(directory);
        let missing = listed.rows.iter().find(|role| index.with_id(role).next().is_none());
        if let (Some(role), Coverage::Whole) = (missing, &index.directory.coverage) {
            let why = format!("TeamViewer's list of roles lacks `{role}`, which the user has");
            index.directory.coverage = Coverage::Partial(why);
        }
        Self {
            user,
            has_list,
            is_listed: listed.rows.iter().cloned().collect(),
            listed,
            index,
        }
    }

    /// The name that the directory has for a role.
    pub fn name_of(&self, role: &str) -> Option<String> {
        self.index.name_of(role).map(str::to_owned)
    }

    /// The roles that the entries mean or may mean. What is asked for is looked up in the role's own assignments even where neither
    /// the user's list nor the directory shows it.
    pub fn meant(&self, cx: &Context<'_>) -> Set<String> {
        let selectors = || cx.request.entries.iter().map(Entry::selector);
        let mut meant: Vec<String> = selectors().filter_map(|selector| selector.id.clone()).collect();
        let names: Vec<&String> = selectors()
            .filter(|selector| selector.id.is_none())
            .filter_map(|selector| selector.name.as_ref())
            .collect();
        if names.is_empty() {
            return meant.into_iter().collect();
        }
        for selector in selectors().filter(|selector| selector.id.is_none()) {
            meant.extend(self.index.meant_by(selector).into_iter().map(|role| role.id.clone()));
        }
        // A role without a name, or with a name that only spelling tells apart, may be the one.
        let wanted: HashSet<String> = names.into_iter().flat_map(|name| Skeleton::of(name)).collect();
        let may_be_meant = |role: &&String| {
            self.index
                .name_of(role)
                .is_none_or(|name| Skeleton::of(name).into_iter().any(|reading| wanted.contains(&reading)))
        };
        meant.extend(self.listed.rows.iter().filter(may_be_meant).cloned());
        meant.into_iter().collect()
    }

    /// The roles of these whose own lists were read, each with how it is held: directly if the user stands in the role's own
    /// assignments, and through every group that has both the role and the user. How the user
    /// holds what else TeamViewer lists is not read.
    pub fn held(
        &self,
        lists: &Lists,
        looked_at: &Set<String>,
        revoked: &HashSet<String>,
        names: &HashMap<u64, String>,
    ) -> HeldRoles {
        // A row without an id may be any role that a user can hold. A group's own role stands elsewhere.
        let unlisted = self.listed.unread.iter().map(|raw| UnreadRow {
            scope: Scope {
                group: Some(String::new()),
                ..NO_SCOPE
            },
            ..UnreadRow::new(raw.as_str())
        });
        let mut held = HeldRoles {
            grants: Vec::new(),
            unread: unlisted.collect(),
            group_lists: GroupLists::default(),
            agrees: true,
        };
        for role in looked_at {
            self.judge(&mut held, role, lists, names, revoked.contains(role));
        }
        let others: Set<&String> = self
            .listed
            .rows
            .iter()
            .filter(|role| !looked_at.contains(*role))
            .collect();
        let not_looked_at = others.into_iter().map(|role| self.grant(role, Held::NotRead));
        held.grants.extend(not_looked_at);
        held
    }

    fn judge(&self, held: &mut HeldRoles, role: &str, lists: &Lists, names: &HashMap<u64, String>, is_revoked: bool) {
        let is_listed = self.is_listed.contains(role);
        if lists.failure_of_role(role).is_some() && lists.assignments(role).is_none() {
            held.unread.push(self.unread(role, "the role's assignments"));
            return;
        }
        let Some((users, groups)) = lists.assignments(role) else {
            // The list or the directory shows a role, and its own assignments do not exist.
            if is_listed || self.index.with_id(role).next().is_some() {
                held.agrees = false;
                held.unread.push(self.unread(role, "the role's assignments"));
            }
            return;
        };
        // The list is a part of it: an unread row of one does not stand for one of the other.
        let mut unread: Vec<String> = groups.unread.iter().map(|raw| format!("a group: {raw}")).collect();
        let holds = users.holds(self.user);
        if holds == Holds::Unclear {
            unread.extend(users.unread_of(self.user).map(|raw| format!("a user: {raw}")));
        }
        let is_assigned = holds == Holds::Yes;
        let mut via = Vec::new();
        for &group in &groups.rows {
            held.group_lists.holders.entry(group).or_default().push(role.to_owned());
            match lists.membership(group, self.user) {
                Some(Holds::Yes) => via.push(Via {
                    kind: ViaKind::Group,
                    id: Some(group.to_string()),
                    name: names.get(&group).cloned(),
                }),
                Some(Holds::No) => {}
                Some(Holds::Unclear) | None => unread.push(format!("the members of the group {group}")),
            }
        }
        let is_explained = is_assigned || !via.is_empty();
        let is_unexplained = is_listed && !is_explained && unread.is_empty();
        let is_missing = is_explained && !is_listed && self.listed.unread.is_empty();
        held.agrees &= !is_unexplained && !is_missing;
        if is_unexplained {
            held.group_lists.unexplained.insert(role.to_owned());
        }
        // What was revoked and is listed still may be the assignment that cannot be read.
        let is_unsure = is_listed && holds == Holds::Unclear;
        let is_direct = is_assigned || (is_revoked && (is_unexplained || is_unsure));
        if is_direct {
            held.grants.push(self.grant(role, Held::Direct));
        }
        if !via.is_empty() || (is_unexplained && !is_direct) {
            held.grants.push(self.grant(role, Held::Through(via)));
        }
        held.unread.extend(unread.iter().map(|raw| self.unread(role, raw)));
    }

    /// A place where a role may stand that could not be read.
    fn unread(&self, role: &str, raw: &str) -> UnreadRow {
        UnreadRow {
            ids: vec![role.to_owned()],
            names: self.name_of(role).into_iter().collect(),
            ..UnreadRow::new(raw)
        }
    }

    fn grant(&self, role: &str, held: Held) -> Grant {
        Grant {
            known_as: KnownAs::default(),
            kind: GrantKind::Role,
            role_name: self.name_of(role),
            role_id: role.to_owned(),
            scope: NO_SCOPE,
            held,
            effects: Vec::new(),
            warnings: Vec::new(),
        }
    }
}
