//! What is held: roles, and the links and memberships that the request asks about.

use std::rc::Rc;

use crate::{
    ask::Entry,
    error::{Error, FaultKind, ProviderFault},
    provider::{Context, Grant, Reading},
    warning::Warning,
};

use super::{
    config::Config,
    core::{self, Whole},
    documents::{Administrator, Organization, Role, UserGroup, id_of},
    groups, mapping, organizations,
    people::{self, Behind, Earlier, Person},
    roles::{self, Directory, HeldRole},
};

/// What the steps need of a reading.
pub struct Detail {
    pub person: Person,
    /// Empty where the administrator's record does not tell them.
    pub roles: Vec<HeldRole>,
    /// What JumpCloud shows then, for the user in the answer alone.
    pub shown: Vec<Grant>,
    /// `None`: not asked about, or not readable.
    pub links: Option<Vec<String>>,
    /// `None`: not asked about, or not readable.
    pub memberships: Option<Vec<String>>,
    pub basis: Rc<Basis>,
}

/// What the first read of an operation found and the later ones are held against: a directory that cannot be read, or another
/// spelling of an id, must not make a role look gone.
pub struct Basis {
    pub system_user: Option<String>,
    pub administrator: Option<String>,
    /// The organization whose roles are read.
    pub organization: Option<String>,
    /// Where it cannot be read, that is a problem of the entries that need it.
    pub directory: Directory,
    roles: Vec<HeldRole>,
    /// `None`: not asked about, or not readable.
    pub groups: Option<Vec<UserGroup>>,
    /// `None`: not asked about, or not readable.
    pub organizations: Option<Vec<Organization>>,
    reads_links: bool,
    reads_memberships: bool,
    warnings: Vec<String>,
}

/// A fresh and complete read.
pub async fn read(config: &Config, cx: &Context<'_>, user: &str, basis: Option<Rc<Basis>>) -> Result<Reading, Error> {
    let earlier = basis.as_deref().map(|basis| Earlier {
        system_user: basis.system_user.as_deref(),
        administrator: basis.administrator.as_deref(),
    });
    let person = people::person(config, cx, user, earlier).await?;
    let basis = match basis {
        Some(basis) => basis,
        None => Rc::new(first(config, cx, &person).await?),
    };
    let mut unreadable = Vec::new();
    let roles = basis.held(&person);
    let organization = basis.organization.as_deref();
    let mut shown = Vec::new();
    if let Behind::Unclear {
        message, shown: names, ..
    } = &person.administrator
    {
        unreadable.push(message.clone());
        let held = roles::held(&Administrator::default(), names, basis.directory.roles());
        shown.extend(held.iter().map(|role| role.grant(organization)));
    }
    let mut grants: Vec<_> = roles.iter().map(|role| role.grant(organization)).collect();
    let links = match person.known() {
        Some(known) if basis.reads_links => {
            let links = visible(organizations::links(config, cx, &known.record.id).await)?;
            note_missing(&mut unreadable, links.as_ref(), "the organization links");
            links
        }
        _ => None,
    };
    for link in links.iter().flatten() {
        let known = basis.organizations.as_deref().unwrap_or_default();
        grants.push(organizations::link_grant(link, known));
    }
    let memberships = match &basis.system_user {
        Some(user) if basis.reads_memberships => {
            let memberships = visible(groups::memberships(config, cx, user).await)?;
            note_missing(&mut unreadable, memberships.as_ref(), "the user's groups");
            memberships
        }
        _ => None,
    };
    grants.extend(groups::grants(
        basis.groups.as_deref().unwrap_or_default(),
        memberships.as_deref().unwrap_or_default(),
        &groups::asked(cx),
        organization,
    ));
    let mut warnings = basis.warnings.clone();
    if person.by_email {
        warnings.push(Warning::AdministratorFoundByEmail.text());
    }
    let (emails, username) = mapping::names(&person);
    let documents = [
        ("user", person.system_user.as_ref()),
        ("administrator", person.administrator_document()),
    ];
    Ok(Reading {
        unread: Vec::new(),
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
        unreadable,
        warnings,
        detail: Box::new(Detail {
            person,
            roles,
            shown,
            links,
            memberships,
            basis,
        }),
    })
}

/// What is read once in an operation.
async fn first(config: &Config, cx: &Context<'_>, person: &Person) -> Result<Basis, ProviderFault> {
    let directory = directory(config, cx).await;
    let is_of_role = |entry: &Entry| !entry.selector().is_link && entry.selector().group.is_none();
    let lacks_directory = !matches!(directory, Directory::Known(_)) && cx.ask.entries.iter().any(is_of_role);
    let reads_memberships = !groups::asked(cx).is_empty();
    let groups = if reads_memberships {
        visible(groups::all(config, cx).await)?
    } else {
        None
    };
    let is_link = |entry: &Entry| matches!(entry, Entry::Organization { .. });
    let reads_links = cx.ask.entries.iter().any(is_link);
    let organizations = if reads_links {
        visible(organizations::all(config, cx).await)?
    } else {
        None
    };
    let roles = person.known().map_or_else(Vec::new, |known| {
        roles::held(&known.record, &known.names, directory.roles())
    });
    Ok(Basis {
        system_user: person.system_user.as_ref().and_then(id_of),
        administrator: person.known().map(|known| known.record.id.clone()),
        organization: organizations::own(config, person),
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
    })
}

async fn directory(config: &Config, cx: &Context<'_>) -> Directory {
    match core::list::<Role>(config, cx, "/api/v2/roles", Whole::CountedOrShort, "the roles").await {
        // Some roles are everywhere: a directory without any is not the whole one.
        Ok(roles) if roles.is_empty() => Directory::NotShown(String::from("JumpCloud's directory of roles is empty")),
        Ok(roles) => Directory::Known(roles),
        Err(fault) if is_refusal(&fault) || fault.kind == FaultKind::CredentialsRejected => {
            Directory::NotShown(fault.message)
        }
        Err(fault) => Directory::Failed(fault),
    }
}

impl Basis {
    /// The roles that are held now. One that was held before keeps the id that it had: its name is what a write goes by.
    fn held(&self, person: &Person) -> Vec<HeldRole> {
        let Some(known) = person.known() else {
            return Vec::new();
        };
        roles::held(&known.record, &known.names, self.directory.roles())
            .into_iter()
            .map(|role| {
                let before = self.roles.iter().find(|before| before.name == role.name);
                before.cloned().unwrap_or(role)
            })
            .collect()
    }
}

/// `None` where the provider refuses to show it: a problem of the entries that need it alone.
pub fn visible<T>(read: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(fault) if is_refusal(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

const fn is_refusal(fault: &ProviderFault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused
    )
}

/// What cannot be read is no proof, and a read-back that misses it where the first read did not is not settled.
fn note_missing<T>(unreadable: &mut Vec<String>, read: Option<&T>, what: &str) {
    if read.is_none() {
        unreadable.push(what.to_owned());
    }
}
