//! What goes wrong around the program: a closed pipe, an interrupt.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStderr, Command, Stdio},
    time::{Duration, Instant},
};

use crate::program::{Folder, program, run, text};

#[test]
fn a_closed_pipe_is_no_panic_and_no_failure() {
    for arguments in [
        &["roles", "--sandbox", "--account", "demo-crowdstrike"][..],
        &["completions", "bash"],
        &["demo", "--fast"],
    ] {
        let mut child = program()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The reader goes before a line is written.
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}: {errors}");
        assert_eq!(errors, "", "{arguments:?}");
    }
}

#[test]
fn a_removal_whose_report_nobody_reads_keeps_its_exit_code() {
    let mut child = program()
        .args([
            "revoke",
            "sam.hill@example.com",
            "--role",
            "vulnerability_manager",
            "--yes",
            "--sandbox",
            "--account",
            "demo-crowdstrike",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn an_interrupted_removal_is_finished_and_a_second_interrupt_ends_it() {
    let folder = Folder::new();
    // Its removal is acknowledged at once and shown eight seconds later.
    let start = |deadline: &str, record: &str| {
        let mut child = program()
            .args([
                "revoke",
                "kim.park@example.com",
                "--role",
                "quarantine_manager",
                "--yes",
                "--sandbox",
            ])
            .args([
                "--account",
                "demo-crowdstrike",
                "--deadline",
                deadline,
                "--record",
                text(&folder.path(record)),
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        // The record says when the removal begins.
        let begun = || std::fs::read_to_string(folder.path(record)).is_ok_and(|lines| lines.contains("intent"));
        let patience = Instant::now() + Duration::from_secs(60);
        while !begun() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(50));
        }
        (child, errors)
    };
    let interrupt = |child: &Child| {
        Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
    };
    let interrupted = |child: &Child, errors: &mut BufReader<ChildStderr>| {
        interrupt(child);
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        line
    };
    let (mut child, mut errors) = start("25s", "finished.jsonl");
    let line = interrupted(&child, &mut errors);
    assert!(line.contains("is finished first"), "{line}");
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{out}");
    assert!(out.contains("1 removed"), "{out}");

    let (mut child, mut errors) = start("60s", "ended.jsonl");
    let line = interrupted(&child, &mut errors);
    assert!(line.contains("is finished first"), "{line}");
    interrupt(&child);
    let status = child.wait().unwrap();
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert_eq!(status.code(), Some(5), "{rest}");
    assert!(rest.contains("run the same command again"), "{rest}");
}

#[test]
fn a_time_or_number_that_is_none_is_a_usage_error() {
    for arguments in [
        &["plan", "u", "--role", "r", "--sandbox", "--deadline", "soon"][..],
        &["serve", "--sandbox", "--listen", "nowhere"],
        &["serve", "--sandbox", "--calls", "0"],
        &["plan", "u", "--everything", "--role", "r", "--sandbox"],
    ] {
        run(arguments).ends(2);
    }
}
