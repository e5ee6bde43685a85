//! The user groups that a request names: which ones they are, and what they hold.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, future, stream};

use crate::{
    contract::types::{Scope, SideEffect},
    error::ProviderFault,
    naming::same,
    provider::{Context, Grant, GrantKind, Held, KnownAs},
    warning::Warning,
};

use super::{
    config::Config,
    core,
    documents::{Role, UserGroup},
    ids,
    reading::CONCURRENT_READS,
};

/// A group as the request spells it, and which one that is.
#[derive(Clone, Debug)]
pub struct Named {
    pub text: String,
    pub which: Which,
}

/// What the company's groups say of a text.
#[derive(Clone, Debug)]
pub enum Which {
    One(UserGroup),
    None,
    /// Their ids.
    Several(Vec<u64>),
    /// Why the groups could not be read.
    Unreadable(String),
}

/// A group that the request names, as it was read: who is in it and its one role, or why either could not be read.
pub struct GroupState {
    pub group: UserGroup,
    pub members: Result<Vec<u64>, String>,
    pub role: Result<Option<String>, String>,
}

/// The groups that have a role, by the role's own list.
pub type Holders = Vec<(String, Vec<u64>)>;

impl Named {
    pub fn unreadable(text: &str, why: &str) -> Self {
        Self {
            text: text.to_owned(),
            which: Which::Unreadable(why.to_owned()),
        }
    }

    /// The group, if there is exactly one.
    pub const fn group(&self) -> Option<&UserGroup> {
        match &self.which {
            Which::One(group) => Some(group),
            _ => None,
        }
    }
}

impl GroupState {
    pub const fn is_part_unread(&self) -> bool {
        self.members.is_err() || self.role.is_err()
    }
}

/// The group that a text means: by id, or by a name that only one group has.
pub fn find(text: &str, groups: &[UserGroup]) -> Named {
    let by_id = groups.iter().find(|group| group.id.to_string() == text);
    let by_name: Vec<&UserGroup> = groups
        .iter()
        .filter(|group| group.name.as_deref().is_some_and(|name| same(name, text)))
        .collect();
    let which = match (by_id, by_name.as_slice()) {
        (Some(group), _) => Which::One(group.clone()),
        (None, [group]) => Which::One((*group).clone()),
        (None, []) => Which::None,
        (None, several) => Which::Several(several.iter().map(|group| group.id).collect()),
    };
    Named {
        text: text.to_owned(),
        which,
    }
}

/// Each group once, however often and however it is spelled.
pub fn distinct(named: &[Named]) -> Vec<&UserGroup> {
    let mut distinct: Vec<&UserGroup> = Vec::new();
    for group in named.iter().filter_map(Named::group) {
        if !distinct.iter().any(|known| known.id == group.id) {
            distinct.push(group);
        }
    }
    distinct
}

/// The members and the role of each group that the request names.
pub async fn read(config: &Config, cx: &Context<'_>, named: &[Named]) -> Result<Vec<GroupState>, ProviderFault> {
    stream::iter(distinct(named))
        .map(|group| async {
            let (members, role) = future::join(
                core::members(config, cx, group.id),
                core::role_of_group(config, cx, group.id),
            )
            .await;
            Ok(GroupState {
                group: group.clone(),
                members: unless_no(members)?,
                role: unless_no(role)?,
            })
        })
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await
}

/// A no stays with the group. A 404 too: that a group cannot be found is no proof that the user left it, nor that it lost its role.
fn unless_no<T>(read: Result<T, ProviderFault>) -> Result<Result<T, String>, ProviderFault> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(fault) if core::is_no(&fault) => Ok(Err(fault.message)),
        Err(fault) => Err(fault),
    }
}

/// What a group says of its role does not count while a role says otherwise of the group.
pub fn doubt_contradicted(groups: &mut [GroupState], holders: &Holders) {
    for GroupState { group, role, .. } in groups {
        let is_other = |held: &String| role.as_ref().is_ok_and(|said| said.as_ref() != Some(held));
        if holders
            .iter()
            .any(|(held, groups)| groups.contains(&group.id) && is_other(held))
        {
            *role = Err(format!(
                "TeamViewer's lists disagree about the role of the group `{}`",
                group.id
            ));
        }
    }
}

/// What an entry that names the group can mean: the user's membership, and the group's own role. The scope is the group's id,
/// however the request spells it.
pub fn grants(state: &GroupState, user: &str, roles: &[Role], joined: &mut BTreeSet<u64>) -> Vec<Grant> {
    let GroupState { group, members, role } = state;
    let is_member = members.as_ref().is_ok_and(|members| ids::is_among(user, members));
    if is_member {
        joined.insert(group.id);
    }
    let scope = Scope {
        group: Some(group.id.to_string()),
        organization: None,
        workspace: None,
    };
    // An identity provider owns the group and may put the user back.
    let warnings = if group.creation_source == Some(3) {
        vec![Warning::MayReturnByScim.text()]
    } else {
        Vec::new()
    };
    let membership = is_member.then(|| Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Membership,
        role_id: group.id.to_string(),
        role_name: group.name.clone(),
        scope: scope.clone(),
        held: Held::Direct,
        effects: vec![SideEffect::LeaveGroup],
        warnings: warnings.clone(),
    });
    let role = role.as_ref().ok().and_then(Option::as_ref);
    let role = role.filter(|_| joined.contains(&group.id));
    let group_role = role.map(|role| Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::GroupRole,
        role_name: core::name_of(roles, role),
        role_id: role.clone(),
        scope,
        held: Held::Direct,
        effects: vec![SideEffect::StripGroup],
        warnings,
    });
    membership.into_iter().chain(group_role).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: u64, name: &str) -> UserGroup {
        UserGroup {
            id,
            name: Some(name.to_owned()),
            creation_source: None,
        }
    }

    #[test]
    fn an_id_comes_before_a_name_and_a_name_must_be_the_only_one() {
        let groups = [group(7, "Sales"), group(8, "7"), group(9, "Twins"), group(10, "twins")];
        let id = |text: &str| find(text, &groups).group().map(|group| group.id);
        assert_eq!(
            (id("7"), id("8"), id("sALES"), id("Nobody")),
            (Some(7), Some(8), Some(7), None)
        );
        assert!(matches!(find("TWINS", &groups).which, Which::Several(ids) if ids == [9, 10]));
        assert!(matches!(find("Nobody", &groups).which, Which::None));
    }

    #[test]
    fn a_group_that_is_spelled_twice_is_one_group() {
        let groups = [group(7, "Sales"), group(8, "Support")];
        let named = ["7", "Sales", "SALES", "8"].map(|text| find(text, &groups));
        let ids: Vec<u64> = distinct(&named).into_iter().map(|group| group.id).collect();
        assert_eq!(ids, [7, 8]);
    }
}
