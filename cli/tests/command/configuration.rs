//! Accounts, tokens, keys and receipts, without a component.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::program::{Folder, run, run_with_input, text};

const ACCOUNTS: &str = r#"
[acme]
provider = "slack_enterprise"
tags = ["production"]
credentials = { type = "bearer_token", token = { secret = "acme_slack" } }

[globex]
provider = "crowdstrike"
credentials = { type = "client_credentials", client_id = "c", client_secret = { command = ["touch", "ran"] } }
settings = { region = "eu-1" }
"#;

#[test]
fn accounts_are_listed_and_checked_without_a_secret() {
    let folder = Folder::new();
    let file = folder.write("accounts.toml", ACCOUNTS);
    run(["accounts", "list", "--accounts", text(&file)])
        .ends(0)
        .says("production")
        .says("https://api.eu-1.crowdstrike.com");
    let listed = run(["accounts", "list", "--json", "--accounts", text(&file)])
        .ends(0)
        .json();
    assert_eq!(
        listed[0],
        json!({"id": "acme", "provider": "slack_enterprise", "tags": ["production"], "status": "active",
                                 "approval_required": false, "hosts": ["https://slack.com"]})
    );
    run(["accounts", "check", text(&file)])
        .ends(0)
        .says("ok      account acme: slack_enterprise")
        .says("secret acme_slack: UNASSIGN_ROLE_SECRET_ACME_SLACK (wasi); SPIN_VARIABLE_SECRET_ACME_SLACK (spin, declared as secret_acme_slack)")
        .says("https://slack.com  (acme)");
    assert!(
        !std::path::Path::new("ran").exists() && !folder.path("ran").exists(),
        "no command runs"
    );
}

#[test]
fn a_broken_configuration_is_exit_code_3_with_every_mistake() {
    let folder = Folder::new();
    let file = folder.write(
        "accounts.json",
        r#"{"acme": {"provder": "slack_enterprise"}, "globex": {"provider": "jumpcloud", "credentials": {"type": "api_key", "api_key": "xoxp-sesame"}}}"#,
    );
    let tokens = folder.write("tokens.json", r#"[{"name": "ci", "accounts": ["acne"]}]"#);
    let said = run(["accounts", "check", text(&file), "--tokens", text(&tokens)]).ends(3);
    assert!(!said.out.contains("sesame"), "{}", said.out);
    let said = said
        .says("WRONG   account acme: provder: there is no `provder`; did you mean `provider`?")
        .says("WRONG   account globex: credentials.api_key: is a token of Slack")
        .says("WRONG   token ci: accounts: there is no account `acne`; did you mean `acme`?")
        .says("Next: fix what is WRONG");
    drop(said);
    let report = run(["accounts", "check", text(&file), "--json"]).ends(3).json();
    assert_eq!(report["ok"], false);
    assert!(report["findings"].as_array().unwrap().len() > 3, "{report}");
    // Another verb names what is wrong with the account that it needs.
    run(["show", "u", "--accounts", text(&file), "--account", "globex"])
        .ends(3)
        .says("credentials.api_key");
    run(["show", "u", "--accounts", text(&file)])
        .ends(2)
        .says("which account?");
    run(["show", "u", "--accounts", text(&file), "--account", "none"])
        .ends(3)
        .says("there is no account `none`");
    run(["accounts", "check", "-"]).ends(3).says("it is empty");
    assert_eq!(
        run_with_input(["accounts", "check", "-", "--json"], "{").ends(3).json()["ok"],
        false
    );
}

#[test]
fn an_account_that_is_named_is_the_only_one_that_is_listed_and_checked() {
    let folder = Folder::new();
    let file = folder.write("accounts.toml", ACCOUNTS);
    let digest = "7c43ef5ae21d43ce2743f770c68e24def1a43ee2f416d2438410c8af7af2ff2c";
    let token = json!([{"name": "ci", "sha256": digest, "accounts": ["acme", "globex"], "may": ["plan"]}]);
    let tokens = folder.write("tokens.json", &token.to_string());
    let listed = run([
        "accounts",
        "list",
        "--json",
        "--accounts",
        text(&file),
        "--account",
        "acme",
    ]);
    assert_eq!(listed.ends(0).json().as_array().map(Vec::len), Some(1));
    // Tokens are held against all accounts that there are.
    let checked = run([
        "accounts",
        "check",
        text(&file),
        "--account",
        "acme",
        "--tokens",
        text(&tokens),
    ])
    .ends(0);
    assert!(!checked.out.contains("account globex"), "{}", checked.out);
    for verb in [&["accounts", "list", "--accounts"][..], &["accounts", "check"]] {
        run([verb, &[text(&file), "--account", "nope"]].concat())
            .ends(2)
            .says("there is no account `nope`");
    }
}

#[test]
fn an_option_that_a_verb_has_no_use_for_is_refused() {
    let folder = Folder::new();
    let file = folder.write("accounts.toml", ACCOUNTS);
    let tokens = folder.write("tokens.json", "[]");
    let serve = ["serve", "--accounts", text(&file), "--tokens", text(&tokens)];
    for (verb, option) in [
        (&serve[..], &["--record", "record.jsonl"][..]),
        (&serve, &["--account", "acme"]),
        (&["serve", "--sandbox"], &["--record", "record.jsonl"]),
        (&["serve", "--sandbox"], &["--receipt-key", "key.jwk"]),
        (&["demo"], &["--record", "record.jsonl"]),
        (
            &["approve", "plan.json", "--key", "key.jwk", "--reference", "x"],
            &["--account", "acme"],
        ),
        (&["accounts", "check", "x"], &["--accounts", "y"]),
        (&["keys", "new"], &["--json"]),
    ] {
        run([verb, option].concat()).ends(2).says(option[0]);
    }
}

#[test]
fn a_service_takes_no_accounts_from_standard_input() {
    let folder = Folder::new();
    let tokens = folder.write("tokens.json", "[]");
    run_with_input(["serve", "--accounts", "-", "--tokens", text(&tokens)], "")
        .ends(2)
        .says("standard input");
}

#[test]
fn where_the_accounts_are_is_asked_for() {
    run(["show", "u"]).ends(2).says("--sandbox");
    run(["show", "u", "--sandbox", "--accounts", "x"])
        .ends(2)
        .says("leave out --accounts");
    run(["show", "u", "--accounts", "/nowhere"])
        .ends(3)
        .says("cannot be read");
    run(["no-such-verb"]).ends(2);
}

#[test]
fn an_unset_secret_is_named_by_its_variable() {
    let folder = Folder::new();
    let file = folder.write("accounts.toml", ACCOUNTS);
    run(["show", "u", "--accounts", text(&file), "--account", "acme"])
        .ends(3)
        .says("UNASSIGN_ROLE_SECRET_ACME_SLACK is not set");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    run(["show", "u", "--accounts", text(&file), "--account", "globex"])
        .ends(3)
        .says("others can write to it");
}

#[test]
fn tokens_have_a_digest_and_a_name() {
    let said = run([
        "token",
        "new",
        "--name",
        "ci",
        "--account",
        "acme",
        "--account",
        "globex",
        "--may",
        "plan",
    ])
    .ends(0);
    let (token, entry) = said.out.trim().split_once("\n\n").unwrap();
    let entry: Value = serde_json::from_str(entry).unwrap();
    assert_eq!(entry["accounts"], json!(["acme", "globex"]));
    assert!(token.starts_with("uar_") && !entry.to_string().contains(token));
    run(["token", "new", "--name", "ci"]).ends(2).says("--account");
    run(["token", "new", "--name", "ci", "--account", "a", "--expires-at", "soon"]).ends(2);
}

#[test]
fn keys_and_receipts_that_are_not_what_they_should_be() {
    let folder = Folder::new();
    let private = run(["keys", "new"]).ends(0);
    let key = folder.write("key.jwk", &private.out);
    let public = run(["keys", "public", text(&key)]).ends(0);
    assert!(private.err.contains(public.out.trim()) && !public.out.contains("\"d\""));
    let public = folder.write("public.jwk", &public.out);
    let receipt = folder.write("receipt.jwt", "a.b.c");
    run(["receipt", "verify", text(&receipt), "--key", text(&public)])
        .ends(1)
        .says("error:");
    run(["receipt", "verify", text(&receipt), "--key", "/nowhere"]).ends(3);
    let plan = folder.write("plan.json", "{}");
    run(["approve", text(&plan), "--key", text(&key), "--reference", "x", "--yes"])
        .ends(2)
        .says("this is no plan");
}
