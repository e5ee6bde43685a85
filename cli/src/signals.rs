//! The signals that ask the command to end: Ctrl-C, SIGTERM, and SIGHUP of a terminal that closes.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears the signals from now on: none of them ends the process by itself any more.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// Missing if it is ignored.
    hangup: Option<Signal>,
}

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Ctrl-C, which a person can press again.
    Interrupt,
    Terminate,
    /// The terminal closed. Shell and kernel may both say so.
    Hangup,
}

impl Signals {
    /// Starts to listen. An ignored SIGHUP stays ignored: what `nohup` starts is meant to outlive its terminal.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn listen() -> io::Result<Self> {
        let hangup = SignalKind::hangup();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: (!is_ignored(hangup)).then(|| signal(hangup)).transpose()?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Heard::Interrupt,
            Some(()) = self.terminate.recv() => Heard::Terminate,
            () = hangup(&mut self.hangup) => Heard::Hangup,
        }
    }
}

impl Heard {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP: the terminal closed",
        }
    }

    /// Whether it ends the process at once, if it was asked before. A wrapper like `timeout` sends SIGTERM twice, and a terminal that
    /// closes may send SIGHUP twice: only a person who presses Ctrl-C means it.
    pub fn is_impatient(self) -> bool {
        self == Self::Interrupt
    }
}

async fn hangup(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// Whether the process was started with the signal ignored. Not known where the system has no such file.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Bit by bit from number 1.
    ignored.is_some_and(|ignored| (ignored >> kind.as_raw_value().saturating_sub(1)) & 1 == 1)
}
