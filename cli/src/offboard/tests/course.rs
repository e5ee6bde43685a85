//! One offboarding in a test: its folder, its sessions, and ways to end it in between.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use host::{
    engine::{self, Prepared},
    guests::Artifact,
    output::Output,
};
use tokio::sync::Notify;

use super::world::{World, email};
use crate::{
    accounts::Account,
    accounts::scratch::Scratch,
    offboard::{
        fleet::{Fleet, Member},
        journal::{Journal, Storage, event::Begin},
        list::List,
        offboarding::{self, Terms},
        progress::Progress,
        scope::Scope,
        state::{Inner, State},
        stop::Stop,
        task::Task,
    },
    record::Record,
    session::Session,
};

static COMPONENT: LazyLock<Prepared> = LazyLock::new(|| engine::prepare(&Artifact::Wasi.bytes().unwrap()).unwrap());

/// A folder of this test's own.
pub struct Folder(Scratch);

impl Folder {
    pub fn new() -> Self {
        Self(Scratch::new())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub fn journal(&self) -> PathBuf {
        self.0.path().join("journal.jsonl")
    }
}

/// Fresh sessions: what a process that starts has.
pub fn fleet(world: &World, accounts: &[Account]) -> Fleet {
    let clock = world.demo.clock;
    let member = |account: &Account| {
        let output = Output::nowhere();
        let session = Session::start(&COMPONENT, &[account], &world.demo.network, Some(clock), &[], output).unwrap();
        Member::new(account.clone(), session)
    };
    Fleet {
        members: accounts.iter().map(member).collect(),
        now: Arc::new(move || clock.unix()),
    }
}

/// The same account with a record in this file.
pub fn recorded(world: &World, account: &Account, file: &Path) -> Member {
    let (output, announcements) = Record::open(file).unwrap().of_session();
    let session = Session::start(
        &COMPONENT,
        &[account],
        &world.demo.network,
        Some(world.demo.clock),
        &[],
        output,
    )
    .unwrap();
    Member::new(account.clone(), session.announced_by(announcements))
}

/// The people with these numbers, by their e-mail addresses, at all accounts.
pub fn list(people: impl Iterator<Item = usize>) -> List {
    let rows: Vec<String> = people
        .map(|person| format!("Person {person},{}", email(person)))
        .collect();
    List::parse(format!("person,email\n{}\n", rows.join("\n")).as_bytes()).unwrap()
}

/// What removes everything of the people in [`World`].
pub fn terms() -> Terms {
    Terms {
        allow: vec![String::from("delete-administrator")],
        ..Terms::default()
    }
}

/// Who is to go from where, and the plans.
pub async fn planned(fleet: &Fleet, list: &List) -> (Begin, Vec<Task>) {
    let accounts: Vec<&Account> = fleet.accounts().collect();
    let mut begin = offboarding::begin(list, &accounts, &|_| true, &terms()).unwrap();
    fleet.identify(&mut begin).unwrap();
    let tasks = offboarding::plan(fleet, &begin, &Stop::default(), &Progress::Silent).await;
    (begin, tasks)
}

/// The state of a run that was confirmed.
pub fn confirmed(fleet: &Fleet, folder: &Folder, begin: Begin, tasks: Vec<Task>) -> Inner {
    let journal = Journal::create(&folder.journal()).unwrap();
    let journal = unsynced(journal);
    offboarding::confirm(journal, begin, tasks, "yes", Scope::default(), &fleet.timestamp()).unwrap()
}

/// The state of a run that goes on.
pub fn resumed(fleet: &Fleet, folder: &Folder) -> (Inner, u64) {
    let mut resumed = Journal::resume(&folder.journal()).unwrap();
    resumed.journal = unsynced(resumed.journal);
    let torn = resumed.torn_bytes;
    let mut inner = offboarding::resume(resumed, &fleet.timestamp()).unwrap();
    fleet.check(&inner.tasks).unwrap();
    fleet.require_approvals(&mut inner.tasks);
    (inner, torn)
}

/// Processes end here, and no machine does: waiting for the disk is left out, which thousands of lines would wait minutes for.
fn unsynced(journal: Journal) -> Journal {
    struct Unsynced(Box<dyn Storage>);

    impl Storage for Unsynced {
        fn append(&mut self, line: &[u8]) -> io::Result<()> {
            self.0.append(line)
        }

        fn sync(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    journal.wrapped(|inner| Box::new(Unsynced(inner)))
}

/// Carries out to the end.
pub async fn carried_out(fleet: &Fleet, inner: Inner, stop: &Stop) -> (Inner, Option<String>) {
    let state = State::new(inner);
    let why = offboarding::carry_out(fleet, &state, stop, &Progress::Silent).await;
    (state.into_inner(), why)
}

/// What happens when so many lines are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// The process ends with the line on the disk, and what follows it under way.
    After,
    /// The process ends within the line.
    Within,
    /// The disk is full from there on.
    Full,
    /// Somebody presses Ctrl-C.
    Stop,
}

/// Stands between a journal and its file.
struct Ending {
    inner: Box<dyn Storage>,
    left: usize,
    end: End,
    ended: Arc<Notify>,
    stop: Stop,
}

impl Storage for Ending {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.left == 0 && self.end == End::Full {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        if self.left != 1 {
            self.left = self.left.saturating_sub(1);
            return self.inner.append(line);
        }
        self.left = 0;
        match self.end {
            End::Within => {
                self.inner.append(&line[..line.len() / 2])?;
                self.ended.notify_one();
                Err(io::Error::other("the process ended"))
            }
            End::After => {
                self.ended.notify_one();
                self.inner.append(line)
            }
            End::Full => self.inner.append(line),
            End::Stop => {
                self.stop.ask("Ctrl-C");
                self.inner.append(line)
            }
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.inner.sync()
    }
}

/// Lets something happen after so many lines.
pub fn ending(mut inner: Inner, left: usize, end: End, stop: &Stop) -> (Inner, Arc<Notify>) {
    let ended = Arc::new(Notify::new());
    let (notify, stop) = (Arc::clone(&ended), stop.clone());
    inner.journal = inner.journal.wrapped(move |inner| {
        Box::new(Ending {
            inner,
            left,
            end,
            ended: notify,
            stop,
        })
    });
    (inner, ended)
}

/// Carries out until the process is ended; nothing of it is left but the journal and what the providers did.
pub async fn killed(fleet: Fleet, inner: Inner, left: usize, end: End) {
    let stop = Stop::default();
    let (inner, ended) = ending(inner, left, end, &stop);
    let state = State::new(inner);
    tokio::select! {
        biased;
        () = ended.notified() => {}
        why = offboarding::carry_out(&fleet, &state, &stop, &Progress::Silent) => panic!("it came to its end: {why:?}"),
    }
}
