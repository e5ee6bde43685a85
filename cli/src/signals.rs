//! The signals that ask the command to end: Ctrl-C, SIGTERM, and SIGHUP of a terminal that closes.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears the signals from now on: none of them ends the process by itself any more.
pub struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
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
    /// Starts to listen. What whoever started the process had it ignore stays ignored: `nohup` is meant to outlive its terminal.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn listen() -> io::Result<Self> {
        let ignored = ignored_signals();
        let open = |kind: SignalKind| {
            let is_ignored = (ignored >> kind.as_raw_value().saturating_sub(1)) & 1 == 1;
            (!is_ignored).then(|| signal(kind)).transpose()
        };
        Ok(Self {
            interrupt: open(SignalKind::interrupt())?,
            terminate: open(SignalKind::terminate())?,
            hangup: open(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            () = next(&mut self.interrupt) => Heard::Interrupt,
            () = next(&mut self.terminate) => Heard::Terminate,
            () = next(&mut self.hangup) => Heard::Hangup,
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

async fn next(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending::<()>().await;
}

/// The signals that are ignored, bit by bit from number 1. Empty where the system has no such file.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
