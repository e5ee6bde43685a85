//! Reads what is held: roles, and the links and memberships that the request asks about.

mod gaps;

use std::{cell::RefCell, rc::Rc};

use futures_util::future;

use crate::{
    contract::warning::Warning,
    error::{Error, FaultKind, ProviderFault},
    hashed::HashMap,
    provider::{Context, Gap, Grant, Snapshot, UnreadRow},
    request::{Entry, Selector},
};

use super::{
    absence,
    config::Config,
    core::{self, Count, List, is_refusal, visible},
    documents::{Administrator, GraphObject, Organization, OrganizationLink, Role, id_of},
    find::{self, Administration, Earlier, Person, Unclear},
    groups::{self, Groups},
    ids::{self, HeldRole, RoleDirectory},
    mapping,
    organizations::{self, Own},
};

use self::gaps::{FirstRows, LINKS, MEMBERSHIPS, kept, shown};

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
    failed: FailedReads,
    /// Why somebody who is no administrator here may be linked to the organization all the same. Read where everything is meant.
    pub stranger: Option<String>,
    /// The organization's administrators, once they are read, or could not be.
    administrators: RefCell<Option<Result<Rc<List<Administrator>>, ProviderFault>>>,
    /// What the administrator is linked to, where only its deletion asks about it.
    held_links: RefCell<Option<HeldLinks>>,
    pub basis: Rc<Basis>,
    /// Names of roles that earlier writes of this operation removed, or may have: a stale read still shows them, and a set that is
    /// made from it must not give them back.
    pub removed_roles: Vec<String>,
}

/// The links that go with an administrator.
#[derive(Clone)]
pub struct HeldLinks {
    pub grants: Vec<Grant>,
    /// Why there may be more.
    pub gap: Option<String>,
}

/// What the first read of an operation found and the later ones are held against: a directory that cannot be read, or another
/// spelling of an id, must not make a role look gone.
pub struct Basis {
    pub system_user: Option<String>,
    pub administrator: Option<String>,
    /// The administrator was found in the list of them.
    by_email: bool,
    /// The organization whose roles are read.
    pub organization: Own,
    /// Where it cannot be read, that is a problem of the entries that need it.
    pub directory: RoleDirectory,
    roles: Vec<HeldRole>,
    /// `None`: not asked about, or not readable.
    pub groups: Option<Groups>,
    /// `None`: not asked about, or not readable.
    pub organizations: Option<List<Organization>>,
    failed: FailedReads,
    reads_links: bool,
    reads_memberships: bool,
    /// The rows that the first read showed.
    first_links: FirstRows,
    first_memberships: FirstRows,
    warnings: Vec<String>,
}

/// Reads of lists that failed, and may not the next time: a problem of the entries that need them only.
#[derive(Default)]
struct FailedReads {
    /// Of groups, or of the user's memberships.
    groups: Option<ProviderFault>,
    /// Of the administrator's links.
    links: Option<ProviderFault>,
    organizations: Option<ProviderFault>,
}

/// A fresh and complete read; a later one of the same operation is given the basis of the first one.
pub async fn read(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    basis: Option<Rc<Basis>>,
    removed_roles: Vec<String>,
) -> Result<(Snapshot, Detail), Error> {
    let is_first = basis.is_none();
    let (person, basis) = match basis {
        Some(basis) => {
            let earlier = Earlier {
                system_user: basis.system_user.as_deref(),
                administrator: basis.administrator.as_deref(),
                by_email: basis.by_email,
            };
            let person = find::person(config, cx, user, Some(earlier)).await?;
            let (person, _) = basis.directory.held_by(person);
            (person, basis)
        }
        None => {
            let (person, lists) = future::join(find::person(config, cx, user, None), Lists::read(config, cx)).await;
            let person = match person {
                Err(Error::UserNotFound { .. }) if lists.is_missing && organizations::is_unknown(config, cx).await => {
                    return Err(organizations::unknown(config));
                }
                person => person?,
            };
            first(config, cx, person, lists)
        }
    };
    let mut gaps = Vec::new();
    let organization = basis.organization.id();
    let mut grants: Vec<Grant> = basis
        .held(&person)
        .iter()
        .map(|role| role.grant(organization))
        .collect();
    let (mut visible_roles, mut unread) = (Vec::new(), Vec::new());
    if let Administration::Unclear(unclear) = &person.administrator {
        gaps.push(Gap::at(&unclear.message));
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
    let links = async {
        match (&person.administrator, &basis.administrator) {
            _ if !basis.reads_links => None,
            (Administration::Known(known), _) => Some(organizations::links(config, cx, &known.record.id).await),
            // It was deleted: whether its links went with it is read, not inferred.
            (Administration::None, Some(deleted)) => Some(organizations::links_left(config, cx, deleted).await),
            _ => None,
        }
    };
    let memberships = async {
        match &basis.system_user {
            Some(user) if basis.reads_memberships => Some(groups::memberships(config, cx, user).await),
            _ => None,
        }
    };
    let stranger = async {
        let is_nobody = matches!(person.administrator, Administration::None);
        if is_first && is_nobody && cx.request.reads_everything() {
            absence::stranger(config, cx, organization, person.listed.as_deref()).await
        } else {
            Ok(None)
        }
    };
    let (links, memberships, stranger) = future::join3(links, memberships, stranger).await;
    let mut failed = FailedReads::default();
    let id_of_link = |link: &OrganizationLink| link.organization.clone();
    let rows = (&basis.first_links, &id_of_link as &dyn Fn(&_) -> _);
    let links = shown(&mut gaps, links, LINKS, rows, &mut failed.links);
    if let Some(links) = &links {
        grants.extend(links.rows.iter().map(organizations::link_grant));
        unread.extend(links.unread.iter().map(|raw| organizations::unread_link(raw)));
    }
    let id_of_group = |group: &GraphObject| group.id.clone();
    let rows = (&basis.first_memberships, &id_of_group as &dyn Fn(&_) -> _);
    let memberships = shown(&mut gaps, memberships, MEMBERSHIPS, rows, &mut failed.groups);
    // Where everything is meant, every list is needed.
    let failures = [&failed, &basis.failed].map(FailedReads::first);
    if let Some(fault) = failures.into_iter().flatten().find(|_| cx.request.reads_everything()) {
        return Err(fault.clone().into());
    }
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
        other_ids: basis
            .system_user
            .clone()
            .into_iter()
            .chain(person.administrator_id())
            .chain(person.may_be.iter().map(|other| other.id.clone()))
            .chain(mapping::further_addresses(&person).flatten())
            .collect(),
        documents: documents
            .into_iter()
            .filter_map(|(name, document)| Some((name, mapping::without_secrets(document?).to_string())))
            .collect(),
        may_be_protected: may_be_protected(config, &person),
        is_sparse: false,
        unreadable: gaps,
        warnings,
    };
    let detail = Detail {
        user: user.to_owned(),
        administrators: RefCell::new(person.listed.clone().map(Ok)),
        held_links: RefCell::new(None),
        person,
        visible_roles,
        links,
        memberships,
        failed,
        stranger: stranger?,
        basis,
        removed_roles,
    };
    Ok((reading, detail))
}

/// Why the person may go by an id or address that JumpCloud does not show.
fn may_be_protected(config: &Config, person: &Person) -> Option<String> {
    let is_somebody_else = |id: &String| {
        let listed = person.listed.iter().flat_map(|listed| &listed.rows);
        let mut others = listed.map(|known| known.id.as_str());
        others.any(|other| other.eq_ignore_ascii_case(id))
    };
    if person.hides_record && !config.protected_ids.iter().all(is_somebody_else) {
        return Some(String::from(
            "JumpCloud does not show all records of the person, and the account protects a user by an id that may be one of them: nothing was sent",
        ));
    }
    let hides_address = || mapping::further_addresses(person).any(|address| address.is_none());
    (config.protects_addresses && hides_address()).then(|| {
        String::from(
            "an address of the user cannot be read, and the account protects a user by an address: nothing was sent",
        )
    })
}

impl HeldLinks {
    const NOT_SHOWN: &str = "JumpCloud does not show the administrator's organization links";

    fn of(links: Option<&List<OrganizationLink>>) -> Self {
        let Some(links) = links else {
            return Self {
                grants: Vec::new(),
                gap: Some(Self::NOT_SHOWN.to_owned()),
            };
        };
        Self {
            grants: links.rows.iter().map(organizations::link_grant).collect(),
            gap: links.gap("the organization links"),
        }
    }
}

impl Detail {
    /// The links of the administrator, read at most once for a reading: by the reading itself if the request means links.
    ///
    /// # Errors
    /// They could not be read this time.
    pub async fn held_links(&self, config: &Config, cx: &Context<'_>) -> Result<HeldLinks, ProviderFault> {
        if self.basis.reads_links {
            return match &self.failed.links {
                Some(fault) => Err(fault.clone()),
                None => Ok(HeldLinks::of(self.links.as_ref())),
            };
        }
        if let Some(known) = self.held_links.borrow().clone() {
            return Ok(known);
        }
        let Some(known) = self.person.known() else {
            return Ok(HeldLinks::of(None));
        };
        let read = visible(organizations::links(config, cx, &known.record.id).await)?;
        let held = HeldLinks::of(read.as_ref());
        self.held_links.replace(Some(held.clone()));
        Ok(held)
    }

    /// The organization's administrators, read at most once for a reading.
    pub async fn administrators(
        &self,
        config: &Config,
        cx: &Context<'_>,
    ) -> Result<Rc<List<Administrator>>, ProviderFault> {
        if let Some(known) = self.administrators.borrow().clone() {
            return known;
        }
        let read = find::administrators(config, cx).await.map(Rc::new);
        self.administrators.replace(Some(read.clone()));
        read
    }

    /// The failed read that an entry needs, if nothing that it means is shown.
    pub fn failed_read(&self, selector: &Selector) -> Option<ProviderFault> {
        let of_any = |list: fn(&FailedReads) -> &Option<ProviderFault>| {
            let failed = list(&self.failed).as_ref();
            failed.or(list(&self.basis.failed).as_ref()).cloned()
        };
        if selector.is_link {
            let of_names = || of_any(|failed| &failed.organizations).filter(|_| selector.id.is_none());
            return of_any(|failed| &failed.links).or_else(of_names);
        }
        of_any(|failed| &failed.groups).filter(|_| selector.group.is_some())
    }
}

impl FailedReads {
    fn first(&self) -> Option<&ProviderFault> {
        let links = self.links.as_ref();
        self.groups.as_ref().or(links).or(self.organizations.as_ref())
    }
}

/// The lists that are read once in an operation, and do not depend on who the user is.
struct Lists {
    directory: RoleDirectory,
    /// JumpCloud answered that there is no directory.
    is_missing: bool,
    groups: Option<Groups>,
    organizations: Option<List<Organization>>,
    failed: FailedReads,
}

impl Lists {
    async fn read(config: &Config, cx: &Context<'_>) -> Self {
        let groups = async {
            if groups::are_asked(cx) {
                visible(groups::all(config, cx).await)
            } else {
                Ok(None)
            }
        };
        let organizations = async {
            if organizations::are_asked(cx) {
                visible(organizations::all(config, cx).await)
            } else {
                Ok(None)
            }
        };
        let (directory, groups, organizations) = future::join3(roles(config, cx), groups, organizations).await;
        let mut failed = FailedReads::default();
        Self {
            is_missing: directory.as_ref().is_err_and(|fault| fault.kind == FaultKind::NotFound),
            directory: directory.unwrap_or_else(unread_directory),
            groups: kept(groups, &mut failed.groups),
            organizations: kept(organizations, &mut failed.organizations),
            failed,
        }
    }
}

/// What the first read found.
fn first(config: &Config, cx: &Context<'_>, person: Person, lists: Lists) -> (Person, Rc<Basis>) {
    let Lists {
        directory,
        is_missing: _,
        groups,
        organizations,
        failed,
    } = lists;
    let (person, roles) = directory.held_by(person);
    let is_of_role = |entry: &Entry| !entry.selector().is_link && entry.selector().group.is_none();
    let needs_directory = cx.request.reads_everything() || cx.request.entries.iter().any(is_of_role);
    let lacks_directory = needs_directory && directory.gap().is_some();
    let basis = Basis {
        system_user: person.system_user.as_ref().and_then(id_of),
        administrator: person.known().map(|known| known.record.id.clone()),
        by_email: person.by_email,
        organization: organizations::own(config, &person),
        directory,
        roles,
        groups,
        organizations,
        failed,
        reads_links: organizations::are_asked(cx),
        reads_memberships: groups::are_asked(cx),
        first_links: FirstRows::default(),
        first_memberships: FirstRows::default(),
        warnings: lacks_directory
            .then(|| Warning::RoleDirectoryNotReadable.text())
            .into_iter()
            .collect(),
    };
    (person, Rc::new(basis))
}

/// Every role of the organization.
///
/// # Errors
/// JumpCloud does not show them, or not this time.
pub async fn roles(config: &Config, cx: &Context<'_>) -> Result<RoleDirectory, ProviderFault> {
    let list = core::list::<Role>(config, cx, "/api/v2/roles", Count::Perhaps, "roles").await?;
    // Some roles are everywhere: a directory without any is not the whole one.
    Ok(if list.rows.is_empty() && list.contradicted.is_empty() {
        RoleDirectory::NotShown(String::from("JumpCloud's directory of roles is empty"))
    } else {
        RoleDirectory::Known(list)
    })
}

fn unread_directory(fault: ProviderFault) -> RoleDirectory {
    if is_refusal(&fault) || fault.kind == FaultKind::CredentialsRejected {
        RoleDirectory::NotShown(fault.into_details().message)
    } else {
        RoleDirectory::Failed(fault)
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
    // The whole of it: readings are held against each other by it.
    let mut row = UnreadRow {
        raw,
        ..UnreadRow::new("")
    };
    row.scope.organization = organization.map(str::to_owned);
    row.ids.clone_from(&visible.ids);
    row.names.clone_from(&visible.names);
    Some(row)
}
