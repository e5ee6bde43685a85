//! Approving a plan, offline: what is signed is what was shown.

mod batch;

use std::{
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use clap::Args;
use unassign_role::{
    approval::{Shown, Terms, sign},
    keys::PrivateKey,
};

use crate::{
    exit::Exit,
    terminal::{can_ask, confirm, line, note},
};

use super::{
    global::{Global, Shared},
    input, keys,
};

#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role approve plan.json --key alice.jwk --reference CHG-1042 > approval.jwt
  unassign-role approve --batch offboarding-2026-01 --key alice.jwk --reference CHG-1042

With --batch it shows every plan of an offboarding whose account takes only approved revokes, asks once, and writes an approval beside each. \
--account leaves out the plans of other accounts, and can be repeated.")]
pub struct Approve {
    /// The plan, or the whole answer that carries it (- for standard input)
    #[arg(required_unless_present = "batch")]
    plan: Option<PathBuf>,
    /// Approves the plans in an offboarding's folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "plan")]
    batch: Option<PathBuf>,
    /// The approver's private JWK
    #[arg(long)]
    key: PathBuf,
    /// The reason for the approval, such as a ticket
    #[arg(long)]
    reference: String,
    /// How long the approval is valid, in seconds
    #[arg(long, default_value_t = 3_600)]
    lifetime: u64,
    /// Does not ask; use it if you have already read the plan
    #[arg(long)]
    yes: bool,
}

impl Approve {
    /// One plan has one account.
    pub const fn honored(&self) -> &'static [Shared] {
        if self.batch.is_some() { &[Shared::Account] } else { &[] }
    }

    pub fn run(self, global: &Global) -> Result<Exit> {
        if let Some(folder) = &self.batch {
            return batch::run(folder, &self, global);
        }
        let plan = self.plan.clone().unwrap_or_default();
        let shown = Shown::of(&input(&plan)?)
            .map_err(|why| Exit::Usage.because(format!("{}: {why}; `plan --out` writes one", plan.display())))?;
        let key = keys::private(&self.key)?;
        note(&shown);
        self.ask("approve this?", plan.as_os_str() == "-")?;
        let approval = self.sign(&shown, &key)?;
        let exit = Exit::Done.after(line(approval))?;
        note("\nNext: whoever asked carries it out: unassign-role revoke --plan PLAN --approval APPROVAL");
        Ok(exit)
    }

    fn ask(&self, question: &str, is_input_taken: bool) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if is_input_taken || !can_ask() {
            return Err(Exit::Usage.because("nobody can be asked here: read the plan, and add --yes"));
        }
        if confirm(question)? {
            Ok(())
        } else {
            Err(Exit::NotGone.because("not approved"))
        }
    }

    fn sign(&self, shown: &Shown, key: &PrivateKey) -> Result<String> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).context("the system gives no random numbers")?;
        let terms = Terms {
            reference: self.reference.clone(),
            issued_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            lifetime: Duration::from_secs(self.lifetime),
            nonce,
        };
        sign(shown, key, &terms).map_err(|why| Exit::Usage.because(why))
    }
}
