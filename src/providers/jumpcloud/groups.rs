//! User groups: which one a text names, and of which the user is a member.

use crate::{
    client::{QueryBuilder, path_segment},
    contract::{
        reason::Reason,
        types::{Scope, SideEffect},
        warning::Warning,
    },
    error::ProviderFault,
    hashed::HashMap,
    naming::{Skeleton, canonical},
    provider::{Context, Grant, GrantKind, Held, KnownAs},
    request::Entry,
    sorted::Set,
};

use super::{
    config::Config,
    core::{self, Count, List},
    documents::{GraphObject, UserGroup},
};

/// The organization's user groups.
#[derive(Debug)]
pub struct Groups {
    list: List<UserGroup>,
    /// Why a group of any name may be missing.
    gap: Option<String>,
    by_id: HashMap<String, usize>,
    contradicted_by_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_skeleton: HashMap<String, Vec<usize>>,
}

/// What a text names among the groups.
#[derive(Debug)]
pub enum Named<'a> {
    None,
    One(&'a UserGroup),
    /// It cannot be told which one, or whether there is one.
    Unclear(Reason, String),
}

/// Whether the request may mean memberships: it names a group, or nothing.
pub fn are_asked(cx: &Context<'_>) -> bool {
    let mut selectors = cx.request.entries.iter().map(Entry::selector);
    cx.request.reads_everything() || selectors.any(|selector| selector.group.is_some())
}

/// Lists all groups and compares them here: a filter is case-sensitive and gives `*` and `,` a meaning, and no way to escape them
/// is published.
pub async fn all(config: &Config, cx: &Context<'_>) -> Result<Groups, ProviderFault> {
    core::list(config, cx, "/api/v2/usergroups", Count::Perhaps, "user groups")
        .await
        .map(Groups::new)
}

/// The groups that the user is a member of. Whatever a row says it is, it is a group that the user may have to leave.
pub async fn memberships(config: &Config, cx: &Context<'_>, user: &str) -> Result<List<GraphObject>, ProviderFault> {
    let path = format!("/api/v2/users/{}/memberof", path_segment(user));
    core::list(config, cx, &path, Count::Perhaps, "the user's groups").await
}

/// Whether the group's own list has the user, `None` if it does not say: what the user's list of groups lacks is confirmed by the
/// other side.
pub async fn has_member(
    config: &Config,
    cx: &Context<'_>,
    group: &str,
    user: &str,
) -> Result<Option<bool>, ProviderFault> {
    // Ids have nothing in them that a filter takes for its own.
    let path = QueryBuilder::new()
        .pair("filter", &format!("object_id:eq:{user}"))
        .on(&format!("/api/v2/usergroups/{}/membership", path_segment(group)));
    let members: List<GraphObject> = core::list(config, cx, &path, Count::Perhaps, "the group's members").await?;
    if members.rows.iter().any(|member| member.id.eq_ignore_ascii_case(user)) {
        return Ok(Some(true));
    }
    Ok(members.gap("the group's members").is_none().then_some(false))
}

impl Groups {
    pub fn new(list: List<UserGroup>) -> Self {
        let mut groups = Self {
            gap: list.gap("user groups"),
            list,
            by_id: HashMap::new(),
            contradicted_by_id: HashMap::new(),
            by_name: HashMap::new(),
            by_skeleton: HashMap::new(),
        };
        for (position, group) in groups.list.contradicted.iter().enumerate() {
            let rows = groups.contradicted_by_id.entry(group.id.clone()).or_default();
            rows.push(position);
        }
        for (position, group) in groups.list.rows.iter().enumerate() {
            groups.by_id.insert(group.id.clone(), position);
            match &group.name {
                Some(name) => {
                    groups.by_name.entry(canonical(name)).or_default().push(position);
                    for reading in Skeleton::of(name) {
                        groups.by_skeleton.entry(reading).or_default().push(position);
                    }
                }
                None => {
                    groups
                        .gap
                        .get_or_insert_with(|| String::from("JumpCloud lists a user group without its name"));
                }
            }
        }
        groups
    }

    /// The group of an id.
    pub fn with_id(&self, id: &str) -> Option<&UserGroup> {
        self.by_id
            .get(&id.to_ascii_lowercase())
            .and_then(|&position| self.list.rows.get(position))
    }

    /// The rows of a group that contradict each other.
    fn contradicted_with_id(&self, id: &str) -> impl Iterator<Item = &UserGroup> {
        let positions = self.contradicted_by_id.get(&id.to_ascii_lowercase());
        let positions = positions.into_iter().flatten();
        positions.filter_map(|&position| self.list.contradicted.get(position))
    }

    /// The group that a text names: by its id, else by a name that only one has.
    pub fn named(&self, text: &str) -> Named<'_> {
        if let Some(group) = self.with_id(text) {
            return Named::One(group);
        }
        let called = self.at(self.by_name.get(&canonical(text)).into_iter().flatten());
        match (called.as_slice(), &self.gap) {
            ([one], None) => return Named::One(one),
            ([_], Some(gap)) => {
                return Named::Unclear(
                    Reason::NotVisible,
                    format!("whether another user group is called `{text}` cannot be told: {gap}"),
                );
            }
            ([], _) => {}
            (several, _) => return Named::several(text, several),
        }
        let readings = Skeleton::of(text).into_iter();
        let alike: Set<usize> = readings
            .filter_map(|reading| self.by_skeleton.get(&reading))
            .flatten()
            .copied()
            .collect();
        let alike = self.at(alike.iter());
        match (&self.gap, alike.is_empty()) {
            (_, false) => Named::several(text, &alike),
            (Some(gap), true) => Named::Unclear(Reason::NotVisible, gap.clone()),
            (None, true) => Named::None,
        }
    }

    fn at<'a>(&self, positions: impl Iterator<Item = &'a usize>) -> Vec<&UserGroup> {
        positions.filter_map(|&position| self.list.rows.get(position)).collect()
    }
}

impl Named<'_> {
    fn several(text: &str, groups: &[&UserGroup]) -> Self {
        let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
        let message = format!(
            "the name `{text}` may mean any of these user groups ({}): use an id",
            ids.join(", ")
        );
        Self::Unclear(Reason::Ambiguous, message)
    }
}

/// One grant for each membership. The groups that nobody asked for are what a read-back is held against.
pub fn grants(groups: Option<&Groups>, memberships: &[GraphObject], organization: Option<&str>) -> Vec<Grant> {
    let grant = |membership: &GraphObject| {
        let group = groups.and_then(|groups| groups.with_id(&membership.id));
        let contradicted = || {
            groups
                .into_iter()
                .flat_map(|groups| groups.contradicted_with_id(&membership.id))
        };
        let is_dynamic = group.into_iter().chain(contradicted()).any(|group| group.is_dynamic);
        Grant {
            known_as: KnownAs {
                // Whichever is right, a guard that names one of them stands.
                names: contradicted().filter_map(|group| group.name.clone()).collect(),
                ..KnownAs::default()
            },
            kind: GrantKind::Membership,
            role_id: membership.id.clone(),
            role_name: group.and_then(|group| group.name.clone()),
            scope: Scope {
                group: Some(membership.id.clone()),
                organization: organization.map(str::to_owned),
                workspace: None,
            },
            held: Held::Direct,
            effects: vec![SideEffect::LeaveGroup],
            warnings: is_dynamic
                .then(|| Warning::MayReturnByDynamicGroup.text())
                .into_iter()
                .collect(),
        }
    };
    memberships.iter().map(grant).collect()
}
