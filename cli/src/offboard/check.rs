//! The last verification: everything that is called removed or not held is looked at once more, whatever the journal says.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::{
    fleet::{Fleet, Member},
    journal::{self, event::Begin},
    pace::{self, ACCOUNTS_AT_ONCE, Pace, REPEATS},
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
    let mut pace = Pace::default();
    let begin = Arc::clone(&state.lock().begin);
    for index in state.of_account(&member.account.id, |task| is_due(&begin, task)) {
        if stop.is_asked() {
            return;
        }
        match patiently(fleet, member, state, index, stop).await {
            Ok(reply) => {
                if let Some(why) = reply.and_then(|reply| pace.note(&reply)) {
                    progress.say(&format!("{}: {why}", member.account.id));
                    return;
                }
            }
            Err(error) => {
                stop.ask(&error.to_string());
                return;
            }
        }
        let inner = state.lock();
        progress.done(&member.account.id, &inner.begin, index, "verified");
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
