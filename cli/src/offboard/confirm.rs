//! The one question of a run.

use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};

use super::stop::Stop;

/// Asks on a terminal, until an answer or a stop. Elsewhere nobody can answer.
///
/// # Errors
/// If nobody can be asked.
pub async fn ask(question: &str, stop: &Stop) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody can be asked here: read the summary, and add --yes, or have the plans approved (--plans)");
    }
    let mut shown = std::io::stderr().lock();
    write!(shown, "{question} [y/N] ")?;
    shown.flush()?;
    drop(shown);
    let (answered, answer) = tokio::sync::oneshot::channel();
    // A thread that waits for a line cannot be ended; the process does not wait for it.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let _ = answered.send(read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes"));
    });
    tokio::select! {
        yes = answer => Ok(yes.unwrap_or(false)),
        () = stop.asked() => Ok(false),
    }
}
