//! Being asked to stop: nothing new is begun, and what is under way comes to its end.

use std::sync::Arc;

use tokio::sync::watch;

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

    /// The first Ctrl-C asks; the second one ends the process at once, which the journal outlives.
    pub fn on_ctrl_c(&self) {
        let stop = self.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return;
            }
            stop.ask("Ctrl-C");
            eprintln!("\nstopping: what is under way comes to its end; Ctrl-C again ends at once");
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    }
}
