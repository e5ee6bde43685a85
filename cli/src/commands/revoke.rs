//! Removes roles.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use unassign_role::approval::Shown;

use crate::{
    exit::Exit,
    offboard::task::writes,
    session::Answer,
    tenants::Tenants,
    terminal::{can_ask, confirm, line, note},
};

use super::{
    answer::{self, exit_of},
    calls::{Calls, Mode, next, quoted},
    global::Global,
    input,
    plan::note_plan,
    receipt_file::ReceiptFile,
    selectors::Selectors,
    show::failed,
};

/// What to remove.
#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role revoke ann.lee@example.com --role event_viewer --accounts accounts.toml --account acme
  unassign-role revoke ann.lee@example.com --everything --yes --reference HR-42 --accounts accounts.toml --account acme
  unassign-role revoke --plan plan.json --approval approval.jwt --accounts accounts.toml

On a terminal it shows the plan and asks; what was confirmed is carried out, bound to exactly that plan. Elsewhere nobody can be asked: it needs \
--yes, --plan or --approval. Ctrl-C, SIGTERM and SIGHUP let a removal finish that is under way, so that its report is not lost; Ctrl-C after one of them ends it.")]
pub struct Revoke {
    /// The user's id or e-mail address; not needed with a plan from `plan --out`
    user: Option<String>,
    #[command(flatten)]
    selectors: Selectors,
    /// Carries out this plan, and nothing that it does not list (- for standard input)
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// An approval of the plan, as `approve` prints it (- for standard input)
    #[arg(long, value_name = "FILE")]
    approval: Option<PathBuf>,
    /// Does not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Writes the receipt to this file; needs UNASSIGN_ROLE_RECEIPT_KEY, except with --sandbox
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

/// A request, and what it is bound to.
struct Order {
    body: Value,
    /// The account of the plan.
    account: Option<String>,
}

impl Revoke {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        if !self.yes && self.plan.is_none() && self.approval.is_none() && !can_ask() {
            return Err(Exit::Usage.because(
                "nobody can be asked here: add --yes, or carry out a plan with --plan, or an approved one with --approval",
            ));
        }
        let approval = self
            .approval
            .as_deref()
            .map(input)
            .transpose()?
            .map(|text| text.trim().to_owned());
        let mut order = self.order()?;
        if order.body.pointer("/options/binding").is_some()
            && let Some(approval) = &approval
        {
            order.body["options"]["binding"]["approval"] = json!(approval);
        }
        let account = match (global.one_account()?, &order.account) {
            (Some(named), Some(planned)) if named != planned => {
                let why = format!("the plan is for the account `{planned}`, and not for `{named}`");
                return Err(Exit::Usage.because(why));
            }
            (named, planned) => named.map(str::to_owned).or_else(|| planned.clone()),
        };
        let tenants = Tenants::open(global)?;
        // A receipt is made once: what was removed without one can never be given one.
        if self.receipt.is_some() && !tenants.signs_receipts() {
            return Err(Exit::Configuration.because(
                "there would be no receipt, so nothing was sent: set UNASSIGN_ROLE_RECEIPT_KEY, which `keys new` makes, or leave out --receipt",
            ));
        }
        let calls = Calls::of(&tenants, global, account.as_deref())?;
        if order.body.pointer("/options/binding").is_none() {
            // What an approval is of, and what a person confirms, is a plan.
            if let Some(ended) = self.bind(&calls, &mut order.body, approval, global).await? {
                return Ok(ended);
            }
        }
        let file = self.receipt.as_deref().map(ReceiptFile::open).transpose()?;
        let answer = calls.operate(Mode::Revoke, &order.body).await;
        let (answer, file) = match (answer, file) {
            (Ok(answer), file) => (answer, file),
            (Err(error), file) => {
                file.into_iter().for_each(ReceiptFile::leave);
                return Err(error);
            }
        };
        let exit = keep(file, &answer, exit_of(&answer));
        self.report(&calls, &answer, exit, global)
    }

    /// The request of the command line, or the one that a plan was made of.
    fn order(&self) -> Result<Order> {
        let Some(path) = &self.plan else {
            let user = self
                .user
                .as_deref()
                .ok_or_else(|| Exit::Usage.because("whom? Name the user, or a plan with --plan"))?;
            return Ok(Order {
                body: self.selectors.body(user)?,
                account: None,
            });
        };
        let text = input(path)?;
        let at = |why: String| Exit::Usage.because(format!("{}: {why}", path.display()));
        let shown = Shown::of(&text).map_err(at)?;
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        let mut body = match (document.get("request"), &self.user) {
            (Some(request), None) if !self.selectors.is_given() => request.clone(),
            (Some(_), _) => {
                return Err(at(String::from(
                    "the plan says whom and what: leave out the user and the selectors",
                )));
            }
            (None, Some(user)) => self.selectors.body(user)?,
            (None, None) => {
                let why = "the plan was not made by `plan --out`: name the user and what was asked for, too";
                return Err(at(why.to_owned()));
            }
        };
        // What the command line says besides makes it stricter, or another plan, which is refused.
        self.selectors.add_options(&mut body).map_err(at)?;
        if self.approval.is_none() && !self.yes && can_ask() {
            note(&shown);
            if !confirm("carry out this plan?")? {
                return Err(Exit::NotGone.because("nothing was removed"));
            }
        }
        body["options"]["binding"] = json!({"plan": shown.text()});
        Ok(Order {
            body,
            account: Some(shown.account().to_owned()).filter(|account| !account.is_empty()),
        })
    }

    /// Plans, asks, and binds the request to what was shown. Gives how the command ends, if nothing is to be sent.
    async fn bind(
        &self,
        calls: &Calls,
        body: &mut Value,
        approval: Option<String>,
        global: &Global,
    ) -> Result<Option<Exit>> {
        if calls.account.approval_required && approval.is_none() {
            let why = format!(
                "the account {} takes only approved removals: {} … --out plan.json, have it approved (`unassign-role approve plan.json`), and \
                 `revoke --plan plan.json --approval FILE`",
                calls.account.id,
                calls.command("plan", "")
            );
            return Err(Exit::NotGone.because(why));
        }
        // Everything goes by a plan only: a name that is another person's must not empty that one.
        let is_everything = body["everything"] == Value::Bool(true);
        let says_who = body.pointer("/options/expect").is_some();
        if self.yes && approval.is_none() && (!is_everything || says_who) {
            return Ok(None);
        }
        let planned = calls.operate(Mode::Plan, body).await?;
        let Some(plan) = planned.body["plan"].as_str() else {
            let exit = exit_of(&planned);
            if global.json {
                return Ok(Some(exit.after(line(serde_json::to_string_pretty(&planned.body)?))?));
            }
            return failed(calls, &planned, exit).map(Some);
        };
        if approval.is_none() && !self.yes {
            note_plan(&planned)?;
            // The plan decides: an entry has the worst outcome of its grants.
            if writes(plan) == 0 {
                match planned.status {
                    200 => note("there is nothing to remove"),
                    _ => note(format_args!(
                        "nothing can be removed like this: {}",
                        answer::message(&planned)
                    )),
                }
                let exit = exit_of(&planned);
                if global.json {
                    return Ok(Some(exit.after(line(serde_json::to_string_pretty(&planned.body)?))?));
                }
                return Ok(Some(exit));
            }
            let question = format!(
                "remove that from {} at {}?",
                answer::user(&planned.body),
                calls.account.id
            );
            if !confirm(&question)? {
                return Err(Exit::NotGone.because("nothing was removed"));
            }
        }
        let mut binding = json!({"plan": plan});
        if let Some(approval) = approval {
            binding["approval"] = json!(approval);
        }
        body["options"]["binding"] = binding;
        Ok(None)
    }

    fn report(&self, calls: &Calls, answer: &Answer, exit: Exit, global: &Global) -> Result<Exit> {
        if global.json {
            return exit.after(line(serde_json::to_string_pretty(&answer.body)?));
        }
        if answer::outcomes(answer).is_empty() && answer.status != 200 {
            return failed(calls, answer, exit);
        }
        let print = || -> Result<()> {
            line(answer::outcome_table(answer))?;
            line(answer::counts(answer))?;
            if let Some(remark) = answer::remark(answer).filter(|_| exit != Exit::Done) {
                line(remark)?;
            }
            self.next(calls, answer, exit)
        };
        exit.after(print())
    }

    fn next(&self, calls: &Calls, answer: &Answer, exit: Exit) -> Result<()> {
        let user = answer.body["id"].as_str().or(answer.body["user"]["id"].as_str());
        let user = user.or(self.user.as_deref()).unwrap_or("USER");
        match exit {
            Exit::Done => match &self.receipt {
                Some(path) if answer.body["receipt"].is_string() => next(format!(
                    "keep the receipt {}; what is left: {}",
                    quoted(&path.to_string_lossy()),
                    calls.command("show", &format!(" {}", quoted(user)))
                )),
                _ => next(format!(
                    "see what is left: {}",
                    calls.command("show", &format!(" {}", quoted(user)))
                )),
            },
            // What the answer says stands in it; what the command could not do was said before.
            Exit::Configuration if answer.status == 200 => Ok(()),
            Exit::Unverified => next(
                "run the same command again: a repeat is safe, and continues where this one stopped; --acknowledged-at makes it stricter",
            ),
            _ => next(answer::advice(answer, &|verb| calls.command(verb, ""))),
        }
    }
}

/// Keeps the receipt in its file; if that fails, it is printed, and the exit says so.
fn keep(file: Option<ReceiptFile>, answer: &Answer, exit: Exit) -> Exit {
    let Some(file) = file else { return exit };
    let Some(receipt) = answer.body["receipt"].as_str() else {
        file.leave();
        return exit;
    };
    let Err(error) = file.keep(receipt) else {
        return exit;
    };
    note(format_args!(
        "error: the receipt cannot be written: {error}. Keep this one, there is no other:\n{receipt}"
    ));
    if exit == Exit::Done { Exit::Configuration } else { exit }
}
