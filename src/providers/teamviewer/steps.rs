//! The `Provider` steps of TeamViewer.

use std::{cell::RefCell, collections::BTreeSet, time::Duration};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use serde_json::json;

use crate::{
    ask::{Ask, Selector, same_text},
    capability::Capability,
    client::{Call, Repeat, path_segment},
    contract::types::{Scope, SideEffect, User, Via, ViaKind},
    engine::with_remote_query,
    error::{Error, ProviderFault},
    provider::{
        Absence, Context, Field, Grant, GrantKind, Held, Planned, Principal, Provider, Reading, Verdict, Verification,
        Write,
    },
    reason::Reason,
    secret::Secret,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    capability::CAPABILITY,
    config::Config,
    core,
    documents::{self, Role, Unassign, UnassignGroup, UserGroup},
    ids, mapping,
};

/// One TeamViewer account during one operation.
pub struct TeamViewer {
    config: Config,
    /// Roles whose direct assignment this operation has taken away: if one is still listed without an explanation, the list is
    /// taken to be right.
    revoked: RefCell<BTreeSet<String>>,
}

/// What the steps need of a reading.
struct Detail {
    user: documents::User,
    roles: Vec<Role>,
    /// TeamViewer said null and not an empty list.
    says_null: bool,
    /// The groups that the request names, by the text that names them.
    named: Vec<(String, UserGroup)>,
}

/// Reads under way at once.
const CONCURRENT_READS: usize = 8;

impl TeamViewer {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            revoked: RefCell::new(BTreeSet::new()),
        }
    }

    async fn find(&self, cx: &Context<'_>) -> Result<String, Error> {
        let wanted = &cx.ask.user;
        if !wanted.contains('@') {
            return Ok(wanted.clone());
        }
        let users = core::users_by_email(&self.config, cx, wanted).await?;
        let mut exact = users
            .iter()
            .filter(|user| user.email.as_deref().is_some_and(|email| same_text(email, wanted)));
        match (exact.next(), exact.next()) {
            (Some(user), None) => ids::user(&user.id).ok_or_else(|| Error::UserNotFound {
                message: String::from("TeamViewer's user has no id of the documented form"),
            }),
            (None, _) => Err(Error::UserNotFound {
                message: format!("TeamViewer knows no user with the e-mail address `{wanted}`"),
            }),
            (Some(_), Some(_)) => Err(Error::Refused {
                reason: Reason::Ambiguous,
                message: format!("TeamViewer knows several users with the e-mail address `{wanted}`"),
            }),
        }
    }

    async fn read_all(&self, cx: &Context<'_>, user: &str) -> Result<Reading, Error> {
        let needs_groups = cx.ask.entries.iter().any(|entry| entry.selector().group.is_some());
        let (found, held, roles, groups) = future::join4(
            core::user(&self.config, cx, user),
            core::roles_of_user(&self.config, cx, user),
            core::roles(&self.config, cx),
            async {
                if needs_groups {
                    core::groups(&self.config, cx).await
                } else {
                    Ok(Vec::new())
                }
            },
        )
        .await;
        let ((raw, document), held, roles, groups) = (found?, held?, roles?, groups?);
        let says_null = held.is_none();
        let listed = held.unwrap_or_default();
        let documents = vec![("user", raw.get().to_owned()), ("roles", json!(listed).to_string())];
        // What is asked for is looked up in the role's own assignments even where the user's list does not show it.
        let mut looked_at: BTreeSet<String> = listed.iter().cloned().collect();
        looked_at.extend(
            cx.ask
                .entries
                .iter()
                .filter_map(|entry| entry.selector().id.clone())
                .filter(|id| roles.iter().any(|role| role.id == *id)),
        );
        let mut grants: Vec<Grant> = stream::iter(looked_at)
            .map(|role| async { self.grants_of(cx, user, role, &listed, &roles).await })
            .buffered(CONCURRENT_READS)
            .try_collect::<Vec<_>>()
            .await?
            .concat();
        let named = named_groups(cx.ask, &groups)?;
        for (text, group) in &named {
            grants.extend(self.grants_in_group(cx, user, text, group, &roles).await?);
        }
        Ok(Reading {
            other_ids: Vec::new(),
            grants,
            emails: document.email.iter().map(|email| email.to_lowercase()).collect(),
            username: document.email.clone(),
            documents,
            unreadable: Vec::new(),
            warnings: Vec::new(),
            detail: Box::new(Detail {
                user: document,
                roles,
                says_null,
                named,
            }),
        })
    }

    /// How one role is held: directly if the user stands in the role's own assignments, through every group that has both the
    /// role and the user.
    async fn grants_of(
        &self,
        cx: &Context<'_>,
        user: &str,
        role: String,
        listed: &[String],
        roles: &[Role],
    ) -> Result<Vec<Grant>, ProviderFault> {
        let (users, groups) = future::try_join(
            core::users_of_role(&self.config, cx, &role),
            core::groups_of_role(&self.config, cx, &role),
        )
        .await?;
        let mut via = Vec::new();
        for group in groups {
            if core::is_member(&self.config, cx, group, user).await? {
                via.push(Via {
                    kind: ViaKind::Group,
                    id: Some(group.to_string()),
                    name: None,
                });
            }
        }
        let is_listed = listed.contains(&role);
        let mut is_direct = users.iter().any(|id| id == user);
        let is_unexplained = is_listed && !is_direct && via.is_empty();
        is_direct |= is_unexplained && self.revoked.borrow().contains(&role);
        let grant = |held| Grant {
            kind: GrantKind::Role,
            role_name: roles
                .iter()
                .find(|known| known.id == role)
                .and_then(|known| known.name.clone()),
            role_id: role.clone(),
            scope: NO_SCOPE,
            held,
            effects: Vec::new(),
            warnings: Vec::new(),
        };
        let mut grants = Vec::new();
        if is_direct {
            grants.push(grant(Held::Direct));
        }
        if !via.is_empty() || (is_listed && !is_direct) {
            self.name_groups(cx, &mut via).await?;
            grants.push(grant(Held::Through(via)));
        }
        Ok(grants)
    }

    /// Adds the names of groups; a group that was deleted meanwhile keeps its id.
    async fn name_groups(&self, cx: &Context<'_>, via: &mut [Via]) -> Result<(), ProviderFault> {
        if via.is_empty() {
            return Ok(());
        }
        let groups = core::groups(&self.config, cx).await?;
        for via in via {
            let known = groups
                .iter()
                .find(|group| via.id.as_deref() == Some(group.id.to_string().as_str()));
            via.name = known.and_then(|group| group.name.clone());
        }
        Ok(())
    }

    /// What an entry that names a group can mean: the user's membership, and the group's own role.
    async fn grants_in_group(
        &self,
        cx: &Context<'_>,
        user: &str,
        text: &str,
        group: &UserGroup,
        roles: &[Role],
    ) -> Result<Vec<Grant>, ProviderFault> {
        let (is_member, role) = future::try_join(
            core::is_member(&self.config, cx, group.id, user),
            core::role_of_group(&self.config, cx, group.id),
        )
        .await?;
        if !is_member {
            return Ok(Vec::new());
        }
        let scope = Scope {
            group: Some(text.to_owned()),
            organization: None,
            workspace: None,
        };
        // An identity provider owns the group and may put the user back.
        let warnings = if group.creation_source == Some(3) {
            vec![String::from("may_return_by_scim")]
        } else {
            Vec::new()
        };
        let membership = Grant {
            kind: GrantKind::Membership,
            role_id: group.id.to_string(),
            role_name: group.name.clone(),
            scope: scope.clone(),
            held: Held::Direct,
            effects: vec![SideEffect::LeaveGroup],
            warnings: warnings.clone(),
        };
        let role = role.map(|role| Grant {
            kind: GrantKind::GroupRole,
            role_name: roles
                .iter()
                .find(|known| known.id == role)
                .and_then(|known| known.name.clone()),
            role_id: role,
            scope,
            held: Held::Direct,
            effects: vec![SideEffect::StripGroup],
            warnings,
        });
        Ok(std::iter::once(membership).chain(role).collect())
    }

    fn what_absence_means(selector: &Selector, detail: &Detail) -> Absence {
        if let Some(text) = &selector.group {
            return if detail.named.iter().any(|(named, _)| named == text) {
                Absence::Proven
            } else {
                Absence::NotFound(format!("TeamViewer has no user group `{text}`"))
            };
        }
        let matching: Vec<&Role> = detail
            .roles
            .iter()
            .filter(|role| selector.names(&role.id, role.name.as_deref()))
            .collect();
        match matching.as_slice() {
            [] => Absence::NotFound(format!("TeamViewer has no role `{}`", selector.label())),
            // By id, the role's own assignments were read; by name, a list that is an array is the proof.
            [_] if selector.id.is_some() || !detail.says_null => Absence::Proven,
            [role] => Absence::Unclear {
                reason: Reason::NotVisible,
                message: format!(
                    "TeamViewer lists no roles at all for the user; ask by the id `{}`",
                    role.id
                ),
            },
            several => {
                let ids: Vec<&str> = several.iter().map(|role| role.id.as_str()).collect();
                Absence::Unclear {
                    reason: Reason::Ambiguous,
                    message: format!("several roles are called `{}`: {}", selector.label(), ids.join(", ")),
                }
            }
        }
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write, reading: &Reading) -> Verdict {
        if let Some(verdict) = self.changed_meanwhile(cx, write, reading).await {
            return verdict;
        }
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        if answer.is_success() {
            cx.revoke_answers.borrow_mut().push(answer.evidence(None));
            return Verdict::Acknowledged;
        }
        cx.fault(&core::fault(
            cx,
            &answer,
            core::kind_of(&answer),
            "TeamViewer refused to unassign",
        ))
    }

    /// The call that strips a group names no role: it may go only while the group holds the very role that is meant.
    async fn changed_meanwhile(&self, cx: &Context<'_>, write: &Write, reading: &Reading) -> Option<Verdict> {
        let body: serde_json::Value = serde_json::from_slice(write.call.body.as_deref()?).ok()?;
        let group = body.get("UserGroupId")?.as_u64()?;
        let meant = reading.grants.iter().find(|grant| {
            grant.kind == GrantKind::GroupRole
                && detail(reading).is_some_and(|detail| {
                    detail
                        .named
                        .iter()
                        .any(|(text, named)| named.id == group && grant.scope.group.as_ref() == Some(text))
                })
        })?;
        match core::role_of_group(&self.config, cx, group).await {
            Ok(Some(role)) if role == meant.role_id => None,
            Ok(_) => Some(Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                message: String::from("the group has another role now"),
            }),
            Err(fault) => Some(Verdict::NotSent {
                reason: fault.reason(),
                message: fault.message,
            }),
        }
    }

    fn write(ask: &Ask, call: Call, index: usize) -> Write {
        Write {
            call: with_remote_query(core::json(call), ask),
            targets: vec![index],
        }
    }

    fn body(ask: &Ask, document: &impl serde::Serialize) -> Option<Vec<u8>> {
        let mut body = serde_json::to_value(document).ok()?;
        if let serde_json::Value::Object(fields) = &mut body {
            fields.extend(ask.remote_data.clone());
        }
        serde_json::to_vec(&body).ok()
    }

    fn url(&self, path: &str) -> String {
        self.config.base.join(path)
    }
}

const NO_SCOPE: Scope = Scope {
    group: None,
    organization: None,
    workspace: None,
};

impl Provider for TeamViewer {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        Verification {
            window: self.config.staleness_window,
            earliest: Duration::ZERO,
            rounds: 3,
            replaces_set: false,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            // The filter is a comma list, and a comma cannot be escaped in it.
            Field::User if value.contains('@') && value.contains(',') => {
                Err(String::from("must be one e-mail address"))
            }
            Field::User if value.contains('@') => Ok(value.to_owned()),
            Field::User => {
                ids::user(value).ok_or_else(|| String::from("must be a user id (u and digits) or an e-mail address"))
            }
            Field::Role => {
                ids::role(value).ok_or_else(|| String::from("must be a role id (a UUID); use name for a name"))
            }
            Field::Group | Field::Organization | Field::Workspace => Ok(value.to_owned()),
        }
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(self.find(cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(self.read_all(cx, user))
    }

    fn absence<'a>(
        &'a self,
        _cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(async move {
            Ok(detail(reading).map_or_else(
                || Absence::NotFound(String::from("nothing was read")),
                |detail| Self::what_absence_means(selector, detail),
            ))
        })
    }

    fn namesakes<'a>(
        &'a self,
        _cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let roles = detail(reading).map_or(&[] as &[Role], |detail| &detail.roles);
            let called = roles
                .iter()
                .filter(|role| selector.names(&role.id, role.name.as_deref()));
            Ok(called.map(|role| role.id.clone()).collect())
        })
    }

    /// `GET /account` describes the owner of the token, by id or at least by e-mail address.
    fn own_principal<'a>(&'a self, cx: &'a Context<'a>, reading: &'a Reading) -> Task<'a, Result<Principal, Error>> {
        Box::pin(async move {
            let Some(owner) = core::owner(&self.config, cx).await? else {
                return Ok(Principal::Unknown);
            };
            if let Some(id) = owner.userid.as_deref().and_then(ids::user) {
                return Ok(Principal::User(id));
            }
            let Some(email) = &owner.email else {
                return Ok(Principal::Unknown);
            };
            let user = detail(reading).and_then(|detail| ids::user(&detail.user.id));
            let is_own = reading.emails.contains(&email.to_lowercase());
            Ok(user.filter(|_| is_own).map_or(Principal::NoUser, Principal::User))
        })
    }

    fn plan(&self, ask: &Ask, user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let group_of = |grant: &Grant| {
            let text = grant.scope.group.as_ref()?;
            let (_, group) = detail(reading)?.named.iter().find(|(named, _)| named == text)?;
            Some(group.id)
        };
        targets
            .iter()
            .enumerate()
            .filter_map(|(index, planned)| {
                let grant = planned.grant;
                let post = |path: &str, body| Call::write(Method::Post, self.url(path), body, Repeat::Reread);
                let call = match grant.kind {
                    GrantKind::Role => {
                        let document = Unassign {
                            user_ids: [user],
                            user_role_id: &grant.role_id,
                        };
                        post("/userroles/unassign/account", Self::body(ask, &document))
                    }
                    GrantKind::GroupRole => {
                        let document = UnassignGroup {
                            user_group_id: group_of(grant)?,
                        };
                        post("/userroles/unassign/usergroup", Self::body(ask, &document))
                    }
                    GrantKind::Membership => {
                        let path = format!("/usergroups/{}/members/{}", group_of(grant)?, ids::account(user));
                        Call::write(Method::Delete, self.url(&path), None, Repeat::Reread)
                    }
                    GrantKind::OrganizationLink => return None,
                };
                Some(Self::write(ask, call, index))
            })
            .collect()
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move {
            let verdict = self.verdict(cx, write, reading).await;
            if matches!(verdict, Verdict::Acknowledged | Verdict::Unanswered { .. })
                && let Some(role) = unassigned_role(write)
            {
                self.revoked.borrow_mut().insert(role);
            }
            vec![verdict; write.targets.len()]
        })
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<(Call, Secret)> {
        let path = format!("/users/{}", path_segment(user));
        let token = cx.caches.token(self.config.key(), cx.client.transport().monotonic())?;
        Some((Call::get(self.config.base.join(&path)), token))
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), |detail| mapping::user(&detail.user, &reading.grants))
    }
}

/// The groups that the request names, by id or by a name that only one group has.
fn named_groups(ask: &Ask, groups: &[UserGroup]) -> Result<Vec<(String, UserGroup)>, Error> {
    let mut named: Vec<(String, UserGroup)> = Vec::new();
    for text in ask.entries.iter().filter_map(|entry| entry.selector().group.as_ref()) {
        if named.iter().any(|(known, _)| known == text) {
            continue;
        }
        let by_id = groups.iter().find(|group| group.id.to_string() == *text);
        let by_name: Vec<&UserGroup> = groups
            .iter()
            .filter(|group| group.name.as_deref().is_some_and(|name| same_text(name, text)))
            .collect();
        match (by_id, by_name.as_slice()) {
            (Some(group), _) => named.push((text.clone(), group.clone())),
            (None, [group]) => named.push((text.clone(), (*group).clone())),
            (None, []) => {}
            (None, _) => {
                return Err(Error::Refused {
                    reason: Reason::Ambiguous,
                    message: format!("several user groups are called `{text}`; use the id"),
                });
            }
        }
    }
    Ok(named)
}

/// The role that a write takes from the user directly.
fn unassigned_role(write: &Write) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(write.call.body.as_deref()?).ok()?;
    body.get("UserRoleId")?.as_str().map(str::to_owned)
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
