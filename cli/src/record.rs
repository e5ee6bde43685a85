//! The record of a command's calls, in a file: each line is on the disk before what it announces is sent.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result};
use host::output::{LineSink, Output};

use crate::{private_file, terminal::note};

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
        let open = || {
            let file = private_file::open(path, OpenOptions::new().append(true))?;
            end_last_line(&file, path)?;
            Ok::<File, io::Error>(file)
        };
        let file = open().with_context(|| format!("the record {} cannot be written", path.display()))?;
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
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        append(&mut file, &[line, b"\n"].concat())?;
        private_file::synced(file.sync_data())
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

/// Adds a line whole, or nothing of it. Other processes may add to the same file: what is taken back is this line's own part.
fn append(file: &mut File, line: &[u8]) -> io::Result<()> {
    // Pipes, devices and some file systems have no locks. What is left there, the next run ends.
    let is_locked = file.metadata()?.is_file() && file.lock().is_ok();
    let length = file.metadata()?.len();
    let written = file.write_all(line);
    if is_locked {
        if written.is_err() {
            let _ = file.set_len(length);
        }
        let _ = file.unlock();
    }
    written
}

/// Ends a line that a crash or a full disk cut off, so that the next one stands by itself.
fn end_last_line(file: &File, path: &Path) -> io::Result<()> {
    let data = file.metadata()?;
    if !data.is_file() {
        return Ok(());
    }
    // Not while another process is in the middle of a line.
    let is_locked = file.lock().is_ok();
    let end = || {
        if file.metadata()?.len() == 0 {
            return Ok(());
        }
        let mut reader = File::open(path)?;
        reader.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        reader.read_exact(&mut last)?;
        let mut writer = file;
        if last == *b"\n" {
            Ok(())
        } else {
            writer.write_all(b"\n")
        }
    };
    let ended = end();
    if is_locked {
        let _ = file.unlock();
    }
    ended
}

/// Whether a line announces a write.
fn is_intent(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|line| line["event"] == "intent")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::accounts::scratch::Scratch;

    #[test]
    fn a_line_that_was_cut_off_is_ended_before_the_next_one() {
        let folder = Scratch::new();
        let path = folder.write("record.jsonl", "{\"event\":\"intent\"}\n{\"event\":\"res");
        let record = Record::open(&path).unwrap();
        record.write(b"{}").unwrap();
        drop(Record::open(&path).unwrap());
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\"event\":\"intent\"}\n{\"event\":\"res\n{}\n"
        );
        let new = folder.path().join("new.jsonl");
        Record::open(&new).unwrap().write(b"{}").unwrap();
        assert_eq!(fs::read_to_string(&new).unwrap(), "{}\n");
        assert!(Record::open(Path::new("/dev/full")).unwrap().write(b"{}").is_err());
    }
}
