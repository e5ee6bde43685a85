//! The journal of a run: JSON Lines that are only added to, each with the SHA-256 of the one before.
//!
//! An intent is on the disk before its revoke is sent, and the result before the next one begins. A last line without its end is what a
//! crash leaves. It is cut off, and what it said is asked again: a revoke whose result was cut off is an intent without one. Whatever else does not fit is refused. The chain has no key: it shows changes, and it is no proof
//! against somebody who writes a new chain. So a run that is resumed believes a journal only in what is to be done, and asks the provider
//! what is gone.

pub mod event;
mod read;
mod storage;

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::private_file;

pub use self::storage::Storage;
use self::{event::Event, storage::Locked};

/// The version of the lines.
const VERSION: u32 = 1;
/// What the first line has in place of a digest.
const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An open journal. No other process can open it meanwhile.
pub struct Journal {
    path: PathBuf,
    storage: Box<dyn Storage>,
    /// The digest of the last line.
    last: String,
    count: u64,
    /// Why nothing can be written any more.
    broken: Option<String>,
}

/// A journal of an earlier run.
pub struct Resumed {
    pub journal: Journal,
    pub events: Vec<Event>,
    /// Bytes of a last line without its end, which are cut off.
    pub torn_bytes: u64,
}

/// Why a journal cannot be used.
#[derive(Debug)]
pub enum Error {
    /// Another run has it.
    Busy(PathBuf),
    /// A line is not as it was written.
    Changed { path: PathBuf, line: u64, why: String },
    /// Another version of the command wrote it.
    Version { path: PathBuf, version: u32 },
    /// It says nothing that could be resumed.
    Unusable { path: PathBuf, why: &'static str },
    /// It cannot be read or written, for example because the disk is full.
    Io {
        path: PathBuf,
        doing: &'static str,
        why: String,
    },
}

/// A line as it is written.
#[derive(Serialize, Deserialize)]
struct Line<E> {
    v: u32,
    line: u64,
    /// UTC.
    at: String,
    /// SHA-256 of the line before, without its end.
    prev: String,
    #[serde(flatten)]
    event: E,
}

impl Journal {
    /// Begins a journal that only its owner can read.
    ///
    /// # Errors
    /// If there is one already, or it cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::io(path, "be made", &error);
        let file = private_file::open(path, OpenOptions::new().write(true).create_new(true)).map_err(failed)?;
        lock(&file, path)?;
        let storage = sync_folder(path).and_then(|()| Locked::at_end(file)).map_err(|error| {
            // It is this run's, and says nothing: plans without a journal can be carried out.
            drop(std::fs::remove_file(path));
            failed(error)
        })?;
        Ok(Self {
            path: path.to_owned(),
            storage: Box::new(storage),
            last: FIRST.to_owned(),
            count: 0,
            broken: None,
        })
    }

    /// Opens the journal of an earlier run.
    ///
    /// # Errors
    /// If another run has it, others can change it, or a line is not as it was written.
    pub fn resume(path: &Path) -> Result<Resumed, Error> {
        let failed = |error: io::Error| Error::io(path, "be read", &error);
        let mut file = OpenOptions::new().read(true).append(true).open(path).map_err(failed)?;
        lock(&file, path)?;
        if !is_private(&file).map_err(failed)? {
            return Err(Error::Unusable {
                path: path.to_owned(),
                why: "others can read or change it, so that it may not be what a run wrote: look at it, then `chmod 600` it",
            });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let read = read::lines(path, &bytes)?;
        if read.torn_bytes > 0 {
            file.set_len(bytes.len() as u64 - read.torn_bytes).map_err(failed)?;
            file.sync_data().map_err(failed)?;
        }
        Ok(Resumed {
            journal: Self {
                path: path.to_owned(),
                storage: Box::new(Locked::at_end(file).map_err(failed)?),
                last: read.last,
                count: read.events.len() as u64,
                broken: None,
            },
            events: read.events,
            torn_bytes: read.torn_bytes,
        })
    }

    /// Adds an event. If `is_durable`, it is on the disk afterwards.
    ///
    /// # Errors
    /// If it cannot be written. Nothing can be written from then on, and nothing may be sent.
    pub fn append(&mut self, event: &Event, at: &str, is_durable: bool) -> Result<(), Error> {
        if let Some(why) = &self.broken {
            return Err(self.failed(why.clone()));
        }
        let line = Line {
            v: VERSION,
            line: self.count.saturating_add(1),
            at: at.to_owned(),
            prev: self.last.clone(),
            event,
        };
        let written = serde_json::to_string(&line)
            .map_err(io::Error::other)
            .and_then(|mut text| {
                let digest = digest(text.as_bytes());
                text.push('\n');
                self.storage.append(text.as_bytes())?;
                if is_durable {
                    self.storage.sync()?;
                }
                Ok(digest)
            });
        match written {
            Ok(digest) => {
                self.last = digest;
                self.count = line.line;
                Ok(())
            }
            Err(error) => {
                let why = error.to_string();
                self.broken = Some(why.clone());
                Err(self.failed(why))
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, why: String) -> Error {
        Error::Io {
            path: self.path.clone(),
            doing: "be written",
            why,
        }
    }

    /// Lets a test stand between the journal and its file.
    #[cfg(test)]
    pub fn wrapped(mut self, wrap: impl FnOnce(Box<dyn Storage>) -> Box<dyn Storage>) -> Self {
        self.storage = wrap(self.storage);
        self
    }
}

/// SHA-256, as 64 hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(unix)]
fn is_private(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    Ok(file.metadata()?.permissions().mode() & OTHERS == 0)
}

#[cfg(not(unix))]
fn is_private(_: &File) -> io::Result<bool> {
    Ok(true)
}

fn lock(file: &File, path: &Path) -> Result<(), Error> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::Busy(path.to_owned()),
        TryLockError::Error(error) => Error::io(path, "be locked", &error),
    })
}

/// A new file survives a loss of power only if its folder does.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    } else {
        Ok(())
    }
}

impl Error {
    fn io(path: &Path, doing: &'static str, error: &io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            doing,
            why: error.to_string(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(path) => write!(f, "another run has the journal {}: wait for its end", path.display()),
            Self::Changed { path, line, why } => write!(
                f,
                "line {line} of the journal {} is not as it was written: {why}. Nothing was sent; begin a new run, which finds out what is held",
                path.display()
            ),
            Self::Version { path, version } => write!(
                f,
                "the journal {} is of version {version}, and this command knows {VERSION}. Nothing was sent; resume it with the version of the \
                 command that wrote it, or begin a new run, which finds out what is held",
                path.display()
            ),
            Self::Unusable { path, why } => write!(f, "the journal {}: {why}", path.display()),
            Self::Io { path, doing, why } => write!(f, "the journal {} cannot {doing}: {why}", path.display()),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests;
