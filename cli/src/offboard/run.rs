//! The run: accounts side by side, the people of an account one after the other, each bound to the plan in the summary.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{StreamExt, stream};

use super::{
    call,
    fleet::{Fleet, Member},
    journal::{self, event::Event},
    pace::{self, ACCOUNTS_AT_ONCE, REPEATS},
    progress::Progress,
    reply::{Coverage, Reply},
    state::State,
    stop::Stop,
    task::{Next, Task},
};

/// Revokes of one task in one run, at most.
const REVOKES: u32 = 3;

/// Carries out what is open. It ends early if it is asked to stop, or if the journal cannot be written.
pub async fn run(fleet: &Fleet, state: &State, stop: &Stop, progress: &Progress) {
    stream::iter(&fleet.members)
        .for_each_concurrent(ACCOUNTS_AT_ONCE, |member| account(fleet, member, state, stop, progress))
        .await;
}

async fn account(fleet: &Fleet, member: &Member, state: &State, stop: &Stop, progress: &Progress) {
    let id = member.account.id.as_str();
    // What was begun before comes first: nobody knows what came of it.
    let in_doubt = state.of_account(id, |task| task.is_in_doubt);
    let others = state.of_account(id, |task| !task.is_in_doubt && task.next() != Next::Nothing);
    let mut ended = member.given_up();
    let mut queue: VecDeque<(usize, Turn)> = in_doubt
        .into_iter()
        .chain(others)
        .map(|index| (index, Turn::First))
        .collect();
    while let Some((index, turn)) = queue.pop_front() {
        if let Some(why) = ended.clone().or_else(|| stop.why()) {
            state.skip(index, &format!("not begun: {why}"));
            continue;
        }
        match task(fleet, member, state, index, turn, stop, progress).await {
            Ok(Ended::Over) => {}
            Ok(Ended::Later) => {
                queue.push_back((index, Turn::Last));
                continue;
            }
            Ok(Ended::GivenUp(why)) => ended = Some(why),
            Err(error) => stop.ask(&error.to_string()),
        }
        let inner = state.lock();
        let word = inner.tasks.get(index).map_or("", progress_word);
        progress.done(id, &inner.begin, index, word);
    }
    if let Some(why) = ended {
        progress.say(&format!("{id}: {why}"));
    }
}

/// How often a task was begun in this run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Last,
}

/// How a turn ended.
enum Ended {
    Over,
    /// The provider's reads have to settle first. The others need not wait for that.
    Later,
    /// The account is given up, for this reason.
    GivenUp(String),
}

async fn task(
    fleet: &Fleet,
    member: &Member,
    state: &State,
    index: usize,
    turn: Turn,
    stop: &Stop,
    progress: &Progress,
) -> Result<Ended, journal::Error> {
    let (mut revokes, mut readings) = (0, 0);
    loop {
        let Some(task) = state.task(index) else {
            return Ok(Ended::Over);
        };
        let next = task.next();
        let reply = match next {
            Next::Revoke if revokes < REVOKES && !stop.is_asked() => {
                revokes += 1;
                revoke(fleet, member, state, index, &task).await?
            }
            Next::Verify if readings < REPEATS && !stop.is_asked() => {
                readings += 1;
                let left = task.settles_at().unwrap_or_default().saturating_sub((fleet.now)());
                let (wait, is_worth_saying) = pace::settling(left, member.staleness_window());
                if is_worth_saying {
                    let begin = Arc::clone(&state.lock().begin);
                    let (id, person) = (&member.account.id, begin.person(&task.described.target));
                    let seconds = wait.as_secs();
                    progress.say(&format!(
                        "{id}: {person}: waiting {seconds} s until reads show what was removed"
                    ));
                }
                if !pace::wait(wait, stop).await {
                    return Ok(Ended::Over);
                }
                verify(fleet, member, state, index, &task, false).await?
            }
            _ => return Ok(Ended::Over),
        };
        if reply.is_not_recorded() {
            stop.ask(&reply.message);
            return Ok(Ended::Over);
        }
        if let Some(why) = member.note(&reply) {
            return Ok(Ended::GivenUp(why));
        }
        if reply.retryable {
            if next == Next::Revoke && reply.sent && turn == Turn::First {
                return Ok(Ended::Later);
            }
            let Some(pause) = pace::pause(&reply, revokes.max(readings).saturating_sub(1)) else {
                return Ok(Ended::Over);
            };
            if !pace::wait(pause, stop).await {
                return Ok(Ended::Over);
            }
        } else if state.task(index).is_none_or(|task| task.next() == next) && !reply.is_success() {
            // It was said clearly that repeating it cannot help.
            return Ok(Ended::Over);
        }
    }
}

/// The intent is on the disk before anything is sent.
async fn revoke(
    fleet: &Fleet,
    member: &Member,
    state: &State,
    index: usize,
    task: &Task,
) -> Result<Reply, journal::Error> {
    let plan_digest = task.planned.as_ref().and_then(|planned| planned.plan_digest.clone());
    let intent = Event::Intent {
        task: index,
        plan_digest: plan_digest.unwrap_or_default(),
    };
    state.record(index, &intent, &fleet.timestamp())?;
    let begin = Arc::clone(&state.lock().begin);
    let reply = call::revoke(member, &begin, task).await;
    let result = Event::Result {
        task: index,
        reply: reply.clone(),
    };
    state.record(index, &result, &fleet.timestamp())?;
    Ok(reply)
}

/// Asks what is held, and takes note of it.
///
/// # Errors
/// It could not be written down.
pub async fn verify(
    fleet: &Fleet,
    member: &Member,
    state: &State,
    index: usize,
    task: &Task,
    is_last: bool,
) -> Result<Reply, journal::Error> {
    let reply = call::verify(member, task).await;
    let has_gaps = reply.coverage() == Coverage::Gaps;
    let absent = if has_gaps {
        call::absent(member, task).await
    } else {
        Vec::new()
    };
    let is_bare = reply.shows_nothing() && call::is_bare(member, task).await;
    let verified = Event::Verified {
        task: index,
        reply: reply.clone(),
        is_bare,
        absent,
        is_last,
    };
    state.record(index, &verified, &fleet.timestamp())?;
    Ok(reply)
}

fn progress_word(task: &Task) -> &'static str {
    if task.is_in_doubt {
        "unclear"
    } else if task.targets().all(super::grant::Grant::is_called_gone) {
        "removed"
    } else {
        "not gone"
    }
}
