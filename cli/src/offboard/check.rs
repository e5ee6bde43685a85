//! The last verification: everything that is called removed or not held is looked at once more, whatever the journal says.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::{
    fleet::{Fleet, Member},
    grant::{Grant, Outcome},
    journal::{self, event::Begin},
    pace::{self, ACCOUNTS_AT_ONCE, REPEATS},
    progress::Progress,
    reply::Reply,
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
        let word = state.task(index).map_or("unclear", |task| word(&reply, &task));
        progress.done(&member.account.id, &begin, index, word);
        if let Some(why) = member.note(&reply) {
            progress.say(&format!("{}: {why}", member.account.id));
            return;
        }
    }
}

/// What a verification says, in a word. The task has taken note of it: what one reading cannot prove, others may have.
fn word(reply: &Reply, task: &Task) -> &'static str {
    let is_held = |grant: &Grant| matches!(grant.outcome, Outcome::Held | Outcome::Inherited);
    if reply.is_no_such_user() {
        "no such user"
    } else if reply.grants.iter().any(is_held) {
        "held"
    } else if task.failure.is_some() || task.gap.is_some() || !task.grants.values().all(Grant::is_gone) {
        "unclear"
    } else if task.finding() == Finding::NothingHeld {
        "nothing held"
    } else {
        "gone"
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
    use crate::offboard::{
        journal::event::Event,
        task::examples::{answer, intent, nothing, nothing_shown, planned, result, verified},
    };

    /// The word for this verification of two removed roles.
    fn word_for(status: u16, body: serde_json::Value, is_bare: bool) -> &'static str {
        let mut task = planned();
        task.apply(&intent());
        let removed = answer(200, &[("viewer", "removed"), ("editor", "removed")]);
        task.apply(&result(200, removed));
        let event = verified(status, body, is_bare);
        task.apply(&event);
        let Event::Verified { reply, .. } = event else {
            unreachable!()
        };
        word(&reply, &task)
    }

    #[test]
    fn the_word_for_a_person_is_what_the_verification_found() {
        for status in [401, 403, 409] {
            assert_eq!(
                word_for(status, json!({"error_code": "unauthenticated"}), false),
                "unclear"
            );
        }
        assert_eq!(word_for(404, json!({"error_code": "not_found"}), false), "no such user");
        assert_eq!(word_for(200, nothing(), false), "gone");
        let held = |outcome| answer(422, &[("viewer", outcome)]);
        assert_eq!(word_for(422, held("held"), false), "held");
        assert_eq!(word_for(422, held("inherited"), false), "held");
        assert_eq!(word_for(500, held("unknown"), false), "unclear");
        // What a reading does not prove is gone only if nothing at all is shown.
        assert_eq!(word_for(500, nothing_shown(), false), "unclear");
        assert_eq!(word_for(500, nothing_shown(), true), "gone");
    }
}
