//! The main cases, through the HTTP face of the real component, with the sandbox's own state before and after.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Args;
use harness::service::Service;
use sandboxes::crowdstrike::{DEMO_HOME_CID as HOME, DEMO_USERS};
use serde_json::{Value, json};

use super::{
    sandbox::{CROWDSTRIKE, Component, Sandboxes, TOKEN},
    table::table,
};

#[derive(Args)]
pub struct Demo {
    /// The component that serves
    #[arg(long, value_enum, default_value_t)]
    component: Component,
}

/// One call of the demo.
struct Case {
    about: &'static str,
    /// uuid and login.
    user: (&'static str, &'static str),
    /// What the request asks for, and the role's id in the tenant.
    roles: Vec<(Value, &'static str)>,
    query: &'static str,
    options: Value,
    /// The status that must come.
    expected: u16,
    outcomes: Vec<&'static str>,
    wait_before: Duration,
}

impl Demo {
    pub async fn run(self) -> Result<ExitCode> {
        let sandboxes = Sandboxes::start();
        println!(
            "Starting the {:?} component on a sandboxed CrowdStrike tenant …",
            self.component
        );
        let service = sandboxes.service(self.component).start()?;
        let mut rows = table([
            "", "user", "role", "before", "after", "outcome", "status", "calls", "ms",
        ]);
        let mut surprises = Vec::new();
        for case in cases() {
            tokio::time::sleep(case.wait_before).await;
            let before = held(&sandboxes, &case);
            sandboxes.network.forget_calls();
            let started = Instant::now();
            let (status, answer) = ask(&service, &case).await?;
            let took = started.elapsed();
            let after = held(&sandboxes, &case);
            let outcomes: Vec<&str> = answer["role_outcomes"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default()
                .iter()
                .filter_map(|entry| entry["outcome"].as_str())
                .collect();
            for (index, (role, _)) in case.roles.iter().enumerate() {
                let first = index == 0;
                rows.add_row([
                    if first { case.about.to_owned() } else { String::new() },
                    if first { case.user.1.to_owned() } else { String::new() },
                    role["id"]
                        .as_str()
                        .or(role["name"].as_str())
                        .unwrap_or_default()
                        .to_owned(),
                    before[index].to_owned(),
                    after[index].to_owned(),
                    (*outcomes.get(index).unwrap_or(&"?")).to_owned(),
                    if first { status.to_string() } else { String::new() },
                    if first {
                        sandboxes.network.calls().len().to_string()
                    } else {
                        String::new()
                    },
                    if first {
                        took.as_millis().to_string()
                    } else {
                        String::new()
                    },
                ]);
            }
            if (status, &outcomes) != (case.expected, &case.outcomes) {
                surprises.push(format!(
                    "{}: {status} {outcomes:?}, expected {} {:?}",
                    case.about, case.expected, case.outcomes
                ));
            }
        }
        println!("{rows}");
        println!("before, after: what the tenant really held. calls: what the component sent to it.");
        for surprise in &surprises {
            eprintln!("unexpected: {surprise}");
        }
        Ok(if surprises.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn cases() -> Vec<Case> {
    let [ann, sam, kim] = DEMO_USERS;
    let id = |id: &'static str| (json!({ "id": id }), id);
    let case = |about, user, roles, expected, outcomes| Case {
        about,
        user,
        roles,
        query: "",
        options: json!({}),
        expected,
        outcomes,
        wait_before: Duration::ZERO,
    };
    vec![
        Case {
            query: "&dry_run=true",
            ..case("dry run", ann, vec![id("event_viewer")], 200, vec!["planned"])
        },
        case("by id", ann, vec![id("event_viewer")], 200, vec!["removed"]),
        case(
            "by name",
            ann,
            vec![(json!({"name": "night shift"}), "fac7c47add5242538f592946747a7191")],
            200,
            vec!["removed"],
        ),
        case(
            "several at once",
            ann,
            vec![
                id("dashboard_admin"),
                id("falconhost_read_only"),
                id("remote_responder_one"),
            ],
            200,
            vec!["removed"; 3],
        ),
        case(
            "already absent",
            ann,
            vec![id("event_viewer")],
            200,
            vec!["already_absent"],
        ),
        case(
            "inherited",
            sam,
            vec![id("vulnerability_manager")],
            422,
            vec!["inherited"],
        ),
        Case {
            options: json!({"deadline_ms": 4_000}),
            ..case(
                "acknowledged, not yet visible",
                kim,
                vec![id("quarantine_manager")],
                500,
                vec!["unverified"],
            )
        },
        Case {
            wait_before: Duration::from_secs(5),
            ..case(
                "… and repeated",
                kim,
                vec![id("quarantine_manager")],
                200,
                vec!["already_absent"],
            )
        },
    ]
}

/// What the tenant really holds.
fn held(sandboxes: &Sandboxes, case: &Case) -> Vec<&'static str> {
    let grants = sandboxes.crowdstrike.grants(case.user.0);
    case.roles
        .iter()
        .map(
            |(_, id)| match grants.iter().find(|(cid, role, _)| cid == HOME && role == id) {
                Some((.., true)) => "held",
                Some((.., false)) => "held (group)",
                None => "-",
            },
        )
        .collect()
}

async fn ask(service: &Service, case: &Case) -> Result<(u16, Value)> {
    let roles: Vec<&Value> = case.roles.iter().map(|(role, _)| role).collect();
    let body = json!({"id": case.user.0, "roles": roles, "options": case.options});
    let request = http::Request::post(format!(
        "http://127.0.0.1:3000/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}{}",
        case.query
    ))
    .header("host", "127.0.0.1:3000")
    .header("authorization", format!("Bearer {TOKEN}"))
    .header("content-type", "application/json")
    .body(Bytes::from(body.to_string()))?;
    let (head, body) = service.send(request).await?.into_parts();
    let body = serde_json::from_slice(&body).context("the answer is not JSON")?;
    Ok((head.status.as_u16(), body))
}
