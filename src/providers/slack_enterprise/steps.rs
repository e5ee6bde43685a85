//! The `Provider` steps of Slack Enterprise.

use std::{
    cell::{Cell, RefCell},
    time::Duration,
};

use serde_json::{Map, Value, json};

use crate::{
    ask::{Ask, Selector},
    capability::Capability,
    client::{QueryBuilder, Repeat},
    contract::types::{SideEffect, User},
    error::{Error, FaultKind},
    provider::{
        Absence, Affects, Consequence, Context, Field, Grant, Planned, Principal, Provider, Reading, Verdict,
        Verification, Write,
    },
    reason::Reason,
    transport::Task,
    unified::blank_user,
};

use super::{
    absence, account_types, assignments,
    capability::CAPABILITY,
    config::Config,
    core, form, mapping,
    reading::{self, Detail},
    roles,
};

/// One Slack Enterprise account during one operation.
pub struct Slack {
    config: Config,
    /// Workspaces that a demotion in the organization should take the ownership of.
    owned: RefCell<Vec<String>>,
    /// Those that it has missed, or may have: the read-back looks there.
    missed: RefCell<Vec<String>>,
    /// How many of the targets of a planned demotion in the organization are its own and the ownerships along with it: what it is
    /// documented to take.
    documented: Cell<usize>,
}

/// Entities in one removal.
const ENTITIES_AT_ONCE: usize = 10;
/// Workspaces that are looked through for ownership before an organization-level demotion.
const MOST_WORKSPACES: usize = 50;

impl Slack {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            owned: RefCell::new(Vec::new()),
            missed: RefCell::new(Vec::new()),
            documented: Cell::new(0),
        }
    }

    async fn what_else_goes(&self, cx: &Context<'_>, reading: &Reading, targets: &[Grant]) -> Vec<Consequence> {
        let Some(detail) = detail(reading) else {
            return Vec::new();
        };
        let mut consequences = Vec::new();
        for (target, grant) in targets.iter().enumerate() {
            if !matches!(grant.role_id.as_str(), roles::ORG_OWNER | roles::ORG_ADMIN) {
                continue;
            }
            let member = &detail.member;
            let (mut takes, complete) = account_types::owned(&self.config, cx, member, seen(detail)).await;
            let owned: Vec<String> = takes.iter().filter_map(|grant| grant.scope.workspace.clone()).collect();
            let mut lists: Vec<String> = owned
                .iter()
                .map(|workspace| format!("ownership of workspace {workspace}"))
                .collect();
            *self.owned.borrow_mut() = owned;
            if !complete || !member.has_teams || seen(detail).len() < member.teams.len() {
                lists.push(String::from("complete: false"));
                // What cannot be listed may be protected.
                takes.push(account_types::ownership(member, None));
            }
            // What somebody is in a workspace by being more in the organization goes with that.
            takes.extend(
                reading
                    .grants
                    .iter()
                    .filter(|grant| !grant.is_direct() && roles::is_of_workspace(&grant.role_id))
                    .cloned(),
            );
            consequences.push(Consequence {
                affects: Affects::default(),
                target,
                takes,
                effect: SideEffect::DemoteOwnerEverywhere,
                lists,
            });
        }
        consequences
    }

    /// One verdict for each target: rejected ids are not acknowledged, the rest are.
    async fn verdicts(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], reading: &Reading) -> Vec<Verdict> {
        let all = |verdict: Verdict| vec![verdict; write.targets.len()];
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return all(cx.fault(&fault)),
        };
        let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match document.get("ok").and_then(Value::as_bool) {
            Some(true) if answer.is_success() => {
                cx.revoke_answers.borrow_mut().push(answer.evidence(None));
                return all(Verdict::Acknowledged);
            }
            None if answer.is_success() => {
                cx.revoke_answers.borrow_mut().push(answer.evidence(None));
                return all(Verdict::Unanswered {
                    reason: Reason::BadAnswer,
                    message: String::from("Slack answered with something else than its documented JSON"),
                });
            }
            _ => {}
        }
        let error = core::error_of(&answer).unwrap_or_default();
        let fault = core::refusal(cx, &answer, "the removal");
        let verdict = cx.fault(&fault);
        match error.as_str() {
            "failed_for_some_entities" | "failed_for_some_users" | "failed_for_some_users_and_entities" => {
                assignments::partial(grants, &document, &error)
            }
            "invalid_role_id" => all(Verdict::UnknownRole {
                message: String::from("Slack knows no such role"),
            }),
            MISSED_WORKSPACES if self.missed.borrow().is_empty() => {
                all(self.demote_again(cx, write, grants, reading).await)
            }
            MISSED_WORKSPACES => all(missed()),
            // `fatal_error` may be half done.
            _ if fault.kind == FaultKind::ServerError => all(Verdict::Unanswered {
                reason: Reason::ProviderError,
                message: fault.message,
            }),
            _ => all(verdict),
        }
    }

    /// The organization is done, and some workspaces are not: they are looked at, and the same is asked for once more.
    async fn demote_again(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], reading: &Reading) -> Verdict {
        let Some(detail) = detail(reading) else {
            return missed();
        };
        if self.left(cx, detail).await.is_empty() || !cx.client.deadline().allows_write(cx.client.transport()) {
            return missed();
        }
        let again = Box::pin(self.verdicts(cx, write, grants, reading)).await;
        let is_acknowledged = again.first() == Some(&Verdict::Acknowledged);
        // The first one had an effect, whatever became of the second.
        if is_acknowledged && self.left(cx, detail).await.is_empty() {
            Verdict::Acknowledged
        } else {
            missed()
        }
    }

    /// The workspaces that a demotion in the organization has missed so far. One that cannot be read counts: the read-back has
    /// to look there again.
    async fn left(&self, cx: &Context<'_>, detail: &Detail) -> Vec<String> {
        let (owned, complete) = account_types::owned(&self.config, cx, &detail.member, seen(detail)).await;
        let left: Vec<String> = if complete {
            owned.into_iter().filter_map(|grant| grant.scope.workspace).collect()
        } else {
            seen(detail).to_vec()
        };
        self.missed.borrow_mut().clone_from(&left);
        left
    }

    fn removal(&self, ask: &Ask, role: &str, users: &[String], entities: &[(usize, &str)]) -> Write {
        let ids: Vec<&str> = entities.iter().map(|(_, entity)| *entity).collect();
        let call = core::write(
            &self.config,
            "admin.roles.removeAssignments",
            &with(assignments::removal(role, &ids, users), &ask.remote_data),
            Repeat::Replay,
        );
        Write {
            call,
            targets: entities.iter().map(|(index, _)| *index).collect(),
        }
    }

    /// One request for each account type. With a demotion in the organization it is that one alone: as long as somebody is an owner
    /// or admin there, Slack refuses the demotion in a workspace.
    fn demotions(&self, ask: &Ask, user: &str, mut targets: Vec<(usize, &Grant)>) -> Vec<Write> {
        let is_of_workspace = |grant: &Grant| roles::is_of_workspace(&grant.role_id);
        if targets.iter().all(|(_, grant)| is_of_workspace(grant)) {
            let alone = |target: (usize, &Grant)| self.demotion(ask, user, target.1, vec![target.0]);
            return targets.into_iter().filter_map(alone).collect();
        }
        let is_documented = |grant: &Grant| !is_of_workspace(grant) || grant.role_id == roles::OWNER;
        targets.sort_by_key(|(_, grant)| (is_of_workspace(grant), !is_documented(grant)));
        let documented = targets.iter().filter(|(_, grant)| is_documented(grant)).count();
        self.documented.set(documented);
        let indices = targets.iter().map(|(index, _)| *index).collect();
        let highest = targets.first().map(|(_, grant)| *grant);
        highest
            .and_then(|grant| self.demotion(ask, user, grant, indices))
            .into_iter()
            .collect()
    }

    fn demotion(&self, ask: &Ask, user: &str, grant: &Grant, targets: Vec<usize>) -> Option<Write> {
        let team = grant.scope.workspace.as_ref().or(grant.scope.organization.as_ref())?;
        let body = json!({"team_id": team, "user_id": user});
        // Asked again after the state has changed it could promote a guest: the engine reads first.
        let call = core::write(&self.config, SET_REGULAR, &with(body, &ask.remote_data), Repeat::Reread);
        Some(Write { call, targets })
    }

    /// That a demotion in the organization takes the ownership of workspaces is documented. What else is along with it a read tells.
    fn doubt_what_is_along(&self, grants: &[&Grant], verdicts: &mut [Verdict]) {
        let is_demotion = grants.iter().all(|grant| roles::is_account_type(&grant.role_id));
        let along = verdicts.iter_mut().skip(self.documented.get());
        for verdict in along.filter(|_| is_demotion && grants.len() > 1) {
            if *verdict == Verdict::Acknowledged {
                *verdict = Verdict::Unanswered {
                    reason: Reason::Prerequisite,
                    message: String::from(
                        "the demotion in the organization came first, and did not take this one: repeat the call",
                    ),
                };
            }
        }
    }
}

impl Provider for Slack {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        Verification {
            window: self.config.staleness_window,
            earliest: Duration::ZERO,
            rounds: 2,
            replaces_set: false,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        form::normalise(field, value)
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        if let Some(known) = selector.name.as_deref().and_then(roles::id_of) {
            if selector.id.as_deref().is_some_and(|id| id != known) {
                return Err(String::from("names another role than the name"));
            }
            selector.id = Some(known.to_owned());
            // The console's spelling may differ from the table's.
            selector.name = None;
        }
        check_scope(selector).map_err(str::to_owned)?;
        let is_assigned = selector.id.as_deref().is_some_and(|id| !roles::is_account_type(id));
        // Assignments at the organization and inside of it are different ones; account types have different names there.
        selector.is_outermost =
            is_assigned && selector.names_organization && selector.workspace.is_none() && selector.group.is_none();
        Ok(())
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(reading::find_user(&self.config, cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(async move {
            let missed = self.missed.borrow().clone();
            reading::read(&self.config, cx, user, &missed).await
        })
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(async move {
            Ok(match detail(reading) {
                Some(detail) => absence::of(&self.config, cx, selector, reading, detail).await,
                None => Absence::Unclear {
                    reason: Reason::NotVisible,
                    message: String::from("the reading has no user"),
                },
            })
        })
    }

    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(async move { Ok(self.what_else_goes(cx, reading, targets).await) })
    }

    fn own_principal<'a>(&'a self, cx: &'a Context<'a>, reading: &'a Reading) -> Task<'a, Result<Principal, Error>> {
        Box::pin(async move {
            let test = core::read(&self.config, cx, "auth.test", QueryBuilder::new()).await?;
            let Some(own) = test.get("user_id").and_then(Value::as_str) else {
                return Ok(Principal::Unknown);
            };
            // The token may know its user by the other one of two ids.
            let member = detail(reading).map(|detail| &detail.member);
            let own = member.filter(|member| member.is(own)).map_or(own, |member| &member.id);
            Ok(Principal::User(own.to_owned()))
        })
    }

    fn plan(&self, ask: &Ask, user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let mut writes = Vec::new();
        let mut by_role: Vec<Batch<'_>> = Vec::new();
        let mut demotions: Vec<(usize, &Grant)> = Vec::new();
        for (index, planned) in targets.iter().enumerate() {
            let grant = planned.grant;
            let role = grant.role_id.as_str();
            if roles::is_account_type(role) {
                demotions.push((index, grant));
                continue;
            }
            let Some(entity) = assignments::entity(&grant.scope) else {
                continue;
            };
            let users = detail(reading).map_or_else(
                || vec![user.to_owned()],
                |detail| detail.assignments.holders(role, entity, user),
            );
            if planned.alone {
                writes.push(self.removal(ask, role, &users, &[(index, entity)]));
                continue;
            }
            match by_role
                .iter_mut()
                .find(|batch| batch.role == role && batch.users == users)
            {
                Some(batch) => batch.entities.push((index, entity)),
                None => by_role.push(Batch {
                    role,
                    users,
                    entities: vec![(index, entity)],
                }),
            }
        }
        writes.extend(self.demotions(ask, user, demotions));
        for Batch { role, users, entities } in by_role {
            writes.extend(
                entities
                    .chunks(ENTITIES_AT_ONCE)
                    .map(|chunk| self.removal(ask, role, &users, chunk)),
            );
        }
        writes
    }

    fn send<'a>(
        &'a self,
        cx: &'a Context<'a>,
        write: &'a Write,
        grants: &'a [&'a Grant],
        reading: &'a Reading,
    ) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move {
            let mut verdicts = self.verdicts(cx, write, grants, reading).await;
            let is_open = |verdict: &Verdict| matches!(verdict, Verdict::Unanswered { .. });
            // A demotion without an answer may be done in part.
            if verdicts.iter().any(is_open) && self.missed.borrow().is_empty() {
                self.missed.borrow_mut().clone_from(&self.owned.borrow());
            }
            self.doubt_what_is_along(grants, &mut verdicts);
            verdicts
        })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), |detail| mapping::user(detail, &reading.grants))
    }
}

/// Entities that go in one removal: the role's, where the user is known by the same ids.
struct Batch<'a> {
    role: &'a str,
    users: Vec<String>,
    entities: Vec<(usize, &'a str)>,
}

/// Takes account types away.
const SET_REGULAR: &str = "admin.users.setRegular";
/// A demotion in the organization is done there, and some workspaces failed.
const MISSED_WORKSPACES: &str = "failed_to_set_regular_on_workspaces";

fn missed() -> Verdict {
    Verdict::Unanswered {
        reason: Reason::ProviderError,
        message: String::from("Slack could not demote the user on every workspace"),
    }
}

/// The workspaces that are looked through for ownership.
fn seen(detail: &Detail) -> &[String] {
    let teams = &detail.member.teams;
    teams.get(..MOST_WORKSPACES).unwrap_or(teams)
}

/// A scope that no grant of the role can have is a mistake, and not a role that is not held.
fn check_scope(selector: &Selector) -> Result<(), &'static str> {
    let Selector {
        id,
        name,
        group,
        workspace,
        ..
    } = selector;
    match id.as_deref() {
        None if name.is_none() => Err("is required: a channel alone names no role"),
        Some(id) if roles::is_account_type(id) && group.is_some() => {
            Err("is an account type, which nobody has in a channel: leave out the group")
        }
        Some(id) if roles::is_account_type(id) && !roles::is_of_workspace(id) && workspace.is_some() => {
            Err("is an account type in the organization: leave out the workspace")
        }
        _ if group.is_some() && workspace.is_some() => {
            Err("is at a channel and at a workspace, which no assignment is: leave out one of them")
        }
        _ => Ok(()),
    }
}

fn with(mut body: Value, rest: &Map<String, Value>) -> Value {
    if let Value::Object(fields) = &mut body {
        fields.extend(rest.clone());
    }
    body
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
