//! Being asked to stop: nothing new is begun, and what is under way comes to its end.

use std::{io, sync::Arc};

use tokio::sync::watch;

use crate::{signals::Signals, terminal::note};

/// The exit code of a process that Ctrl-C ended, as shells know it.
const INTERRUPTED: i32 = 130;

/// Whether to go on. Its clones are the same.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<Option<String>>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Stop {
    /// Asks the run to stop; the first reason is kept.
    pub fn ask(&self, why: &str) {
        self.0.send_if_modified(|asked| {
            let is_first = asked.is_none();
            asked.get_or_insert_with(|| why.to_owned());
            is_first
        });
    }

    /// Why the run is to stop, if it is.
    pub fn why(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    pub fn is_asked(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Waits until somebody asks.
    pub async fn asked(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives as long as this.
        let _ = receiver.wait_for(Option::is_some).await;
    }

    /// The first signal asks. Ctrl-C after that ends the process at once, which the journal outlives.
    ///
    /// # Errors
    /// Signals cannot be heard.
    pub fn on_signals(&self) -> io::Result<()> {
        let mut signals = Signals::listen()?;
        let stop = self.clone();
        tokio::spawn(async move {
            let first = signals.next().await;
            stop.ask(first.name());
            note("\nstopping: what is under way comes to its end, and nothing new begins; Ctrl-C ends it at once");
            while !signals.next().await.is_impatient() {}
            std::process::exit(INTERRUPTED);
        });
        Ok(())
    }
}
