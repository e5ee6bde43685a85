//! The `Provider` steps of Elastic Cloud.

use std::{cell::RefCell, time::Duration};

use serde_json::Value;

use crate::{
    ask::{Ask, Selector, same_text},
    capability::Capability,
    client::{Call, Repeat, path_segment},
    contract::types::{SideEffect, User},
    engine::with_remote_query,
    error::{Error, FaultKind},
    provider::{Absence, Consequence, Context, Field, Grant, Planned, Provider, Reading, Verdict, Verification, Write},
    reason::Reason,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    assignments::{self, Assigned},
    capability::CAPABILITY,
    config::Config,
    core::{self, Scan},
    mapping, roles,
};

/// One Elastic Cloud account during one operation.
pub struct ElasticCloud {
    config: Config,
    /// The organization, and the scan that found the user: the first read needs no second one.
    organization: RefCell<Option<String>>,
    first: RefCell<Option<Scan>>,
}

/// What the steps need of a reading.
struct Detail {
    member: Value,
    organization: String,
    assigned: Vec<Assigned>,
    admins: usize,
    other_admins: usize,
}

impl ElasticCloud {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            organization: RefCell::new(None),
            first: RefCell::new(None),
        }
    }

    async fn find(&self, cx: &Context<'_>) -> Result<String, Error> {
        let organization = core::organization(&self.config, cx).await?;
        let scan = core::scan(&self.config, cx, &organization, &cx.ask.user).await?;
        let id = match scan.found.as_slice() {
            [member] => core::user_id(member),
            [] => None,
            _ => {
                return Err(Error::Refused {
                    reason: Reason::Ambiguous,
                    message: format!("several members have the id or e-mail address `{}`", cx.ask.user),
                });
            }
        };
        let id = id.ok_or_else(|| not_found(&cx.ask.user))?;
        *self.organization.borrow_mut() = Some(organization);
        *self.first.borrow_mut() = Some(scan);
        Ok(id)
    }

    async fn read_all(&self, cx: &Context<'_>, user: &str) -> Result<Reading, Error> {
        let organization = self.organization.borrow().clone().unwrap_or_default();
        let first = self.first.borrow_mut().take();
        let scan = match first {
            Some(scan) => scan,
            None => core::scan(&self.config, cx, &organization, user).await?,
        };
        let [member] = scan.found.as_slice() else {
            return Err(not_found(user));
        };
        let nothing = Value::Null;
        let assigned =
            assignments::read(member.get("role_assignments").unwrap_or(&nothing), &organization).map_err(|_| {
                crate::error::ProviderFault::new(
                    FaultKind::BadAnswer,
                    "the member's role assignments are not as documented",
                )
            })?;
        let email = member.get("email").and_then(Value::as_str);
        let mut grants: Vec<Grant> = assigned.iter().map(|known| known.grant.clone()).collect();
        grants.extend(assignments::wider(&assigned, cx.ask));
        Ok(Reading {
            other_ids: Vec::new(),
            grants,
            emails: email.iter().map(|email| email.to_lowercase()).collect(),
            username: email.map(str::to_owned),
            documents: vec![("user", member.to_string())],
            unreadable: Vec::new(),
            // No public call shows which roles single sign-on maps.
            warnings: vec![String::from("sso_not_checked")],
            detail: Box::new(Detail {
                member: member.clone(),
                organization,
                assigned,
                admins: scan.admins,
                other_admins: scan.other_admins,
            }),
        })
    }

    fn what_absence_means(selector: &Selector, detail: &Detail) -> Absence {
        let label = selector.label();
        let shared = detail.assigned.iter().find(|known| {
            known.application_roles.len() > 1 && known.application_roles.iter().any(|role| same_text(role, label))
        });
        if let Some(known) = shared {
            return Absence::Unclear {
                reason: Reason::WouldWiden,
                message: format!(
                    "`{label}` is assigned together with {}: only all of them can go at once",
                    known.grant.role_id
                ),
            };
        }
        if let [.., other] = selector.organizations.as_slice()
            && !selector.organizations.contains(&detail.organization)
        {
            return Absence::Unclear {
                reason: Reason::NotVisible,
                message: format!("the account reads another organization than `{other}`"),
            };
        }
        // A key with fewer rights sees fewer assignments: an owner in the list shows that it sees them all.
        if detail.admins == 0 {
            return Absence::Unclear {
                reason: Reason::NotVisible,
                message: String::from(
                    "the members list shows nobody who may administer the organization, so that it may not show everything",
                ),
            };
        }
        if roles::is_known(label) {
            Absence::Proven
        } else {
            Absence::NotFound(format!(
                "Elastic Cloud publishes no role `{label}`, and the user holds no custom role of that name"
            ))
        }
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write) -> Verdict {
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        if answer.is_success() {
            cx.revoke_answers.borrow_mut().push(answer.evidence(None));
            return Verdict::Acknowledged;
        }
        let said = core::said(&answer);
        let verdict = cx.fault(&core::fault(
            cx,
            &answer,
            answer.fault_kind(),
            "Elastic Cloud refused to remove the assignments",
        ));
        // One assignment that the key may not touch refuses them all.
        if answer.status == 403 && said.contains("role_assignments.") && write.targets.len() > 1 {
            return Verdict::Refused {
                reason: Reason::ProviderRefused,
                message: said,
            };
        }
        verdict
    }
}

impl Provider for ElasticCloud {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        Verification {
            window: self.config.staleness_window,
            earliest: Duration::ZERO,
            rounds: 1,
            replaces_set: false,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::Group if !matches!(value, "elasticsearch" | "observability" | "security") => Err(String::from(
                "must be a kind of project: elasticsearch, observability or security",
            )),
            _ => Ok(value.to_owned()),
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

    fn consequences<'a>(
        &'a self,
        _cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(async move {
            let is_last = detail(reading).is_some_and(|detail| detail.other_admins == 0);
            let admins = targets
                .iter()
                .enumerate()
                .filter(|(_, grant)| is_last && grant.role_id == roles::ORGANIZATION_ADMIN);
            Ok(admins
                .map(|(target, _)| Consequence {
                    target,
                    takes: Vec::new(),
                    effect: SideEffect::LastAdministrator,
                    lists: vec![String::from("the last organization owner")],
                })
                .collect())
        })
    }

    fn plan(&self, ask: &Ask, user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let Some(detail) = detail(reading) else {
            return Vec::new();
        };
        let url = self
            .config
            .base
            .join(&format!("/users/{}/role_assignments", path_segment(user)));
        let write = |chosen: &[usize]| {
            let chosen: Vec<(usize, &Assigned)> = chosen
                .iter()
                .filter_map(|&index| {
                    let known = detail
                        .assigned
                        .iter()
                        .find(|known| known.grant.same_key(targets[index].grant))?;
                    Some((index, known))
                })
                .collect();
            let assigned: Vec<&Assigned> = chosen.iter().map(|(_, known)| *known).collect();
            let body = assignments::body(&assigned, &ask.remote_data).to_string().into_bytes();
            let call = Call::write(Method::Delete, url.clone(), Some(body), Repeat::Replay)
                .header("content-type", "application/json");
            Write {
                call: with_remote_query(call, ask),
                targets: chosen.into_iter().map(|(index, _)| index).collect(),
            }
        };
        let (alone, together): (Vec<usize>, Vec<usize>) = (0..targets.len()).partition(|&index| targets[index].alone);
        let mut writes: Vec<Write> = alone.into_iter().map(|index| write(&[index])).collect();
        if !together.is_empty() {
            writes.push(write(&together));
        }
        writes.retain(|write| !write.targets.is_empty());
        writes
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, _reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write).await; write.targets.len()] })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(
            || blank_user(""),
            |detail| mapping::user(&detail.member, &detail.organization, &detail.assigned),
        )
    }
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}

fn not_found(user: &str) -> Error {
    Error::UserNotFound {
        message: format!("no member of the organization has the id or e-mail address `{user}`"),
    }
}
