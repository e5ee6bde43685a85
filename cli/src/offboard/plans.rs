//! The folder of an offboarding: its plans for whoever approves them, and what a later run needs.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::private_file;

use super::{
    grant::Grant,
    journal::event::{Begin, Planned},
    task::Task,
};

const VERSION: &str = "unassign-role/offboarding/1";
/// An approval is at most so long.
const LONGEST_APPROVAL: u64 = 8 << 10;

/// A folder.
pub struct Folder {
    path: PathBuf,
    /// Locked while this process makes plans in it.
    claim: Option<File>,
}

/// What it says of an offboarding that was planned.
#[derive(Serialize, Deserialize)]
struct Document {
    v: String,
    begin: Begin,
    /// In the order of the tasks.
    planned: Vec<Option<Planned>>,
}

impl Folder {
    pub const fn new(path: PathBuf) -> Self {
        Self { path, claim: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes the folder, for its owner only, and claims it before anything is planned. One that has a journal or plans already belongs to
    /// another offboarding, and one that is claimed to a run that is making its plans.
    ///
    /// # Errors
    /// If it cannot be made, or is another one's.
    pub fn make(&mut self) -> Result<()> {
        let plans = self.path.join("plans");
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&plans)
            .with_context(|| format!("{} cannot be made", plans.display()))?;
        let lock = self.path.join(".lock");
        let file = private_file::open(&lock, OpenOptions::new().write(true))
            .with_context(|| format!("{} cannot be made", lock.display()))?;
        match file.try_lock() {
            Ok(()) => self.claim = Some(file),
            Err(TryLockError::WouldBlock) => bail!(
                "another run is making plans in {}: give another folder",
                self.path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{} cannot be locked", lock.display()));
            }
        }
        for taken in [self.journal(), self.document()] {
            ensure!(
                !taken.exists(),
                "{} is of another offboarding: give another folder, or go on with it (--resume, --plans)",
                taken.display()
            );
        }
        Ok(())
    }

    /// Writes the plans down, each in a file of its own for whoever approves it.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, begin: &Begin, tasks: &[Task]) -> Result<()> {
        for (task, index) in tasks.iter().zip(0..).filter(|(task, _)| task.has_work()) {
            let document = plan_document(begin, task);
            write_private(&self.plan_file(begin, task, index, "json"), &format!("{document:#}\n"))?;
        }
        let document = Document {
            v: VERSION.to_owned(),
            begin: begin.clone(),
            planned: tasks.iter().map(|task| task.planned.clone()).collect(),
        };
        write_private(&self.document(), &serde_json::to_string(&document)?)
    }

    /// Reads what was planned.
    ///
    /// # Errors
    /// If it is not there, or not as it was written.
    pub fn read(&self) -> Result<(Begin, Vec<Option<Planned>>)> {
        let path = self.document();
        let text = fs::read_to_string(&path).with_context(|| {
            format!(
                "{} cannot be read: is this the folder of an offboarding?",
                path.display()
            )
        })?;
        let document: Document =
            serde_json::from_str(&text).with_context(|| format!("{} is not as it was written", path.display()))?;
        ensure!(
            document.v == VERSION,
            "{} is of another version of this command",
            path.display()
        );
        ensure!(
            document.planned.len() == document.begin.tasks.len(),
            "{} lacks plans",
            path.display()
        );
        for planned in document.planned.iter().flatten() {
            ensure!(
                planned.fits_its_digest(),
                "{}: a plan does not fit its digest",
                path.display()
            );
        }
        Ok((document.begin, document.planned))
    }

    /// The approval beside a task's plan, if there is one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn approval(&self, begin: &Begin, task: &Task, index: usize) -> Result<Option<String>> {
        let path = self.plan_file(begin, task, index, "jwt");
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
            Ok(data) => ensure!(
                data.len() <= LONGEST_APPROVAL,
                "{} is longer than any approval",
                path.display()
            ),
        }
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let token = text.trim();
        Ok((!token.is_empty()).then(|| token.to_owned()))
    }

    /// Marks the plan of a task whose account requires approvals only since: `approve --batch` signs what is marked.
    ///
    /// # Errors
    /// If the file is there and cannot be read or written.
    pub fn require_approval(&self, begin: &Begin, task: &Task, index: usize) -> Result<()> {
        const FIELD: &str = "approval_required";
        let path = self.plan_file(begin, task, index, "json");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            text => text.with_context(|| format!("{} cannot be read", path.display()))?,
        };
        let mut document: Value =
            serde_json::from_str(&text).with_context(|| format!("{} is not as it was written", path.display()))?;
        if document[FIELD] == Value::Bool(true) {
            return Ok(());
        }
        if let Some(fields) = document.as_object_mut() {
            fields.insert(FIELD.to_owned(), Value::Bool(true));
        }
        write_private(&path, &format!("{document:#}\n"))
    }

    fn document(&self) -> PathBuf {
        self.path.join("offboarding.json")
    }

    fn plan_file(&self, begin: &Begin, task: &Task, index: usize, extension: &str) -> PathBuf {
        let target = &task.described.target;
        let person = begin.person(target);
        let name = format!(
            "{:04}-{}.{}.{extension}",
            index + 1,
            plain(person),
            plain(&target.account)
        );
        self.path.join("plans").join(name)
    }
}

/// Writes a file that only its owner can read, whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let write = || -> io::Result<()> {
        let mut file = private_file::create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

/// What an approver reads: the plan, and names beside its ids.
fn plan_document(begin: &Begin, task: &Task) -> Value {
    let target = &task.described.target;
    let planned = task.planned.as_ref();
    let grants: Vec<Value> = task.grants.values().map(name).collect();
    json!({
        "person": begin.leaver(target).map(|leaver| &leaver.person),
        "account": target.account,
        "approval_required": task.described.approval_required,
        "id": planned.and_then(|planned| planned.reply.user.as_ref()),
        "name": planned.and_then(|planned| planned.reply.user_name.as_ref()),
        "role_outcomes": [{"outcome": "planned", "grants": grants}],
        "plan": planned.and_then(|planned| planned.plan.as_ref()),
        "plan_digest": planned.and_then(|planned| planned.plan_digest.as_ref()),
    })
}

fn name(grant: &Grant) -> Value {
    json!({"role_id": grant.key.role_id, "role_name": grant.role_name, "outcome": grant.outcome})
}

/// Nothing in it leads out of the folder.
fn plain(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "-_@".contains(c) {
            c
        } else {
            '_'
        }
    };
    text.chars().take(40).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{accounts::scratch::Scratch, offboard::task::examples};

    #[test]
    fn a_folder_is_one_runs_from_before_its_plans_are_made() {
        let scratch = Scratch::new();
        let folder = || Folder::new(scratch.path().join("january"));
        let (mut first, mut second) = (folder(), folder());
        first.make().unwrap();
        let why = second.make().unwrap_err().to_string();
        assert!(why.contains("another run is making plans"), "{why}");
        first.write(&examples::begin(), &[examples::planned()]).unwrap();
        drop(first);
        let why = second.make().unwrap_err().to_string();
        assert!(why.contains("is of another offboarding"), "{why}");
        // A run that ended before it had plans leaves the folder free.
        let mut ended = Folder::new(scratch.path().join("february"));
        ended.make().unwrap();
        drop(ended);
        Folder::new(scratch.path().join("february")).make().unwrap();
    }
}
