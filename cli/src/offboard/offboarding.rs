//! From a list to a report: the steps that the command puts together.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;

use crate::accounts::Account;

use super::{
    check,
    fleet::Fleet,
    journal::{
        Journal, Resumed,
        event::{Begin, Described, Event, Planned},
    },
    list::{Faults, List},
    plan,
    plans::Folder,
    progress::Progress,
    run,
    scope::Scope,
    selection,
    state::{Inner, State, replay},
    stop::Stop,
    summary,
    task::{Next, Task},
};

/// How an offboarding is to be carried out.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub allow: Vec<String>,
    pub reference: Option<String>,
    pub accept_no_such_user: bool,
}

/// Who is to go from where.
///
/// # Errors
/// What the list asks for and these accounts do not have.
pub fn begin(list: &List, accounts: &[&Account], means: &dyn Fn(&str) -> bool, terms: &Terms) -> Result<Begin, Faults> {
    let targets = selection::targets(&list.leavers, accounts, means)?;
    let described = targets.into_iter().filter_map(|target| {
        let account = accounts.iter().find(|account| account.id == target.account)?;
        Some(Described {
            provider: account.provider.clone(),
            account_sha256: None,
            approval_required: account.approval_required,
            target,
        })
    });
    Ok(Begin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        people: list.leavers.clone(),
        tasks: described.collect(),
        allow: terms.allow.clone(),
        reference: terms.reference.clone(),
        accept_no_such_user: terms.accept_no_such_user,
    })
}

/// The tasks with a plan for everybody.
pub async fn plan(fleet: &Fleet, begin: &Begin, stop: &Stop, progress: &Progress) -> Vec<Task> {
    let every = begin.tasks.iter().map(|task| task.target.account.as_str());
    progress.begin("planning", &counted(every));
    let plans = plan::everybody(fleet, begin, stop, progress).await;
    progress.end();
    planned(begin, plans)
}

/// The tasks with plans that were made before.
pub fn planned(begin: &Begin, plans: Vec<Option<Planned>>) -> Vec<Task> {
    let mut tasks: Vec<Task> = begin.tasks.iter().cloned().map(Task::new).collect();
    for (index, (task, planned)) in tasks.iter_mut().zip(plans).enumerate() {
        if let Some(planned) = planned {
            task.apply(&Event::Planned { task: index, planned });
        }
    }
    tasks
}

/// Begins the journal of what was confirmed.
///
/// # Errors
/// It cannot be written; nothing was sent.
pub fn confirm(
    mut journal: Journal,
    begin: Begin,
    tasks: Vec<Task>,
    how: &str,
    scope: Scope,
    at: &str,
) -> Result<Inner> {
    let summary_sha256 = summary::sha256(&begin, &tasks);
    journal.append(&Event::Begin(begin.clone()), at, false)?;
    for (task, index) in tasks.iter().zip(0..) {
        if let Some(planned) = task.planned.clone() {
            journal.append(&Event::Planned { task: index, planned }, at, false)?;
        }
    }
    let confirmed = Event::Confirmed {
        how: how.to_owned(),
        summary_sha256,
        accounts: scope.accounts().to_vec(),
    };
    journal.append(&confirmed, at, true)?;
    Ok(Inner {
        begin: Arc::new(begin),
        tasks,
        journal,
        scope,
        receipt_keys: Vec::new(),
    })
}

/// Goes on with what an earlier run left.
///
/// # Errors
/// The journal is none of a confirmed run, or cannot be written.
pub fn resume(resumed: Resumed, at: &str) -> Result<Inner> {
    let Resumed {
        mut journal,
        events,
        torn_bytes,
    } = resumed;
    let unusable = |why: &str| anyhow::anyhow!("the journal {}: {why}", journal.path().display());
    let replayed = replay(&events).map_err(unusable)?;
    if !replayed.is_confirmed {
        return Err(unusable("nobody confirmed it, and nothing was sent: begin a new run"));
    }
    let event = Event::Resumed {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        torn_bytes,
    };
    journal.append(&event, at, true)?;
    let mut tasks = replayed.tasks;
    for task in &mut tasks {
        task.is_verified = false;
    }
    Ok(Inner {
        begin: replayed.begin,
        tasks,
        journal,
        scope: replayed.scope,
        receipt_keys: replayed.receipt_keys,
    })
}

/// Takes the approvals that came into the folder since, and marks the plans that lack one.
///
/// # Errors
/// An approval cannot be read, or the journal or a plan cannot be written.
pub fn approve(inner: &mut Inner, folder: &Folder, at: &str) -> Result<()> {
    for index in 0..inner.tasks.len() {
        let Some(task) = inner
            .tasks
            .get(index)
            .filter(|task| task.described.approval_required && task.has_work())
        else {
            continue;
        };
        let known = task.planned.as_ref().and_then(|planned| planned.approval.as_ref());
        let found = folder.approval(&inner.begin, task, index)?;
        if found.is_none() && known.is_none() {
            folder.require_approval(&inner.begin, task, index)?;
        }
        let Some(approval) = found.filter(|found| Some(found) != known) else {
            continue;
        };
        let event = Event::Approved { task: index, approval };
        inner.journal.append(&event, at, true)?;
        if let Some(task) = inner.tasks.get_mut(index) {
            task.apply(&event);
        }
    }
    Ok(())
}

/// Carries out what is open, and looks once more at everything that is called removed or not held. Returns why it was stopped, if it was.
pub async fn carry_out(fleet: &Fleet, state: &State, stop: &Stop, progress: &Progress) -> Option<String> {
    let steps = |is: fn(&Begin, &Task) -> bool| {
        let inner = state.lock();
        let due = inner.tasks.iter().filter(|task| is(&inner.begin, task));
        let due = due.filter(|task| fleet.has(&task.described.target.account));
        counted(due.map(|task| task.described.target.account.as_str()))
    };
    progress.begin("removing", &steps(|_, task| task.next() != Next::Nothing));
    run::run(fleet, state, stop, progress).await;
    progress.end();
    if !stop.is_asked() {
        progress.begin("looking once more at what is called gone", &steps(check::is_due));
        check::everything(fleet, state, stop, progress).await;
        progress.end();
    }
    let why = stop.why();
    let at = fleet.timestamp();
    // If it cannot be written, the reason is the same one that stopped the run, and the report still says what was done.
    let _ = match &why {
        Some(why) => state.note(&Event::Stopped { why: why.clone() }, &at),
        None => {
            let (closed, all) = {
                let inner = state.lock();
                let standings = super::standing::Standings::of(&inner.begin, &inner.tasks);
                (standings.closed(), inner.tasks.len())
            };
            let end = Event::End {
                gone: closed,
                open: all.saturating_sub(closed),
            };
            state.note(&end, &at)
        }
    };
    why
}

/// How many tasks there are at each account.
fn counted<'a>(accounts: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for account in accounts {
        *counts.entry(account.to_owned()).or_default() += 1;
    }
    counts
}
