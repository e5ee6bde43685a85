//! The published roles: there is no call that lists them.
//!
//! Sources: `elastic/docs-content` (user roles of a cloud organization), `elastic/terraform-provider-ec` (role ids of projects).

use crate::naming::same;

/// Who may administer the organization.
pub const ORGANIZATION_ADMIN: &str = "organization-admin";

/// The kinds of projects.
pub const PROJECTS: [&str; 3] = ["elasticsearch", "observability", "security"];

/// What the ids of roles for connected clusters begin with. No call here reads who holds them.
pub const CONNECTED: &str = "cloud-connected-";

/// A role that Elastic publishes.
#[derive(Debug, PartialEq, Eq)]
pub struct Published {
    /// `organization`, `deployment`, the kind of project, or a kind that is not read here.
    pub kind: &'static str,
    pub id: &'static str,
    pub name: &'static str,
}

const ROLES: [Published; 25] = [
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
    role("cloud_connected_resource", "cloud-connected-admin", "Admin"),
];

const fn role(kind: &'static str, id: &'static str, name: &'static str) -> Published {
    Published { kind, id, name }
}

/// The published spelling of a role's id of that kind. Two official sources spell the ids of projects in two ways, with and
/// without the kind in front, with `-` and with `_`.
pub fn canonical(kind: &str, id: &str) -> String {
    let id = spelled(id);
    if has_prefix(kind) && !id.starts_with(&format!("{kind}-")) {
        format!("{kind}-{id}")
    } else {
        id
    }
}

/// The roles that an id can mean; several if it lacks the kind, and no group tells it.
pub fn by_id(id: &str, group: Option<&str>) -> Vec<&'static Published> {
    let whole = spelled(id);
    let fits = |role: &&Published| group.is_none_or(|group| role.kind == group);
    if let Some(exact) = ROLES.iter().filter(fits).find(|role| role.id == whole) {
        return vec![exact];
    }
    let short = short(id);
    ROLES
        .iter()
        .filter(fits)
        .filter(|role| bare(role.kind, role.id) == Some(&short))
        .collect()
}

/// An id that may lack its kind. It is lower-case: `Viewer` is a name, `viewer` may be an id.
pub fn short(id: &str) -> String {
    id.replace('_', "-")
}

/// The roles of that display name.
pub fn called(name: &str, group: Option<&str>) -> Vec<&'static Published> {
    ROLES
        .iter()
        .filter(|role| group.is_none_or(|group| role.kind == group) && same(role.name, name))
        .collect()
}

/// The display name of a role by its published id.
pub fn display_name(id: &str) -> Option<&'static str> {
    ROLES.iter().find(|role| role.id == id).map(|role| role.name)
}

/// A published id without the kind in front.
pub fn bare<'a>(kind: &str, id: &'a str) -> Option<&'a str> {
    has_prefix(kind)
        .then(|| id.strip_prefix(kind)?.strip_prefix('-'))
        .flatten()
}

/// An id in lower case, with `-`.
pub fn spelled(id: &str) -> String {
    id.to_lowercase().replace('_', "-")
}

/// Whether the ids of a kind begin with it.
fn has_prefix(kind: &str) -> bool {
    kind == "deployment" || PROJECTS.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::{by_id, called, canonical};

    #[test]
    fn both_spellings_of_an_id_are_one_role_within_its_kind() {
        for (kind, id, published) in [
            ("security", "t1_analyst", "security-t1-analyst"),
            ("security", "security-t1-analyst", "security-t1-analyst"),
            ("elasticsearch", "Viewer", "elasticsearch-viewer"),
            ("deployment", "admin", "deployment-admin"),
            ("organization", "billing-admin", "billing-admin"),
            ("observability", "made-later", "observability-made-later"),
        ] {
            assert_eq!(canonical(kind, id), published);
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
}
