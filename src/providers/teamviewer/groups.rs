//! User groups: which ones a request names, and what they hold.

use crate::{
    contract::{
        types::{Scope, SideEffect},
        warning::Warning,
    },
    error::ProviderFault,
    hashed::{HashMap, HashSet},
    naming::{Skeleton, same},
    provider::{Context, Gap, Grant, GrantKind, Held, KnownAs},
};

use super::{
    config::Config,
    core::{Holds, List, Listed, get, scalar},
    documents::{GroupRow, Member, Members, Nullable, RoleOfGroup, UserGroups},
    ids,
};

/// A user group: what all rows of it say together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserGroup {
    pub id: u64,
    /// `None` if a row of it shows none.
    pub name: Option<String>,
    /// What other rows call it.
    pub other_names: Vec<String>,
    /// 1 API, 2 console, 3 SCIM.
    pub creation_source: Option<u64>,
}

/// A group as the request spells it, and which one that is.
#[derive(Clone, Debug)]
pub struct RequestedGroup {
    pub text: String,
    pub resolution: Resolution,
}

/// What the company's groups say of a text.
#[derive(Clone, Debug)]
pub enum Resolution {
    One(UserGroup),
    None,
    /// Several groups, or one that only spelling tells apart; a sentence for people.
    Ambiguous(String),
    /// Why the groups could not be read.
    Unreadable(String),
    /// Reading the groups failed, and may not the next time.
    Failed(ProviderFault),
}

/// A group that the request names, as it was read: who is in it and its one role, or why either could not be read.
pub struct GroupState {
    pub group: UserGroup,
    pub members: Result<Listed<String>, String>,
    pub role: Result<Option<String>, String>,
    /// The failed reads of the two.
    pub failures: [Option<ProviderFault>; 2],
}

/// What the roles' own lists, and the user's, show of groups.
#[derive(Default)]
pub struct GroupLists {
    /// By group, the roles whose lists show it.
    pub holders: HashMap<u64, Vec<String>>,
    /// Roles that TeamViewer lists for the user, and that neither an assignment nor a group explains.
    pub unexplained: HashSet<String>,
}

impl UserGroup {
    /// An identity provider owns it.
    const SCIM: u64 = 3;

    /// Every name that a row shows.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.name.iter().chain(&self.other_names).map(String::as_str)
    }

    fn merge(&mut self, row: Self) {
        if self.name != row.name {
            let names = self.name.take_if(|_| row.name.is_none()).into_iter().chain(row.name);
            for name in names {
                if self.names().all(|known| known != name) {
                    self.other_names.push(name);
                }
            }
        }
        if row.creation_source == Some(Self::SCIM) {
            self.creation_source = row.creation_source;
        }
    }
}

impl RequestedGroup {
    /// A group as its id names it.
    pub fn by_id(group: &UserGroup) -> Self {
        Self {
            text: group.id.to_string(),
            resolution: Resolution::One(group.clone()),
        }
    }

    /// The group, if there is exactly one.
    pub const fn group(&self) -> Option<&UserGroup> {
        match &self.resolution {
            Resolution::One(group) => Some(group),
            _ => None,
        }
    }
}

impl GroupState {
    /// Why it cannot be told whether a user is in the group.
    pub fn members_gap(&self, user: &str) -> Option<&str> {
        match &self.members {
            Ok(members) if members.holds(user) == Holds::Unclear => Some("a member of the group cannot be read"),
            Ok(_) => None,
            Err(why) => Some(why),
        }
    }

    /// Why it cannot be told which role the group has.
    pub fn role_gap(&self) -> Option<&str> {
        self.role.as_ref().err().map(String::as_str)
    }

    /// What of the group could not be read.
    pub fn gaps(&self, user: &str) -> impl Iterator<Item = Gap> {
        let parts = [("members", self.members_gap(user)), ("role", self.role_gap())];
        let id = self.group.id;
        let lacking = parts.into_iter().filter(|(_, why)| why.is_some());
        lacking.map(move |(part, _)| Gap::of(part, id.to_string()))
    }

    pub fn may_have_member(&self, user: &str) -> bool {
        self.members
            .as_ref()
            .is_ok_and(|members| members.holds(user) != Holds::No)
            || self.members.is_err()
    }

    pub fn has_member(&self, user: &str) -> bool {
        let members = self.members.as_ref();
        members.is_ok_and(|members| members.holds(user) == Holds::Yes)
    }
}

/// Every user group.
pub async fn all(config: &Config, cx: &Context<'_>) -> Result<Listed<UserGroup>, ProviderFault> {
    let list = List::new("/usergroups", "paginationToken", "the user groups");
    let split = |page: UserGroups| (page.resources, page.next);
    let group = |row: GroupRow| {
        let id = scalar(row.id, ids::group)?;
        Ok(UserGroup {
            id,
            name: row.name.into_string(),
            other_names: Vec::new(),
            creation_source: row.creation_source.as_u64(),
        })
    };
    let listed = list.read(config, cx, split, group).await?;
    Ok(Listed {
        rows: merged(listed.rows),
        ..listed
    })
}

/// Each group once. Rows that contradict each other each count: for its name, and for who owns it.
fn merged(rows: Vec<UserGroup>) -> Vec<UserGroup> {
    let mut groups: Vec<UserGroup> = Vec::with_capacity(rows.len());
    let mut positions: HashMap<u64, usize> = HashMap::new();
    for row in rows {
        let known = positions.get(&row.id).and_then(|position| groups.get_mut(*position));
        match known {
            Some(known) => known.merge(row),
            None => {
                positions.insert(row.id, groups.len());
                groups.push(row);
            }
        }
    }
    groups
}

/// The members of a group, as user ids.
pub async fn members(config: &Config, cx: &Context<'_>, group: u64) -> Result<Listed<String>, ProviderFault> {
    let path = format!("/usergroups/{group}/members");
    let list = List::new(&path, "paginationToken", "the group's members");
    let split = |page: Members| (page.resources, page.next);
    list.read(config, cx, split, |row: Member| scalar(row.account, ids::user))
        .await
}

/// The one role that a group has; null, as the document or in it, if it has none. The inner error says why it cannot be read.
pub async fn role_of_group(
    config: &Config,
    cx: &Context<'_>,
    group: u64,
) -> Result<Result<Option<String>, String>, ProviderFault> {
    let path = format!("/usergroups/{group}/userroles");
    let document: Option<RoleOfGroup> = get(config, cx, &path, "the group's role")
        .await?
        .json("the group's role")?;
    let unread = || Err(format!("the role of the group `{group}` cannot be read"));
    Ok(match document.map(|document| document.role_id) {
        None | Some(Nullable::Null) => Ok(None),
        Some(Nullable::Text(id)) => ids::role(&id).map_or_else(unread, |id| Ok(Some(id))),
        Some(Nullable::Missing | Nullable::Unread) => unread(),
    })
}

/// The group that a text means: by id, or by a name that only one group has.
pub fn find(text: &str, groups: &Listed<UserGroup>) -> RequestedGroup {
    let by_id = ids::group(text).and_then(|id| groups.rows.iter().find(|group| group.id == id));
    let named = |is_it: &dyn Fn(&str) -> bool| -> Vec<&UserGroup> {
        let groups = groups.rows.iter();
        groups.filter(|group| group.names().any(is_it)).collect()
    };
    let by_name = named(&|name| same(name, text));
    let wanted = Skeleton::of(text);
    // A row that cannot be read, or that shows no name, may be the group.
    let is_whole = groups.unread.is_empty() && groups.rows.iter().all(|group| group.name.is_some());
    let resolution = match (by_id, by_name.as_slice()) {
        (Some(group), _) => Resolution::One(group.clone()),
        (None, _) if !is_whole => Resolution::Unreadable(String::from("a user group cannot be read, or shows no name")),
        // Which of them is its name cannot be told.
        (None, [group]) if !group.other_names.is_empty() => {
            Resolution::Unreadable(format!("the user group `{}` is listed under two names", group.id))
        }
        (None, [group]) => Resolution::One((*group).clone()),
        (None, []) => match named(&|name| wanted.is_like(name)).as_slice() {
            [] => Resolution::None,
            alike => Resolution::Ambiguous(format!(
                "no user group is called `{text}`; did you mean {}?",
                list(alike)
            )),
        },
        (None, several) => Resolution::Ambiguous(format!(
            "several user groups are called `{text}`: {}; use the id",
            list(several)
        )),
    };
    RequestedGroup {
        text: text.to_owned(),
        resolution,
    }
}

fn list(groups: &[&UserGroup]) -> String {
    let ids: Vec<String> = groups.iter().map(|group| group.id.to_string()).collect();
    ids.join(", ")
}

/// Each group once, however often and however it is spelled.
pub fn distinct(named: &[RequestedGroup]) -> Vec<&UserGroup> {
    let mut seen = HashSet::new();
    let groups = named.iter().filter_map(RequestedGroup::group);
    groups.filter(|group| seen.insert(group.id)).collect()
}

/// Takes back what a group says while another list contradicts it. Returns the groups.
pub fn discard_contradicted(groups: &mut [GroupState], lists: &GroupLists) -> Vec<u64> {
    let mut contradicted = Vec::new();
    for GroupState {
        group, members, role, ..
    } in groups
    {
        let disagree = |what: &str| {
            format!(
                "TeamViewer's lists disagree about the {what} of the group `{}`",
                group.id
            )
        };
        let is_unexplained = |role: &Option<String>| role.as_ref().is_some_and(|role| lists.unexplained.contains(role));
        let other_role = |role: &Option<String>| {
            let mut holders = lists.holders.get(&group.id).into_iter().flatten();
            holders.any(|holder| role.as_ref() != Some(holder))
        };
        if role.as_ref().is_ok_and(is_unexplained) && members.is_ok() {
            *members = Err(disagree("members"));
            contradicted.push(group.id);
        }
        if role.as_ref().is_ok_and(other_role) {
            *role = Err(disagree("role"));
            contradicted.push(group.id);
        }
    }
    contradicted
}

/// What an entry that names the group can mean: the user's membership, and the group's own role. The scope is the group's id,
/// however the request spells it. `joined`: the groups in which the user was seen in this operation.
pub fn grants(
    state: &GroupState,
    user: &str,
    name_of: impl Fn(&str) -> Option<String>,
    joined: &mut HashSet<u64>,
) -> Vec<Grant> {
    let group = &state.group;
    let is_member = state.has_member(user);
    if is_member {
        joined.insert(group.id);
    }
    let scope = Scope {
        group: Some(group.id.to_string()),
        organization: None,
        workspace: None,
    };
    // An identity provider may put the user back.
    let warnings = if group.creation_source == Some(UserGroup::SCIM) {
        vec![Warning::MayReturnByScim.text()]
    } else {
        Vec::new()
    };
    let membership = is_member.then(|| Grant {
        known_as: KnownAs {
            names: group.other_names.clone(),
            ..KnownAs::default()
        },
        kind: GrantKind::Membership,
        role_id: group.id.to_string(),
        role_name: group.name.clone(),
        scope: scope.clone(),
        held: Held::Direct,
        effects: vec![SideEffect::LeaveGroup],
        warnings: warnings.clone(),
    });
    let role = state.role.as_ref().ok().and_then(Option::as_ref);
    let role = role.filter(|_| joined.contains(&group.id));
    let group_role = role.map(|role| Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::GroupRole,
        role_name: name_of(role),
        role_id: role.clone(),
        scope,
        held: Held::Direct,
        effects: vec![SideEffect::StripGroup],
        warnings,
    });
    membership.into_iter().chain(group_role).collect()
}

/// The group in a grant's scope.
pub fn group_of(grant: &Grant) -> Option<u64> {
    grant.scope.group.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(named: &[(u64, &str)]) -> Listed<UserGroup> {
        let group = |(id, name): &(u64, &str)| UserGroup {
            id: *id,
            name: Some((*name).to_owned()),
            other_names: Vec::new(),
            creation_source: None,
        };
        Listed {
            rows: named.iter().map(group).collect(),
            unread: Vec::new(),
        }
    }

    #[test]
    fn an_id_comes_before_a_name_and_a_name_must_be_the_only_one() {
        let groups = groups(&[(7, "Sales"), (8, "7"), (9, "Twins"), (10, "twins")]);
        let id = |text: &str| find(text, &groups).group().map(|group| group.id);
        assert_eq!(
            (id("7"), id("08"), id("sALES"), id("Nobody")),
            (Some(7), Some(8), Some(7), None)
        );
        assert!(matches!(find("TWINS", &groups).resolution, Resolution::Ambiguous(ids) if ids.contains("9, 10")));
        assert!(matches!(find("Nobody", &groups).resolution, Resolution::None));
        assert!(matches!(find("Sa-les", &groups).resolution, Resolution::Ambiguous(ids) if ids.contains('7')));
    }

    #[test]
    fn a_group_that_cannot_be_read_may_be_the_one_by_name() {
        let mut groups = groups(&[(7, "Sales")]);
        groups.unread.push(String::from("null"));
        for text in ["Sales", "Nobody", "8"] {
            assert!(
                matches!(find(text, &groups).resolution, Resolution::Unreadable(_)),
                "{text}"
            );
        }
        assert!(find("7", &groups).group().is_some());
    }

    #[test]
    fn a_group_that_is_spelled_twice_is_one_group() {
        let groups = groups(&[(7, "Sales"), (8, "Support")]);
        let named = ["7", "Sales", "SALES", "8"].map(|text| find(text, &groups));
        let ids: Vec<u64> = distinct(&named).into_iter().map(|group| group.id).collect();
        assert_eq!(ids, [7, 8]);
    }
}
