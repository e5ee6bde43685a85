//! Whether roles are still gone.

use anyhow::Result;
use clap::Args;

use crate::{exit::Exit, terminal::line};

use super::{
    answer::{self, exit_of},
    calls::{Calls, Mode, next},
    global::Global,
    selectors::Selectors,
    show::failed,
};

/// What to verify.
#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role verify ann.lee@example.com --role event_viewer --accounts accounts.toml --account acme
  unassign-role verify ann.lee@example.com --everything --json --accounts accounts.toml --account acme

Nothing is written. The exit code is 0 if all of it is absent, by a read that would have shown it.")]
pub struct Verify {
    /// The user's id or e-mail address
    user: String,
    #[command(flatten)]
    selectors: Selectors,
}

impl Verify {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let request = self.selectors.body(&self.user)?;
        let calls = Calls::open(global)?;
        let answer = calls.operate(Mode::Verify, &request).await?;
        let exit = exit_of(&answer);
        if global.json {
            return exit.after(line(serde_json::to_string_pretty(&answer.body)?));
        }
        if answer::outcomes(&answer).is_empty() && answer.status != 200 {
            return failed(&calls, &answer, exit);
        }
        let print = || -> Result<()> {
            if answer::outcomes(&answer).is_empty() {
                line("nothing is held directly")?;
            } else {
                line(answer::outcome_table(&answer))?;
                line(answer::counts(&answer))?;
            }
            match exit {
                Exit::Done => next("nothing: a read that would have shown it shows that it is not held"),
                Exit::NotGone if answer::outcomes(&answer).iter().any(|entry| entry["outcome"] == "held") => {
                    next("the same command with `revoke` in place of `verify` removes what is held")
                }
                _ => next(answer::advice(&answer, &|verb| calls.command(verb, ""))),
            }
        };
        exit.after(print())
    }
}
