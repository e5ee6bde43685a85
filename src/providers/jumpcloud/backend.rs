//! The steps of a removal at JumpCloud.

use std::{cell::RefCell, rc::Rc};

use futures_util::future;

use crate::{
    account::secret::MASK,
    contract::{
        reason::Reason,
        types::{ListedRole, Mode, Scope, ScopeKind, SideEffect, User},
    },
    error::{Error, ProviderFault},
    hashed::HashSet,
    naming::{look_alike, same},
    provider::{
        Absence, Affects, Consequence, Context, Coverage, Directory, Field, Grant, GrantKind, Identity, KnownRole,
        OpenAccount, Planned, Principal, RoleList, Snapshot, Verdict, Verification, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest},
};

use super::{
    absence,
    capability::CAPABILITY,
    config::{Access, Config},
    core,
    documents::{Administrator, Role},
    find,
    groups::Named,
    ids::{self, RoleDirectory, is_object_id},
    mapping,
    read::{self, Basis, Detail},
    revoke,
};

/// One JumpCloud account during one operation.
pub type JumpCloud = OpenAccount<Config, Memory>;

/// What the steps of one operation remember.
#[derive(Default)]
pub struct Memory {
    /// What the operation's first read found.
    basis: RefCell<Option<Rc<Basis>>>,
    /// Names of roles that a write of this operation removed, or may have removed.
    removed_roles: RefCell<Vec<String>>,
    /// Whose key it is, once it is asked.
    key_owner: RefCell<Option<KeyOwner>>,
}

/// The administrator whose API key the account uses, where JumpCloud tells.
type KeyOwner = Result<Option<Administrator>, ProviderFault>;

/// Links that are listed at all roles of a deletion together, at most.
const MOST_TAKEN: usize = 20_000;

/// Only its holders may change administrators, so the last one must stay. JumpCloud spells it in two ways.
const OWNER: &str = "administrator with billing";

impl JumpCloud {
    /// What to say if nobody else is certain to hold the owners' role.
    async fn last_owner(&self, cx: &Context<'_>, detail: &Detail, own: &str) -> Result<Option<String>, Error> {
        let all = detail.administrators(&self.config, cx).await?;
        let is_other_owner = |other: &Administrator| {
            let names = other.roles.reliable_names().unwrap_or_default();
            !other.id.eq_ignore_ascii_case(own) && other.is_active && names.iter().any(|name| same(name, OWNER))
        };
        if all.rows.iter().any(is_other_owner) {
            return Ok(None);
        }
        Ok(Some(match all.gap("administrators") {
            None => String::from("the last Administrator With Billing"),
            Some(gap) => format!("perhaps the last Administrator With Billing: {gap}"),
        }))
    }
}

impl JumpCloud {
    /// Asked once; whoever reads something to remove it asks beside the first read.
    async fn key_owner(&self, cx: &Context<'_>) -> KeyOwner {
        if let Some(known) = self.memory.key_owner.borrow().clone() {
            return known;
        }
        let owner = core::key_owner(&self.config, cx).await;
        self.memory.key_owner.replace(Some(owner.clone()));
        owner
    }

    async fn ask_for_key_owner(&self, cx: &Context<'_>) {
        if cx.request.mode != Mode::Verify && matches!(self.config.access, Access::Key(_)) {
            let _ = self.key_owner(cx).await;
        }
    }
}

impl Backend for JumpCloud {
    type Detail = Detail;
    const CAPABILITY: &'static Capability = &CAPABILITY;

    fn verification(&self) -> Verification {
        Verification::REPLACES_SET
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::User if !is_object_id(value) && !value.contains('@') => Err(String::from(
                "must be an id (24 hexadecimal digits) or an e-mail address",
            )),
            Field::User | Field::Organization | Field::Role | Field::Group if is_object_id(value) => {
                Ok(value.to_ascii_lowercase())
            }
            Field::Organization => Err(String::from("must be an organization id (24 hexadecimal digits)")),
            _ => Ok(value.to_owned()),
        }
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        if selector.group.is_none() {
            return Ok(());
        }
        // A group gives no role at JumpCloud; `member` is what one is in it.
        if selector.id.is_none() && selector.name.as_deref().is_none_or(|name| same(name, "member")) {
            selector.name = None;
            return Ok(());
        }
        Err(String::from(
            "cannot stand beside a group: JumpCloud has no roles in groups; name only the group to leave it",
        ))
    }

    /// A group's name becomes its id. What cannot be told stays as it is, and is held by nobody.
    fn resolve(&self, selector: &Selector, detail: &Detail) -> Selector {
        let named = |text: &String| match detail.basis.groups.as_ref().map(|groups| groups.named(text)) {
            Some(Named::One(group)) => group.id.clone(),
            _ => text.clone(),
        };
        Selector {
            group: selector.group.as_ref().map(named),
            ..selector.clone()
        }
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        find::find_user(&self.config, cx).await
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Detail), Error> {
        let basis = self.memory.basis.borrow().clone();
        let removed_roles = self.memory.removed_roles.borrow().clone();
        let read = read::read(&self.config, cx, user, basis, removed_roles);
        let (read, ()) = future::join(read, self.ask_for_key_owner(cx)).await;
        let (reading, detail) = read?;
        self.memory.basis.replace(Some(Rc::clone(&detail.basis)));
        Ok((reading, detail))
    }

    fn is_same_id(&self, one: &str, other: &str) -> bool {
        ids::is_same(one, other)
    }

    fn is_role_id(&self, text: &str) -> bool {
        is_object_id(text)
    }

    fn failed_read(&self, selector: &Selector, detail: &Detail) -> Option<ProviderFault> {
        detail.failed_read(selector)
    }

    async fn directory(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Directory, Error> {
        let detail = step.detail;
        let basis = &detail.basis;
        let (roles, gap): (Vec<KnownRole>, Option<String>) = if selector.is_link {
            let Some(known) = &basis.organizations else {
                return Ok(Directory::none("JumpCloud does not show the organizations"));
            };
            let organization = |(id, name): (&String, &Option<String>)| KnownRole {
                id: id.clone(),
                name: name.clone(),
            };
            let listed = known.rows.iter().map(|known| organization((&known.id, &known.name)));
            (listed.collect(), known.gap("organizations"))
        } else {
            if let RoleDirectory::Failed(fault) = &basis.directory {
                return Err(fault.clone().into());
            }
            let role = |role: &Role| KnownRole {
                id: role.id.clone(),
                name: role.name.clone(),
            };
            (
                basis.directory.roles().iter().map(role).collect(),
                basis.directory.gap(),
            )
        };
        Ok(Directory {
            roles,
            coverage: gap.map_or(Coverage::Whole, Coverage::Partial),
        })
    }

    async fn absence(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, Error> {
        Ok(absence::of(&self.config, step, selector).await?)
    }

    fn nothing_held(&self, detail: &Detail) -> Absence {
        absence::of_everything(detail)
    }

    fn gaps(&self, _reading: &Snapshot, detail: &Detail) -> Vec<String> {
        absence::gaps(detail)
    }

    /// The lists of groups and links show none.
    fn may_lack_roles(&self, detail: &Detail) -> bool {
        absence::may_lack_roles(detail)
    }

    async fn list_roles(&self, cx: &Context<'_>) -> Result<RoleList, Error> {
        let directory = read::roles(&self.config, cx).await?;
        let listed = |role: &Role| ListedRole {
            id: Some(role.id.clone()),
            name: role.name.clone(),
            scopes: vec![ScopeKind::Organization],
            scope: Scope {
                group: None,
                organization: self.config.org_id.as_deref().map(str::to_ascii_lowercase),
                workspace: None,
            },
            removable: true,
        };
        Ok(RoleList {
            roles: directory.roles().iter().map(listed).collect(),
            unread: directory.gap().into_iter().collect(),
        })
    }

    async fn consequences(&self, step: Step<'_, Detail>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        let Step { cx, snapshot, detail } = step;
        let Some(known) = detail.person.known() else {
            return Ok(Vec::new());
        };
        let roles = |grants: &[Grant]| grants.iter().filter(|grant| grant.kind == GrantKind::Role).count();
        let is_last_role = roles(targets) > 0 && roles(targets) == roles(&snapshot.grants);
        let has_link = targets.iter().any(|grant| grant.kind == GrantKind::OrganizationLink);
        if (is_last_role || has_link) && !cx.request.remote_data.is_empty() {
            let what = if has_link {
                "an organization link"
            } else {
                "the last role"
            };
            return Err(Error::request(
                "remote_data",
                format!("remote_data cannot be sent: {what} goes with a DELETE, which has no body; nothing was sent"),
            ));
        }
        let consequence = |target: usize, effect: SideEffect, list: String| Consequence {
            affects: Affects::Nobody,
            target,
            takes: Vec::new(),
            effect,
            lists: vec![list],
            takes_unknown: false,
        };
        let mut consequences = Vec::new();
        if is_last_role {
            let links = detail.held_links(&self.config, cx).await?;
            if links.grants.len().saturating_mul(roles(targets)) > MOST_TAKEN {
                return Err(Error::Refused {
                    reason: Reason::TooMuchAtOnce,
                    message: format!(
                        "the last role takes the access to {} organizations along, which is more than one call can list: remove that first (organizations)",
                        links.grants.len()
                    ),
                });
            }
            let all = targets.iter().enumerate();
            for (target, _) in all.filter(|(_, grant)| grant.kind == GrantKind::Role) {
                let list = format!("the administrator record {} with its API key", known.record.id);
                let mut deletion = consequence(target, SideEffect::DeleteAdministrator, list);
                let organizations = links.grants.iter().map(|link| link.role_id.as_str());
                let access = organizations.map(|id| format!("its access to the organization {id}"));
                deletion.lists.extend(access);
                deletion.takes.clone_from(&links.grants);
                consequences.push(deletion);
                if let Some(gap) = &links.gap {
                    let list = format!("its access to other organizations, which cannot be told: {gap}");
                    consequences.push(consequence(target, SideEffect::RemoveOrganizationAccess, list));
                }
            }
        }
        let owners = owner_roles(targets, detail);
        if !owners.is_empty()
            && let Some(list) = self.last_owner(cx, detail, &known.record.id).await?
        {
            let last = |target| consequence(target, SideEffect::LastAdministrator, list.clone());
            consequences.extend(owners.into_iter().map(last));
        }
        Ok(consequences)
    }

    /// A client's credentials are a service account's. A key is an administrator's, or a service account's.
    async fn credential_owner(&self, step: Step<'_, Detail>) -> Result<Principal, Error> {
        let Step { cx, snapshot, detail } = step;
        if matches!(self.config.access, Access::Client { .. }) {
            return Ok(Principal::NoUser);
        }
        let Some(owner) = self.key_owner(cx).await? else {
            return Ok(Principal::Unknown);
        };
        let administrator = detail.person.administrator_id();
        let is_own_id = administrator.as_deref().is_some_and(|id| ids::is_same(id, &owner.id));
        let own_email = owner.email.as_deref();
        let mut addresses = mapping::addresses(&detail.person).flatten();
        let is_own_email = own_email.is_some_and(|own| addresses.any(|email| same(&email, own)));
        // Whether a list joins that record to the person, if it may be the person's.
        let owners = detail
            .person
            .may_be
            .iter()
            .filter(|other| ids::is_same(&other.id, &owner.id));
        let is_joined = owners.map(|other| other.is_joined).max();
        Ok(if is_own_id || is_own_email || is_joined == Some(true) {
            Principal::User(detail.user.clone())
        } else if is_joined.is_some() {
            Principal::Unknown
        } else if administrator.is_some() || (own_email.is_some() && !snapshot.emails.is_empty()) {
            Principal::NoUser
        } else {
            Principal::Unknown
        })
    }

    fn plan(&self, ask: &ValidatedRequest, user: &str, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        revoke::plan(&self.config, ask, user, detail, targets)
    }

    fn call_headers(&self) -> Vec<(&'static str, String)> {
        let name = match self.config.access {
            Access::Key(_) => "x-api-key",
            Access::Client { .. } => "authorization",
        };
        vec![(name, MASK.to_owned())]
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Vec<Verdict> {
        let verdict = revoke::send(&self.config, cx, write, grants, detail).await;
        self.memory
            .removed_roles
            .borrow_mut()
            .extend(revoke::removed_by(write, grants, &verdict));
        vec![verdict; grants.len()]
    }

    fn unify(&self, reading: &Snapshot, detail: &Detail) -> User {
        mapping::user(detail, &reading.grants)
    }
}

/// The positions of the targets that are, or may be, the owners' role: by their own name or by the directory's. Of a role whose rows
/// contradict each other, any name may be the right one, also one that is not shown.
fn owner_roles(targets: &[Grant], detail: &Detail) -> Vec<usize> {
    let is_owner = |name: &String| look_alike(name, OWNER);
    let directory = &detail.basis.directory;
    let named = directory.roles().iter();
    let named = named.filter(|role| role.name.as_ref().is_some_and(is_owner));
    let doubtful = directory.contradicted().iter();
    let mut doubtful = doubtful
        .filter(|role| role.name.as_ref().is_none_or(is_owner))
        .peekable();
    let has_doubtful = doubtful.peek().is_some();
    let ids: HashSet<&str> = named.chain(doubtful).map(|role| role.id.as_str()).collect();
    let may_be_owner = |grant: &Grant| {
        let may_be_doubtful = has_doubtful && grant.known_as.identity == Identity::NameOnly;
        let is_named_so = grant.role_name.as_ref().is_some_and(is_owner);
        grant.kind == GrantKind::Role && (is_named_so || may_be_doubtful || ids.contains(grant.role_id.as_str()))
    };
    let targets = targets.iter().enumerate();
    targets
        .filter(|(_, grant)| may_be_owner(grant))
        .map(|(target, _)| target)
        .collect()
}
