//! What a removal would do.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Value, json};
use unassign_role::approval::Shown;

use crate::{
    exit::Exit,
    session::Answer,
    terminal::{line, note},
};

use super::{
    answer::{self, exit_of},
    calls::{Calls, Mode, next, quoted},
    global::Global,
    selectors::Selectors,
    show::failed,
};

/// What to plan.
#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role plan ann.lee@example.com --role event_viewer --accounts accounts.toml --account acme
  unassign-role plan ann.lee@example.com --everything --out plan.json --sandbox --account demo-crowdstrike

Nothing is sent. With --out, the plan can be approved (`approve plan.json`) and carried out as it is (`revoke --plan plan.json`).")]
pub struct Plan {
    /// The user's id or e-mail address
    user: String,
    #[command(flatten)]
    selectors: Selectors,
    /// Writes the plan to this file, for `approve` and for `revoke --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Plan {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let request = self.selectors.body(&self.user)?;
        let calls = Calls::open(global)?;
        let answer = calls.operate(Mode::Plan, &request).await?;
        let exit = exit_of(&answer);
        let has_plan = answer.body["plan"].is_string();
        if let Some(path) = &self.out
            && has_plan
        {
            let text = serde_json::to_string_pretty(&document(&request, &answer))?;
            fs::write(path, text + "\n").with_context(|| format!("{} cannot be written", path.display()))?;
        }
        if global.json {
            return exit.after(line(serde_json::to_string_pretty(&answer.body)?));
        }
        if !has_plan {
            return failed(&calls, &answer, exit);
        }
        let print = || -> Result<()> {
            line(shown(&answer)?)?;
            let why = answer::outcome_table(&answer);
            line(format_args!("{why}\n{}", answer::counts(&answer)))?;
            if let Some(remark) = answer::remark(&answer).filter(|_| exit != Exit::Done) {
                line(remark)?;
            }
            self.next(&calls, &answer, exit)
        };
        exit.after(print())
    }

    fn next(&self, calls: &Calls, answer: &Answer, exit: Exit) -> Result<()> {
        let Some(path) = &self.out else {
            if exit == Exit::Done {
                return next(
                    "the same command with `revoke` in place of `plan` removes it; with `--out plan.json`, the plan can be approved first",
                );
            }
            return next(format!(
                "what is not `planned` cannot go like this; {}",
                answer::advice(answer, &|verb| calls.command(verb, ""))
            ));
        };
        let file = quoted(&path.to_string_lossy());
        let revoke = calls.command("revoke", &format!(" --plan {file}"));
        if calls.account.approval_required {
            return next(format!(
                "have it approved: unassign-role approve {file} --key KEY --reference TEXT > approval.jwt\n      then: {revoke} --approval approval.jwt"
            ));
        }
        next(format!("carry it out, exactly as it is: {revoke}"))
    }
}

/// The answer, with the request that it is the plan of: `revoke --plan` needs both.
fn document(request: &Value, answer: &Answer) -> Value {
    let mut document = json!({ "request": request });
    if let (Some(document), Some(body)) = (document.as_object_mut(), answer.body.as_object()) {
        document.extend(body.clone());
    }
    document
}

/// A plan as a person reads it, before it is approved or carried out.
pub fn shown(answer: &Answer) -> Result<Shown> {
    Shown::of(&answer.body.to_string())
        .map_err(|why| Exit::Configuration.because(format!("the component's plan: {why}")))
}

/// Shows a plan on standard error, beside a question.
pub fn note_plan(answer: &Answer) -> Result<()> {
    note(shown(answer)?);
    note(answer::outcome_table(answer));
    Ok(())
}
