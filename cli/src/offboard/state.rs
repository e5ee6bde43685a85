//! What a run knows: its tasks, and the journal that they are written to first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    journal::{
        self, Journal,
        event::{Begin, Event},
    },
    task::Task,
};

/// Shared by the accounts of a run. It is never held while something is waited for.
pub struct State(Mutex<Inner>);

/// What is in it.
pub struct Inner {
    pub begin: Arc<Begin>,
    pub tasks: Vec<Task>,
    pub journal: Journal,
    /// The public keys that receipts were signed with.
    pub receipt_keys: Vec<serde_json::Value>,
}

/// What an earlier run left.
pub struct Replayed {
    pub begin: Arc<Begin>,
    pub tasks: Vec<Task>,
    pub is_confirmed: bool,
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
    let mut is_confirmed = false;
    let mut receipt_keys = Vec::new();
    for event in events {
        match event {
            Event::Begin(_) => return Err("it begins twice"),
            Event::Confirmed { .. } => is_confirmed = true,
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
        receipt_keys,
    })
}
