//! The `Provider` steps of TeamViewer.

use std::time::Duration;

use crate::{
    ask::{Ask, Selector},
    backend::Backend,
    capability::Capability,
    client::{Call, Repeat, path_segment},
    contract::types::User,
    error::Error,
    naming::same,
    provider::{
        Absence, Consequence, Context, Coverage, Directory, Field, Grant, GrantKind, KnownRole, Planned, Principal,
        Reading, Verdict, Verification, Write,
    },
    reason::Reason,
    secret::Secret,
    transport::Method,
};

use super::{
    capability::CAPABILITY,
    config::Config,
    consequences, core,
    documents::{Role, Unassign, UnassignGroup},
    groups::{Named, Which},
    ids, mapping,
    reading::{self, Detail, Memory},
};

/// One TeamViewer account during one operation.
pub struct TeamViewer {
    config: Config,
    memory: Memory,
}

impl TeamViewer {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            memory: Memory::default(),
        }
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write, grant: &Grant, detail: &Detail) -> Verdict {
        if grant.kind == GrantKind::GroupRole
            && let Some(verdict) = self.changed_meanwhile(cx, grant).await
        {
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
        let fault = core::fault(cx, &answer, core::kind_of(&answer), "TeamViewer refused to unassign");
        // It may be the answer for what is not held any more, which is no refusal.
        if matches!(answer.status, 400 | 404) && self.is_held(cx, grant, &detail.user.id).await != Some(true) {
            cx.note(&fault);
            return Verdict::Unanswered {
                reason: fault.reason(),
                message: fault.message,
            };
        }
        cx.fault(&fault)
    }

    /// The call that strips a group names no role: it may go only while the group holds the very role that is meant.
    async fn changed_meanwhile(&self, cx: &Context<'_>, grant: &Grant) -> Option<Verdict> {
        match core::role_of_group(&self.config, cx, consequences::group_of(grant)?).await {
            Ok(Some(role)) if role == grant.role_id => None,
            Ok(_) => Some(overtaken("the group has another role now, or none")),
            Err(fault) => Some(Verdict::NotSent {
                reason: fault.reason(),
                message: fault.message,
            }),
        }
    }

    /// Whether what a write was to take is there; `None` where that cannot be read.
    async fn is_held(&self, cx: &Context<'_>, grant: &Grant, user: &str) -> Option<bool> {
        let config = &self.config;
        let user = ids::user(user)?;
        if grant.kind == GrantKind::Role {
            let users = core::users_of_role(config, cx, &grant.role_id).await.ok()?;
            return Some(users.contains(&user));
        }
        let group = consequences::group_of(grant)?;
        if grant.kind == GrantKind::GroupRole {
            return Some(core::role_of_group(config, cx, group).await.ok()?.is_some());
        }
        let members = core::members(config, cx, group).await.ok()?;
        Some(ids::is_among(&user, &members))
    }

    /// The id of the token's owner, where it can be told.
    async fn owner(&self, cx: &Context<'_>) -> Result<Option<String>, Error> {
        let Some(owner) = self.memory.owner()? else {
            return Ok(None);
        };
        if let Some(id) = owner.userid.as_deref().and_then(ids::user) {
            return Ok(Some(id));
        }
        let Some(email) = owner.email else {
            return Ok(None);
        };
        let users = core::users_by_email(&self.config, cx, &email).await?;
        let own = users
            .iter()
            .find(|user| user.email.as_deref().is_some_and(|known| same(known, &email)));
        Ok(own.and_then(|user| ids::user(&user.id)))
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

impl Backend for TeamViewer {
    type Detail = Detail;

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

    /// The scopes hold a group's id.
    fn resolve(&self, selector: &Selector, detail: &Detail) -> Selector {
        let group = selector.group.as_ref().map(|text| {
            let group = detail.named(text).and_then(Named::group);
            group.map_or_else(|| text.clone(), |group| group.id.to_string())
        });
        Selector {
            group,
            ..selector.clone()
        }
    }

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        reading::find_user(&self.config, cx).await
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Reading, Detail), Error> {
        reading::read(&self.config, cx, &self.memory, user).await
    }

    async fn absence(
        &self,
        _cx: &Context<'_>,
        selector: &Selector,
        _reading: &Reading,
        detail: &Detail,
    ) -> Result<Absence, Error> {
        Ok(what_absence_means(selector, detail))
    }

    async fn directory(
        &self,
        _cx: &Context<'_>,
        _selector: &Selector,
        _reading: &Reading,
        detail: &Detail,
    ) -> Result<Directory, Error> {
        let roles = detail.roles.iter().map(|role| KnownRole {
            id: role.id.clone(),
            name: role.name.clone(),
        });
        Ok(Directory {
            roles: roles.collect(),
            coverage: Coverage::Whole,
        })
    }

    async fn consequences(
        &self,
        cx: &Context<'_>,
        reading: &Reading,
        detail: &Detail,
        targets: &[Grant],
    ) -> Result<Vec<Consequence>, Error> {
        let mut consequences = consequences::of_leaving(reading, targets);
        if targets.iter().any(|grant| grant.kind == GrantKind::GroupRole)
            && let Some(own) = self.owner(cx).await?
        {
            consequences.extend(consequences::of_stripping(detail, &own, targets));
        }
        Ok(consequences)
    }

    /// `GET /account` describes the owner of the token, by id or at least by e-mail address.
    async fn own_principal(&self, _cx: &Context<'_>, reading: &Reading, detail: &Detail) -> Result<Principal, Error> {
        let Some(owner) = self.memory.owner()? else {
            return Ok(Principal::Unknown);
        };
        if let Some(id) = owner.userid.as_deref().and_then(ids::user) {
            return Ok(Principal::User(id));
        }
        let Some(email) = &owner.email else {
            return Ok(Principal::Unknown);
        };
        let is_own = reading.emails.contains(&email.to_lowercase());
        let user = ids::user(&detail.user.id).filter(|_| is_own);
        Ok(user.map_or(Principal::NoUser, Principal::User))
    }

    fn plan(&self, ask: &Ask, user: &str, _detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
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
                            user_group_id: consequences::group_of(grant)?,
                        };
                        post("/userroles/unassign/usergroup", Self::body(ask, &document))
                    }
                    GrantKind::Membership => {
                        let path = format!(
                            "/usergroups/{}/members/{}",
                            consequences::group_of(grant)?,
                            ids::account(user)
                        );
                        Call::write(Method::Delete, self.url(&path), None, Repeat::Reread)
                    }
                    GrantKind::OrganizationLink => return None,
                };
                Some(Write {
                    call: core::json(call),
                    targets: vec![index],
                })
            })
            .collect()
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(grants.len());
        for grant in grants {
            let verdict = self.verdict(cx, write, grant, detail).await;
            if matches!(verdict, Verdict::Acknowledged | Verdict::Unanswered { .. }) && grant.kind == GrantKind::Role {
                self.memory.revoked.borrow_mut().insert(grant.role_id.clone());
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<(Call, Secret)> {
        let path = format!("/users/{}", path_segment(user));
        let token = cx.caches.token(self.config.key(), cx.client.transport().monotonic())?;
        Some((Call::get(self.config.base.join(&path)), token))
    }

    fn unify(&self, reading: &Reading, detail: &Detail) -> User {
        mapping::user(&detail.user, &reading.grants)
    }
}

/// What it means that nothing is shown for an entry. The own assignments of every role that the entry can mean were read.
fn what_absence_means(selector: &Selector, detail: &Detail) -> Absence {
    if let Some(text) = &selector.group {
        let means_role = selector.id.is_some() || selector.name.is_some();
        if let Some(absence) = unless_read(text, means_role, detail) {
            return absence;
        }
        if !means_role {
            return Absence::Proven;
        }
    }
    let matching: Vec<&Role> = detail
        .roles
        .iter()
        .filter(|role| selector.names(&role.id, role.name.as_deref()))
        .collect();
    match (matching.as_slice(), &selector.name) {
        ([], _) => Absence::NotFound(format!("TeamViewer has no role `{}`", selector.label())),
        ([role], Some(wanted)) if role.name.as_ref().is_some_and(|name| !same(name, wanted)) => Absence::Unclear {
            reason: Reason::NameMismatch,
            message: format!(
                "the role with the id `{}` is called `{}`, not `{wanted}`",
                role.id,
                role.name.as_deref().unwrap_or_default()
            ),
        },
        ([_], _) => Absence::Proven,
        (several, _) => {
            let ids: Vec<&str> = several.iter().map(|role| role.id.as_str()).collect();
            Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!("several roles are called `{}`: {}", selector.label(), ids.join(", ")),
            }
        }
    }
}

/// Why nothing can be said of what is held in a group; `None` if it is one group, and was read.
fn unless_read(text: &str, with_role: bool, detail: &Detail) -> Option<Absence> {
    let not_visible = |message: &str| Absence::Unclear {
        reason: Reason::NotVisible,
        message: message.to_owned(),
    };
    match detail.named(text).map(|named| &named.which) {
        Some(Which::One(group)) => detail.why_unread(group.id, with_role).map(not_visible),
        Some(Which::Unreadable(why)) => Some(not_visible(why)),
        Some(Which::Several(ids)) => {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            Some(Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!(
                    "several user groups are called `{text}`: {}; use the id",
                    ids.join(", ")
                ),
            })
        }
        Some(Which::None) | None => Some(Absence::NotFound(format!("TeamViewer has no user group `{text}`"))),
    }
}

fn overtaken(message: &str) -> Verdict {
    Verdict::NotSent {
        reason: Reason::ConcurrentChange,
        message: message.to_owned(),
    }
}
