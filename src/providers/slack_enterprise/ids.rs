//! The forms of ids, and the published roles and account types: Slack has no call that lists them.
//!
//! Source: docs.slack.dev, `admin.roles.addAssignments`; other and former spellings from earlier copies of that page and from
//! `ConductorOne/baton-slack-enterprise` (5e17093).

use crate::{
    contract::types::{Role, ScopeKind},
    naming::{self, Skeleton},
    provider::{Field, KnownAs, KnownRole},
    request::Selector,
};

/// A published role or an account type.
pub struct Published {
    pub id: &'static str,
    /// The name, and other spellings of it.
    pub names: &'static [&'static str],
    /// Published for it before, and for another role now.
    pub former: &'static [&'static str],
}

const fn role(id: &'static str, names: &'static [&'static str]) -> Published {
    Published { id, names, former: &[] }
}

const SYSTEM: &[Published] = &[
    role("Rl01", &["Channel Admin"]),
    role("Rl02", &["Role Admin"]),
    role("Rl03", &["User Admin"]),
    Published {
        id: "Rl04",
        names: &["Legal Holds Admin", "Compliance Admin"],
        former: &["Message Activity Manager"],
    },
    role("Rl05", &["Conversation Admin"]),
    role("Rl09", &["DLP Admin"]),
    role("Rl0A", &["Channel Manager"]),
    role("Rl0B", &["Slack Platform Developer"]),
    role("Rl0C", &["Audit Logs Admin"]),
    role("Rl0D", &["Integrations Manager"]),
    role("Rl0E", &["Message Activity Manager"]),
    role("Rl0F", &["Exports Admin"]),
    role("Rl0G", &["Sales Admin"]),
    role("Rl0H", &["Sales User"]),
    role("Rl0J", &["Security Admin"]),
    role("Rl0K", &["Workflow Admin"]),
    role("Rl0L", &["Analytics Admin"]),
];

/// The account types that can be asked for.
const ACCOUNT_TYPES: &[Published] = &[
    role(OWNER, &["Workspace Owner", "owner"]),
    role(ADMIN, &["Workspace Admin", "admin"]),
    role(
        PRIMARY_OWNER,
        &["Workspace Primary Owner", "Primary Owner", "primary_owner"],
    ),
    role(
        ORG_OWNER,
        &["Org Owner", "organization_owner", "org_owner", "Organization Owner"],
    ),
    role(
        ORG_ADMIN,
        &["Org Admin", "organization_admin", "org_admin", "Organization Admin"],
    ),
    role(
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

/// The well-formed value of a field of a request.
///
/// # Errors
/// A sentence that says what the field must look like.
pub fn normalize(field: Field, value: &str) -> Result<String, String> {
    match field {
        Field::User if !is_of_user(value) && !value.contains('@') => {
            Err(String::from("must be a user id (U… or W…) or an e-mail address"))
        }
        Field::Organization if !is_id(&['E'], value) => Err(String::from("must be an organization id (E…)")),
        Field::Workspace if !is_workspace(value) => Err(String::from("must be a workspace id (T…)")),
        Field::Group if !is_id(&['C', 'G'], value) => Err(String::from("must be a channel id (C…)")),
        Field::Role => match named(value).as_slice() {
            [one] => Ok((*one).to_owned()),
            [] if is_role(value) => Ok(value.to_owned()),
            [] => Err(String::from(
                "must be a role id (Rl…), owner, admin, org_owner or org_admin (taking `member` or a guest type away would be a promotion or a removal)",
            )),
            several => Err(format!(
                "has been the name of several roles: use one of {}",
                several.join(", ")
            )),
        },
        _ => Ok(value.to_owned()),
    }
}

/// Turns a published name into its id, and checks the scope.
///
/// # Errors
/// A sentence that says what contradicts what.
pub fn refine(selector: &mut Selector) -> Result<(), String> {
    if let Some(name) = selector.name.take() {
        let named = named(&name);
        match (selector.id.as_deref(), named.as_slice()) {
            // The name may have been another one before: it is no evidence of another role.
            (Some(id), named) if named.contains(&id) => {}
            (Some(_), [_, ..]) => return Err(String::from("names another role than the name")),
            // The spelling may differ from the table's.
            (None, [one]) => selector.id = Some((*one).to_owned()),
            // Which role is meant depends on what is held.
            (None, [one, ..]) => selector.name = name_of(one).map(str::to_owned),
            (_, []) => selector.name = Some(name),
        }
    }
    check_scope(selector)?;
    let is_assigned = !selector.id.as_deref().is_some_and(is_account_type);
    // Assignments at the organization and inside of it are different ones. Account types have different names there.
    selector.is_outermost =
        is_assigned && selector.names_organization && selector.workspace.is_none() && selector.group.is_none();
    Ok(())
}

/// A scope that no grant of the role can have is a mistake, and not a role that is not held.
fn check_scope(selector: &Selector) -> Result<(), &'static str> {
    let Selector {
        id,
        name,
        group,
        workspace,
        ..
    } = selector;
    match id.as_deref() {
        None if name.is_none() => Err("is required: a channel is not a role"),
        Some(id) if is_account_type(id) && group.is_some() => {
            Err("is an account type, which nobody has in a channel: leave out the group")
        }
        Some(id) if is_account_type(id) && !is_of_workspace(id) && workspace.is_some() => {
            Err("is an account type in the organization: leave out the workspace")
        }
        _ if group.is_some() && workspace.is_some() => {
            Err("is at a channel and at a workspace, which no assignment is: leave out one of them")
        }
        _ => Ok(()),
    }
}

/// The ids that a selector can mean; none for a name that is not published: a custom role may have it.
pub fn meant(selector: &Selector) -> Vec<&str> {
    match (&selector.id, &selector.name) {
        (Some(id), _) => vec![id],
        (None, Some(name)) => named(name),
        (None, None) => Vec::new(),
    }
}

/// The selector with the id of its name, if nothing is held that had the name before.
pub fn resolve<'a>(selector: &Selector, mut held: impl Iterator<Item = &'a str>) -> Selector {
    let meant = meant(selector);
    let id = match (&selector.id, meant.as_slice()) {
        (None, [now, former @ ..]) if !held.any(|id| former.contains(&id)) => (*now).to_owned(),
        _ => return selector.clone(),
    };
    Selector {
        id: Some(id),
        name: None,
        ..selector.clone()
    }
}

/// The roles that have this id in any case, or this name in any spelling: the one that has it now, and those that had it before.
/// Ids are not folded further: another id is another role.
pub(super) fn named(name: &str) -> Vec<&'static str> {
    let wanted = folded(name);
    let is_in = |names: &[&str]| names.iter().any(|known| folded(known) == wanted);
    let now = published().filter(|role| is_in(role.names) || role.id.eq_ignore_ascii_case(name));
    let before = published().filter(|role| is_in(role.former));
    now.chain(before).map(|role| role.id).collect()
}

/// The published name of a role.
pub fn name_of(id: &str) -> Option<&'static str> {
    published()
        .find(|role| role.id == id)
        .and_then(|role| role.names.first())
        .copied()
}

/// Every name that is known for a role, other spellings and former ones too.
pub fn names_of(id: &str) -> Vec<String> {
    let role = published().find(|role| role.id == id);
    let names = role.into_iter().flat_map(|role| role.names.iter().chain(role.former));
    names.map(|&name| name.to_owned()).collect()
}

/// Every name that is known for a role, besides the published one.
pub fn known_as(id: &str) -> KnownAs {
    KnownAs {
        names: names_of(id).into_iter().skip(1).collect(),
        ..KnownAs::default()
    }
}

/// Published as assigned in the organization alone.
const OF_ORGANIZATION: &[&str] = &[
    "Rl04",
    "Rl09",
    "Rl0D",
    "Rl0E",
    "Rl0F",
    "Rl0G",
    "Rl0H",
    "Rl0J",
    "Rl0K",
    ORG_OWNER,
    ORG_ADMIN,
    ORG_PRIMARY_OWNER,
];

/// Where a published role or account type can be held.
pub fn scopes_of(id: &str) -> Vec<ScopeKind> {
    match id {
        // The table has no channels; Slack's own examples do.
        "Rl0A" => vec![ScopeKind::Organization, ScopeKind::Workspace, ScopeKind::Group],
        _ if OF_ORGANIZATION.contains(&id) => vec![ScopeKind::Organization],
        _ if is_of_workspace(id) => vec![ScopeKind::Workspace],
        _ => vec![ScopeKind::Organization, ScopeKind::Workspace],
    }
}

/// The published roles and account types.
pub fn directory() -> Vec<KnownRole> {
    published()
        .map(|role| KnownRole {
            id: role.id.to_owned(),
            name: role.names.first().map(|&name| name.to_owned()),
        })
        .collect()
}

/// Every published name, for people.
pub fn names() -> Vec<&'static str> {
    published().filter_map(|role| role.names.first()).copied().collect()
}

pub(super) fn published() -> impl Iterator<Item = &'static Published> {
    SYSTEM.iter().chain(ACCOUNT_TYPES)
}

/// Returns true for what only a published role is called: an id (`Rl…`, `owner`), or a published name. A custom role may have any
/// other name.
pub fn is_published_or_id(text: &str) -> bool {
    is_role(text) || !named(text).is_empty()
}

/// Returns true for the id of a custom role: well-formed, and in no table.
pub fn is_custom(id: &str) -> bool {
    is_role(id) && name_of(id).is_none()
}

/// `Rl…`.
pub fn is_role(id: &str) -> bool {
    id.len() >= 4 && id.starts_with("Rl") && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns true for what may be meant as a role id, whatever its spelling.
pub fn looks_like_role(id: &str) -> bool {
    Skeleton::of(id).starts_with("rl")
}

/// Set by `admin.users.set*`, and not assigned.
pub fn is_account_type(id: &str) -> bool {
    ACCOUNT_TYPES.iter().any(|known| known.id == id)
}

/// An account type that somebody has in a workspace, and not in the organization.
pub fn is_of_workspace(id: &str) -> bool {
    matches!(id, OWNER | ADMIN | PRIMARY_OWNER)
}

/// `U…` or `W…`.
pub fn is_of_user(text: &str) -> bool {
    is_id(&['U', 'W'], text)
}

/// `T…`.
pub fn is_workspace(text: &str) -> bool {
    is_id(&['T'], text)
}

/// `E…`.
pub fn is_organization(text: &str) -> bool {
    is_id(&['E'], text)
}

/// An id in Slack's form: of an organization, a workspace, a channel, a person, or whatever else there may be.
pub fn is_id_of_slack(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_uppercase()) && is_id(&[], text)
}

/// Capital letters and digits; the first is one of `letters`, if there are any.
fn is_id(letters: &[char], text: &str) -> bool {
    text.len() >= 3
        && (letters.is_empty() || text.starts_with(letters))
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Returns true if a request can have this role in it. What is read may be of a form that none can.
pub fn is_role_of_a_request(role: &Role) -> bool {
    let fields = [
        (Field::Role, &role.id),
        (Field::Group, &role.group),
        (Field::Organization, &role.organization),
        (Field::Workspace, &role.workspace),
    ];
    fields
        .into_iter()
        .filter_map(|(field, value)| value.as_deref().map(|value| (field, value)))
        .all(|(field, value)| normalize(field, value).is_ok())
}

/// Whether the organization and the workspace of a role are well-formed.
pub fn is_at_a_place(role: &Role) -> bool {
    let is_good = |field, value: &Option<String>| value.as_deref().is_none_or(|value| normalize(field, value).is_ok());
    is_good(Field::Organization, &role.organization) && is_good(Field::Workspace, &role.workspace)
}

/// Without case, spaces and plurals: the console writes "Roles Admin" where the documentation has "Role Admin".
pub(super) fn folded(text: &str) -> String {
    naming::canonical(text)
        .split([' ', '_', '-'])
        .map(|word| word.strip_suffix('s').unwrap_or(word))
        .collect()
}
