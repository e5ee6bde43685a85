//! The requests that take roles away, and what their answers mean for each grant.

use futures_util::future;
use serde_json::{Map, Value, json};

use crate::{
    client::Repeat,
    contract::reason::Reason,
    error::{FaultKind, ProviderFault},
    hashed::HashMap,
    provider::{Context, Grant, Planned, Verdict, Write},
    request::ValidatedRequest,
    sorted::{self, Set},
};

use super::{
    account_types::{self, ListOf, Lists},
    assignments,
    config::Config,
    core,
    find::{self, AccountType, Member},
    ids,
    read::{Detail, Memory, Standing, guarded_ownerships},
};

/// Entities in one removal. Source: docs.slack.dev, `admin.roles.removeAssignments`.
const ENTITIES_AT_ONCE: usize = 10;

/// Removes account types.
const SET_REGULAR: &str = "admin.users.setRegular";
/// The demotion is done in the organization and failed in some workspaces. Source: Slack's changelog of 2026-11-13.
const MISSED_WORKSPACES: &str = "failed_to_set_regular_on_workspaces";

/// Entities that share a removal: same role, same ids of the user.
struct Batch<'a> {
    role: &'a str,
    users: Vec<String>,
    entities: Vec<(usize, &'a str)>,
}

/// The requests that remove these grants.
pub fn plan(config: &Config, ask: &ValidatedRequest, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
    let mut writes = Vec::new();
    let mut batches: Vec<Batch<'_>> = Vec::new();
    let mut batch_of: HashMap<(&str, Vec<String>), usize> = HashMap::new();
    let mut demotions: Vec<(usize, &Grant)> = Vec::new();
    for (index, planned) in targets.iter().enumerate() {
        let grant = planned.grant;
        let role = grant.role_id.as_str();
        if ids::is_account_type(role) {
            demotions.push((index, grant));
            continue;
        }
        let Some(entity) = assignments::entity(&grant.scope) else {
            continue;
        };
        let mut users = detail.assignments.holders(role, entity);
        if users.is_empty() {
            users.push(detail.member.id.clone());
        }
        if planned.alone {
            writes.push(removal(config, ask, role, &users, &[(index, entity)]));
            continue;
        }
        let next = batches.len();
        let position = *batch_of.entry((role, users.clone())).or_insert(next);
        match batches.get_mut(position) {
            Some(batch) => batch.entities.push((index, entity)),
            None => batches.push(Batch {
                role,
                users,
                entities: vec![(index, entity)],
            }),
        }
    }
    writes.extend(plan_demotions(config, ask, &detail.member, demotions));
    for Batch { role, users, entities } in batches {
        writes.extend(
            entities
                .chunks(ENTITIES_AT_ONCE)
                .map(|chunk| removal(config, ask, role, &users, chunk)),
        );
    }
    writes
}

fn removal(config: &Config, ask: &ValidatedRequest, role: &str, users: &[String], entities: &[(usize, &str)]) -> Write {
    let ids: Vec<&str> = entities.iter().map(|(_, entity)| *entity).collect();
    let body = json!({"role_id": role, "entity_ids": ids, "user_ids": users});
    Write {
        call: core::write(
            config,
            "admin.roles.removeAssignments",
            &with(body, &ask.remote_data),
            Repeat::Replay,
        ),
        targets: entities.iter().map(|(index, _)| *index).collect(),
    }
}

/// One request for each account type. A demotion in the organization is sent by itself: Slack refuses to demote its owners and admins
/// in a workspace.
fn plan_demotions(
    config: &Config,
    ask: &ValidatedRequest,
    member: &Member,
    mut targets: Vec<(usize, &Grant)>,
) -> Vec<Write> {
    if targets.iter().all(|(_, grant)| is_of_workspace(grant)) {
        return targets
            .into_iter()
            .filter_map(|(index, grant)| demotion(config, ask, member, grant, vec![index]))
            .collect();
    }
    sorted::sort_by_key(&mut targets, |(_, grant)| (is_of_workspace(grant), !goes_along(grant)));
    let indices = targets.iter().map(|(index, _)| *index).collect();
    targets
        .first()
        .and_then(|(_, highest)| demotion(config, ask, member, highest, indices))
        .into_iter()
        .collect()
}

fn demotion(
    config: &Config,
    ask: &ValidatedRequest,
    member: &Member,
    grant: &Grant,
    targets: Vec<usize>,
) -> Option<Write> {
    let team = grant.scope.workspace.as_ref().or(grant.scope.organization.as_ref())?;
    let body = json!({"team_id": team, "user_id": member.id});
    // Never re-sent blindly: if the user has become a guest meanwhile, it would be a promotion.
    let call = core::write(config, SET_REGULAR, &with(body, &ask.remote_data), Repeat::Reread);
    Some(Write { call, targets })
}

/// One verdict for each grant of a write.
pub async fn send(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    write: &Write,
    grants: &[&Grant],
    detail: &Detail,
) -> Vec<Verdict> {
    if !grants.iter().any(|grant| ids::is_account_type(&grant.role_id)) {
        return assignments::remove(config, cx, write, grants).await;
    }
    let all = |verdict: Verdict| vec![verdict; grants.len()];
    if let Err(verdict) = check_standing(config, cx, memory, grants, &detail.member).await {
        return all(verdict);
    }
    let mut answer = set_regular(config, cx, write).await;
    let is_everywhere = grants.iter().any(|grant| !is_of_workspace(grant));
    if is_everywhere
        && matches!(
            answer,
            SetRegular::Missed | SetRegular::Answered(Verdict::Acknowledged | Verdict::Unanswered { .. })
        )
    {
        memory.has_demoted.set(true);
    }
    // The organization is done and some workspaces are not. If ownerships are left, it is sent once more.
    if matches!(answer, SetRegular::Missed)
        && let Ok(fresh) = check_standing(config, cx, memory, grants, &detail.member).await
        && fresh
            .ownerships
            .is_some_and(|left| !left.is_complete() || !left.workspaces.is_empty())
    {
        answer = match set_regular(config, cx, write).await {
            SetRegular::Answered(Verdict::Acknowledged) => SetRegular::Answered(Verdict::Acknowledged),
            // The first request had an effect, whatever became of the second.
            _ => SetRegular::Missed,
        };
    }
    let verdict = match answer {
        SetRegular::Answered(verdict) => verdict,
        SetRegular::Missed => Verdict::Unanswered {
            reason: Reason::ProviderError,
            message: String::from("Slack could not demote the user on every workspace"),
        },
    };
    let along = |grant: &&&Grant| is_everywhere && verdict == Verdict::Acknowledged && !goes_along(grant);
    grants
        .iter()
        .map(|grant| if along(&grant) { not_along() } else { verdict.clone() })
        .collect()
}

/// The answer to a demotion.
enum SetRegular {
    Answered(Verdict),
    /// Done in the organization, and not in every workspace.
    Missed,
}

async fn set_regular(config: &Config, cx: &Context<'_>, write: &Write) -> SetRegular {
    let answer = match core::send(config, cx, &write.call).await {
        Ok(answer) => answer,
        Err(fault) => return SetRegular::Answered(cx.fault(&fault)),
    };
    if core::is_ok(&answer) {
        cx.revoke_answers.borrow_mut().push(answer.evidence(None));
        return SetRegular::Answered(Verdict::Acknowledged);
    }
    let fault = core::refusal(cx, &answer, "the demotion");
    let verdict = cx.fault(&fault.fault);
    if fault.is(&[MISSED_WORKSPACES]) {
        SetRegular::Missed
    } else {
        SetRegular::Answered(verdict)
    }
}

/// Reads the account types again, directly before a demotion: its effect depends on them, and the guards checked an earlier read.
///
/// # Errors
/// The verdict, if they changed or cannot be read.
async fn check_standing(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    grants: &[&Grant],
    member: &Member,
) -> Result<Standing, Verdict> {
    let fresh = match standing(config, cx, memory, grants, member).await {
        Ok(fresh) => fresh,
        Err(fault) => {
            cx.note(&fault);
            return Err(Verdict::NotSent {
                reason: fault.reason(),
                message: format!(
                    "not sent, because the user's account types cannot be read again: {}",
                    fault.message
                ),
            });
        }
    };
    let guarded = memory.guarded.borrow();
    let is_same = guarded
        .as_ref()
        .is_some_and(|guarded| is_covered(&fresh, guarded, grants, memory.has_demoted.get()));
    if is_same {
        return Ok(fresh);
    }
    Err(Verdict::NotSent {
        reason: Reason::ConcurrentChange,
        message: String::from("not sent: the user's account types changed after they were checked"),
    })
}

/// The account types that a demotion of these grants depends on.
async fn standing(
    config: &Config,
    cx: &Context<'_>,
    memory: &Memory,
    grants: &[&Grant],
    member: &Member,
) -> Result<Standing, ProviderFault> {
    let workspaces: Set<String> = grants
        .iter()
        .filter_map(|grant| grant.scope.workspace.clone())
        .collect();
    let is_everywhere = grants.iter().any(|grant| !is_of_workspace(grant));
    let owned = guarded_ownerships(memory);
    let needed = |member: &Member| {
        let mut needed = ListOf::both(&workspaces);
        if is_everywhere {
            needed.extend(ListOf::owners(member, &owned));
        }
        needed
    };
    let mut lists = Lists::default();
    let (user, ()) = future::join(
        find::info(config, cx, &member.asked),
        lists.read(config, cx, needed(member)),
    )
    .await;
    let (user, _) = user.map_err(|error| match error {
        crate::error::Error::Provider(fault) => fault,
        other => ProviderFault::new(FaultKind::Refused, other.to_string()),
    })?;
    let fresh = Member::new(&user, &member.asked, member.enterprise.clone());
    // The user may be in another workspace since.
    lists.read(config, cx, needed(&fresh)).await;
    let to_explain = account_types::to_explain(&lists, &fresh, &workspaces);
    lists.read(config, cx, to_explain).await;
    let workspaces = account_types::of_workspaces(&lists, &fresh, workspaces);
    if let Some(fault) = account_types::failed_read(workspaces.values()) {
        return Err(fault.clone());
    }
    Ok(Standing {
        ownerships: is_everywhere.then(|| account_types::ownerships(&lists, &fresh, &owned)),
        member: fresh,
        workspaces,
    })
}

/// Returns true if the guards checked what is there now. After our own demotion in the organization, less may be there.
fn is_covered(fresh: &Standing, guarded: &Standing, grants: &[&Grant], has_demoted: bool) -> bool {
    let is_regular = fresh.member.above.is_some_and(AccountType::is_regular);
    let is_same_above = fresh.member.above == guarded.member.above || (has_demoted && is_regular);
    let is_same_person = fresh.member.id == guarded.member.id && fresh.member.home == guarded.member.home;
    let is_same_kind = fresh.member.may_be_guest == guarded.member.may_be_guest;
    let may_be_less = has_demoted && fresh.ownerships.is_some();
    let are_workspaces_same = grants
        .iter()
        .filter_map(|grant| grant.scope.workspace.as_ref())
        .all(|id| match (fresh.workspaces.get(id), guarded.workspaces.get(id)) {
            (Some(now), Some(before)) if may_be_less => now.is_within(before),
            (Some(now), Some(before)) => now.gap().is_none() && now == before,
            _ => false,
        });
    let are_owned_same = match (&fresh.ownerships, &guarded.ownerships) {
        (None, _) => true,
        (Some(now), Some(before)) if has_demoted => now.is_within(before),
        (now, before) => now == before,
    };
    is_same_above
        && is_same_person
        && is_same_kind
        && are_workspaces_same
        && are_owned_same
        // If the document does not say, Slack itself still refuses to demote the primary owner.
        && fresh.member.is_primary_owner.is_none_or(|is| guarded.member.is_primary_owner == Some(is))
}

/// Returns true for what a demotion in the organization is documented to take.
fn goes_along(grant: &Grant) -> bool {
    !is_of_workspace(grant) || grant.role_id == ids::OWNER
}

fn not_along() -> Verdict {
    Verdict::Unanswered {
        reason: Reason::Prerequisite,
        message: String::from(
            "the demotion in the organization came first, and did not take this one: repeat the call",
        ),
    }
}

fn is_of_workspace(grant: &Grant) -> bool {
    ids::is_of_workspace(&grant.role_id)
}

/// The body with the request's `remote_data`. Our fields win.
fn with(mut body: Value, rest: &Map<String, Value>) -> Value {
    if let Value::Object(fields) = &mut body {
        for (key, value) in rest {
            fields.entry(key).or_insert_with(|| value.clone());
        }
    }
    body
}
