//! The last verification: everything that is called removed or not held is looked at once more, whatever the journal says.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::{
    fleet::{Fleet, Member},
    journal::{self, event::Begin},
    pace::{self, ACCOUNTS_AT_ONCE, REPEATS},
    progress::Progress,
    reply::{Coverage, Reply},
    run,
    state::State,
    stop::Stop,
    task::{Finding, Task},
};

/// Verifies what is called gone, at all accounts side by side.
pub async fn everything(fleet: &Fleet, state: &State, stop: &Stop, progress: &Progress) {
    stream::iter(&fleet.members)
        .for_each_concurrent(ACCOUNTS_AT_ONCE, |member| account(fleet, member, state, stop, progress))
        .await;
}

/// Whether a task is called closed by something older than this verification.
pub fn is_due(begin: &Begin, task: &Task) -> bool {
    let is_accepted = begin.accept_no_such_user && task.finding() == Finding::NoSuchUser;
    (task.needs_last_verification() || is_accepted) && !task.is_verified
}

async fn account(fleet: &Fleet, member: &Member, state: &State, stop: &Stop, progress: &Progress) {
    if member.given_up().is_some() {
        return;
    }
    let begin = Arc::clone(&state.lock().begin);
    for index in state.of_account(&member.account.id, |task| is_due(&begin, task)) {
        if stop.is_asked() {
            return;
        }
        let reply = match patiently(fleet, member, state, index, stop).await {
            Ok(reply) => reply,
            Err(error) => {
                stop.ask(&error.to_string());
                return;
            }
        };
        let Some(reply) = reply else { continue };
        progress.done(&member.account.id, &begin, index, word(&reply));
        if let Some(why) = member.note(&reply) {
            progress.say(&format!("{}: {why}", member.account.id));
            return;
        }
    }
}

/// Nothing is verified by a call that says nothing of a grant, unless it says that there is no such user.
fn word(reply: &Reply) -> &'static str {
    if reply.coverage() == Coverage::Silent && !reply.is_no_such_user() {
        "unclear"
    } else {
        "verified"
    }
}

async fn patiently(
    fleet: &Fleet,
    member: &Member,
    state: &State,
    index: usize,
    stop: &Stop,
) -> Result<Option<Reply>, journal::Error> {
    let mut repeat = 0;
    loop {
        let Some(task) = state.task(index) else { return Ok(None) };
        let reply = run::verify(fleet, member, state, index, &task, true).await?;
        if !reply.retryable || repeat >= REPEATS {
            return Ok(Some(reply));
        }
        let Some(pause) = pace::pause(&reply, repeat) else {
            return Ok(Some(reply));
        };
        if !pace::wait(pause, stop).await {
            return Ok(Some(reply));
        }
        repeat += 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::offboard::task::examples::{answer, nothing, reply};

    #[test]
    fn a_call_that_failed_verified_nothing() {
        for status in [401, 403, 409] {
            assert_eq!(
                word(&reply(status, json!({"error_code": "unauthenticated"}))),
                "unclear"
            );
        }
        assert_eq!(word(&reply(404, json!({"error_code": "not_found"}))), "verified");
        assert_eq!(word(&reply(200, nothing())), "verified");
        assert_eq!(word(&reply(422, answer(422, &[("viewer", "held")]))), "verified");
    }
}
