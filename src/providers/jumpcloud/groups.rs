//! User groups: which one a text names, and of which the user is a member.

use crate::{
    ask::Entry,
    client::{QueryBuilder, path_segment},
    contract::types::{Scope, SideEffect},
    error::ProviderFault,
    naming::same,
    provider::{Context, Grant, GrantKind, Held, KnownAs},
    warning::Warning,
};

use super::{
    config::Config,
    core::{self, Whole},
    documents::{GraphObject, UserGroup},
};

/// What a text names among the groups.
pub enum Named<'a> {
    None,
    One(&'a UserGroup),
    Several(Vec<&'a str>),
}

/// The texts by which the request names groups.
pub fn asked<'a>(cx: &'a Context<'_>) -> Vec<&'a str> {
    let mut texts: Vec<&str> = cx
        .ask
        .entries
        .iter()
        .map(Entry::selector)
        .filter_map(|selector| selector.group.as_deref())
        .collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// All groups, whatever is asked for: a filter regards case, takes `*` for anything and is parted by commas, and there is no way
/// published to escape them.
pub async fn all(config: &Config, cx: &Context<'_>) -> Result<Vec<UserGroup>, ProviderFault> {
    core::list(
        config,
        cx,
        "/api/v2/usergroups",
        Whole::CountedOrShort,
        "the user groups",
    )
    .await
}

/// The ids of the groups that the user is a member of.
pub async fn memberships(config: &Config, cx: &Context<'_>, user: &str) -> Result<Vec<String>, ProviderFault> {
    let path = format!("/api/v2/users/{}/memberof", path_segment(user));
    let rows: Vec<GraphObject> = core::list(config, cx, &path, Whole::CountedOrShort, "the user's groups").await?;
    Ok(rows
        .into_iter()
        .filter(|row| row.kind.as_deref().is_none_or(|kind| kind == "user_group"))
        .map(|row| row.id)
        .collect())
}

/// Whether the group's own list has the user: what the user's list of groups lacks is confirmed by the other side.
pub async fn has_member(config: &Config, cx: &Context<'_>, group: &str, user: &str) -> Result<bool, ProviderFault> {
    // An id has nothing in it that a filter takes for its own.
    let path = QueryBuilder::new()
        .pair("filter", &format!("object_id:eq:{user}"))
        .on(&format!("/api/v2/usergroups/{}/membership", path_segment(group)));
    let members: Vec<GraphObject> = core::list(config, cx, &path, Whole::CountedOrShort, "the group's members").await?;
    Ok(members.iter().any(|member| member.id.eq_ignore_ascii_case(user)))
}

/// The group that a text names: by its id, else by a name that only one has.
pub fn named<'a>(groups: &'a [UserGroup], text: &str) -> Named<'a> {
    if let Some(group) = groups.iter().find(|group| group.id.eq_ignore_ascii_case(text)) {
        return Named::One(group);
    }
    let called: Vec<&UserGroup> = groups
        .iter()
        .filter(|group| group.name.as_deref().is_some_and(|name| same(name, text)))
        .collect();
    match called.as_slice() {
        [] => Named::None,
        [one] => Named::One(one),
        several => Named::Several(several.iter().map(|group| group.id.as_str()).collect()),
    }
}

/// One grant for each membership and each text that names its group. The groups that nobody asked for are what a read-back is held
/// against.
pub fn grants(groups: &[UserGroup], members: &[String], texts: &[&str], organization: Option<&str>) -> Vec<Grant> {
    let grant = |id: &String, text: &str| {
        let group = groups.iter().find(|group| group.id == *id);
        let is_dynamic = group.is_some_and(|group| group.method.as_deref() == Some("DYNAMIC_AUTOMATED"));
        Grant {
            known_as: KnownAs::default(),
            kind: GrantKind::Membership,
            role_id: id.clone(),
            role_name: group.and_then(|group| group.name.clone()),
            scope: Scope {
                group: Some(text.to_owned()),
                organization: organization.map(str::to_owned),
                workspace: None,
            },
            held: Held::Direct,
            effects: vec![SideEffect::LeaveGroup],
            warnings: if is_dynamic {
                vec![Warning::MayReturnByDynamicGroup.text()]
            } else {
                Vec::new()
            },
        }
    };
    let mut grants = Vec::new();
    for id in members {
        let names_it = |text: &str| match named(groups, text) {
            Named::One(group) => group.id == *id,
            Named::None => id.eq_ignore_ascii_case(text),
            Named::Several(_) => false,
        };
        let before = grants.len();
        grants.extend(texts.iter().filter(|text| names_it(text)).map(|text| grant(id, text)));
        if grants.len() == before {
            grants.push(grant(id, id));
        }
    }
    grants
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> Vec<UserGroup> {
        let group = |id: &str, name: &str| UserGroup {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            method: None,
        };
        vec![
            group("1", "On Call"),
            group("2", "A, b*"),
            group("3", "Same"),
            group("4", "same"),
        ]
    }

    #[test]
    fn a_text_names_one_group_or_is_ambiguous() {
        let groups = groups();
        let id = |text: &str| match named(&groups, text) {
            Named::One(group) => Ok(group.id.as_str()),
            Named::None => Err(0),
            Named::Several(ids) => Err(ids.len()),
        };
        assert_eq!(id("on call"), Ok("1"));
        assert_eq!(id("2"), Ok("2"));
        assert_eq!(id("A, b*"), Ok("2"));
        assert_eq!((id("SAME"), id("*")), (Err(2), Err(0)));
    }

    #[test]
    fn every_membership_is_a_grant_and_two_texts_for_one_group_are_two() {
        let members = ["1", "3", "9"].map(String::from);
        let grants = grants(&groups(), &members, &["1", "on call", "same"], Some("org"));
        let shown: Vec<_> = grants
            .iter()
            .map(|grant| (grant.role_id.as_str(), grant.scope.group.as_deref().unwrap()))
            .collect();
        assert_eq!(shown, [("1", "1"), ("1", "on call"), ("3", "3"), ("9", "9")]);
    }
}
