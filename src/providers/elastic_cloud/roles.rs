//! The published roles: there is no call that lists them.
//!
//! Sources: `elastic/docs-content` (user roles of a cloud organization), `elastic/terraform-provider-ec` (role ids of projects).

use crate::ask::same_text;

/// Who may administer the organization.
pub const ORGANIZATION_ADMIN: &str = "organization-admin";

/// Id and display name.
const ROLES: &[(&str, &str)] = &[
    (ORGANIZATION_ADMIN, "Organization owner"),
    ("billing-admin", "Billing admin"),
    ("deployment-admin", "Admin"),
    ("deployment-editor", "Editor"),
    ("deployment-viewer", "Viewer"),
    ("elasticsearch-admin", "Admin"),
    ("elasticsearch-developer", "Developer"),
    ("elasticsearch-viewer", "Viewer"),
    ("observability-admin", "Admin"),
    ("observability-editor", "Editor"),
    ("observability-viewer", "Viewer"),
    ("security-admin", "Admin"),
    ("security-editor", "Editor"),
    ("security-viewer", "Viewer"),
    ("security-t1-analyst", "Tier 1 analyst"),
    ("security-t2-analyst", "Tier 2 analyst"),
    ("security-t3-analyst", "Tier 3 analyst"),
    ("security-threat-intel-analyst", "Threat intelligence analyst"),
    ("security-rule-author", "Rule author"),
    ("security-soc-manager", "SOC manager"),
    ("security-endpoint-operations-analyst", "Endpoint operations analyst"),
    ("security-platform-engineer", "Platform engineer"),
    ("security-detections-admin", "Detections admin"),
    ("security-endpoint-policy-manager", "Endpoint policy manager"),
    ("cloud-connected-admin", "Cloud connected admin"),
];

/// The display name of a role.
pub fn display_name(id: &str) -> Option<&'static str> {
    ROLES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// Whether a role of that id or name is published.
pub fn is_known(text: &str) -> bool {
    ROLES.iter().any(|(id, name)| *id == text || same_text(name, text))
}
