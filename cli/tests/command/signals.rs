//! Signals at a process that removes: what is under way ends, nothing new begins, and what was done is said.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use sandboxes::crowdstrike::{DEMO_HOME_CID, DEMO_USERS, User};
use serde_json::Value;

use crate::{
    program::{Said, program, text},
    tenant::Tenants,
};

const REVOKE: &str = "POST /user-management/entities/user-role-actions/v1";
const ANN: &str = DEMO_USERS[0].0;
const JOE: &str = "6f1e2a30-0000-4000-8000-00000000d004";

/// Two people of whom everything can go.
fn leavers(tenants: &Tenants) -> PathBuf {
    tenants.crowdstrike.add_user(User {
        uuid: JOE.to_owned(),
        uid: String::from("joe.fox@example.com"),
        cid: DEMO_HOME_CID.to_owned(),
        ..User::default()
    });
    tenants.crowdstrike.grant(JOE, DEMO_HOME_CID, "event_viewer");
    let list = "email\nann.lee@example.com\njoe.fox@example.com\n";
    tenants.folder().write("leavers.csv", list)
}

fn command(tenants: &Tenants, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .args(arguments)
        .args(["--accounts", &tenants.accounts(), "--account", "crowdstrike"])
        .args(["--ca", &tenants.authority()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The offboarding of the two.
fn offboard(tenants: &Tenants) -> Command {
    let list = leavers(tenants);
    let out = tenants.folder().path("out");
    command(tenants, &["offboard", text(&list), "--out", text(&out), "--yes"])
}

/// What is left of it.
fn resume(tenants: &Tenants) -> Said {
    let journal = tenants.folder().path("out/journal.jsonl");
    let mut resumed = command(tenants, &["offboard", "--resume", text(&journal)]);
    Said::of(resumed.output().unwrap())
}

/// Begins to remove, and returns once the provider has the first write and has not answered it.
fn removing(tenants: &Tenants, mut command: Command) -> Child {
    tenants.hold_writes(true);
    let child = command.spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !tenants.has_seen(REVOKE) {
        assert!(Instant::now() < until, "no write in a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Sends signals, of which the process says that it heard the first one; then lets the provider answer.
fn stopped_by(tenants: &Tenants, mut child: Child, signals: &[Signal], heard: &str) -> Said {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    for signal in signals {
        send(&child, *signal);
        while !said.contains(heard) {
            said.push_str(&lines.next().expect("it says that it heard the signal").unwrap());
            said.push('\n');
        }
    }
    // The second one of them must not have ended it.
    std::thread::sleep(Duration::from_millis(200));
    tenants.hold_writes(false);
    for line in lines {
        said.push_str(&line.unwrap());
        said.push('\n');
    }
    let ended = Said::of(child.wait_with_output().unwrap());
    Said { err: said, ..ended }
}

/// The journal so far.
fn events(tenants: &Tenants) -> Vec<Value> {
    let journal = tenants.folder().read("out/journal.jsonl");
    journal
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn holds(tenants: &Tenants, uuid: &str) -> bool {
    let held = tenants.crowdstrike.grants(uuid);
    held.iter()
        .any(|(cid, _, is_direct)| *is_direct && cid == DEMO_HOME_CID)
}

#[test]
fn offboard_finishes_what_is_under_way_begins_nothing_new_and_can_go_on() {
    // Wrappers and terminals send their signal twice.
    for (signal, name) in [
        (Signal::TERM, "SIGTERM"),
        (Signal::HUP, "SIGHUP"),
        (Signal::INT, "Ctrl-C"),
    ] {
        let tenants = Tenants::start();
        let child = removing(&tenants, offboard(&tenants));
        let signals: &[Signal] = if signal == Signal::INT {
            &[signal]
        } else {
            &[signal, signal]
        };
        stopped_by(&tenants, child, signals, "stopping: ")
            .ends(1)
            .says(&format!("stopped: {name}"))
            .says("--resume");
        assert!(!holds(&tenants, ANN) && holds(&tenants, JOE), "{name}");
        let events = events(&tenants);
        let count = |event: &str| events.iter().filter(|line| line["event"] == event).count();
        assert_eq!(
            (count("intent"), count("result"), count("stopped")),
            (1, 1, 1),
            "{name}"
        );
        assert!(tenants.folder().read("out/results.csv").contains("not_run"));

        resume(&tenants).ends(0);
        assert!(!holds(&tenants, JOE), "{name}");
    }
}

#[test]
fn ctrl_c_after_another_signal_ends_it_at_once_and_the_journal_has_the_intent() {
    let tenants = Tenants::start();
    let child = removing(&tenants, offboard(&tenants));
    stopped_by(&tenants, child, &[Signal::TERM, Signal::INT], "stopping: ").ends(130);
    assert_eq!(events(&tenants).last().unwrap()["event"], "intent");
    resume(&tenants).ends(0);
    assert!(!holds(&tenants, ANN) && !holds(&tenants, JOE));
}

#[test]
fn what_nohup_starts_outlives_its_terminal() {
    let tenants = Tenants::start();
    let offboard = offboard(&tenants);
    let mut nohup = Command::new("nohup");
    nohup.arg(offboard.get_program()).args(offboard.get_args());
    nohup.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = removing(&tenants, nohup);
    send(&child, Signal::HUP);
    std::thread::sleep(Duration::from_millis(200));
    tenants.hold_writes(false);
    Said::of(child.wait_with_output().unwrap()).ends(0);
    assert!(!holds(&tenants, ANN) && !holds(&tenants, JOE));
}

#[test]
fn nobody_has_to_read_what_a_run_says() {
    let tenants = Tenants::start();
    let mut child = removing(&tenants, offboard(&tenants));
    drop((child.stdout.take(), child.stderr.take()));
    tenants.hold_writes(false);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!holds(&tenants, ANN) && !holds(&tenants, JOE));
    assert!(tenants.folder().read("out/results.csv").contains(",gone,"));
}

#[test]
fn revoke_finishes_and_says_what_became_of_it() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let tenants = Tenants::start();
        let revoke = ["revoke", "ann.lee@example.com", "--role", "event_viewer", "--yes"];
        let child = removing(&tenants, command(&tenants, &revoke));
        stopped_by(&tenants, child, &[signal], "is finished first")
            .ends(0)
            .says("removed");
    }
}
