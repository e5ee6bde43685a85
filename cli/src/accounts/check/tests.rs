//! One row for each kind of mistake, and all of them in one run.

use std::{cell::Cell, collections::BTreeMap, fs, os::unix::fs::PermissionsExt, time::Duration};

use serde_json::{Value, json};
use unassign_role::{contract::types::Provider, keys::PrivateKey};

use super::*;
use crate::accounts::{file::Listing, scratch::Scratch};

const DIGEST: &str = "7c43ef5ae21d43ce2743f770c68e24def1a43ee2f416d2438410c8af7af2ff2c";

fn report(accounts: &str, tokens: Option<&str>) -> Report {
    let folder = Scratch::new();
    let file = folder.write("accounts.json", accounts);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let listing = Listing::read(&file);
    let tokens = tokens.map(|tokens| (folder.path().join("tokens.json"), tokens.as_bytes().to_vec()));
    let set = BTreeMap::from([
        ("UNASSIGN_ROLE_SECRET_SET", "secret of the environment"),
        ("UNASSIGN_ROLE_SECRET_BOT", "xoxb-sesame"),
        ("UNASSIGN_ROLE_SECRET_BROKEN", "ses\name"),
    ]);
    let around = Surroundings {
        variable: &|name| set.get(name).map(|&value| value.to_owned()),
        // 2026-11-26.
        now: Duration::from_secs(1_795_651_200),
        expired_token: Level::Wrong,
    };
    check(
        &listing,
        tokens.as_ref().map(|(path, bytes)| (path.as_path(), bytes.as_slice())),
        &around,
    )
}

/// An account of Slack with something changed.
fn slack(change: impl Fn(&mut Value)) -> String {
    let mut account =
        json!({"provider": "slack_enterprise", "credentials": {"type": "bearer_token", "token": {"secret": "set"}}});
    change(&mut account);
    json!({"acme": account}).to_string()
}

fn crowdstrike(change: impl Fn(&mut Value)) -> String {
    let credentials = json!({"type": "client_credentials", "client_id": "c", "client_secret": {"secret": "set"}});
    let mut account = json!({"provider": "crowdstrike", "credentials": credentials, "settings": {"region": "us-1"}});
    change(&mut account);
    json!({"acme": account}).to_string()
}

fn token(change: impl Fn(&mut Value)) -> (String, Option<String>) {
    let mut token = json!({"name": "ci", "sha256": DIGEST, "accounts": ["acme"], "may": ["plan"]});
    change(&mut token);
    (slack(|_| {}), Some(json!([token]).to_string()))
}

/// Accounts, tokens, the level, and the sentence.
type Row = ((String, Option<String>), Level, &'static str);

fn rows() -> Vec<Row> {
    use Level::{Note, Warning, Wrong};
    let private = PrivateKey::of_seed(&[1; 32]).to_jwk();
    let file = |text: &str| (text.to_owned(), None);
    let account = |change: fn(&mut Value)| (slack(change), None);
    let falcon = |change: fn(&mut Value)| (crowdstrike(change), None);
    vec![
        // The file.
        (file("{\"acme\": sesame}"), Wrong, "it is not JSON (line 1, column 10)"),
        (file(&format!("\u{feff}{}", slack(|_| {}))), Wrong, "it begins with a byte order mark, which the service does not read: save it as UTF-8 without BOM"),
        (file("{}"), Wrong, "it lists no account"),
        (file(""), Wrong, "it is empty"),
        (file("[]"), Wrong, "it has to be an object of accounts by their ids"),
        (
            file(&slack(|_| {}).replacen('{', r#"{"acme": {}, "#, 1)),
            Wrong,
            "`acme` is there twice: readers differ in which of the two they take",
        ),
        (
            file(&slack(|_| {}).replace(r#""provider""#, r#""provider": "crowdstrike", "provider""#)),
            Wrong,
            "`acme.provider` is there twice",
        ),
        // The account.
        (file(r#"{"acme": []}"#), Wrong, "account acme: must be an object, and is a list"),
        (account(|a| a["setings"] = json!({})), Wrong, "account acme: setings: there is no `setings`; did you mean `settings`?"),
        (account(|a| drop(a.as_object_mut().unwrap().remove("provider"))), Wrong, "account acme: provider: it is missing: one of blackline, crowdstrike"),
        (account(|a| a["provider"] = json!("slack_enterprize")), Wrong, "account acme: provider: must be one of blackline, crowdstrike, elastic_cloud, jumpcloud, slack_enterprise, teamviewer; did you mean `slack_enterprise`?"),
        (account(|a| a["provider"] = json!(7)), Wrong, "account acme: provider: must be a text, and is a number"),
        (account(|a| drop(a.as_object_mut().unwrap().remove("credentials"))), Wrong, "account acme: credentials: they are missing: how does the account sign in?"),
        (account(|a| a["credentials"] = json!("sesame")), Wrong, "account acme: credentials: must be an object, and is a text"),
        (account(|a| a["base_url"] = json!("https://user:sesame@slack.com")), Wrong, "account acme: base_url: holds a user: credentials belong into `credentials`"),
        (account(|a| a["base_url"] = json!("http://slack.com")), Wrong, "account acme: base_url: must be https: plain http is only for loopback addresses"),
        (account(|a| a["base_url"] = json!("https://*.slack.com")), Wrong, "account acme: base_url: holds a wildcard: an account has one address"),
        (account(|a| a["base_url"] = json!("slack.com")), Wrong, "account acme: base_url: must be an absolute https URL"),
        (account(|a| a["base_url"] = json!("https://slack.com?token=sesame")), Wrong, "account acme: base_url: must be plain ASCII without user, query or fragment"),
        (account(|a| a["status"] = json!("actve")), Wrong, "account acme: status: must be one of active, connecting, needs_reauth, validation_error, post_install_error; did you mean `active`?"),
        (account(|a| a["status"] = json!("needs_reauth")), Note, "account acme: status: only an account that is `active` is used"),
        (account(|a| a["is_blocked"] = json!("no")), Wrong, "account acme: is_blocked: must be true or false, and is a text"),
        (account(|a| a["is_sandbox"] = json!(true)), Note, "account acme: is_sandbox: only plans and reads are allowed"),
        (account(|a| a["tags"] = json!("production")), Wrong, "account acme: tags: must be a list of texts, and is a text"),
        // Its credentials.
        (account(|a| drop(a["credentials"].as_object_mut().unwrap().remove("type"))), Wrong, "account acme: credentials.type: it is missing: bearer_token"),
        (account(|a| a["credentials"]["type"] = json!("bearer")), Wrong, "account acme: credentials.type: must be one of bearer_token"),
        (account(|a| a["credentials"] = json!({"type": "api_key", "api_key": {"secret": "set"}})), Wrong, "account acme: credentials.type: slack_enterprise takes bearer_token, and not api_key"),
        (falcon(|a| drop(a["credentials"].as_object_mut().unwrap().remove("client_id"))), Wrong, "account acme: credentials.client_id: it is missing: client_credentials needs it"),
        (falcon(|a| a["credentials"]["cleint_id"] = json!("c")), Wrong, "account acme: credentials.cleint_id: there is no `cleint_id`; did you mean `client_id`?"),
        (account(|a| a["credentials"]["token"] = json!(7)), Wrong, "account acme: credentials.token: must be a text or a reference to a secret, and is a number"),
        (account(|a| a["credentials"]["token"] = json!("")), Wrong, "account acme: credentials.token: must not be empty"),
        (account(|a| a["credentials"]["token"] = json!("xoxb-sesame")), Wrong, "account acme: credentials.token: is a bot token (xoxb-…): Slack needs a user token (xoxp-…)"),
        (account(|a| a["credentials"]["token"] = json!({"secret": "bot"})), Wrong, "account acme: credentials.token: is a bot token (xoxb-…)"),
        (falcon(|a| a["credentials"]["client_secret"] = json!("xoxp-sesame")), Wrong, "account acme: credentials.client_secret: is a token of Slack, and the account is not one of Slack"),
        (account(|a| a["credentials"]["token"] = json!("Bearer sesame")), Wrong, "account acme: credentials.token: begins with `Bearer`: only the token itself belongs here"),
        (account(|a| a["credentials"]["token"] = json!("uar_sesame")), Wrong, "account acme: credentials.token: is a token of this service, and not of the provider"),
        (account(|a| a["credentials"]["token"] = json!("sesame\n")), Wrong, "account acme: credentials.token: holds a line break or another control character"),
        (account(|a| a["credentials"]["token"] = json!({"secret": "broken"})), Wrong, "account acme: credentials.token: holds a line break or another control character"),
        (account(|a| a["credentials"]["token"] = json!("xoxp-sesame")), Warning, "account acme: credentials.token: the secret itself is in the file"),
        (account(|a| a["credentials"]["token"] = json!({"secret": "elsewhere"})), Note, "account acme: credentials.token: UNASSIGN_ROLE_SECRET_ELSEWHERE is not set here"),
        (account(|a| a["credentials"]["token"] = json!({"file": "/nowhere/token"})), Wrong, "account acme: credentials.token: /nowhere/token cannot be read"),
        (account(|a| a["credentials"]["token"] = json!({"vault": "sesame"})), Wrong, "account acme: credentials.token: there is no reference `vault`; there are `secret`, `file` and `command`"),
        (account(|a| a["credentials"]["token"] = json!({"command": "pass show acme"})), Wrong, "account acme: credentials.token: `command` has to be a list"),
        (
            file(&json!({
                "acme": {"provider": "slack_enterprise", "credentials": {"type": "bearer_token", "token": {"secret": "acme.slack"}}},
                "globex": {"provider": "slack_enterprise", "credentials": {"type": "bearer_token", "token": {"secret": "acme-slack"}}},
            }).to_string()),
            Wrong,
            "secrets: `acme-slack` and `acme.slack` are read from one variable, UNASSIGN_ROLE_SECRET_ACME_SLACK: rename all but one",
        ),
        // Its settings.
        (account(|a| a["settings"] = json!([])), Wrong, "account acme: settings: must be an object, and is a list"),
        (account(|a| a["settings"] = json!({"protected_rolls": []})), Wrong, "account acme: settings.protected_rolls: there is no `protected_rolls`; did you mean `protected_roles`?"),
        (account(|a| a["settings"] = json!({"region": "us-1"})), Wrong, "account acme: settings.region: there is no `region`"),
        (account(|a| a["settings"] = json!({"strict_scope": "yes"})), Wrong, "account acme: settings.strict_scope: must be true or false, and is a text"),
        (account(|a| a["settings"] = json!({"staleness_window_ms": -1})), Wrong, "account acme: settings.staleness_window_ms: must be a whole number, and is a number"),
        (account(|a| a["settings"] = json!({"protected_users": "root"})), Wrong, "account acme: settings.protected_users: must be a list of texts, and is a text"),
        (account(|a| a["settings"] = json!({"allow": ["leave_group"]})), Wrong, "account acme: settings.allow: must be one of delete-administrator"),
        (account(|a| a["settings"] = json!({"approval_required": true})), Wrong, "account acme: settings.approval_required: needs `approvers`: nobody could approve anything"),
        (account(|a| a["settings"] = json!({"approval_lifetime": 90_000})), Wrong, "account acme: settings.approval_lifetime: must be 1 to 86400 seconds, which is a day"),
        (account(|a| a["settings"] = json!({"approvers": [{"name": "alice", "key": {"kty": "RSA"}}]})), Wrong, "account acme: settings.approvers[0].key: is no public Ed25519 JWK"),
        (account(|a| a["settings"] = json!({"approvers": [{"key": {}}]})), Wrong, "account acme: settings.approvers[0].name: it is missing: the name that the record shows"),
        (
            file(&slack(|a| a["settings"] = json!({"approvers": [{"name": "alice", "key": private}]}))),
            Wrong,
            "account acme: settings.approvers[0].key: is a private key: name the public one",
        ),
        (falcon(|a| a["settings"]["region"] = json!("us2")), Wrong, "account acme: settings.region: must be one of us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2; did you mean `us-2`?"),
        (falcon(|a| a["base_url"] = json!("https://api.crowdstrike.com")), Wrong, "account acme: settings.region and base_url exclude each other"),
        (
            file(r#"{"acme": {"provider": "blackline", "credentials": {"type": "password"}}}"#),
            Wrong,
            "account acme: base_url: it is missing: every BlackLine installation has its own",
        ),
        // The tokens.
        ((slack(|_| {}), Some(String::from("{}"))), Wrong, "tokens: must be a list of tokens, and is an object"),
        ((slack(|_| {}), Some(String::from("[]"))), Warning, "tokens: there is none: every call is refused"),
        ((slack(|_| {}), Some(String::from("[1]"))), Wrong, "token [0]: must be an object, and is a number"),
        ((slack(|_| {}), Some(String::from("[sesame"))), Wrong, "it is not JSON (line 1, column 2)"),
        (token(|t| t["acounts"] = json!([])), Wrong, "token ci: acounts: there is no `acounts`; did you mean `accounts`?"),
        (token(|t| t["name"] = json!("")), Wrong, "token [0]: name: it is missing: the name that the record shows"),
        (token(|t| t["accounts"] = json!(["acne"])), Wrong, "token ci: accounts: there is no account `acne`; did you mean `acme`?"),
        (token(|t| t["accounts"] = json!(["*"])), Wrong, "token ci: accounts: there is no wildcard: name every account"),
        (token(|t| t["accounts"] = json!("acme")), Wrong, "token ci: accounts: must be a list of texts, and is a text"),
        (token(|t| t["accounts"] = json!([])), Warning, "token ci: accounts: is empty: the token can do nothing"),
        (token(|t| t["accounts"] = json!([])), Note, "account acme: no token may use it"),
        (token(|t| t["may"] = json!(["delete"])), Wrong, "token ci: may: must be one of read, plan, revoke, revoke_everything, raw"),
        (token(|t| t["may"] = json!(["revoke_everything"])), Warning, "token ci: may: `revoke_everything` does nothing without `revoke`"),
        (token(|t| t["allow"] = json!(["leave-groups"])), Wrong, "token ci: allow: must be one of delete-administrator"),
        (token(|t| t["sha256"] = json!("abc")), Wrong, "token ci: sha256: must be 64 hexadecimal digits"),
        (token(|t| t["sha256"] = json!("uar_sesame")), Wrong, "token ci: sha256: is the token itself"),
        (token(|t| drop(t.as_object_mut().unwrap().remove("sha256"))), Wrong, "token ci: sha256: it is missing: `unassign-role token new` makes an entry"),
        (token(|t| t["expires_at"] = json!("2026-01-01T00:00:00Z")), Wrong, "token ci: expires_at: has passed: the token is refused; make a new one"),
        (token(|t| t["expires_at"] = json!("soon")), Wrong, "token ci: expires_at: must be a time such as 2027-01-01T00:00:00Z"),
        (
            (slack(|_| {}), {
                let entry = |name: &str| json!({"name": name, "sha256": DIGEST, "accounts": ["acme"], "may": ["plan"]});
                Some(json!([entry("one"), entry("two")]).to_string())
            }),
            Wrong,
            "token two: sha256: is that of token one too: one token cannot have two entries",
        ),
        (
            (slack(|_| {}), {
                let entry = |digest: String| json!({"name": "one", "sha256": digest, "accounts": ["acme"], "may": ["plan"]});
                Some(json!([entry(DIGEST.to_owned()), entry("0".repeat(64))]).to_string())
            }),
            Warning,
            "token one: name: two entries have it: the record cannot tell them apart",
        ),
    ]
}

#[test]
fn every_kind_of_mistake_is_named_with_its_field_and_without_a_value() {
    for ((accounts, tokens), level, sentence) in rows() {
        let report = report(&accounts, tokens.as_deref());
        let shown: Vec<(Level, String)> = report
            .findings
            .iter()
            .map(|finding| (finding.level, finding.to_string()))
            .collect();
        assert!(
            shown.iter().any(|(at, text)| *at == level && text.contains(sentence)),
            "{sentence}\n{accounts}\n{tokens:?}\n{shown:#?}"
        );
        assert_eq!(
            report.is_good(),
            shown.iter().all(|(at, _)| *at != Level::Wrong),
            "{sentence}"
        );
        if level == Level::Wrong {
            assert!(!report.is_good(), "{sentence}");
        }
        let all = format!("{shown:?} {}", report.to_json());
        assert!(!all.contains("sesame"), "{all}");
    }
}

#[test]
fn a_credential_in_the_place_of_a_name_or_a_key_is_wrong_and_not_shown() {
    let credential = "1f8c0f3e5d6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c";
    for (accounts, field) in [
        (
            slack(|a| a["credentials"]["token"] = json!({"secret": credential})),
            "credentials.token",
        ),
        (
            slack(|a| a["credentials"]["token"] = json!({credential: "x"})),
            "credentials.token",
        ),
        (slack(|a| a["credentials"][credential] = json!("x")), "credentials.***"),
        (slack(|a| a["settings"] = json!({credential: 1})), "settings.***"),
        (slack(|a| a[credential] = json!("x")), "***"),
    ] {
        let report = report(&accounts, None);
        assert!(report.wrong().any(|finding| finding.field == field), "{report:?}");
        let all = format!("{report:?} {}", report.to_json()).to_lowercase();
        assert!(!all.contains(credential), "{all}");
    }
}

#[test]
fn one_run_names_all_mistakes_of_all_accounts_and_tokens() {
    let mut accounts = serde_json::Map::new();
    let mut tokens = Vec::new();
    let mut expected = Vec::new();
    let whole = rows().into_iter().filter(|((_, tokens), level, sentence)| {
        tokens.is_none() && *level == Level::Wrong && sentence.starts_with("account acme: ")
    });
    for (index, ((text, _), _, sentence)) in whole.enumerate() {
        let Ok(Value::Object(one)) = serde_json::from_str::<Value>(&text) else {
            panic!("{text}");
        };
        let id = format!("account-{index}");
        accounts.insert(id.clone(), one["acme"].clone());
        expected.push(sentence.replacen("acme", &id, 1));
    }
    for (name, change) in [
        ("no-may", json!({"may": null})),
        ("no-digest", json!({"sha256": "abc"})),
    ] {
        let mut token = json!({"name": name, "sha256": DIGEST, "accounts": ["account-0"], "may": ["plan"]});
        token
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        tokens.push(token);
    }
    expected.push(String::from("token no-may: may: must be a list of texts, and is null"));
    expected.push(String::from("token no-digest: sha256: must be 64 hexadecimal digits"));
    assert!(expected.len() >= 35, "{}", expected.len());
    let report = report(
        &Value::Object(accounts).to_string(),
        Some(&Value::Array(tokens).to_string()),
    );
    let shown: Vec<String> = report.wrong().map(ToString::to_string).collect();
    for sentence in expected {
        assert!(
            shown.iter().any(|text| text.contains(&sentence)),
            "{sentence}\n{shown:#?}"
        );
    }
}

#[test]
fn a_good_configuration_is_good_and_lists_the_hosts_to_allow() {
    let accounts = json!({
        "acme": {"provider": "slack-enterprise", "tags": ["production"], "settings": {"scim": true, "protected_users": ["U1"]},
                 "credentials": {"type": "bearer_token", "token": {"secret": "set"}}},
        "globex": {"provider": "crowdstrike", "settings": {"region": "eu-1"},
                   "credentials": {"type": "client_credentials", "client_id": "c", "client_secret": {"command": ["pass", "show", "x"]}}},
    });
    let tokens = json!([{"name": "ci", "sha256": DIGEST, "accounts": ["acme", "globex"], "may": ["read", "plan"],
                         "expires_at": "2027-06-30T00:00:00Z"}]);
    let report = report(&accounts.to_string(), Some(&tokens.to_string()));
    assert_eq!(report.findings, [], "{:#?}", report.findings);
    assert_eq!(report.good.len(), 2);
    let hosts: Vec<&str> = report.hosts.keys().map(String::as_str).collect();
    assert_eq!(
        hosts,
        [
            "https://api.eu-1.crowdstrike.com",
            "https://api.slack.com",
            "https://slack.com"
        ]
    );
    assert_eq!(report.secrets.iter().collect::<Vec<_>>(), ["set"]);
}

#[test]
fn files_that_others_read_or_write_are_told_and_no_command_runs() {
    let folder = Scratch::new();
    let mark = folder.path().join("ran");
    let credentials = json!({"type": "client_credentials", "client_id": "c", "client_secret": {"command": ["touch", mark.to_str().unwrap()]}});
    let accounts = json!({
        "acme": {"provider": "jumpcloud", "credentials": {"type": "api_key", "api_key": "sesame"}},
        "globex": {"provider": "crowdstrike", "settings": {"region": "eu-1"}, "credentials": credentials},
    });
    let file = folder.write("accounts.json", &accounts.to_string());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let asked = Cell::new(0);
    let around = Surroundings {
        variable: &|_| {
            asked.set(asked.get() + 1);
            None
        },
        now: Duration::ZERO,
        expired_token: Level::Wrong,
    };
    let report = check(&Listing::read(&file), None, &around);
    let shown: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    for sentence in [
        "account acme: credentials.api_key: every user of this machine can read accounts.json: chmod o-r",
        "account globex: credentials.client_secret: the command will not run: accounts.json: others can write to it (chmod go-w)",
    ] {
        assert!(shown.iter().any(|text| text == sentence), "{sentence}\n{shown:#?}");
    }
    assert!(!mark.exists() && !format!("{shown:?}").contains("sesame"));
}

/// What the checks know of settings is what the service knows.
#[test]
fn every_known_setting_is_one_of_the_service_and_the_other_way_round() {
    for (provider, kind) in [
        ("blackline", "password"),
        ("crowdstrike", "client_credentials"),
        ("elastic_cloud", "api_key"),
        ("jumpcloud", "api_key"),
        ("slack_enterprise", "bearer_token"),
        ("teamviewer", "bearer_token"),
    ] {
        let provider_name = unassign_role::contract::json::provider(provider).unwrap();
        let credentials = json!({"type": kind, "client_id": "c", "client_secret": "s", "username": "u", "password": "p", "scope": "s"});
        let credentials = match kind {
            "api_key" => json!({"type": kind, "api_key": "k"}),
            "bearer_token" => json!({"type": kind, "token": "t"}),
            "client_credentials" => json!({"type": kind, "client_id": "c", "client_secret": "s"}),
            _ => credentials,
        };
        let own = settings::of_provider(provider_name).iter().map(|(name, _)| *name);
        for name in settings::GENERAL.iter().map(|(name, _)| *name).chain(own) {
            // Of a shape that no setting has: the service complains of the shape, and not of the name.
            let account = json!({"provider": provider, "base_url": "https://h", "credentials": credentials, "settings": {name: [[1]]}});
            let checkups = unassign_role::http_api::check_accounts(&json!({"a": account}).to_string()).unwrap();
            let why = checkups[0].result.clone().unwrap_err();
            assert!(!why.contains("has no setting"), "{provider} {name}: {why}");
        }
    }
}

/// The settings that the operation takes, by its sources: a list that lags behind them refuses accounts that work.
#[test]
fn every_setting_of_the_operation_is_known() {
    let known =
        |names: &[(&'static str, settings::Shape)]| names.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
    let general = [
        include_str!("../../../../src/account/settings.rs"),
        include_str!("../../../../src/account/approvers.rs"),
    ];
    assert_eq!(
        general.into_iter().flat_map(taken).collect::<BTreeSet<_>>(),
        known(&settings::GENERAL)
    );
    for (provider, source) in [
        (
            Provider::Blackline,
            include_str!("../../../../src/providers/blackline/config.rs"),
        ),
        (
            Provider::Crowdstrike,
            include_str!("../../../../src/providers/crowdstrike/config.rs"),
        ),
        (
            Provider::ElasticCloud,
            include_str!("../../../../src/providers/elastic_cloud/config.rs"),
        ),
        (
            Provider::Jumpcloud,
            include_str!("../../../../src/providers/jumpcloud/config.rs"),
        ),
        (
            Provider::SlackEnterprise,
            include_str!("../../../../src/providers/slack_enterprise/config.rs"),
        ),
        (
            Provider::Teamviewer,
            include_str!("../../../../src/providers/teamviewer/config.rs"),
        ),
    ] {
        assert_eq!(taken(source), known(settings::of_provider(provider)), "{provider:?}");
    }
}

/// The names in `settings.take("name")`, `settings.take::<T>("name")`, `take_choice` and `take_group`. Inside of a group, names are taken
/// by other functions.
fn taken(source: &str) -> BTreeSet<&str> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.split(".take")
        .skip(1)
        .filter_map(|call| {
            let call = ["_choice", "_group"]
                .iter()
                .find_map(|suffix| call.strip_prefix(suffix))
                .unwrap_or(call);
            let (generic, arguments) = call.split_once('(')?;
            let is_plain = generic.is_empty() || generic.starts_with("::<");
            let (name, _) = arguments.strip_prefix('"').filter(|_| is_plain)?.split_once('"')?;
            Some(name)
        })
        .collect()
}

#[test]
fn an_account_with_every_field_is_good() {
    let account = json!({
        "id": "acme", "provider": "slack_enterprise", "base_url": "https://slack.example", "status": "active",
        "is_blocked": false, "is_sandbox": false, "tags": ["production"],
        "credentials": {"type": "bearer_token", "token": {"secret": "set"}}, "settings": {"forward_traceparent": true},
    });
    let found = |account: &Value| report(&json!({"acme": account}).to_string(), None);
    assert!(found(&account).is_good(), "{:?}", found(&account).findings);
    let mut other = account;
    other["id"] = json!("beta");
    let wrong = found(&other)
        .wrong()
        .map(|finding| finding.field.clone())
        .collect::<Vec<_>>();
    assert_eq!(wrong, ["id"]);
}
