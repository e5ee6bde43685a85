//! On a terminal: `script` gives the program one.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::program::{Folder, text};

/// What a person sees who types this, on a terminal of so many columns.
fn on_terminal(columns: u16, arguments: &str, typed: &str) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_unassign-role");
    let line = format!("stty cols {columns} rows 24 -echo; exec {program} {arguments}");
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"])
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("`script` is in util-linux");
    let mut input = child.stdin.take().unwrap();
    input.write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output();
    drop(input);
    let output = output.unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn revoke_shows_the_plan_asks_and_carries_out_what_was_confirmed() {
    let revoke = "revoke ann.lee@example.com --role event_viewer --sandbox --account demo-crowdstrike";
    let (code, seen) = on_terminal(100, revoke, "y\n");
    assert_eq!(code, Some(0), "{seen}");
    for text in ["will be removed (1)", "Event Viewer", "[y/N]", "removed"] {
        assert!(seen.contains(text), "{text}\n{seen}");
    }
    let (code, seen) = on_terminal(100, revoke, "n\n");
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains("nothing was removed"), "{seen}");
}

#[test]
fn a_terminal_of_forty_columns_gets_a_field_a_line() {
    let (code, seen) = on_terminal(40, "roles --sandbox --account demo-crowdstrike --no-color", "");
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("role: Help Desk (help_desk)"), "{seen}");
    assert!(!seen.contains('─'), "{seen}");
}

#[test]
fn tables_fit_the_terminal_and_colors_are_left_out_if_they_are_not_wanted() {
    let (_, seen) = on_terminal(
        80,
        "show ann.lee@example.com --sandbox --account demo-crowdstrike --no-color",
        "",
    );
    let table: Vec<&str> = seen.lines().skip_while(|line| !line.contains('─')).collect();
    assert!(table.len() > 5, "{seen}");
    for line in table.iter().take_while(|line| !line.contains("Next:")) {
        assert!(line.trim_end().chars().count() <= 80, "{line}");
    }
    let colored = "\u{1b}[32m";
    assert!(!seen.contains(colored), "{seen}");
    let (_, seen) = on_terminal(80, "accounts check /nowhere", "");
    assert!(seen.contains("\u{1b}[31mWRONG"), "{seen}");
}

#[test]
fn an_approval_is_asked_for() {
    let folder = Folder::new();
    let plan = folder.path("plan.json");
    let planned = crate::program::run([
        "plan",
        "ann.lee@example.com",
        "--role",
        "event_viewer",
        "--sandbox",
        "--account",
        "demo-crowdstrike",
        "--out",
        text(&plan),
    ]);
    planned.ends(0);
    let key = folder.write("key.jwk", &crate::program::run(["keys", "new"]).ends(0).out);
    let approve = format!("approve {} --key {} --reference CHG-1", text(&plan), text(&key));
    let (code, seen) = on_terminal(100, &approve, "n\n");
    assert_eq!(code, Some(1), "{seen}");
    assert!(
        seen.contains("approve this? [y/N]") && seen.contains("not approved"),
        "{seen}"
    );
    let (code, seen) = on_terminal(100, &approve, "yes\n");
    assert_eq!(code, Some(0), "{seen}");
}
