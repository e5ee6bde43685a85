//! The `Provider` steps of Elastic Cloud.

use std::{cell::RefCell, time::Duration};

use futures_util::future;
use serde_json::Value;

use crate::{
    ask::{Ask, Selector},
    capability::Capability,
    client::{Call, Repeat, path_segment},
    contract::types::{SideEffect, User},
    error::{Error, FaultKind, ProviderFault},
    provider::{
        Absence, Affects, Consequence, Context, Field, Grant, Planned, Provider, Reading, Verdict, Verification, Write,
    },
    reason::Reason,
    transport::{Method, Task},
    unified::blank_user,
    warning::Warning,
};

use super::{
    absence,
    assignments::{self, Assigned, Assignments},
    capability::CAPABILITY,
    config::Config,
    core::{self, Scan},
    key::Key,
    mapping, matching,
    places::Places,
    roles, sso,
};

/// One Elastic Cloud account during one operation.
pub struct ElasticCloud {
    config: Config,
    /// What was read while the user was looked for.
    found: RefCell<Option<Found>>,
    /// Where something was held in any read of the operation.
    places: RefCell<Places>,
}

struct Found {
    organization: String,
    /// The scan that found the user: the first read needs no second one.
    first: Option<Scan>,
    /// What role mappings give; `None` if they cannot be read.
    mappings: Option<Vec<Grant>>,
}

/// What the steps need of a reading.
struct Detail {
    member: Value,
    organization: String,
    assignments: Assignments,
    admins: usize,
    other_admins: usize,
    mappings: Option<Vec<Grant>>,
}

impl ElasticCloud {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            found: RefCell::new(None),
            places: RefCell::default(),
        }
    }

    async fn find(&self, cx: &Context<'_>) -> Result<String, Error> {
        let wanted = &cx.ask.user;
        let organization = core::organization(&self.config, cx).await?;
        let (scan, mappings) = future::join(
            core::scan(&self.config, cx, &organization, wanted),
            sso::mappings(&self.config, cx, &organization),
        )
        .await;
        let scan = scan?;
        let id = match scan.found.as_slice() {
            [member] => core::user_id(member),
            [] => None,
            _ => {
                return Err(Error::Refused {
                    reason: Reason::Ambiguous,
                    message: format!("several members have the id or e-mail address `{wanted}`"),
                });
            }
        };
        let Some(id) = id else {
            return Err(self.not_found(cx, &organization).await);
        };
        *self.found.borrow_mut() = Some(Found {
            organization,
            first: Some(scan),
            mappings,
        });
        Ok(id)
    }

    /// An invitation is no membership, and its roles cannot be taken away one by one.
    async fn not_found(&self, cx: &Context<'_>, organization: &str) -> Error {
        let wanted = &cx.ask.user;
        let invited = if wanted.contains('@') {
            core::invitation(&self.config, cx, organization, wanted).await
        } else {
            None
        };
        let why = match invited {
            Some(false) => "; an invitation for it is pending, whose roles cannot be changed: delete the invitation",
            Some(true) => "; an invitation for it has expired",
            None => "",
        };
        Error::UserNotFound {
            message: format!("no member of the organization has the id or e-mail address `{wanted}`{why}"),
        }
    }

    /// What was read while the user was looked for; the scan only once.
    fn take_found(&self) -> (String, Option<Scan>, Option<Vec<Grant>>) {
        let mut found = self.found.borrow_mut();
        found.as_mut().map_or_else(Default::default, |found| {
            (found.organization.clone(), found.first.take(), found.mappings.clone())
        })
    }

    async fn read_all(&self, cx: &Context<'_>, user: &str) -> Result<Reading, Error> {
        let (organization, first, mappings) = self.take_found();
        let scan = match first {
            Some(scan) => scan,
            None => core::scan(&self.config, cx, &organization, user).await?,
        };
        let [member] = scan.found.as_slice() else {
            return Err(bad_answer("the members list does not show the user once").into());
        };
        let shown = member.get("role_assignments").filter(|shown| !shown.is_null());
        let mut assignments = assignments::read(shown, &organization)
            .map_err(|why| bad_answer(&format!("the member's role assignments are not as documented: {why}")))?;
        assignments.places.remember(&self.places.borrow());
        self.places.replace(assignments.places.clone());
        for known in &mut assignments.held {
            if sso::gives_again(mappings.as_deref(), &known.grant) {
                known.grant.warnings.push(Warning::MayReturnAtSsoLogin.text());
            }
        }
        let mut grants: Vec<Grant> = Vec::new();
        for known in &assignments.held {
            // Two spellings of the same role are one grant.
            if !grants.iter().any(|grant| grant.same_key(&known.grant)) {
                grants.push(known.grant.clone());
            }
        }
        grants.extend(assignments::wider(&assignments, cx.ask));
        // A read-back that lacks what the first read had proves nothing: a list without them may hide more.
        let mut unreadable = Vec::new();
        if scan.other_admins == 0 {
            unreadable.push(String::from("other administrators"));
        }
        let email = member.get("email").and_then(Value::as_str);
        Ok(Reading {
            unread: Vec::new(),
            other_ids: Vec::new(),
            grants,
            emails: email.iter().map(|email| email.to_lowercase()).collect(),
            username: email.map(str::to_owned),
            documents: vec![("user", member.to_string())],
            unreadable,
            is_sparse: shown.is_none(),
            warnings: mappings
                .is_none()
                .then(|| Warning::SsoNotChecked.text())
                .into_iter()
                .collect(),
            detail: Box::new(Detail {
                member: member.clone(),
                organization,
                assignments,
                admins: scan.admins,
                other_admins: scan.other_admins,
                mappings,
            }),
        })
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write) -> Verdict {
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        let said = core::said(&answer);
        if answer.is_success() {
            cx.revoke_answers.borrow_mut().push(answer.evidence(None));
            if core::codes(&answer).next().is_some() {
                return Verdict::Unanswered {
                    reason: Reason::ProviderRefused,
                    message: format!("Elastic Cloud answers with an error: {said}"),
                };
            }
            return Verdict::Acknowledged;
        }
        let fault = core::fault(cx, &answer, "Elastic Cloud refused to remove the assignments");
        let verdict = cx.fault(&fault);
        // One assignment that the key may not touch refuses them all.
        let is_of_one =
            core::codes(&answer).any(|code| code.starts_with("role_assignments.") || code == "root.permission_denied");
        if fault.kind == FaultKind::Forbidden && is_of_one && write.targets.len() > 1 {
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

    fn means(&self, selector: &Selector, grant: &Grant) -> bool {
        matching::means(selector, grant)
    }

    fn obstacle(&self, selector: &Selector, reading: &Reading) -> Option<(Reason, String)> {
        let detail = detail(reading)?;
        matching::obstacle(selector, &detail.organization, &detail.assignments)
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(async move {
            let detail = detail(reading).ok_or_else(|| bad_answer("nothing was read"))?;
            Ok(absence::of(
                selector,
                &absence::Known {
                    organization: &detail.organization,
                    assignments: &detail.assignments,
                    admins: detail.admins,
                    mappings: detail.mappings.as_deref(),
                    unknown_role: cx.ask.unknown_role,
                },
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
            let is_held = |id: &str| {
                let is_it = |grant: &&Grant| Key::parse(&grant.role_id).role == id && !matching::carries(grant);
                reading
                    .grants
                    .iter()
                    .filter(|grant| matching::means(selector, grant))
                    .any(|grant| is_it(&grant))
            };
            let place = selector.workspace.as_deref();
            let of_place = detail(reading).and_then(|detail| detail.assignments.places.kind(place));
            let kind = selector.group.as_deref().or(of_place);
            let called = selector
                .name
                .iter()
                .flat_map(|name| roles::called(name, kind).into_iter().map(|role| role.id));
            Ok(called.filter(|id| !is_held(id)).map(str::to_owned).collect())
        })
    }

    fn is_role(&self, text: &str, grant: &Grant) -> bool {
        matching::is_role(text.trim(), grant)
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
                .filter(|(_, grant)| is_last && Key::parse(&grant.role_id).role == roles::ORGANIZATION_ADMIN);
            Ok(admins
                .map(|(target, _)| Consequence {
                    affects: Affects::default(),
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
            let held = &detail.assignments.held;
            let is_of = |index: usize, known: &Assigned| known.grant.same_key(targets[index].grant);
            let found = |index: &usize| held.iter().any(|known| is_of(*index, known));
            let chosen: Vec<usize> = chosen.iter().copied().filter(found).collect();
            let assigned: Vec<&Assigned> = held
                .iter()
                .filter(|known| chosen.iter().any(|&index| is_of(index, known)))
                .collect();
            let body = assignments::body(&assigned, &ask.remote_data).to_string().into_bytes();
            let call = Call::write(Method::Delete, url.clone(), Some(body), Repeat::Replay)
                .header("content-type", "application/json");
            Write { call, targets: chosen }
        };
        let (alone, together): (Vec<usize>, Vec<usize>) = (0..targets.len()).partition(|&index| targets[index].alone);
        let mut writes: Vec<Write> = alone.into_iter().map(|index| write(&[index])).collect();
        if !together.is_empty() {
            writes.push(write(&together));
        }
        writes.retain(|write| !write.targets.is_empty());
        writes
    }

    fn send<'a>(
        &'a self,
        cx: &'a Context<'a>,
        write: &'a Write,
        _grants: &'a [&'a Grant],
        _reading: &'a Reading,
    ) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write).await; write.targets.len()] })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(
            || blank_user(""),
            |detail| {
                let held: Vec<&Grant> = reading.grants.iter().filter(|grant| grant.is_direct()).collect();
                mapping::user(&detail.member, &detail.organization, &held)
            },
        )
    }
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}

fn bad_answer(why: &str) -> ProviderFault {
    ProviderFault::new(FaultKind::BadAnswer, why)
}
