//! The main cases, through the HTTP face of the real component, with the sandboxes' own state before and after.

mod cases;

use std::{process::ExitCode, time::Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Args;
use host::service::Service;
use serde_json::{Value, json};

use self::cases::Case;
use super::{
    sandbox::{Component, Sandboxes, TOKEN},
    table::table,
};

#[derive(Args)]
pub struct Demo {
    /// The component that serves
    #[arg(long, value_enum, default_value_t)]
    component: Component,
}

impl Demo {
    pub async fn run(self) -> Result<ExitCode> {
        let sandboxes = Sandboxes::start();
        println!(
            "Starting the {:?} component on six sandboxed providers …",
            self.component
        );
        let service = sandboxes.service(self.component).start()?;
        let mut rows = table([
            "provider", "", "user", "role", "before", "after", "outcome", "status", "calls", "ms",
        ]);
        let mut surprises = Vec::new();
        let mut provider = "";
        for case in cases::all() {
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
            let calls = sandboxes.network.calls().len();
            for (index, asked) in case.roles.iter().enumerate() {
                let only_first = |text: String| if index == 0 { text } else { String::new() };
                let is_new = index == 0 && provider != case.account;
                rows.add_row([
                    if is_new {
                        case.account.trim_start_matches("demo-").to_owned()
                    } else {
                        String::new()
                    },
                    only_first(case.about.to_owned()),
                    only_first(case.user.1.to_owned()),
                    label(&asked.role),
                    before[index].to_owned(),
                    after[index].to_owned(),
                    (*outcomes.get(index).unwrap_or(&"?")).to_owned(),
                    only_first(status.to_string()),
                    only_first(calls.to_string()),
                    only_first(took.as_millis().to_string()),
                ]);
            }
            provider = case.account;
            if (status, &outcomes) != (case.expected, &case.outcomes) {
                surprises.push(format!(
                    "{} {}: {status} {outcomes:?}, expected {} {:?}: {}",
                    case.account, case.about, case.expected, case.outcomes, answer["message"]
                ));
            }
        }
        println!("{rows}");
        println!("before, after: what the provider really held. calls: what the component sent to it.");
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

fn held(sandboxes: &Sandboxes, case: &Case) -> Vec<&'static str> {
    case.roles.iter().map(|asked| (asked.held)(sandboxes)).collect()
}

/// What a role is called in the table: id or name, and its scope.
fn label(role: &Value) -> String {
    let text = |key: &str| role[key].as_str();
    let what = text("id").or(text("name")).unwrap_or_default();
    match text("workspace").or(text("group")).or(text("organization")) {
        Some(scope) => format!("{what} @ {scope}"),
        None => what.to_owned(),
    }
}

async fn ask(service: &Service, case: &Case) -> Result<(u16, Value)> {
    let roles: Vec<&Value> = case.roles.iter().map(|asked| &asked.role).collect();
    let body = json!({"id": case.user.0, "roles": roles, "options": case.options});
    let request = http::Request::post(format!(
        "http://127.0.0.1:3000/unified/user-directory/users/unassign-role?integrated_account_id={}{}",
        case.account, case.query
    ))
    .header("host", "127.0.0.1:3000")
    .header("authorization", format!("Bearer {TOKEN}"))
    .header("content-type", "application/json")
    .body(Bytes::from(body.to_string()))?;
    let (head, body) = service.send(request).await?.into_parts();
    let body = serde_json::from_slice(&body).context("the answer is not JSON")?;
    Ok((head.status.as_u16(), body))
}
