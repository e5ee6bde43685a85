//! Offboarding over real sockets with TLS: from a list to a report, with an approval in between.

use std::{fs, os::unix::fs::PermissionsExt};

use sandboxes::crowdstrike::{DEMO_HOME_CID, DEMO_USERS};
use serde_json::{Value, json};

use crate::{
    program::{Said, program, run, text},
    tenant::Tenants,
};

fn offboard(tenants: &Tenants, arguments: &[&str]) -> Said {
    let accounts = tenants.folder().path("approved.json");
    let said = program()
        .arg("offboard")
        .args(arguments)
        .args(["--accounts", text(&accounts), "--ca", &tenants.authority()])
        .env("UNASSIGN_ROLE_SECRET_KEY", "demo-key")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    Said::of(said)
}

/// The accounts, of which Slack takes only what Alice approves.
fn with_approver(tenants: &Tenants) {
    let folder = tenants.folder();
    let key = folder.write("alice.jwk", &run(["keys", "new"]).ends(0).out);
    let public: Value = run(["keys", "public", text(&key)]).ends(0).json();
    let mut accounts: Value = serde_json::from_str(&folder.read("accounts.json")).unwrap();
    accounts["slack"]["settings"] = json!({"approval_required": true, "approvers": [{"name": "alice", "key": public}]});
    folder.write("approved.json", &accounts.to_string());
}

#[test]
fn people_go_from_a_list_to_a_report_over_tls() {
    let tenants = Tenants::start();
    with_approver(&tenants);
    let folder = tenants.folder();
    let list = folder.write(
        "leavers.csv",
        "\u{feff}person;email;accounts\r\n=Ann;ann.lee@example.com;production,slack\r\nNobody;nobody@example.com;teamviewer\r\n",
    );
    let out = folder.path("january");
    let [out, list] = [text(&out), text(&list)];
    // Nobody can be asked, and nothing is sent.
    offboard(&tenants, &[list, "--out", text(&folder.path("unasked"))])
        .ends(2)
        .says("--yes");
    offboard(&tenants, &[list, "--out", out, "--plan-only"])
        .ends(1)
        .says("no such user")
        .says("needs approval")
        .says("approve --batch");
    let (ann, _) = DEMO_USERS[0];
    assert!(tenants.crowdstrike.holds(ann, DEMO_HOME_CID, "event_viewer"));

    let key = folder.path("alice.jwk");
    run([
        "approve",
        "--batch",
        out,
        "--key",
        text(&key),
        "--reference",
        "CHG-1042",
        "--yes",
    ])
    .ends(0)
    .says("1 plans approved");
    let said = offboard(&tenants, &["--plans", out, "--yes", "--json"])
        .ends(1)
        .says("Nobody at teamviewer");
    assert!(!tenants.crowdstrike.holds(ann, DEMO_HOME_CID, "event_viewer"));

    let lines: Vec<Value> = said
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let standings: Vec<&str> = lines.iter().map(|line| line["standing"].as_str().unwrap()).collect();
    assert_eq!(standings, ["gone", "gone", "no_such_user"], "{}", said.err);
    for name in [
        "journal.jsonl",
        "results.csv",
        "results.jsonl",
        "report.html",
        "receipt-keys.json",
        "offboarding.json",
    ] {
        let mode = fs::metadata(folder.path("january").join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(folder.read("january/results.csv").contains("'=Ann,"));
    // What was signed can be checked with the keys beside it.
    let receipt = folder.write("receipt.jwt", lines[1]["receipts"][0].as_str().unwrap());
    let keys = folder.path("january/receipt-keys.json");
    run(["receipt", "verify", text(&receipt), "--key", text(&keys)])
        .ends(0)
        .says("CHG-1042");

    // Another tenant under the same id says nothing of what was removed at this one.
    let journal = folder.path("january/journal.jsonl");
    let accounts = folder.read("approved.json");
    let mut others: Value = serde_json::from_str(&accounts).unwrap();
    others["teamviewer"]["base_url"] = others["elastic"]["base_url"].clone();
    folder.write("approved.json", &others.to_string());
    offboard(&tenants, &["--resume", text(&journal)])
        .ends(3)
        .says("the account `teamviewer` is not the one that was planned at");
    folder.write("approved.json", &accounts);

    // The plans were carried out; a run that goes on finds nothing to send, and looks once more.
    offboard(&tenants, &["--plans", out, "--yes"]).ends(2).says("--resume");
    offboard(&tenants, &["--resume", text(&journal)])
        .ends(1)
        .says("2 of 3 are gone");
    let forged = folder
        .read("january/journal.jsonl")
        .replacen("event_viewer", "another_role", 1);
    fs::write(&journal, forged).unwrap();
    offboard(&tenants, &["--resume", text(&journal)])
        .ends(3)
        .says("is not as it was written");
}

#[test]
fn plans_are_carried_out_at_the_accounts_that_are_named_and_nowhere_else() {
    let tenants = Tenants::start();
    with_approver(&tenants);
    let folder = tenants.folder();
    let list = folder.write(
        "leavers.csv",
        "email,accounts\nann.lee@example.com,crowdstrike;teamviewer\n",
    );
    let out = folder.path("march");
    let (out, journal) = (text(&out), folder.path("march/journal.jsonl"));
    offboard(&tenants, &[text(&list), "--out", out, "--plan-only"]).ends(0);
    let (ann, _) = DEMO_USERS[0];
    let is_held = || tenants.crowdstrike.holds(ann, DEMO_HOME_CID, "event_viewer");

    offboard(&tenants, &["--plans", out, "--yes", "--account", "nowhere"])
        .ends(2)
        .says("there is no account `nowhere`");
    offboard(&tenants, &["--plans", out, "--yes", "--account", "teamviewer"])
        .ends(1)
        .says("this run is for teamviewer only");
    assert!(is_held());
    // What was not confirmed is not gone on with, unless somebody names and confirms it.
    offboard(&tenants, &["--resume", text(&journal)]).ends(1);
    assert!(is_held());
    offboard(&tenants, &["--resume", text(&journal), "--account", "crowdstrike"])
        .ends(2)
        .says("--yes");
    assert!(is_held());
    offboard(
        &tenants,
        &["--resume", text(&journal), "--account", "crowdstrike", "--yes"],
    )
    .ends(5);
    assert!(!is_held());
    // Both are confirmed by now.
    offboard(&tenants, &["--resume", text(&journal)])
        .ends(0)
        .says("2 of 2 are gone");
}

#[test]
fn a_list_that_cannot_be_meant_sends_nothing() {
    let tenants = Tenants::start();
    with_approver(&tenants);
    let folder = tenants.folder();
    for (list, said) in [
        ("", "the list is empty"),
        ("email,accont\na@example.com,slack\n", "`accont` is none"),
        (
            "email,accounts\na@example.com,nowhere\n",
            "line 2: there is no account and no tag `nowhere`",
        ),
    ] {
        let list = folder.write("leavers.csv", list);
        offboard(&tenants, &[text(&list), "--yes"])
            .ends(2)
            .says(said)
            .says("nothing was sent");
    }
}
