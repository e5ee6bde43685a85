//! Every verb on sandboxes, as somebody tries it first.

use std::process::Stdio;

use serde_json::json;

use crate::program::{Folder, program, run, text};

const CROWDSTRIKE: [&str; 3] = ["--sandbox", "--account", "demo-crowdstrike"];
const ANN: &str = "ann.lee@example.com";

fn on_crowdstrike<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(CROWDSTRIKE).collect()
}

#[test]
fn show_says_who_holds_what_and_what_selects_it() {
    let said = run(on_crowdstrike(&["show", ANN])).ends(0);
    let said = said
        .says("Ann Lee")
        .says("Event Viewer (event_viewer)")
        .says("--role event_viewer")
        .says("--organization 0123456789abcdef0123456789abcdef")
        .says("Next: plan what to remove: unassign-role plan --sandbox --account demo-crowdstrike ann.lee@example.com --everything");
    assert_eq!(said.err, "", "nothing but the answer, and no record");
}

#[test]
fn the_json_is_that_of_the_http_face() {
    let said = run(on_crowdstrike(&["show", ANN, "--json"])).ends(0);
    let body = said.json();
    assert_eq!(body["username"], ANN);
    assert!(body["role_grants"].as_array().unwrap().len() >= 6, "{body}");
    let roles = run(on_crowdstrike(&["roles", "--json"])).ends(0).json();
    assert_eq!(roles["whole"], true);
    let refused = run(on_crowdstrike(&["plan", ANN, "--role", "", "--json"]))
        .ends(2)
        .json();
    assert_eq!(
        (&refused["statusCode"], &refused["error_code"]),
        (&json!(400), &json!("invalid_request"))
    );
}

#[test]
fn roles_are_listed_with_ids_and_names() {
    run(on_crowdstrike(&["roles"]))
        .ends(0)
        .says("Help Desk (help_desk)")
        .says("all that there are")
        .says("Next: see who holds what");
}

#[test]
fn a_plan_is_written_approved_and_carried_out_as_it_is() {
    let folder = Folder::new();
    let plan = folder.path("plan.json");
    let planned = run(on_crowdstrike(&[
        "plan",
        ANN,
        "--role",
        "event_viewer",
        "--role-name",
        "Night Shift",
        "--out",
        text(&plan),
    ]));
    planned
        .ends(0)
        .says("will be removed (2)")
        .says("2 planned")
        .says("revoke --sandbox --account demo-crowdstrike --plan");

    let key = run(["keys", "new"]).ends(0);
    let key = folder.write("alice.jwk", &key.out);
    let approval = run([
        "approve",
        text(&plan),
        "--key",
        text(&key),
        "--reference",
        "CHG-1",
        "--yes",
    ])
    .ends(0);
    assert_eq!(approval.out.trim().split('.').count(), 3, "{}", approval.out);

    let with_plan = |more: &[&str]| run(["revoke", "--sandbox", "--plan", text(&plan)].iter().chain(more));
    let receipt = folder.path("receipt.jwt");
    with_plan(&["--receipt", text(&receipt)])
        .ends(0)
        .says("Event Viewer (event_viewer)")
        .says("2 removed");
    assert_eq!(folder.read("receipt.jwt").trim().split('.').count(), 3);

    // This account names no approvers: an approval that nobody can check is refused.
    let approval = folder.write("approval.jwt", &approval.out);
    with_plan(&["--approval", text(&approval)]).ends(1).says("error:");
    with_plan(&["--expect-email", "sam.hill@example.com"])
        .ends(1)
        .says("refused");
    with_plan(&["--strict-scope"]).ends(1).says("make a new plan");
    with_plan(&["--account", "demo-slack-enterprise"])
        .ends(2)
        .says("the plan is for the account `demo-crowdstrike`");
    let widened: &[&str] = &[ANN, "--role", "help_desk"];
    for selected in [widened, &["--workspace", "T0NORTH", "--yes"]] {
        with_plan(selected).ends(2).says("leave out the user and the selectors");
    }
}

#[test]
fn revoke_says_what_became_of_every_role_and_why() {
    run(on_crowdstrike(&["revoke", ANN, "--role", "event_viewer", "--yes"]))
        .ends(0)
        .says("1 removed")
        .says("Next: see what is left");
    run(on_crowdstrike(&[
        "revoke",
        "sam.hill@example.com",
        "--role",
        "vulnerability_manager",
        "--yes",
    ]))
    .ends(1)
    .says("inherited")
    .says("Blue Team")
    .says("Next:");
    run(on_crowdstrike(&[
        "revoke",
        "nobody@example.com",
        "--role",
        "event_viewer",
        "--yes",
    ]))
    .ends(4)
    .says("error:");
    let mixed = run(on_crowdstrike(&[
        "revoke",
        "sam.hill@example.com",
        "--role",
        "vulnerability_manager",
        "--role",
        "event_viewer",
        "--yes",
        "--json",
    ]));
    let mixed = mixed.ends(1).json();
    let outcomes: Vec<&str> = mixed["role_outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["inherited", "removed"]);
}

#[test]
fn what_no_read_shows_yet_is_unverified_with_an_exit_code_of_its_own() {
    run(on_crowdstrike(&[
        "revoke",
        "kim.park@example.com",
        "--role",
        "quarantine_manager",
        "--deadline",
        "3s",
        "--yes",
    ]))
    .ends(5)
    .says("1 unverified")
    .says("run the same command again");
}

#[test]
fn revoke_without_anybody_to_ask_needs_a_decision() {
    run(on_crowdstrike(&["revoke", ANN, "--everything"]))
        .ends(2)
        .says("add --yes");
    run(on_crowdstrike(&["revoke", "--yes"])).ends(2).says("whom?");
    run(on_crowdstrike(&["revoke", ANN, "--yes"])).ends(2).says("what?");
}

#[test]
fn everything_goes_without_a_question_by_a_plan_that_was_just_made() {
    run(on_crowdstrike(&["revoke", ANN, "--everything", "--yes"]))
        .ends(0)
        .says("6 removed");
}

#[test]
fn what_does_not_go_comes_with_what_to_do() {
    let slack = ["--everything", "--sandbox", "--account", "demo-slack-enterprise"];
    run(["plan", "sam.hill@example.com"].into_iter().chain(slack))
        .ends(1)
        .says("Next: what is not `planned` cannot go like this")
        .says("--allow demote-owner");
    run(on_crowdstrike(&["plan", ANN, "--role", "nosuch"]))
        .ends(1)
        .says("see which roles there are: unassign-role roles");
}

#[test]
fn verify_tells_held_from_gone() {
    run(on_crowdstrike(&["verify", ANN, "--role", "event_viewer"]))
        .ends(1)
        .says("held")
        .says("revoke");
    let absent = [
        "verify",
        "401",
        "--role",
        "22",
        "--sandbox",
        "--account",
        "demo-blackline",
    ];
    // The user of BlackLine's sandbox.
    let absent = ["verify", "301", absent[2], absent[3], absent[4], absent[5], absent[6]];
    run(absent).ends(0).says("1 already absent").says("it is not held");
}

#[test]
fn every_sandbox_can_be_shown_and_planned() {
    for (account, user) in [
        ("demo-blackline", "301"),
        ("demo-elastic-cloud", ANN),
        ("demo-jumpcloud", ANN),
        ("demo-slack-enterprise", ANN),
        ("demo-teamviewer", ANN),
    ] {
        let shown = run(["show", user, "--sandbox", "--account", account, "--json"]);
        let grants = shown.ends(0).json()["role_grants"].as_array().unwrap().len();
        assert!(grants > 0, "{account}");
    }
}

#[test]
fn a_probe_is_one_line_a_fact() {
    run(on_crowdstrike(&["accounts", "probe", "--user", ANN]))
        .ends(0)
        .says("ok       credentials  CrowdStrike accepts them")
        .says("User Management: Write")
        .says("grants");
    let facts = run(on_crowdstrike(&["accounts", "probe", "--json"])).ends(0).json();
    assert_eq!(facts["facts"][0]["state"], "ok", "{facts}");
    let folder = Folder::new();
    let transcript = folder.path("transcript.jsonl");
    run(on_crowdstrike(&[
        "accounts",
        "probe",
        "--user",
        ANN,
        "--transcript",
        text(&transcript),
    ]))
    .ends(0)
    .says("read it before you send it in");
    let transcript = folder.read("transcript.jsonl");
    assert!(transcript.lines().count() >= 3, "{transcript}");
    assert!(
        transcript.contains(r#""path":"/oauth2/token""#) && transcript.contains("role_id"),
        "{transcript}"
    );
    for value in [
        "demo-secret",
        "demo-client",
        "ann.lee",
        "event_viewer",
        "0123456789abcdef",
        "Night Shift",
        "Bearer",
    ] {
        assert!(!transcript.contains(value), "{value}\n{transcript}");
    }
}

#[test]
fn the_record_is_written_where_it_is_asked_for_and_nothing_is_removed_without_it() {
    let folder = Folder::new();
    let record = folder.path("record.jsonl");
    let arguments = ["revoke", ANN, "--role", "event_viewer", "--yes", "--record"];
    run(on_crowdstrike(&[&arguments[..], &[text(&record)]].concat())).ends(0);
    let events: Vec<String> = folder
        .read("record.jsonl")
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["event"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(events, ["intent", "result"]);
    let full = run(on_crowdstrike(&[&arguments[..], &["/dev/full"]].concat()));
    let full = full.ends(3).says("this removal was not sent");
    assert!(!full.out.contains("removed"), "{}", full.out);
}

#[test]
fn a_receipt_that_cannot_be_kept_is_said_and_the_exit_code_says_it_too() {
    let arguments = ["revoke", ANN, "--role", "event_viewer", "--yes", "--receipt"];
    let nowhere = run(on_crowdstrike(&[&arguments[..], &["/nonexistent/r.jwt"]].concat())).ends(3);
    assert!(!nowhere.says("nothing was sent").out.contains("removed"));
    let full = run(on_crowdstrike(&[&arguments[..], &["/dev/full"]].concat())).ends(3);
    let full = full.says("1 removed").says("Keep this one");
    assert!(
        full.err
            .lines()
            .any(|line| line.split('.').count() == 3 && line.starts_with("eyJ")),
        "{}",
        full.err
    );
    assert!(!full.out.contains("keep the receipt"), "{}", full.out);
}

#[test]
fn a_file_that_was_not_written_is_no_answer_that_nobody_reads() {
    let code = |arguments: &[&str]| {
        let mut child = program()
            .args(on_crowdstrike(arguments))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code()
    };
    assert_eq!(code(&["plan", ANN, "--everything"]), Some(0));
    assert_eq!(code(&["plan", ANN, "--everything", "--out", "/dev/stdout"]), Some(3));
}

#[test]
fn the_demo_streams_fits_and_says_why() {
    let said = run(["demo", "--fast"]).ends(0);
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    said.says("held → gone")
        .says("Blue Team")
        .says("The whole story")
        .says("Everything came out as it must.")
        .says("Next");
}

#[test]
fn completions_and_help_are_there_for_every_shell_and_verb() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = run(["completions", shell]).ends(0);
        assert!(said.out.contains("offboard") || said.out.contains("revoke"), "{shell}");
    }
    for verb in ["show", "roles", "plan", "revoke", "verify", "approve", "serve", "demo"] {
        let said = run([verb, "--help"]).ends(0);
        assert!(said.out.contains("Usage:"), "{verb}");
    }
    run(["--help"]).ends(0).says("Exit codes:");
}
