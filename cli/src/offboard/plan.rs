//! A plan for everybody. Nothing is written at any provider.

use futures_util::{StreamExt, stream};

use super::{
    call,
    fleet::{Fleet, Member},
    grant::Grant,
    journal::event::{Begin, Planned},
    pace::{self, ACCOUNTS_AT_ONCE, REPEATS},
    progress::Progress,
    reply::Coverage,
    stop::Stop,
};

/// The plan of each task, in their order. Missing where the run was stopped or the account given up.
pub async fn everybody(fleet: &Fleet, begin: &Begin, stop: &Stop, progress: &Progress) -> Vec<Option<Planned>> {
    let accounts = stream::iter(&fleet.members).map(|member| account(member, begin, stop, progress));
    let accounts: Vec<_> = accounts.buffer_unordered(ACCOUNTS_AT_ONCE).collect().await;
    let mut plans = vec![None; begin.tasks.len()];
    for (index, planned) in accounts.into_iter().flatten() {
        if let Some(place) = plans.get_mut(index) {
            *place = Some(planned);
        }
    }
    plans
}

/// One person after the other, so that the provider's rate limit is one account's to keep.
async fn account(member: &Member, begin: &Begin, stop: &Stop, progress: &Progress) -> Vec<(usize, Planned)> {
    let of_account = begin.tasks.iter().enumerate();
    let tasks = of_account.filter(|(_, task)| task.target.account == member.account.id);
    let mut plans = Vec::new();
    for (index, task) in tasks {
        if stop.is_asked() {
            break;
        }
        let planned = patiently(member, begin, &task.target.user, stop).await;
        let given_up = member.note(&planned.reply);
        progress.done(&member.account.id, begin, index, word(&planned));
        plans.push((index, planned));
        if let Some(why) = given_up {
            progress.say(&format!("{}: {why}", member.account.id));
            break;
        }
    }
    plans
}

/// What came of planning, in a word.
fn word(planned: &Planned) -> &'static str {
    if planned.plan.is_some() {
        "planned"
    } else if planned.reply.is_no_such_user() {
        "no such user"
    } else {
        "no plan"
    }
}

/// Repeats a plan that only the provider's limits or a moment's fault kept from being made.
async fn patiently(member: &Member, begin: &Begin, user: &str, stop: &Stop) -> Planned {
    let (mut repeat, mut is_second_look) = (0, false);
    loop {
        let planned = call::plan(member, begin, user).await;
        let is_limited = |grant: &Grant| grant.reason.as_deref() == Some("rate_limited");
        let is_made = planned.plan.is_some() && !planned.reply.grants.iter().any(is_limited);
        // What is not shown may be a moment's fault, and the plan would leave it out: it is worth a second look, and no third.
        let has_gaps = is_made && planned.reply.coverage() == Coverage::Gaps;
        if has_gaps && !is_second_look {
            is_second_look = true;
        } else if is_made || !planned.reply.retryable || repeat >= REPEATS {
            return planned;
        }
        let Some(pause) = pace::pause(&planned.reply, repeat) else {
            return planned;
        };
        if !pace::wait(pause, stop).await {
            return planned;
        }
        repeat += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::offboard::task::examples;

    #[test]
    fn nobody_is_planned_without_a_plan() {
        let made = examples::planned().planned.unwrap();
        assert_eq!(word(&made), "planned");
        for (status, code, expected) in [
            (404, "not_found", "no such user"),
            (401, "unauthenticated", "no plan"),
            (502, "provider_error", "no plan"),
        ] {
            let planned = Planned {
                reply: examples::reply(status, json!({"error_code": code})),
                plan: None,
                ..made.clone()
            };
            assert_eq!(word(&planned), expected);
        }
    }
}
