//! The `Provider` steps of Slack Enterprise.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::{
    ask::{Ask, Selector},
    capability::Capability,
    client::Repeat,
    contract::types::{SideEffect, User},
    engine::with_remote_query,
    error::{Error, FaultKind, ProviderFault},
    provider::{
        Absence, Consequence, Context, Field, Grant, Planned, Principal, Provider, Reading, Verdict, Verification,
        Write,
    },
    reason::Reason,
    transport::Task,
    unified::blank_user,
};

use super::{
    account_types,
    capability::CAPABILITY,
    config::Config,
    core, mapping,
    reading::{self, Detail},
    roles,
};

/// One Slack Enterprise account during one operation.
pub struct Slack {
    config: Config,
}

/// Entities in one removal.
const ENTITIES_AT_ONCE: usize = 10;
/// Workspaces that are looked through for ownership before an organization-level demotion.
const MOST_WORKSPACES: usize = 50;

impl Slack {
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    fn what_absence_means(selector: &Selector) -> Absence {
        match &selector.id {
            // The complete list of assignments is the proof; a custom role has no directory.
            Some(_) => Absence::Proven,
            None => Absence::NotFound(format!(
                "Slack publishes no role called `{}`; a custom role is known by its id alone",
                selector.label()
            )),
        }
    }

    async fn what_else_goes(
        &self,
        cx: &Context<'_>,
        reading: &Reading,
        targets: &[Grant],
    ) -> Result<Vec<Consequence>, Error> {
        let Some(detail) = detail(reading) else {
            return Ok(Vec::new());
        };
        let mut consequences = Vec::new();
        for (target, grant) in targets.iter().enumerate() {
            if !matches!(grant.role_id.as_str(), roles::ORG_OWNER | roles::ORG_ADMIN) {
                continue;
            }
            let user = detail.user.get("id").and_then(Value::as_str).unwrap_or_default();
            let seen = &detail.teams[..detail.teams.len().min(MOST_WORKSPACES)];
            let mut lists: Vec<String> = account_types::owned(&self.config, cx, user, seen)
                .await?
                .into_iter()
                .map(|workspace| format!("ownership of workspace {workspace}"))
                .collect();
            if seen.len() < detail.teams.len() {
                lists.push(String::from("complete: false"));
            }
            consequences.push(Consequence {
                target,
                takes: Vec::new(),
                effect: SideEffect::DemoteOwnerEverywhere,
                lists,
            });
        }
        Ok(consequences)
    }

    /// One verdict for each target: rejected ids are not acknowledged, the rest are.
    async fn verdicts(&self, cx: &Context<'_>, write: &Write) -> Vec<Verdict> {
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
            "failed_for_some_entities" => partial(write, &document),
            "invalid_role_id" => all(Verdict::UnknownRole {
                message: String::from("Slack knows no such role"),
            }),
            // The organization is done, some workspaces are not: it is read, and asked for once more.
            "failed_to_set_regular_on_workspaces" => all(Verdict::Unanswered {
                reason: Reason::ProviderError,
                message: String::from("Slack could not demote the user on every workspace"),
            }),
            // `fatal_error` may be half done.
            _ if fault.kind == FaultKind::ServerError || error == "fatal_error" => all(Verdict::Unanswered {
                reason: Reason::ProviderError,
                message: fault.message,
            }),
            _ => all(verdict),
        }
    }

    fn removal(&self, ask: &Ask, user: &str, role: &str, entities: &[(usize, &str)]) -> Write {
        let ids: Vec<&str> = entities.iter().map(|(_, entity)| *entity).collect();
        let body = json!({"role_id": role, "entity_ids": ids, "user_ids": [user]});
        let call = core::write(
            &self.config,
            "admin.roles.removeAssignments",
            &with(body, &ask.remote_data),
            Repeat::Replay,
        );
        Write {
            call: with_remote_query(call, ask),
            targets: entities.iter().map(|(index, _)| *index).collect(),
        }
    }

    fn demotion(&self, ask: &Ask, user: &str, index: usize, grant: &Grant) -> Option<Write> {
        let team = grant.scope.workspace.as_ref().or(grant.scope.organization.as_ref())?;
        let body = json!({"team_id": team, "user_id": user});
        // Asked again after the state has changed it could promote a guest: the engine reads first.
        let call = core::write(
            &self.config,
            "admin.users.setRegular",
            &with(body, &ask.remote_data),
            Repeat::Reread,
        );
        Some(Write {
            call: with_remote_query(call, ask),
            targets: vec![index],
        })
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
        let is_id = |letters: &[char]| {
            value.len() >= 3
                && value.starts_with(letters)
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        match field {
            Field::User if !is_id(&['U', 'W']) && !value.contains('@') => {
                Err(String::from("must be a user id (U… or W…) or an e-mail address"))
            }
            Field::Organization if !is_id(&['E']) => Err(String::from("must be an organization id (E…)")),
            Field::Workspace if !is_id(&['T']) => Err(String::from("must be a workspace id (T…)")),
            Field::Group if !is_id(&['C', 'G']) => Err(String::from("must be a channel id (C…)")),
            Field::Role => match roles::id_of(value) {
                Some(id) => Ok(id.to_owned()),
                None if roles::is_role_id(value) => Ok(value.to_owned()),
                None => Err(String::from(
                    "must be a role id (Rl…), owner, admin, org_owner or org_admin (taking `member` or a guest type away would be a promotion or a removal)",
                )),
            },
            _ => Ok(value.to_owned()),
        }
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        let Some(known) = selector.name.as_deref().and_then(roles::id_of) else {
            return Ok(());
        };
        match selector.id.as_deref() {
            Some(id) if id != known => Err(String::from("names another role than the name")),
            _ => {
                selector.id = Some(known.to_owned());
                // The console's spelling may differ from the table's.
                selector.name = None;
                Ok(())
            }
        }
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
        _reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(async move { Ok(Self::what_absence_means(selector)) })
    }

    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(self.what_else_goes(cx, reading, targets))
    }

    fn own_principal<'a>(&'a self, cx: &'a Context<'a>, _reading: &'a Reading) -> Task<'a, Result<Principal, Error>> {
        Box::pin(async move {
            let test = core::read(&self.config, cx, "auth.test", crate::client::QueryBuilder::new()).await?;
            let user = test.get("user_id").and_then(Value::as_str);
            Ok(user.map_or(Principal::Unknown, |user| Principal::User(user.to_owned())))
        })
    }

    fn plan(&self, ask: &Ask, user: &str, _reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let mut writes = Vec::new();
        let mut by_role: Vec<(&str, Vec<(usize, &str)>)> = Vec::new();
        for (index, planned) in targets.iter().enumerate() {
            let grant = planned.grant;
            if roles::is_account_type(&grant.role_id) {
                writes.extend(self.demotion(ask, user, index, grant));
                continue;
            }
            let scope = &grant.scope;
            let Some(entity) = scope
                .group
                .as_deref()
                .or(scope.workspace.as_deref())
                .or(scope.organization.as_deref())
            else {
                continue;
            };
            if planned.alone {
                writes.push(self.removal(ask, user, &grant.role_id, &[(index, entity)]));
                continue;
            }
            match by_role.iter_mut().find(|(role, _)| *role == grant.role_id) {
                Some((_, entities)) => entities.push((index, entity)),
                None => by_role.push((&grant.role_id, vec![(index, entity)])),
            }
        }
        for (role, entities) in by_role {
            writes.extend(
                entities
                    .chunks(ENTITIES_AT_ONCE)
                    .map(|chunk| self.removal(ask, user, role, chunk)),
            );
        }
        writes
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, _reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(self.verdicts(cx, write))
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), |detail| mapping::user(detail, &reading.grants))
    }
}

/// Each entity is rejected with its own error, or was processed.
fn partial(write: &Write, document: &Value) -> Vec<Verdict> {
    let body: Value = serde_json::from_slice(write.call.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let entities = body
        .get("entity_ids")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let rejected = document
        .get("rejected_entities")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    entities
        .iter()
        .map(|entity| {
            let why = rejected.iter().find(|row| row.get("id") == Some(entity));
            match why.map(|row| row.get("error").and_then(Value::as_str).unwrap_or("rejected")) {
                Some(error) => Verdict::Refused {
                    reason: ProviderFault::new(core::kind_of(error), "").reason(),
                    message: format!("Slack rejects {entity}: {error}"),
                },
                // Without a list of what was rejected nothing was acknowledged.
                None if rejected.is_empty() => Verdict::Unanswered {
                    reason: Reason::BadAnswer,
                    message: String::from("Slack does not say which entities it rejected"),
                },
                None => Verdict::Acknowledged,
            }
        })
        .collect()
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
