//! What all sandboxes are: a provider's state behind as many handles as are wanted, its API as a router, and what it can be told to do.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, extract::Request, response::Response};

use crate::behaviour::Behaviour;

/// A provider. What a write takes is named by its role, or by whatever else goes.
pub struct Sandbox<S> {
    state: Arc<Mutex<S>>,
}

/// The state of one provider.
pub trait ProviderState: Send + 'static {
    fn behaviour(&mut self) -> &mut Behaviour;

    /// Lets happen what is due by now.
    fn settle(&mut self);

    /// All that anybody really holds, a line each.
    fn holdings(&self) -> BTreeSet<String>;
}

impl<S> Clone for Sandbox<S> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
        }
    }
}

impl<S: ProviderState> Sandbox<S> {
    pub(crate) fn of(state: S) -> Self {
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state as it is by now.
    pub(crate) fn settled(&self) -> MutexGuard<'_, S> {
        let mut state = self.state();
        state.settle();
        state
    }

    /// A router that answers every request so.
    pub(crate) fn answered_by<F>(&self, answer: fn(Self, Request) -> F) -> Router
    where
        F: Future<Output = Response> + Send + 'static,
    {
        let sandbox = self.clone();
        Router::new().fallback(move |request| answer(sandbox.clone(), request))
    }

    /// Writes that take it are acknowledged and do nothing.
    pub fn acknowledge_but_keep(&self, what: impl ToString) {
        self.state().behaviour().keep(&what.to_string());
    }

    /// Writes that take it are acknowledged and happen this much later; zero undoes that.
    pub fn apply_after(&self, what: impl ToString, delay: Duration) {
        self.state().behaviour().delay(&what.to_string(), delay);
    }

    /// Writes happen at once, but reads of what somebody holds show the state of this long ago.
    pub fn stale_reads(&self, lag: Duration) {
        self.state().behaviour().lag = lag;
    }

    /// The next `reads` reads of what somebody holds omit that role, untouched as it is, after `skip` reads that don't.
    pub fn omit_from_reads(&self, role: impl ToString, skip: usize, reads: usize) {
        self.state().behaviour().omit(&role.to_string(), skip, reads);
    }

    /// All that anybody really holds, a line each.
    pub fn holdings(&self) -> BTreeSet<String> {
        self.settled().holdings()
    }
}
