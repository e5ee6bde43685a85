//! The record of a command's calls, in a file: each line is on the disk before what it announces is sent.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use host::output::{LineSink, Output};

use crate::terminal::note;

/// A file that all sessions append to.
#[derive(Clone)]
pub struct Record(Arc<Inner>);

struct Inner {
    file: Mutex<File>,
    path: String,
}

/// Whether a session could write down what it was about to send.
#[derive(Clone, Default)]
pub struct Announcements(Arc<Mutex<Option<Unannounced>>>);

/// A removal could not be written down, and so it was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unannounced(String);

impl Record {
    /// Opens the file, or makes it, for its owner only.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("the record {} cannot be written", path.display()))?;
        Ok(Self(Arc::new(Inner {
            file: Mutex::new(file),
            path: path.display().to_string(),
        })))
    }

    /// The output of one session. The component would go on without its log: a call ends where its removal cannot be announced.
    pub fn of_session(&self) -> (Output, Announcements) {
        let (record, announcements) = (self.clone(), Announcements::default());
        let failed = announcements.clone();
        let sink = LineSink::vital(move |line| {
            let Err(error) = record.write(line) else {
                return Ok(());
            };
            let why = format!("the record {} cannot be written: {error}", record.0.path);
            if is_intent(line) {
                *failed.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Unannounced(why));
                return Err(error);
            }
            note(format_args!("error: {why}"));
            Ok(())
        });
        (Output::Lines(sink), announcements)
    }

    /// A line is on the disk before what it announces is sent.
    fn write(&self, line: &[u8]) -> std::io::Result<()> {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&[line, b"\n"].concat())?;
        // A pipe or a device has no disk to wait for.
        match file.sync_data() {
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }
}

impl Announcements {
    /// Why the last call ended before it sent anything, if that is why.
    pub fn take(&self) -> Option<Unannounced> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Display for Unannounced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, so that this removal was not sent", self.0)
    }
}

impl std::error::Error for Unannounced {}

/// Whether a line announces a write.
fn is_intent(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|line| line["event"] == "intent")
}
