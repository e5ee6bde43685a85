//! One typed call.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use host::typed::{self, types};

use super::{
    sandbox::{CROWDSTRIKE, Sandboxes},
    table::table,
};

#[derive(Args)]
pub struct Call {
    /// The sandbox account
    #[arg(long, default_value = CROWDSTRIKE)]
    account: String,
    /// The user's id, or the e-mail address
    #[arg(long)]
    user: String,
    /// A role by id; can be repeated
    #[arg(long = "role")]
    roles: Vec<String>,
    /// A role by name; can be repeated
    #[arg(long = "role-name")]
    names: Vec<String>,
    /// The organization (CrowdStrike: the CID) of the roles
    #[arg(long)]
    organization: Option<String>,
    /// Show the requests that would be sent, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Milliseconds for the whole operation
    #[arg(long)]
    deadline_ms: Option<u32>,
}

impl Call {
    pub async fn run(self) -> Result<ExitCode> {
        let account = Sandboxes::typed_account(&self.account)?;
        let sandboxes = Sandboxes::start();
        let role = |id: Option<String>, name: Option<String>| types::Role {
            id,
            name,
            group: None,
            organization: self.organization.clone(),
            workspace: None,
        };
        let ids = self.roles.iter().cloned().map(|id| role(Some(id), None));
        let names = self.names.iter().cloned().map(|name| role(None, Some(name)));
        let roles: Vec<types::Role> = ids.chain(names).collect();
        let request = typed::request(&self.user, &roles);
        let options = types::Options {
            mode: if self.dry_run {
                types::Mode::Plan
            } else {
                types::Mode::Revoke
            },
            deadline: self.deadline_ms,
            ..typed::options()
        };
        match typed::call(&sandboxes.network, sandboxes.clock, &account, &request, &options).await? {
            Ok(success) => {
                print_outcomes(&success.outcomes);
                for planned in success.planned_requests {
                    println!("{} {}", planned.method, planned.url);
                    for (name, value) in planned.headers {
                        println!("{name}: {value}");
                    }
                    println!("\n{}\n", planned.body.unwrap_or_default());
                }
                Ok(ExitCode::SUCCESS)
            }
            Err(failure) => {
                print_outcomes(&failure.outcomes);
                eprintln!("status {}: {}", failure.status, failure.message);
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

fn print_outcomes(outcomes: &[types::RoleOutcome]) {
    if outcomes.is_empty() {
        return;
    }
    let mut rows = table(["role", "organization", "outcome", "reason"]);
    for entry in outcomes {
        let asked = entry
            .role
            .as_ref()
            .and_then(|role| role.id.clone().or(role.name.clone()))
            .unwrap_or_default();
        for grant in &entry.grants {
            rows.add_row([
                grant.role_id.clone(),
                grant.scope.organization.clone().unwrap_or_default(),
                word(grant.outcome),
                grant.reason.clone().unwrap_or_default(),
            ]);
        }
        if entry.grants.is_empty() {
            rows.add_row([
                asked,
                String::new(),
                word(entry.outcome),
                entry.reason.clone().unwrap_or_default(),
            ]);
        }
    }
    println!("{rows}");
}

/// `Removed`, without the type's name.
fn word(outcome: types::Outcome) -> String {
    format!("{outcome:?}").trim_start_matches("Outcome::").to_owned()
}
