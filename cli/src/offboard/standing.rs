//! Where every task stands, what is still to do and why, and what that makes the exit code.

use std::collections::BTreeSet;

use crate::exit::Exit;

use super::{
    grant::{Check, Grant, Key, Outcome},
    journal::event::Begin,
    reply::Reply,
    task::{Finding, Task},
};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Everything that was planned is gone, nothing else is shown, and the last verification says so.
    Gone,
    /// There was nothing to remove, and there is nothing now.
    NothingHeld,
    /// The account knows no such user. That says nothing of a removal.
    NoSuchUser,
    /// It may be gone, and that is not verified.
    Unverified,
    /// The provider refused or could not be reached.
    Provider,
    /// It was not begun.
    NotRun,
    /// Something is not gone.
    NotGone,
}

/// Something that is still to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    pub task: usize,
    /// The grant; `None` for the task as a whole.
    pub grant: Option<Key>,
    /// Its label.
    pub what: Option<String>,
    pub why: String,
    pub next: &'static str,
}

/// Where all tasks stand.
pub struct Standings {
    pub standings: Vec<Standing>,
    pub todos: Vec<Todo>,
    pub exit: Exit,
}

impl Standing {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::NothingHeld => "nothing_held",
            Self::NoSuchUser => "no_such_user",
            Self::Unverified => "unverified",
            Self::Provider => "provider_failed",
            Self::NotRun => "not_run",
            Self::NotGone => "not_gone",
        }
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::NothingHeld => "nothing held",
            Self::NoSuchUser => "no such user",
            Self::Unverified => "not verified",
            Self::Provider => "provider failed",
            Self::NotRun => "not run",
            Self::NotGone => "not gone",
        }
    }
}

impl Standings {
    pub fn of(begin: &Begin, tasks: &[Task]) -> Self {
        let known = known_people(tasks);
        let (mut standings, mut todos) = (Vec::new(), Vec::new());
        for (task, index) in tasks.iter().zip(0..) {
            let mut open = Open {
                task: index,
                todos: Vec::new(),
            };
            let is_known = known.contains(&task.described.target.person);
            let standing = judge(task, begin.accept_no_such_user && is_known, is_known, &mut open);
            standings.push(standing);
            todos.append(&mut open.todos);
        }
        let exit = exit_of(todos.iter().filter_map(|todo| standings.get(todo.task).copied()));
        Self { standings, todos, exit }
    }

    /// What is still to do for one task.
    pub fn of_task(&self, task: usize) -> impl Iterator<Item = &Todo> {
        self.todos.iter().filter(move |todo| todo.task == task)
    }

    /// Tasks that are gone, or had nothing.
    pub fn closed(&self) -> usize {
        let is_closed = |standing: &&Standing| matches!(standing, Standing::Gone | Standing::NothingHeld);
        self.standings.iter().filter(is_closed).count()
    }
}

/// How a run ends that only makes plans: what has a plan is as it should be, and so is who holds nothing.
pub fn exit_of_plans(begin: &Begin, tasks: &[Task]) -> Exit {
    let standings = Standings::of(begin, tasks).standings;
    let is_planned = |task: &Task| match task.finding() {
        Finding::Goes(_) | Finding::NothingHeld => true,
        // Accepted, and looked at once more when the plans are carried out.
        Finding::NoSuchUser => begin.accept_no_such_user && known_people(tasks).contains(&task.described.target.person),
        Finding::Failed | Finding::NothingShown | Finding::NothingCanGo => false,
    };
    let open = tasks.iter().zip(standings).filter(|(task, _)| !is_planned(task));
    exit_of(open.map(|(_, standing)| standing))
}

/// The worst of what is open.
fn exit_of(open: impl Iterator<Item = Standing>) -> Exit {
    let open: BTreeSet<Standing> = open.collect();
    let has = |standing| open.contains(&standing);
    if has(Standing::NotGone) || has(Standing::NotRun) || has(Standing::NoSuchUser) {
        Exit::NotGone
    } else if has(Standing::Provider) {
        Exit::Provider
    } else if has(Standing::Unverified) {
        Exit::Unverified
    } else {
        Exit::Done
    }
}

/// People whom at least one account knows.
fn known_people(tasks: &[Task]) -> BTreeSet<usize> {
    let is_known = |task: &&Task| !matches!(task.finding(), Finding::NoSuchUser | Finding::Failed);
    tasks
        .iter()
        .filter(is_known)
        .map(|task| task.described.target.person)
        .collect()
}

/// Collects what is still to do for a task.
struct Open {
    task: usize,
    todos: Vec<Todo>,
}

impl Open {
    fn whole(&mut self, why: impl Into<String>, next: &'static str) {
        self.todos.push(Todo {
            task: self.task,
            grant: None,
            what: None,
            why: why.into(),
            next,
        });
    }

    fn grant(&mut self, grant: &Grant, why: String, next: &'static str) {
        self.todos.push(Todo {
            task: self.task,
            grant: Some(grant.key.clone()),
            what: Some(grant.label()),
            why,
            next,
        });
    }
}

const RESUME: &str = "run it again with --resume";
const APPROVE: &str = "unassign-role approve --batch, then --resume";
const PLAN_AGAIN: &str = "begin a new offboarding for this person: it makes a new plan";

fn judge(task: &Task, accepts_no_such_user: bool, is_known: bool, open: &mut Open) -> Standing {
    if task.planned.is_none() {
        let why = task.skipped.clone().unwrap_or_else(|| String::from("no plan was made"));
        open.whole(why, "begin a new offboarding");
        return Standing::NotRun;
    }
    match task.finding() {
        Finding::NoSuchUser if accepts_no_such_user => return still_unknown(task, open),
        Finding::NoSuchUser => {
            let why = if is_known {
                "the account knows no such user, or does not show one: nothing was removed"
            } else {
                "no account knows this person: look whether the address or the ids are right"
            };
            open.whole(
                why,
                "if the person has another address or id there, give it as an id; otherwise --accept-no-such-user",
            );
            return Standing::NoSuchUser;
        }
        Finding::Failed => {
            open.whole(said(task.failure.as_ref()), PLAN_AGAIN);
            // A guard of the account is no fault of the provider's.
            let codes = ["not_removed", "invalid_request", "not_permitted"];
            let is_refused = task
                .failure
                .as_ref()
                .is_some_and(|failure| !failure.is_remote && codes.iter().any(|code| failure.is(code)));
            return if is_refused {
                Standing::NotGone
            } else {
                Standing::Provider
            };
        }
        Finding::NothingShown => {
            let why = task
                .gap
                .clone()
                .unwrap_or_else(|| String::from("nothing is shown, and that proves nothing"));
            open.whole(why, "look at the provider's own console");
            return Standing::Unverified;
        }
        Finding::NothingHeld | Finding::NothingCanGo | Finding::Goes(_) => {}
    }
    if task.is_user_gone {
        open.whole(
            "the provider knew this user when the plan was made, and does not any more",
            "look whether the user was deleted or renamed",
        );
        return Standing::NotGone;
    }
    let mut standing = if task.finding() == Finding::NothingHeld {
        Standing::NothingHeld
    } else {
        Standing::Gone
    };
    for grant in task.grants.values() {
        standing = standing.max(of_grant(task, grant, open));
    }
    if let Some(gap) = &task.gap {
        open.whole(gap.clone(), "look at the provider's own console");
        standing = standing.max(Standing::Unverified);
    }
    let standing = standing.max(whole_call(task, open));
    if task.finding() == Finding::NothingHeld && !task.is_verified {
        open.whole(
            "nothing was held when the plan was made, and the last verification was not made",
            RESUME,
        );
        return standing.max(Standing::Unverified);
    }
    if task.needs_last_verification() && !task.is_verified && task.grants.values().any(Grant::is_called_gone) {
        let called_gone = task.grants.values().filter(|grant| grant.is_called_gone()).count();
        open.whole(
            format!("{called_gone} grants were removed, and the last verification was not made"),
            RESUME,
        );
        return standing.max(Standing::Unverified);
    }
    standing
}

/// A user whom the account did not know when the plan was made, which is accepted: only if it does not know the user now.
fn still_unknown(task: &Task, open: &mut Open) -> Standing {
    match &task.failure {
        _ if !task.is_verified => {
            open.whole(
                "the account knew no such user when the plan was made, and the last verification was not made",
                RESUME,
            );
            Standing::Unverified
        }
        Some(reply) if reply.is_no_such_user() => Standing::NoSuchUser,
        Some(reply) if reply.user.is_none() => {
            open.whole(said(Some(reply)), RESUME);
            Standing::Provider
        }
        _ => {
            open.whole("the account knows this user by now", PLAN_AGAIN);
            Standing::NotGone
        }
    }
}

/// What stands against a task as a whole, beside its grants.
fn whole_call(task: &Task, open: &mut Open) -> Standing {
    if task.lacks_approval() {
        open.whole(
            "the account takes only approved revokes, and this plan is not approved",
            APPROVE,
        );
        return Standing::NotRun;
    }
    if let Some(why) = task.skipped.as_ref().filter(|_| task.attempts == 0) {
        open.whole(why.clone(), RESUME);
        return Standing::NotRun;
    }
    if let Some(refusal) = &task.refusal {
        let is_of_approval = ["approval_required", "approval_refused"]
            .iter()
            .any(|code| refusal.is(code));
        let next = if is_of_approval { APPROVE } else { PLAN_AGAIN };
        open.whole(said(Some(refusal)), next);
        return Standing::NotGone;
    }
    match &task.failure {
        Some(failure) => {
            open.whole(said(Some(failure)), RESUME);
            Standing::Provider
        }
        None => Standing::Gone,
    }
}

fn of_grant(task: &Task, grant: &Grant, open: &mut Open) -> Standing {
    if grant.is_gone() {
        return Standing::Gone;
    }
    let message = |fallback: &str| grant.message.clone().unwrap_or_else(|| fallback.to_owned());
    if grant.is_late && grant.check == Some(Check::Held) {
        open.grant(
            grant,
            String::from("it was not there when the plan was made, so that nobody confirmed its removal"),
            PLAN_AGAIN,
        );
        return Standing::NotGone;
    }
    match grant.outcome {
        // What is not the user's own is gone once nothing shows it.
        Outcome::Removed | Outcome::AlreadyAbsent => match grant.check {
            Some(Check::Held) => {
                open.grant(grant, String::from("it was removed, and is held again"), PLAN_AGAIN);
                Standing::NotGone
            }
            Some(Check::NotShown) => {
                open.grant(
                    grant,
                    String::from("the provider shows it no more, and its readings do not prove that; no removal of it was confirmed"),
                    "revoke the role by name, which proves it",
                );
                Standing::Unverified
            }
            Some(Check::Unclear) => {
                open.grant(
                    grant,
                    String::from("it was removed, and the last verification could not tell"),
                    RESUME,
                );
                Standing::Unverified
            }
            // That the last verification was not made stands with the task.
            _ => Standing::Unverified,
        },
        Outcome::Inherited => {
            open.grant(grant, grant.obstacle(), grant.way_out());
            Standing::NotGone
        }
        Outcome::Refused => {
            let next = if grant.needs_allow.is_empty() {
                "remove it by hand, or ask whoever guards it"
            } else {
                PLAN_AGAIN
            };
            open.grant(grant, grant.obstacle(), next);
            Standing::NotGone
        }
        Outcome::Planned if task.attempts == 0 => {
            // Why it was not begun stands with the task.
            if task.skipped.is_none() && !task.lacks_approval() && task.failure.is_none() {
                open.grant(grant, String::from("it was planned, and not begun"), RESUME);
            }
            Standing::NotRun
        }
        Outcome::Planned => {
            let why = if task.is_in_doubt {
                "a revoke was begun, and nobody knows what came of it"
            } else {
                "it was not sent"
            };
            open.grant(grant, message(why), RESUME);
            if task.is_in_doubt && grant.check != Some(Check::Held) {
                Standing::Unverified
            } else {
                Standing::NotGone
            }
        }
        Outcome::Unverified | Outcome::Unknown => {
            let why = match grant.check {
                Some(Check::NotShown) => String::from(
                    "the run was cut off while it was removed; the provider shows it no more, and its readings do not prove that it is gone",
                ),
                _ => message("nobody knows whether it is gone"),
            };
            open.grant(
                grant,
                why,
                if grant.check == Some(Check::NotShown) {
                    "revoke the role by name, which proves it"
                } else {
                    RESUME
                },
            );
            if grant.check == Some(Check::Held) {
                Standing::NotGone
            } else {
                Standing::Unverified
            }
        }
        Outcome::NotAttempted => {
            let next = match grant.reason.as_deref() {
                Some("approval_expired") => APPROVE,
                _ => RESUME,
            };
            open.grant(grant, message("it was not sent"), next);
            Standing::NotGone
        }
        Outcome::Failed | Outcome::Held | Outcome::NotFound => {
            open.grant(
                grant,
                message("it is still held"),
                "look at the provider's own console, or --resume",
            );
            Standing::NotGone
        }
    }
}

fn said(failure: Option<&Reply>) -> String {
    let Some(failure) = failure else {
        return String::from("the provider gave no usable answer");
    };
    let code = failure.code.as_deref().unwrap_or("failed");
    if failure.message.is_empty() {
        code.to_owned()
    } else {
        format!("{code}: {}", failure.message)
    }
}

#[cfg(test)]
mod tests;
