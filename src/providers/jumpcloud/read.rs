//! Reads what is held: roles, and the links and memberships that the request asks about.

use std::{collections::HashMap, rc::Rc};

use crate::{
    contract::warning::Warning,
    error::{Error, FaultKind, ProviderFault},
    provider::{Context, Grant, Snapshot, UnreadRow},
    request::Entry,
};

use super::{
    config::Config,
    core::{self, Count, Extent, List},
    documents::{GraphObject, Organization, OrganizationLink, Role, id_of},
    find::{self, Administration, Earlier, Person, Unclear},
    groups::{self, Groups},
    ids::{self, HeldRole, RoleDirectory},
    mapping, organizations,
};

/// Provider-specific data kept from a read for the later steps.
pub struct Detail {
    /// As the engine names the user.
    pub user: String,
    pub person: Person,
    /// Roles that a record shows and does not prove, for the user in the answer only.
    pub visible_roles: Vec<Grant>,
    /// `None`: not asked about, or not readable.
    pub links: Option<List<OrganizationLink>>,
    /// `None`: not asked about, or not readable.
    pub memberships: Option<List<GraphObject>>,
    pub basis: Rc<Basis>,
    /// Names of roles that earlier writes of this operation removed, or may have: a stale read still shows them, and a set that is
    /// made from it must not give them back.
    pub removed_roles: Vec<String>,
}

/// What the first read of an operation found and the later ones are held against: a directory that cannot be read, or another
/// spelling of an id, must not make a role look gone.
pub struct Basis {
    pub system_user: Option<String>,
    pub administrator: Option<String>,
    /// The organization whose roles are read.
    pub organization: Option<String>,
    /// Where it cannot be read, that is a problem of the entries that need it.
    pub directory: RoleDirectory,
    roles: Vec<HeldRole>,
    /// `None`: not asked about, or not readable.
    pub groups: Option<Groups>,
    /// `None`: not asked about, or not readable.
    pub organizations: Option<List<Organization>>,
    reads_links: bool,
    reads_memberships: bool,
    warnings: Vec<String>,
}

/// A fresh and complete read; a later one of the same operation is given the basis of the first one.
pub async fn read(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    basis: Option<Rc<Basis>>,
    removed_roles: Vec<String>,
) -> Result<(Snapshot, Detail), Error> {
    let earlier = basis.as_deref().map(|basis| Earlier {
        system_user: basis.system_user.as_deref(),
        administrator: basis.administrator.as_deref(),
    });
    let person = find::person(config, cx, user, earlier).await?;
    let (person, basis) = match basis {
        Some(basis) => {
            let (person, _) = basis.directory.held_by(person);
            (person, basis)
        }
        None => first(config, cx, person).await?,
    };
    let mut gaps = Vec::new();
    let organization = basis.organization.as_deref();
    let mut grants: Vec<Grant> = basis
        .held(&person)
        .iter()
        .map(|role| role.grant(organization))
        .collect();
    let (mut visible_roles, mut unread) = (Vec::new(), Vec::new());
    if let Administration::Unclear(unclear) = &person.administrator {
        gaps.push(unclear.message.clone());
        let name_only = |name: &String| HeldRole {
            name: name.clone(),
            id: None,
        };
        visible_roles.extend(
            unclear
                .visible_roles
                .names
                .iter()
                .map(|name| name_only(name).grant(organization)),
        );
        unread.extend(unread_roles(unclear, organization));
    }
    let links = match person.known() {
        Some(known) if basis.reads_links => {
            let links = visible(organizations::links(config, cx, &known.record.id).await)?;
            note_gaps(&mut gaps, links.as_ref(), "the organization links");
            links
        }
        _ => None,
    };
    if let Some(links) = &links {
        grants.extend(links.rows.iter().map(organizations::link_grant));
        unread.extend(links.unread.iter().map(|raw| organizations::unread_link(raw)));
    }
    let memberships = match &basis.system_user {
        Some(user) if basis.reads_memberships => {
            let memberships = visible(groups::memberships(config, cx, user).await)?;
            note_gaps(&mut gaps, memberships.as_ref(), "the user's groups");
            memberships
        }
        _ => None,
    };
    if let Some(memberships) = &memberships {
        grants.extend(groups::grants(basis.groups.as_ref(), &memberships.rows, organization));
    }
    let mut warnings = basis.warnings.clone();
    if person.by_email {
        warnings.push(Warning::AdministratorFoundByEmail.text());
    }
    let (emails, username) = mapping::names(&person);
    let documents = [
        ("user", person.system_user.as_ref()),
        ("administrator", person.administrator_document()),
    ];
    let reading = Snapshot {
        unread,
        grants,
        emails,
        username,
        other_ids: [basis.system_user.clone(), person.administrator_id()]
            .into_iter()
            .flatten()
            .collect(),
        documents: documents
            .into_iter()
            .filter_map(|(name, document)| Some((name, mapping::without_secrets(document?).to_string())))
            .collect(),
        is_sparse: false,
        unreadable: gaps,
        warnings,
    };
    let detail = Detail {
        user: user.to_owned(),
        person,
        visible_roles,
        links,
        memberships,
        basis,
        removed_roles,
    };
    Ok((reading, detail))
}

/// What is read once in an operation.
async fn first(config: &Config, cx: &Context<'_>, person: Person) -> Result<(Person, Rc<Basis>), ProviderFault> {
    let directory = directory(config, cx).await;
    let (person, roles) = directory.held_by(person);
    let is_of_role = |entry: &Entry| !entry.selector().is_link && entry.selector().group.is_none();
    let lacks_directory = directory.gap().is_some() && cx.request.entries.iter().any(is_of_role);
    let reads_memberships = groups::are_asked(cx);
    let groups = if reads_memberships {
        visible(groups::all(config, cx).await)?
    } else {
        None
    };
    let is_link = |entry: &Entry| matches!(entry, Entry::Organization { .. });
    let reads_links = cx.request.entries.iter().any(is_link);
    let organizations = if reads_links {
        visible(organizations::all(config, cx).await)?
    } else {
        None
    };
    let basis = Basis {
        system_user: person.system_user.as_ref().and_then(id_of),
        administrator: person.known().map(|known| known.record.id.clone()),
        organization: organizations::own(config, &person),
        directory,
        roles,
        groups,
        organizations,
        reads_links,
        reads_memberships,
        warnings: lacks_directory
            .then(|| Warning::RoleDirectoryNotReadable.text())
            .into_iter()
            .collect(),
    };
    Ok((person, Rc::new(basis)))
}

async fn directory(config: &Config, cx: &Context<'_>) -> RoleDirectory {
    match core::list::<Role>(config, cx, "/api/v2/roles", Count::Perhaps, "roles").await {
        // Some roles are everywhere: a directory without any is not the whole one.
        Ok(list) if list.rows.is_empty() => {
            RoleDirectory::NotShown(String::from("JumpCloud's directory of roles is empty"))
        }
        Ok(list) => RoleDirectory::Known(list),
        Err(fault) if is_refusal(&fault) || fault.kind == FaultKind::CredentialsRejected => {
            RoleDirectory::NotShown(fault.message)
        }
        Err(fault) => RoleDirectory::Failed(fault),
    }
}

impl RoleDirectory {
    /// The roles that a person's record names, with their ids; a record that contradicts the directory tells none.
    fn held_by(&self, person: Person) -> (Person, Vec<HeldRole>) {
        let held = person.known().map(|known| ids::held(&known.record.roles, self));
        match held {
            None => (person, Vec::new()),
            Some(Ok(roles)) => (person, roles),
            Some(Err(why)) => (person.distrusted(why), Vec::new()),
        }
    }
}

impl Basis {
    /// The roles that are held now. One that was held before keeps the id that it had: its name is what a write goes by.
    fn held(&self, person: &Person) -> Vec<HeldRole> {
        let Some(known) = person.known() else {
            return Vec::new();
        };
        let before: HashMap<&str, &HeldRole> = self.roles.iter().map(|role| (role.name.as_str(), role)).collect();
        ids::held(&known.record.roles, &self.directory)
            .unwrap_or_default()
            .into_iter()
            .map(|role| {
                before
                    .get(role.name.as_str())
                    .map_or_else(|| role.clone(), |before| (*before).clone())
            })
            .collect()
    }
}

/// What a record shows that does not tell the roles: any of them may be held, and nothing else is ruled out by it.
fn unread_roles(unclear: &Unclear, organization: Option<&str>) -> Option<UnreadRow> {
    let visible = &unclear.visible_roles;
    if visible.names.is_empty() && visible.ids.is_empty() {
        // The absence of every role is unclear all the same.
        return None;
    }
    let raw = format!("{} {}", visible.names.join(", "), visible.ids.join(", "));
    let mut row = UnreadRow::new(raw);
    row.scope.organization = organization.map(str::to_owned);
    row.ids.clone_from(&visible.ids);
    row.names.clone_from(&visible.names);
    Some(row)
}

/// `None` where JumpCloud refuses to show it (403, 404): a problem of the entries that need it only.
///
/// # Errors
/// Every other failure: the next call may succeed.
pub fn visible<T>(read: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(fault) if is_refusal(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

const fn is_refusal(fault: &ProviderFault) -> bool {
    matches!(fault.kind, FaultKind::Forbidden | FaultKind::NotFound)
}

/// Notes what a list does not show: a read-back that misses more than the first read is not settled.
fn note_gaps<T>(gaps: &mut Vec<String>, read: Option<&List<T>>, what: &str) {
    let Some(list) = read else {
        gaps.push(what.to_owned());
        return;
    };
    match list.extent {
        Extent::Whole => {}
        // One text for each row, so that a read that lacks fewer of them covers as much.
        Extent::Lacks(hidden) => {
            let listed = (1..=hidden.min(MOST_HIDDEN)).map(|row| format!("hidden row {row} of {what}"));
            gaps.extend(listed);
            if hidden > MOST_HIDDEN {
                gaps.push(format!("more hidden rows of {what}"));
            }
        }
        Extent::Unclear(why) => gaps.push(format!("{what}: {why}")),
    }
    gaps.extend(
        (1..=list.unread.len())
            .take(MOST_UNREAD)
            .map(|row| format!("unread row {row} of {what}")),
    );
}

/// Hidden rows of a list that are told apart.
const MOST_HIDDEN: u64 = 100;
/// Unread rows of a list that are told apart.
const MOST_UNREAD: usize = 100;
