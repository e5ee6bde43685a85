//! What a run knows: its tasks, and the journal that they are written to first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    journal::{
        self, Journal,
        event::{Begin, Event},
    },
    scope::Scope,
    summary,
    task::Task,
};

/// Shared by the accounts of a run. It is never held while something is waited for.
pub struct State(Mutex<Inner>);

/// What is in it.
pub struct Inner {
    pub begin: Arc<Begin>,
    pub tasks: Vec<Task>,
    pub journal: Journal,
    /// The accounts that it was confirmed for.
    pub scope: Scope,
    /// The public keys that receipts were signed with.
    pub receipt_keys: Vec<serde_json::Value>,
}

/// What an earlier run left.
pub struct Replayed {
    pub begin: Arc<Begin>,
    pub tasks: Vec<Task>,
    pub is_confirmed: bool,
    pub scope: Scope,
    pub receipt_keys: Vec<serde_json::Value>,
}

impl State {
    pub const fn new(inner: Inner) -> Self {
        Self(Mutex::new(inner))
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an event down, and takes note of it.
    ///
    /// # Errors
    /// It could not be written. What happened is still known in this run; what was only meant to happen must not.
    pub fn record(&self, task: usize, event: &Event, at: &str) -> Result<(), journal::Error> {
        let mut inner = self.lock();
        let written = inner.journal.append(event, at, true);
        let is_past = !matches!(event, Event::Intent { .. });
        if (written.is_ok() || is_past)
            && let Some(task) = inner.tasks.get_mut(task)
        {
            task.apply(event);
        }
        written
    }

    /// Writes an event down that is about no task.
    ///
    /// # Errors
    /// It could not be written.
    pub fn note(&self, event: &Event, at: &str) -> Result<(), journal::Error> {
        self.lock().journal.append(event, at, true)
    }

    /// A copy of a task, as it is now.
    pub fn task(&self, index: usize) -> Option<Task> {
        self.lock().tasks.get(index).cloned()
    }

    /// Positions of the tasks at an account that this holds for.
    pub fn of_account(&self, account: &str, is: impl Fn(&Task) -> bool) -> Vec<usize> {
        let inner = self.lock();
        let tasks = inner.tasks.iter().enumerate();
        tasks
            .filter(|(_, task)| task.described.target.account == account && is(task))
            .map(|(index, _)| index)
            .collect()
    }

    /// Notes why a task was not begun.
    pub fn skip(&self, index: usize, why: &str) {
        if let Some(task) = self.lock().tasks.get_mut(index) {
            task.skipped = Some(why.to_owned());
        }
    }

    pub fn into_inner(self) -> Inner {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts together what an earlier run knew.
///
/// # Errors
/// A sentence that says what the journal lacks.
pub fn replay(events: &[Event]) -> Result<Replayed, &'static str> {
    let Some((Event::Begin(begin), events)) = events.split_first() else {
        return Err("it does not say what it is about: nothing was sent, begin a new run");
    };
    let mut tasks: Vec<Task> = begin.tasks.iter().cloned().map(Task::new).collect();
    let (mut is_confirmed, mut scope) = (false, Scope::default());
    let mut receipt_keys = Vec::new();
    for event in events {
        match event {
            Event::Begin(_) => return Err("it begins twice"),
            // What runs is what was in the summary that somebody confirmed, and nothing else.
            Event::Confirmed { .. } | Event::Planned { .. } if is_confirmed => {
                return Err("it plans or confirms again after the confirmation: begin a new run");
            }
            Event::Planned { planned, .. } if !planned.fits_its_digest() => {
                return Err("a plan does not fit its digest: begin a new run");
            }
            Event::Confirmed {
                summary_sha256,
                accounts,
                ..
            } => {
                if *summary_sha256 != summary::sha256(begin, &tasks) {
                    return Err("its plans are not those of the summary that was confirmed: begin a new run");
                }
                is_confirmed = true;
                scope = Scope::of(accounts);
            }
            Event::Widened { accounts, .. } => scope.widen(accounts),
            Event::ReceiptKey { key } => receipt_keys.push(key.clone()),
            // What was verified by an earlier run is verified once more.
            Event::Resumed { .. } => tasks.iter_mut().for_each(|task| task.is_verified = false),
            Event::Stopped { .. } | Event::End { .. } => {}
            Event::Planned { task, .. }
            | Event::Approved { task, .. }
            | Event::Intent { task, .. }
            | Event::Result { task, .. }
            | Event::Verified { task, .. } => {
                let Some(task) = tasks.get_mut(*task) else {
                    return Err("it speaks of a task that it does not have");
                };
                task.apply(event);
            }
        }
    }
    Ok(Replayed {
        begin: Arc::new(begin.clone()),
        tasks,
        is_confirmed,
        scope,
        receipt_keys,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offboard::{
        journal::{digest, event::Planned},
        task::examples,
    };

    fn planned(plan: &str) -> Event {
        let planned = Planned {
            plan: Some(plan.to_owned()),
            plan_digest: Some(digest(plan.as_bytes())),
            ..examples::planned().planned.unwrap()
        };
        Event::Planned { task: 0, planned }
    }

    fn confirmed(planned: &Event) -> Event {
        let begin = examples::begin();
        let mut task = Task::new(examples::described());
        task.apply(planned);
        Event::Confirmed {
            how: String::from("yes"),
            summary_sha256: summary::sha256(&begin, &[task]),
            accounts: Vec::new(),
        }
    }

    #[test]
    fn a_run_goes_on_with_the_accounts_that_were_confirmed_and_no_other_ones() {
        let shown = planned(examples::PLAN);
        let mut confirmed = confirmed(&shown);
        if let Event::Confirmed { accounts, .. } = &mut confirmed {
            accounts.push(String::from("acme"));
        }
        let widened = Event::Widened {
            how: String::from("yes"),
            accounts: vec![String::from("globex")],
        };
        let mut events = vec![Event::Begin(examples::begin()), shown, confirmed];
        assert!(!replay(&events).unwrap().scope.covers("globex"));
        events.push(widened);
        let scope = replay(&events).unwrap().scope;
        assert!(scope.covers("acme") && scope.covers("globex") && !scope.covers("initech"));
    }

    #[test]
    fn only_the_plans_of_the_summary_that_was_confirmed_are_gone_on_with() {
        let begin = || Event::Begin(examples::begin());
        let shown = || planned(examples::PLAN);
        let other = || planned(r#"{"probes":[],"targets":[{"kind":"role","role_id":"owner"}],"user":"u-2"}"#);
        assert!(replay(&[begin(), shown(), confirmed(&shown())]).unwrap().is_confirmed);
        let mut changed = shown();
        if let Event::Planned { planned, .. } = &mut changed {
            planned.plan = planned.plan.take().map(|plan| plan.replace("viewer", "owner"));
        }
        for (events, why) in [
            (vec![shown(), confirmed(&shown()), other()], "after the confirmation"),
            (
                vec![shown(), confirmed(&shown()), confirmed(&shown())],
                "after the confirmation",
            ),
            (vec![other(), confirmed(&shown())], "not those of the summary"),
            (vec![shown(), other(), confirmed(&shown())], "not those of the summary"),
            (vec![changed, confirmed(&shown())], "does not fit its digest"),
        ] {
            let events: Vec<Event> = std::iter::once(begin()).chain(events).collect();
            let said = replay(&events).err().unwrap();
            assert!(said.contains(why), "{said}");
        }
    }
}
