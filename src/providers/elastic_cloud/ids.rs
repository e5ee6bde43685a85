//! Role ids: the published ones in their spellings, and the id of an assignment with application roles.
//!
//! No call lists the roles. Sources: `elastic/docs-content` (user roles of a cloud organization), `elastic/terraform-provider-ec`
//! (role ids of projects).

use std::sync::LazyLock;

use crate::{
    contract::types::{ListedRole, Scope, ScopeKind},
    hashed::HashMap,
    naming::{Skeleton, same},
    provider::RoleList,
    sorted,
};

use super::config::Config;

/// Who may administer the organization.
pub const ORGANIZATION_ADMIN: &str = "organization-admin";

/// The kinds of projects.
pub const PROJECTS: [&str; 3] = ["elasticsearch", "observability", "security"];

/// The kind of roles for connected clusters. No call here reads who holds them.
pub const CONNECTED: &str = "cloud_connected_resource";

/// A role that Elastic publishes.
#[derive(Debug, PartialEq, Eq)]
pub struct Published {
    /// `organization`, `deployment`, the kind of project, or [`CONNECTED`].
    pub kind: &'static str,
    pub id: &'static str,
    pub name: &'static str,
}

/// A role, and the application roles of its assignment.
///
/// `elasticsearch-viewer+alpha+beta` is the assignment of the viewer that gives the roles alpha and beta, `elasticsearch-viewer+` the one
/// that gives none, and `elasticsearch-viewer` is either.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    pub role: String,
    /// Sorted: their order in an assignment says nothing.
    pub custom: Vec<String>,
}

impl Key {
    pub fn new(role: &str, custom: &[String]) -> Self {
        let mut custom = custom.to_vec();
        sorted::sort(&mut custom);
        custom.dedup();
        Self {
            role: role.to_owned(),
            custom,
        }
    }

    /// Two different keys never have the same text.
    pub fn text(&self) -> String {
        let escaped = |part: &str| part.replace('%', "%25").replace('+', "%2B");
        let mut text = escaped(&self.role);
        for custom in &self.custom {
            text.push('+');
            text.push_str(&escaped(custom));
        }
        text
    }

    /// Whether only the assignment without application roles is meant.
    pub fn is_bare(&self) -> bool {
        matches!(self.custom.as_slice(), [only] if only.is_empty())
    }

    pub fn parse(text: &str) -> Self {
        let plain = |part: &str| part.replace("%2B", "+").replace("%25", "%");
        let mut parts = text.split('+').map(plain);
        let role = parts.next().unwrap_or_default();
        Self::new(&role, &parts.collect::<Vec<_>>())
    }
}

/// The id of the assignment of a role that has no application roles.
pub fn bare_assignment(role_id: &str) -> String {
    format!("{role_id}+")
}

/// The one spelling of an id that a request may spell in several ways: the application roles sorted, a published id as published.
pub fn normalized(id: &str) -> String {
    let mut key = Key::parse(id);
    if let Some(published) = published(&key.role) {
        published.id.clone_into(&mut key.role);
    }
    key.text()
}

/// Whether two texts are one id. Letter case, `-` and `_` say nothing in a published id; everything else is compared exactly.
pub fn is_same_id(one: &str, other: &str) -> bool {
    let ((role, custom), (other_role, other_custom)) = (split(one), split(other));
    one == other || (custom == other_custom && published(role).is_some_and(|role| published(other_role) == Some(role)))
}

/// A role, and the application roles with it.
fn split(id: &str) -> (&str, Option<&str>) {
    id.split_once('+')
        .map_or((id, None), |(role, custom)| (role, Some(custom)))
}

/// The published role of a whole id, in any spelling.
pub fn published(id: &str) -> Option<&'static Published> {
    let id = spelled(id);
    ROLES.iter().find(|role| role.id == id)
}

/// The id of a role of that kind. Two official sources spell the ids of projects in two ways, with and without the kind in front,
/// with `-` and with `_`. An id that is not published keeps its letters.
pub fn canonical(kind: &str, id: &str) -> String {
    let with_kind = |id: &str| {
        let id = id.replace('_', "-");
        let has_kind = !has_prefix(kind) || spelled(&id).starts_with(&format!("{kind}-"));
        if has_kind { id } else { format!("{kind}-{id}") }
    };
    match published(&with_kind(id.trim())) {
        Some(role) if role.kind == kind => role.id.to_owned(),
        _ => with_kind(id),
    }
}

/// The published role of that kind that an id, which is none, looks like.
pub fn look_alike(kind: &str, id: &str) -> Option<&'static Published> {
    static BY_SKELETON: LazyLock<HashMap<String, Vec<&'static Published>>> = LazyLock::new(|| {
        let mut roles: HashMap<String, Vec<&'static Published>> = HashMap::new();
        for role in &ROLES {
            for id in [Some(role.id), bare(role.kind, role.id)].into_iter().flatten() {
                for reading in Skeleton::of(id) {
                    roles.entry(reading).or_default().push(role);
                }
            }
        }
        roles
    });
    let mut like = Skeleton::of(id)
        .into_iter()
        .filter_map(|reading| BY_SKELETON.get(&reading))
        .flatten();
    like.find(|role| role.kind == kind).copied()
}

/// The published roles that an id can mean; several if it lacks the kind, and no group tells it. Without its kind it is lower-case:
/// `Viewer` is a name, `viewer` may be an id.
pub fn by_id(id: &str, group: Option<&str>) -> Vec<&'static Published> {
    let fits = |role: &&Published| group.is_none_or(|group| role.kind == group);
    if let Some(exact) = published(id).filter(fits) {
        return vec![exact];
    }
    let short = id.replace('_', "-");
    ROLES
        .iter()
        .filter(fits)
        .filter(|role| bare(role.kind, role.id) == Some(&short))
        .collect()
}

/// The roles of that display name.
pub fn called(name: &str, group: Option<&str>) -> Vec<&'static Published> {
    ROLES
        .iter()
        .filter(|role| group.is_none_or(|group| role.kind == group) && same(role.name, name))
        .collect()
}

/// Every published role.
pub fn all() -> impl Iterator<Item = &'static Published> {
    ROLES.iter()
}

/// An id without the kind in front.
pub fn bare<'a>(kind: &str, id: &'a str) -> Option<&'a str> {
    has_prefix(kind)
        .then(|| id.strip_prefix(kind)?.strip_prefix('-'))
        .flatten()
}

/// An id in lower case, with `-`.
pub fn spelled(id: &str) -> String {
    id.trim().to_lowercase().replace('_', "-")
}

/// Whether a role, if it has application roles, only carries them: a project's viewer.
pub fn is_carrier(kind: &str, role: &str) -> bool {
    PROJECTS.contains(&kind) && bare(kind, role) == Some("viewer")
}

/// Whether a project could have a custom role of that name.
pub fn is_custom_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Whether the ids of a kind begin with it.
fn has_prefix(kind: &str) -> bool {
    kind == "deployment" || PROJECTS.contains(&kind)
}

const ROLES: [Published; 26] = [
    role("organization", ORGANIZATION_ADMIN, "Organization owner"),
    role("organization", "billing-admin", "Billing admin"),
    role("deployment", "deployment-admin", "Admin"),
    role("deployment", "deployment-editor", "Editor"),
    role("deployment", "deployment-viewer", "Viewer"),
    role("elasticsearch", "elasticsearch-admin", "Admin"),
    role("elasticsearch", "elasticsearch-developer", "Developer"),
    role("elasticsearch", "elasticsearch-viewer", "Viewer"),
    role("observability", "observability-admin", "Admin"),
    role("observability", "observability-editor", "Editor"),
    role("observability", "observability-viewer", "Viewer"),
    role("security", "security-admin", "Admin"),
    role("security", "security-editor", "Editor"),
    role("security", "security-viewer", "Viewer"),
    role("security", "security-t1-analyst", "Tier 1 analyst"),
    role("security", "security-t2-analyst", "Tier 2 analyst"),
    role("security", "security-t3-analyst", "Tier 3 analyst"),
    role(
        "security",
        "security-threat-intel-analyst",
        "Threat intelligence analyst",
    ),
    role("security", "security-rule-author", "Rule author"),
    role("security", "security-soc-manager", "SOC manager"),
    role(
        "security",
        "security-endpoint-operations-analyst",
        "Endpoint operations analyst",
    ),
    role("security", "security-platform-engineer", "Platform engineer"),
    role("security", "security-detections-admin", "Detections admin"),
    role(
        "security",
        "security-endpoint-policy-manager",
        "Endpoint policy manager",
    ),
    role(CONNECTED, "cloud-connected-admin", "Admin"),
    // The console shows both; only the id of the first is confirmed.
    role(CONNECTED, "cloud-connected-viewer", "Viewer"),
];

const fn role(kind: &'static str, id: &'static str, name: &'static str) -> Published {
    Published { kind, id, name }
}

/// Every published role. No call lists the roles of an organization, and its custom roles are those of each project.
pub fn listed_roles(config: &Config) -> RoleList {
    RoleList {
        roles: all().map(|role| listed(role, config)).collect(),
        unread: vec![String::from(
            "custom roles: no call of the organization lists those of its deployments and projects",
        )],
    }
}

fn listed(role: &Published, config: &Config) -> ListedRole {
    let kind = if role.kind == "organization" {
        ScopeKind::Organization
    } else {
        ScopeKind::Workspace
    };
    ListedRole {
        id: Some(role.id.to_owned()),
        name: Some(role.name.to_owned()),
        scopes: vec![kind],
        scope: Scope {
            group: PROJECTS.contains(&role.kind).then(|| role.kind.to_owned()),
            organization: config.organization.clone(),
            workspace: None,
        },
        // Whom such a role is assigned to is not read.
        removable: role.kind != CONNECTED,
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, by_id, called, canonical, is_same_id, normalized};

    #[test]
    fn a_key_has_one_text_whatever_the_order_and_no_other_key_has_it() {
        let key = |custom: &[&str]| Key::new("v", &custom.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        assert_eq!(key(&["b", "a"]).text(), "v+a+b");
        assert_eq!(key(&["a", "b", "a"]), key(&["b", "a"]));
        for custom in [&["a+b"] as &[&str], &["a", "b"], &["a%2Bb"], &["a%b", "+"], &[]] {
            assert_eq!(Key::parse(&key(custom).text()), key(custom));
        }
        assert_ne!(key(&["a+b"]).text(), key(&["a", "b"]).text());
        assert_ne!(key(&["a+b"]).text(), key(&["a%2Bb"]).text());
    }

    #[test]
    fn both_spellings_of_an_id_are_one_role_within_its_kind() {
        for (kind, id, expected) in [
            ("security", "t1_analyst", "security-t1-analyst"),
            ("security", "security-t1-analyst", "security-t1-analyst"),
            ("elasticsearch", "Viewer", "elasticsearch-viewer"),
            ("deployment", "admin", "deployment-admin"),
            ("organization", "billing-admin", "billing-admin"),
            ("observability", "made-later", "observability-made-later"),
            ("observability", "Made_Later", "observability-Made-Later"),
            ("organization", "auditor", "auditor"),
            ("security", " Viewer ", "security-viewer"),
            ("organization", " auditor ", " auditor "),
        ] {
            assert_eq!(canonical(kind, id), expected);
        }
    }

    #[test]
    fn an_id_without_its_kind_can_mean_several_roles() {
        let ids =
            |id: &str, group: Option<&str>| -> Vec<&str> { by_id(id, group).iter().map(|role| role.id).collect() };
        assert_eq!(
            ids("viewer", None),
            [
                "deployment-viewer",
                "elasticsearch-viewer",
                "observability-viewer",
                "security-viewer"
            ]
        );
        assert_eq!(ids("viewer", Some("security")), ["security-viewer"]);
        assert_eq!(ids("t1_analyst", None), ["security-t1-analyst"]);
        assert_eq!(ids("Security_T1_analyst", None), ["security-t1-analyst"]);
        assert_eq!(ids("Developer", None), [""; 0]);
        assert_eq!(ids("elasticsearch-viewer", Some("security")), [""; 0]);
        assert_eq!(ids("Organization owner", None), [""; 0]);
        assert_eq!(called("admin", None).len(), 5);
    }

    #[test]
    fn only_published_ids_have_several_spellings() {
        assert!(is_same_id("Elasticsearch_Viewer", "elasticsearch-viewer"));
        assert!(is_same_id("ELASTICSEARCH-viewer+alpha", "elasticsearch-viewer+alpha"));
        for (one, other) in [
            ("elasticsearch-viewer+alpha", "elasticsearch-viewer+Alpha"),
            ("elasticsearch-viewer", "elasticsearch-viewer+alpha"),
            ("elasticsearch-viewer", "elasticsearch-viewer+"),
            ("alpha_x", "alpha-x"),
            ("Auditor", "auditor"),
        ] {
            assert!(!is_same_id(one, other), "{one} {other}");
        }
        assert_eq!(normalized("Elasticsearch_Viewer+b+a"), "elasticsearch-viewer+a+b");
        assert_eq!(normalized("Auditor"), "Auditor");
    }
}
