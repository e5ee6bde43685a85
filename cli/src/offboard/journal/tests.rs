use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::*;

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("unassign-role-journal-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn intent(task: usize) -> Event {
    Event::Intent {
        task,
        plan_digest: String::from("d"),
    }
}

/// A journal of three intents.
fn written(folder: &Folder) -> Vec<u8> {
    let mut journal = Journal::create(&folder.journal()).unwrap();
    for task in 0..3 {
        journal.append(&intent(task), "2026-01-31T09:30:00Z", true).unwrap();
    }
    fs::read(folder.journal()).unwrap()
}

fn refused(folder: &Folder) -> String {
    Journal::resume(&folder.journal()).err().unwrap().to_string()
}

#[test]
fn what_was_written_is_read_and_gone_on_with() {
    let folder = Folder::new();
    written(&folder);
    let mut resumed = Journal::resume(&folder.journal()).unwrap();
    assert_eq!((resumed.events.len(), resumed.torn_bytes), (3, 0));
    resumed
        .journal
        .append(&intent(3), "2026-01-31T09:30:00Z", true)
        .unwrap();
    drop(resumed);
    assert_eq!(
        Journal::resume(&folder.journal()).unwrap().events,
        (0..4).map(intent).collect::<Vec<_>>()
    );
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it_and_one_that_others_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    written(&folder);
    let mode = fs::metadata(folder.journal()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(folder.journal(), fs::Permissions::from_mode(0o660)).unwrap();
    assert!(refused(&folder).contains("chmod 600"));
}

#[test]
fn two_runs_do_not_share_it() {
    let folder = Folder::new();
    let first = Journal::create(&folder.journal()).unwrap();
    assert!(matches!(Journal::resume(&folder.journal()), Err(Error::Busy(_))));
    assert!(
        matches!(Journal::create(&folder.journal()), Err(Error::Io { .. })),
        "it would be overwritten"
    );
    drop(first);
    assert!(Journal::resume(&folder.journal()).is_ok());
}

#[test]
fn a_last_line_without_its_end_is_a_crash_and_cut_off() {
    let folder = Folder::new();
    let bytes = written(&folder);
    let last = bytes[..bytes.len() - 1]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .unwrap()
        + 1;
    for end in [last + 1, last + 40, bytes.len() - 1] {
        fs::write(folder.journal(), &bytes[..end]).unwrap();
        let mut resumed = Journal::resume(&folder.journal()).unwrap();
        assert_eq!((resumed.events.len(), resumed.torn_bytes), (2, (end - last) as u64));
        resumed
            .journal
            .append(&intent(9), "2026-01-31T09:30:00Z", true)
            .unwrap();
        drop(resumed);
        assert_eq!(Journal::resume(&folder.journal()).unwrap().events.len(), 3);
    }
}

#[test]
fn a_changed_a_missing_a_moved_and_a_strange_line_are_found() {
    let folder = Folder::new();
    let text = String::from_utf8(written(&folder)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [first, second, third] = lines.as_slice() else {
        panic!("{text}")
    };
    for (forged, line) in [
        (
            vec![
                first.replace("\"task\":0", "\"task\":7"),
                (*second).to_owned(),
                (*third).to_owned(),
            ],
            2,
        ),
        (vec![(*first).to_owned(), (*third).to_owned()], 2),
        (vec![(*second).to_owned(), (*third).to_owned()], 1),
        (vec![(*first).to_owned(), (*first).to_owned()], 2),
        (vec![(*first).to_owned(), String::from("{}"), (*third).to_owned()], 2),
        (vec![(*first).to_owned(), String::new(), (*second).to_owned()], 2),
        (vec![first.replace("intent", "intention")], 1),
    ] {
        fs::write(folder.journal(), forged.join("\n") + "\n").unwrap();
        let why = refused(&folder);
        assert!(why.starts_with(&format!("line {line} of the journal")), "{why}");
    }
}

#[test]
fn a_line_of_a_newer_command_is_told_from_a_changed_one() {
    let folder = Folder::new();
    let text = String::from_utf8(written(&folder)).unwrap();
    let newer = text.replace("\"v\":1", "\"v\":2");
    for text in [newer.clone(), newer.replace("\"intent\"", "\"intention\"")] {
        fs::write(folder.journal(), text).unwrap();
        let why = refused(&folder);
        assert!(
            why.contains("is of version 2") && !why.contains("not as it was written"),
            "{why}"
        );
    }
}

/// Takes so many lines.
struct Full {
    inner: Box<dyn Storage>,
    room: usize,
}

impl Storage for Full {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.room == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.room -= 1;
        self.inner.append(line)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }
}

#[test]
fn a_disk_that_is_full_ends_the_writing_for_good() {
    let folder = Folder::new();
    let journal = Journal::create(&folder.journal()).unwrap();
    let mut journal = journal.wrapped(|inner| Box::new(Full { inner, room: 1 }));
    journal.append(&intent(0), "2026-01-31T09:30:00Z", true).unwrap();
    for task in 1..3 {
        let why = journal
            .append(&intent(task), "2026-01-31T09:30:00Z", true)
            .unwrap_err()
            .to_string();
        assert!(why.contains("cannot be written"), "{why}");
    }
    drop(journal);
    assert_eq!(Journal::resume(&folder.journal()).unwrap().events.len(), 1);
}
