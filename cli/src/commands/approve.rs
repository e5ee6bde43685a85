//! Approving a plan, offline: what is signed is what was shown.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use unassign_role::approval::{Shown, Terms, sign};

use super::{input, keys};

#[derive(Args)]
#[command(
    after_help = "Example:\n  unassign-role approve answer.json --key alice.jwk --reference CHG-1042 > approval.jwt"
)]
pub struct Approve {
    /// The plan, or the whole answer that carries it (- for standard input)
    plan: PathBuf,
    /// The approver's private JWK
    #[arg(long)]
    key: PathBuf,
    /// What it is approved for, e.g. a ticket
    #[arg(long)]
    reference: String,
    /// How long it is valid, in seconds
    #[arg(long, default_value_t = 3_600)]
    lifetime: u64,
    /// Does not ask: the plan was read before
    #[arg(long)]
    yes: bool,
}

impl Approve {
    pub fn run(self) -> Result<ExitCode> {
        let shown = Shown::of(&input(&self.plan)?).map_err(|why| anyhow!("{}: {why}", self.plan.display()))?;
        let key = keys::private(&self.key)?;
        eprintln!("{shown}");
        if !self.yes && !is_confirmed(self.plan.as_os_str() == "-")? {
            bail!("not approved");
        }
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).context("the system gives no random numbers")?;
        let terms = Terms {
            reference: self.reference,
            issued_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            lifetime: Duration::from_secs(self.lifetime),
            nonce,
        };
        println!("{}", sign(&shown, &key, &terms).map_err(anyhow::Error::msg)?);
        Ok(ExitCode::SUCCESS)
    }
}

/// Asks on a terminal; elsewhere nobody can answer.
fn is_confirmed(is_input_taken: bool) -> Result<bool> {
    if is_input_taken || !std::io::stdin().is_terminal() {
        bail!("nobody can be asked here: read the plan, and add --yes");
    }
    eprint!("approve this? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
