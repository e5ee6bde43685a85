//! Approving a plan, offline: what is signed is what was shown.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use clap::Args;
use unassign_role::approval::{Shown, Terms, sign};

use crate::{
    exit::Exit,
    terminal::{can_ask, confirm, line, note},
};

use super::{input, keys};

#[derive(Args)]
#[command(
    after_help = "Example:\n  unassign-role approve plan.json --key alice.jwk --reference CHG-1042 > approval.jwt"
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
    pub fn run(self) -> Result<Exit> {
        let shown = Shown::of(&input(&self.plan)?)
            .map_err(|why| Exit::Usage.because(format!("{}: {why}; `plan --out` writes one", self.plan.display())))?;
        let key = keys::private(&self.key)?;
        note(&shown);
        if !self.yes {
            if self.plan.as_os_str() == "-" || !can_ask() {
                return Err(Exit::Usage.because("nobody can be asked here: read the plan, and add --yes"));
            }
            if !confirm("approve this?")? {
                return Err(Exit::NotGone.because("not approved"));
            }
        }
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).context("the system gives no random numbers")?;
        let terms = Terms {
            reference: self.reference,
            issued_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            lifetime: Duration::from_secs(self.lifetime),
            nonce,
        };
        let approval = sign(&shown, &key, &terms).map_err(|why| Exit::Usage.because(why))?;
        line(approval)?;
        note("\nNext: whoever asked carries it out: unassign-role revoke --plan PLAN --approval APPROVAL");
        Ok(Exit::Done)
    }
}
