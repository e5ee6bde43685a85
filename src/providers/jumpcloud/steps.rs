//! The `Provider` steps of JumpCloud.

use std::time::Duration;

use serde_json::json;

use crate::{
    ask::{Ask, Selector, same_text},
    capability::Capability,
    client::{Call, Repeat, path_segment},
    contract::types::{SideEffect, User},
    engine::with_remote_query,
    error::Error,
    provider::{
        Absence, Consequence, Context, Field, Grant, GrantKind, Planned, Provider, Reading, Verdict, Verification,
        Write,
    },
    reason::Reason,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    capability::CAPABILITY,
    config::{Config, is_object_id},
    core,
    documents::RoleNames,
    mapping,
    reading::{self, Detail},
};

/// One JumpCloud account during one operation.
pub struct JumpCloud {
    config: Config,
}

/// `reserved`: every field of the administrator's PUT, any of which would be account takeover or worse.
/// Only its holders may change administrators, so that the last one must stay. Spelt in two ways.
const OWNER: &str = "administrator with billing";

impl JumpCloud {
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    fn what_absence_means(&self, selector: &Selector, detail: &Detail) -> Absence {
        if let Some(text) = &selector.group {
            return if detail.groups.iter().any(|(named, _)| named == text) {
                Absence::Proven
            } else {
                Absence::NotFound(format!("JumpCloud has no user group `{text}`"))
            };
        }
        let own = detail
            .administrator
            .as_ref()
            .and_then(|(_, administrator)| administrator.organization.as_deref())
            .filter(|organization| !organization.is_empty())
            .or(self.config.org_id.as_deref());
        if let (false, Some(own)) = (selector.organizations.is_empty(), own)
            && !selector.organizations.iter().any(|organization| organization == own)
        {
            return Absence::Unclear {
                reason: Reason::NotVisible,
                message: String::from("the account reads another organization (settings.org_id)"),
            };
        }
        if detail.sees_nobody {
            return Absence::Unclear {
                reason: Reason::NotVisible,
                message: String::from(
                    "JumpCloud shows no administrator at all, not even the account's own: it may not show everything (settings.org_id)",
                ),
            };
        }
        let Some(roles) = &detail.roles else {
            return Absence::Unclear {
                reason: Reason::NotVisible,
                message: String::from("JumpCloud's directory of roles cannot be read, so that the role cannot be told"),
            };
        };
        let ids: Vec<&str> = roles
            .iter()
            .filter(|role| selector.names(&role.id, Some(&role.name)))
            .map(|role| role.id.as_str())
            .collect();
        // A held role that the directory lacks could be the very one that is asked for by its id.
        let unlisted = detail
            .administrator
            .iter()
            .flat_map(|(_, administrator)| administrator.names())
            .find(|name| !roles.iter().any(|role| same_text(&role.name, name)));
        if let (Some(name), Some(_)) = (unlisted, &selector.id) {
            return Absence::Unclear {
                reason: Reason::NotVisible,
                message: format!(
                    "the held role `{name}` is not in JumpCloud's directory, so that its id cannot be told"
                ),
            };
        }
        match ids.as_slice() {
            [] => Absence::NotFound(format!("JumpCloud has no role `{}`", selector.label())),
            [_] => Absence::Proven,
            several => Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!(
                    "several roles are called `{}`: {}",
                    selector.label(),
                    several.join(", ")
                ),
            },
        }
    }

    async fn what_else_goes(
        &self,
        cx: &Context<'_>,
        reading: &Reading,
        targets: &[Grant],
    ) -> Result<Vec<Consequence>, Error> {
        let Some((_, administrator)) = detail(reading).and_then(|detail| detail.administrator.as_ref()) else {
            return Ok(Vec::new());
        };
        let roles = |grants: &[Grant]| grants.iter().filter(|grant| grant.kind == GrantKind::Role).count();
        let is_last_role = roles(targets) == roles(&reading.grants);
        let mut consequences = Vec::new();
        for (target, grant) in targets
            .iter()
            .enumerate()
            .filter(|(_, grant)| grant.kind == GrantKind::Role)
        {
            if is_last_role {
                consequences.push(Consequence {
                    target,
                    takes: Vec::new(),
                    effect: SideEffect::DeleteAdministrator,
                    lists: vec![format!(
                        "the administrator record {} with its API key",
                        administrator.id
                    )],
                });
            }
            if grant.role_name.as_deref().is_some_and(|name| same_text(name, OWNER)) {
                let all = reading::administrators(&self.config, cx).await?;
                let is_other_owner = |other: &super::documents::Administrator| {
                    other.id != administrator.id
                        && other.suspended != Some(true)
                        && other.names().iter().any(|name| same_text(name, OWNER))
                };
                if !all.iter().any(is_other_owner) {
                    consequences.push(Consequence {
                        target,
                        takes: Vec::new(),
                        effect: SideEffect::LastAdministrator,
                        lists: vec![String::from("the last Administrator With Billing")],
                    });
                }
            }
        }
        Ok(consequences)
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write, reading: &Reading) -> Verdict {
        if write.call.url.contains("/api/users/")
            && let Some(verdict) = self.changed_meanwhile(cx, reading).await
        {
            return verdict;
        }
        let answer = match core::send(&self.config, cx, write.call.clone()).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        if answer.is_success() {
            let evidence = answer.evidence(None);
            // The answer to the PUT is the administrator's document.
            let body = serde_json::from_str(&evidence.body).map_or_else(
                |_| evidence.body.clone(),
                |document| mapping::without_secrets(&document).to_string(),
            );
            cx.revoke_answers
                .borrow_mut()
                .push(crate::error::ProviderAnswer { body, ..evidence });
            return Verdict::Acknowledged;
        }
        let fault = core::fault(cx, &answer, answer.fault_kind(), "JumpCloud refused to remove");
        let verdict = cx.fault(&fault);
        if answer.status == 404 {
            // Gone meanwhile, or another id than it was: the read-back decides.
            return Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                message: fault.message,
            };
        }
        verdict
    }

    /// The PUT replaces the whole set: it goes only if the set is still the one that was read.
    async fn changed_meanwhile(&self, cx: &Context<'_>, reading: &Reading) -> Option<Verdict> {
        let (_, known) = detail(reading)?.administrator.as_ref()?;
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        match reading::administrator_by_id(&self.config, cx, &known.id).await {
            Ok(Some((_, now))) if sorted(now.names()) == sorted(known.names()) => None,
            // A cancelled write of an earlier round may have deleted it: the read-back decides.
            Ok(None) => Some(Verdict::Unanswered {
                reason: Reason::ConcurrentChange,
                message: String::from("the administrator is gone"),
            }),
            Ok(Some(_)) => Some(Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                message: String::from(
                    "the administrator's roles changed between the read and the write; nothing was written",
                ),
            }),
            Err(fault) => Some(match Verdict::of_fault(&fault) {
                Verdict::Unanswered { reason, message } => Verdict::NotSent { reason, message },
                other => other,
            }),
        }
    }

    fn role_write(&self, ask: &Ask, detail: &Detail, targets: &[(usize, &Grant)]) -> Option<Write> {
        let (_, administrator) = detail.administrator.as_ref()?;
        let names = administrator.names();
        let keep: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| {
                !targets
                    .iter()
                    .any(|(_, grant)| grant.role_name.as_deref() == Some(*name))
            })
            .collect();
        let url = self.url(&format!("/api/users/{}", path_segment(&administrator.id)));
        let call = if keep.is_empty() {
            // There is no administrator without a role. The guard has allowed it, unless the other roles went meanwhile.
            if !ask.allow.contains(&SideEffect::DeleteAdministrator) {
                return None;
            }
            Call::write(Method::Delete, url, None, Repeat::Reread)
        } else {
            let body = RoleNames {
                names: keep,
                rest: &ask.remote_data,
            };
            Call::write(Method::Put, url, serde_json::to_vec(&body).ok(), Repeat::Reread)
        };
        Some(Write {
            call: with_remote_query(call, ask),
            targets: targets.iter().map(|(index, _)| *index).collect(),
        })
    }

    fn url(&self, path: &str) -> String {
        self.config.base.join(path)
    }
}

impl Provider for JumpCloud {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        Verification {
            window: self.config.staleness_window,
            earliest: Duration::from_secs(2),
            rounds: 3,
            replaces_set: true,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::User if !is_object_id(value) && !value.contains('@') => Err(String::from(
                "must be an id (24 hexadecimal digits) or an e-mail address",
            )),
            Field::User | Field::Organization | Field::Role if is_object_id(value) => Ok(value.to_ascii_lowercase()),
            Field::Organization => Err(String::from("must be an organization id (24 hexadecimal digits)")),
            _ => Ok(value.to_owned()),
        }
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        if selector.group.is_none() {
            return Ok(());
        }
        // A group gives no role at JumpCloud; `member` is what one is in it.
        if selector.id.is_none() && selector.name.as_deref().is_none_or(|name| same_text(name, "member")) {
            selector.name = None;
            return Ok(());
        }
        Err(String::from(
            "cannot stand beside a group: JumpCloud has no roles in groups, name the group alone to leave it",
        ))
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(reading::find_user(&self.config, cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(reading::read(&self.config, cx, user))
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
                |detail| self.what_absence_means(selector, detail),
            ))
        })
    }

    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(self.what_else_goes(cx, reading, targets))
    }

    fn namesakes<'a>(
        &'a self,
        _cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let roles = detail(reading)
                .and_then(|detail| detail.roles.as_ref())
                .into_iter()
                .flatten();
            let called = roles.filter(|role| selector.names(&role.id, Some(&role.name)));
            // A group that is named alone has no name of a role to share.
            Ok(called
                .filter(|_| selector.group.is_none())
                .map(|role| role.id.clone())
                .collect())
        })
    }

    fn plan(&self, ask: &Ask, user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let Some(detail) = detail(reading) else {
            return Vec::new();
        };
        let of_kind = |kind: GrantKind| {
            targets
                .iter()
                .enumerate()
                .filter(move |(_, planned)| planned.grant.kind == kind)
                .map(|(index, planned)| (index, planned.grant))
        };
        let roles: Vec<(usize, &Grant)> = of_kind(GrantKind::Role).collect();
        let mut writes = Vec::new();
        if !roles.is_empty() {
            writes.extend(self.role_write(ask, detail, &roles));
        }
        if let Some((_, administrator)) = &detail.administrator {
            for (index, grant) in of_kind(GrantKind::OrganizationLink) {
                let path = format!(
                    "/api/v2/administrators/{}/organizationlinks/{}",
                    path_segment(&administrator.id),
                    path_segment(&grant.role_id)
                );
                let call = Call::write(Method::Delete, self.url(&path), None, Repeat::Reread);
                writes.push(Write {
                    call: with_remote_query(call, ask),
                    targets: vec![index],
                });
            }
        }
        for (index, grant) in of_kind(GrantKind::Membership) {
            let path = format!("/api/v2/usergroups/{}/members", path_segment(&grant.role_id));
            let body = json!({"op": "remove", "type": "user", "id": user})
                .to_string()
                .into_bytes();
            let call = Call::write(Method::Post, self.url(&path), Some(body), Repeat::Reread);
            writes.push(Write {
                call: with_remote_query(call, ask),
                targets: vec![index],
            });
        }
        writes
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write, reading).await; write.targets.len()] })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), |detail| mapping::user(detail, &reading.grants))
    }
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
