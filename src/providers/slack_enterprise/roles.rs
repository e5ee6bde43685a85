//! The published system roles and account types: there is no call that lists them.
//!
//! Source: docs.slack.dev, `admin.roles.addAssignments`; older spellings from earlier copies of that page.

/// Id and spellings; the first is the name.
const SYSTEM: &[(&str, &[&str])] = &[
    ("Rl01", &["Channel Admin"]),
    ("Rl02", &["Role Admin"]),
    ("Rl03", &["User Admin"]),
    ("Rl04", &["Legal Holds Admin", "Compliance Admin"]),
    ("Rl05", &["Conversation Admin"]),
    ("Rl09", &["DLP Admin"]),
    ("Rl0A", &["Channel Manager"]),
    ("Rl0B", &["Slack Platform Developer"]),
    ("Rl0C", &["Audit Logs Admin"]),
    ("Rl0D", &["Integrations Manager"]),
    ("Rl0E", &["Message Activity Manager"]),
    ("Rl0F", &["Exports Admin"]),
    ("Rl0G", &["Sales Admin"]),
    ("Rl0H", &["Sales User"]),
    ("Rl0J", &["Security Admin"]),
    ("Rl0K", &["Workflow Admin"]),
    ("Rl0L", &["Analytics Admin"]),
];

/// Id and spellings of the account types that can be asked for.
const ACCOUNT_TYPES: &[(&str, &[&str])] = &[
    (OWNER, &["Workspace Owner", "owner"]),
    (ADMIN, &["Workspace Admin", "admin"]),
    (
        PRIMARY_OWNER,
        &["Workspace Primary Owner", "Primary Owner", "primary_owner"],
    ),
    (
        ORG_OWNER,
        &["Org Owner", "organization_owner", "org_owner", "Organization Owner"],
    ),
    (
        ORG_ADMIN,
        &["Org Admin", "organization_admin", "org_admin", "Organization Admin"],
    ),
    (
        ORG_PRIMARY_OWNER,
        &[
            "Org Primary Owner",
            "organization_primary_owner",
            "org_primary_owner",
            "Organization Primary Owner",
        ],
    ),
];

pub const OWNER: &str = "owner";
pub const ADMIN: &str = "admin";
pub const PRIMARY_OWNER: &str = "primary_owner";
pub const ORG_OWNER: &str = "org_owner";
pub const ORG_ADMIN: &str = "org_admin";
pub const ORG_PRIMARY_OWNER: &str = "org_primary_owner";

/// The id of a role by its id in any case, or by any of its spellings. Ids are not folded further: another id is another role.
pub fn id_of(text: &str) -> Option<&'static str> {
    let wanted = folded(text);
    known()
        .find(|(id, names)| id.eq_ignore_ascii_case(text) || names.iter().any(|name| folded(name) == wanted))
        .map(|(id, _)| *id)
}

/// The name of a role.
pub fn name_of(id: &str) -> Option<&'static str> {
    known()
        .find(|(known, _)| *known == id)
        .and_then(|(_, names)| names.first())
        .copied()
}

/// Every name that is known, for people.
pub fn names() -> Vec<&'static str> {
    known().filter_map(|(_, names)| names.first()).copied().collect()
}

fn known() -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> {
    SYSTEM.iter().chain(ACCOUNT_TYPES)
}

/// A custom role: well-formed, and in no table.
pub fn is_custom(id: &str) -> bool {
    is_role_id(id) && name_of(id).is_none()
}

/// `Rl…`.
pub fn is_role_id(id: &str) -> bool {
    id.len() >= 4 && id.starts_with("Rl") && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Set by `admin.users.set*`, and not assigned.
pub fn is_account_type(id: &str) -> bool {
    ACCOUNT_TYPES.iter().any(|(known, _)| *known == id)
}

/// An account type that somebody has in a workspace, and not in the organization.
pub fn is_of_workspace(id: &str) -> bool {
    matches!(id, OWNER | ADMIN | PRIMARY_OWNER)
}

/// Without case, spaces and plurals: the console writes "Roles Admin" where the documentation has "Role Admin".
fn folded(text: &str) -> String {
    text.split([' ', '_', '-'])
        .map(str::to_lowercase)
        .map(|word| word.strip_suffix('s').map_or_else(|| word.clone(), str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_spelling_is_found() {
        for (text, id) in [
            ("Roles Admin", "Rl02"),
            ("users admin", "Rl03"),
            ("Compliance Admin", "Rl04"),
            ("Audit Log Admin", "Rl0C"),
            ("organization_owner", ORG_OWNER),
            ("Admin", ADMIN),
            ("rl0a", "Rl0A"),
            ("Primary owner", PRIMARY_OWNER),
        ] {
            assert_eq!(id_of(text), Some(id), "{text}");
        }
        assert_eq!(id_of("Super Admin"), None);
        for other in ["Rl0CS", "Rl0AS", "Rl 0A", "Rl0_A"] {
            assert_eq!(id_of(other), None, "{other} is another id");
        }
        assert!(is_custom("Rl9XYZ") && !is_custom("Rl0A") && !is_custom("X1"));
    }

    #[test]
    fn no_two_roles_share_a_spelling() {
        let mut seen: Vec<String> = Vec::new();
        for (_, names) in known() {
            let mut own: Vec<String> = names.iter().map(|name| folded(name)).collect();
            own.sort();
            own.dedup();
            for name in own {
                assert!(!seen.contains(&name), "{name}");
                seen.push(name);
            }
        }
    }
}
