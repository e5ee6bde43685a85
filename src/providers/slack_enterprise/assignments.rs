//! Role assignments: as the list shows them, and as grants.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use crate::{
    client::lenient::{FromJson, Row, Rows},
    contract::{
        reason::Reason,
        types::{self, RequestedRole, RoleSelector, Scope},
    },
    error::{FaultKind, ProviderFault},
    hashed::{HashMap, HashSet},
    naming::Skeleton,
    provider::{Context, Field, Grant, GrantKind, Held, UnreadRow, Verdict, Write},
    request::Entry,
    sorted::Set,
};

use super::{
    config::Config,
    core::{self, Fault, Pages},
    documents::{Assignment, Raw, Rejected, Removal},
    find::Member,
    ids,
};

/// The list of assignments, as far as it is about one user.
#[derive(Default)]
pub struct Assignments {
    pub grants: Vec<Grant>,
    /// Rows that may be the user's, and could not be read.
    pub unread: Vec<UnreadRow>,
    /// The user's own rows, as they came.
    pub rows: Vec<Raw>,
    pub extent: Extent,
    /// The user's ids in the rows of a role at an entity. A removal uses the same ids.
    holders: HashMap<(String, String), BTreeSet<String>>,
    /// Custom roles that anybody has.
    custom: HashSet<String>,
    /// Roles and entities of the rows in `unread` that say which.
    unread_places: HashSet<(String, String)>,
    has_row: bool,
}

/// How much of the list was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    #[default]
    Whole,
    /// So many pages of a longer list.
    Begun { pages: usize },
    /// Only the assignments of these roles, to their end.
    Roles {
        read: Set<String>,
        /// Slack refuses to list them: it knows no such role.
        unknown: Set<String>,
        /// A page that was not narrowed has a row, so that the token can see assignments.
        has_control: bool,
    },
}

/// Whether the list is read by role. All reads of one operation do the same.
#[derive(Debug, Default)]
pub struct Narrowing {
    is_narrowed: Cell<Option<bool>>,
    /// If the request names no role: those of which the first reading shows an assignment, or a row that may be one.
    shown: RefCell<Option<Set<String>>>,
}

/// Pages after which a list that has not ended is read by role.
const PAGES_OF_ALL: usize = 2;
/// Pages after which a list that has not ended is not read on, if the request names no role that could narrow it.
pub const PAGES_OF_A_FULL_READING: usize = 10;
/// Unread rows that are kept, besides one for each role and place.
const MOST_UNREAD: usize = 500;
/// Roles in one narrowed list.
const ROLES_AT_ONCE: usize = 50;

impl Assignments {
    /// Reads on from the first page of the list of everybody's assignments. A long list is narrowed to the roles of the request
    /// if every entry tells its role ids. If there is no entry, as much of it is read as one call can, and later reads are narrowed
    /// to the roles that were found.
    ///
    /// # Errors
    /// A failed read, or a list that does not say where it ends.
    pub async fn read(
        config: &Config,
        cx: &Context<'_>,
        member: &Member,
        narrowing: &Narrowing,
        mut all: Pages<'_>,
        first: Vec<Row<Raw>>,
    ) -> Result<Self, Fault> {
        let mut own = Self::default();
        own.add(member, first);
        let roles = if cx.request.reads_everything() {
            narrowing.shown.borrow().clone()
        } else {
            roles_of_request(cx)
        };
        let mut pages = 1_usize;
        while !all.is_over() {
            let known = narrowing.is_narrowed.get();
            let is_long = known == Some(true) || (known.is_none() && pages >= PAGES_OF_ALL);
            if let Some(roles) = roles.as_ref().filter(|_| is_long) {
                narrowing.is_narrowed.set(Some(true));
                return own.narrowed(config, cx, member, roles).await;
            }
            let has_time = || cx.client.deadline().allows_write(cx.client.transport());
            if cx.request.reads_everything() && is_long && (pages >= PAGES_OF_A_FULL_READING || !has_time()) {
                narrowing.is_narrowed.set(Some(true));
                *narrowing.shown.borrow_mut() = Some(own.roles().map(str::to_owned).collect());
                own.extent = Extent::Begun { pages };
                return Ok(own);
            }
            if let Some(rows) = all.next().await? {
                own.add(member, rows);
            }
            pages = pages.saturating_add(1);
        }
        if narrowing.is_narrowed.get() == Some(true)
            && let Some(roles) = &roles
        {
            return own.narrowed(config, cx, member, roles).await;
        }
        narrowing.is_narrowed.set(Some(false));
        Ok(own)
    }

    /// Only the assignments of these roles. Slack refuses a list that names an unknown role: it is halved until only
    /// that one is left. What the pages of the whole list showed still counts.
    async fn narrowed(
        self,
        config: &Config,
        cx: &Context<'_>,
        member: &Member,
        roles: &Set<String>,
    ) -> Result<Self, Fault> {
        let all: Vec<&str> = roles.iter().map(String::as_str).collect();
        let mut left: Vec<&[&str]> = all.chunks(ROLES_AT_ONCE).collect();
        let mut own = Self {
            unread: self.unread,
            unread_places: self.unread_places,
            custom: self.custom,
            ..Self::default()
        };
        let mut unknown = Vec::new();
        while let Some(roles) = left.pop() {
            let mut pages = Pages::new(config, cx, core::ASSIGNMENTS, [("role_ids", roles.join(","))]);
            loop {
                match pages.next().await {
                    Ok(Some(rows)) => own.add(member, rows),
                    Ok(None) => break,
                    Err(fault) if fault.is(&[core::UNKNOWN_ROLE]) => {
                        match roles {
                            [one] => unknown.push((*one).to_owned()),
                            several => left.extend(several.chunks(several.len().div_ceil(2))),
                        }
                        break;
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        own.extent = Extent::Roles {
            read: roles.clone(),
            unknown: unknown.into_iter().collect(),
            has_control: self.has_row,
        };
        let asked: HashSet<String> = roles.iter().flat_map(|role| Skeleton::of(role)).collect();
        let may_be_asked = |role: &str| Skeleton::of(role).into_iter().any(|reading| asked.contains(&reading));
        for ((role, entity), users) in self.holders {
            if !may_be_asked(&role) {
                continue;
            }
            match own.holders.get_mut(&(role.clone(), entity.clone())) {
                Some(holders) => holders.extend(users),
                // One list has it, and the other one does not: it may be held.
                None => own.add_unread(member, (Some(role), Some(entity)), true),
            }
        }
        Ok(own)
    }

    fn add(&mut self, member: &Member, rows: Vec<Row<Raw>>) {
        for row in rows {
            match row {
                Row::Read(raw) => self.add_row(member, raw),
                Row::Unread(raw) => self.unread.push(UnreadRow::new(&raw)),
            }
        }
    }

    fn add_row(&mut self, member: &Member, raw: Raw) {
        let Ok(row) = Assignment::from_json(&raw) else {
            self.unread.push(UnreadRow::new(raw.get()));
            return;
        };
        // Any other text may stand for any role.
        let role = row
            .role_id
            .as_str()
            .filter(|id| ids::looks_like_role(id))
            .map(str::to_owned);
        let entity = row
            .entity_id
            .as_str()
            .filter(|id| ids::is_id_of_slack(id))
            .map(str::to_owned);
        self.has_row |= role.is_some() && entity.is_some() && row.user_id.as_str().is_some();
        if let Some(role) = role.as_ref().filter(|role| ids::is_custom(role)) {
            self.custom.insert(role.clone());
        }
        // A row that does not say whose it is may be the user's.
        let is_own = match row.user_id.as_str() {
            Some(user) if member.is(user) => true,
            Some(user) if !member.may_be(user) => return,
            _ => false,
        };
        match (role, entity, row.user_id.as_str()) {
            (Some(role), Some(entity), Some(user)) if is_own => {
                let holders = self.holders.entry((role.clone(), entity.clone())).or_default();
                if holders.is_empty() {
                    self.grants.push(grant(member, &role, &entity));
                }
                holders.insert(user.to_owned());
                self.rows.push(raw);
            }
            (role, entity, user) => self.add_unread(member, (role, entity), user.is_some()),
        }
    }

    /// Rows of others that show the same count once: there may be many, in any order. One that does not say whose it is may be the
    /// user's own each time, as far as rows are looked at one by one.
    fn add_unread(&mut self, member: &Member, (role, entity): (Option<String>, Option<String>), says_whose: bool) {
        let place = (role.clone().unwrap_or_default(), entity.clone().unwrap_or_default());
        let raw = format!("the role `{}` at `{}`", place.0, place.1);
        let is_known = !self.unread_places.insert(place);
        if is_known && (says_whose || self.unread.len() >= MOST_UNREAD) {
            return;
        }
        let mut row = UnreadRow::new(&raw);
        if let Some(entity) = entity {
            row.scope = scope(member, &entity);
        }
        row.names = role.iter().flat_map(|id| ids::names_of(id)).collect();
        row.ids = role.into_iter().collect();
        self.unread.push(row);
    }

    /// The ids of the roles that the user holds, or may hold.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let held = self.grants.iter().map(|grant| &grant.role_id);
        held.chain(self.unread.iter().flat_map(|row| &row.ids))
            .map(String::as_str)
    }

    /// Whether somebody has this custom role, so that it exists.
    pub fn exists(&self, role: &str) -> bool {
        self.custom.contains(role)
    }

    /// The ids that a removal of this role at this entity names.
    pub fn holders(&self, role: &str, entity: &str) -> Vec<String> {
        let key = (role.to_owned(), entity.to_owned());
        self.holders.get(&key).into_iter().flatten().cloned().collect()
    }
}

/// The ids of the assigned roles that the request names; `None` if an entry may mean a role of which the id is not known.
fn roles_of_request(cx: &Context<'_>) -> Option<Set<String>> {
    let mut roles = Vec::new();
    for selector in cx.request.entries.iter().map(Entry::selector) {
        let meant = ids::meant(selector);
        if meant.is_empty() {
            return None;
        }
        let assigned = meant.into_iter().filter(|id| !ids::is_account_type(id));
        roles.extend(assigned.map(str::to_owned));
    }
    Some(roles.into_iter().collect())
}

/// The entity of an assignment: the innermost part of its scope.
pub fn entity(scope: &Scope) -> Option<&str> {
    let Scope {
        group,
        organization,
        workspace,
    } = scope;
    group.as_deref().or(workspace.as_deref()).or(organization.as_deref())
}

/// The entity's first letter says what it is.
fn scope(member: &Member, entity: &str) -> Scope {
    let is_organization = ids::is_organization(entity);
    let is_workspace = ids::is_workspace(entity);
    let organization = if is_organization { entity } else { &member.enterprise };
    Scope {
        group: (!is_organization && !is_workspace).then(|| entity.to_owned()),
        organization: Some(organization.to_owned()),
        workspace: is_workspace.then(|| entity.to_owned()),
    }
}

fn grant(member: &Member, role: &str, entity: &str) -> Grant {
    Grant {
        kind: GrantKind::Role,
        role_name: ids::name_of(role).map(str::to_owned),
        role_id: role.to_owned(),
        scope: scope(member, entity),
        held: Held::Direct,
        known_as: ids::known_as(role),
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

/// The entry for an assignment at an entity of a kind that no request can name.
pub fn unscoped(grant: &Grant) -> Option<RequestedRole> {
    let entity = grant.scope.group.as_deref()?;
    ids::normalize(Field::Group, entity).is_err().then(|| RequestedRole {
        role: RoleSelector::Id(grant.role_id.clone()),
        group: types::Narrowing::Anywhere,
        organization: types::Narrowing::Anywhere,
        workspace: types::Narrowing::Anywhere,
    })
}

/// Sends a removal; one verdict for each of its grants.
pub async fn remove(config: &Config, cx: &Context<'_>, write: &Write, grants: &[&Grant]) -> Vec<Verdict> {
    let all = |verdict: Verdict| vec![verdict; grants.len()];
    let answer = match core::send(config, cx, &write.call).await {
        Ok(answer) => answer,
        Err(fault) => return all(cx.fault(&fault)),
    };
    let removal: Option<Removal> = answer.json("the removal").ok();
    if core::is_ok(&answer) {
        cx.revoke_answers.borrow_mut().push(answer.evidence(None));
        let is_done = removal.is_some();
        return verdicts(grants, &removal.unwrap_or_default(), is_done);
    }
    let fault = core::refusal(cx, &answer, "the removal");
    let verdict = cx.fault(&fault.fault);
    if fault.is(&[
        "failed_for_some_entities",
        "failed_for_some_users",
        "failed_for_some_users_and_entities",
    ]) {
        let removal = removal.unwrap_or_default();
        // What is not mentioned was done if only entities were rejected, and if it is said which.
        let may_be_done = fault.is(&["failed_for_some_entities"]) && !removal.rejected_entities.rows().is_empty();
        return verdicts(grants, &removal, may_be_done);
    }
    if fault.is(&[core::UNKNOWN_ROLE]) {
        return all(Verdict::UnknownRole {
            message: String::from("Slack knows no such role"),
        });
    }
    all(verdict)
}

/// The verdicts of a removal that names what it rejected. An entity that is rejected with its own error was left out. The rest is
/// done if `may_be_done`, and if the lists leave no doubt about what was rejected. The read-back decides everything else.
fn verdicts(grants: &[&Grant], removal: &Removal, may_be_done: bool) -> Vec<Verdict> {
    let entities: Set<&str> = grants.iter().filter_map(|grant| entity(&grant.scope)).collect();
    let mut rejected: HashMap<&str, &str> = HashMap::new();
    let mut is_clear = !matches!(removal.rejected_entities, Rows::Unread(_));
    for row in removal.rejected_entities.rows() {
        let row = row.read().and_then(|row| Some((row.id.as_str()?, row)));
        match row.filter(|(id, _)| entities.contains(id)) {
            Some((id, row)) => {
                rejected.insert(id, code_of(row));
            }
            None => is_clear = false,
        }
    }
    let rejected_user = removal.rejected_users.rows().first().map(|row| match row {
        Row::Read(row) => code_of(row),
        Row::Unread(_) => UNNAMED,
    });
    is_clear &= rejected_user.is_none() && !matches!(removal.rejected_users, Rows::Unread(_));
    grants
        .iter()
        .map(|grant| {
            let at = entity(&grant.scope).unwrap_or_default();
            match (rejected.get(at), rejected_user) {
                (Some(code), _) => rejection(at, code),
                (None, None) if is_clear && may_be_done => Verdict::Acknowledged,
                (None, Some(code)) => Verdict::Unanswered {
                    reason: Reason::ProviderRefused,
                    message: format!("Slack rejects the user: {code}"),
                },
                (None, None) => Verdict::Unanswered {
                    reason: Reason::BadAnswer,
                    message: String::from("Slack rejects a part of the removal, and does not say which"),
                },
            }
        })
        .collect()
}

const UNNAMED: &str = "without a reason";

fn code_of(row: &Rejected) -> &str {
    row.error.as_str().unwrap_or(UNNAMED)
}

/// The verdict for one entity. Its error is about this entity: `invalid_auth` does not mean that the token is refused.
fn rejection(entity: &str, code: &str) -> Verdict {
    let kind = match core::kind_of(code) {
        FaultKind::CredentialsRejected => FaultKind::Forbidden,
        kind => kind,
    };
    Verdict::of_fault(&ProviderFault::new(kind, format!("Slack rejects {entity}: {code}")))
}
