//! Offboarding of many people over many accounts.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, builder::PossibleValuesParser};
use unassign_role::contract::json::side_effect_names;

use crate::{
    accounts::Account,
    exit::Exit,
    offboard::{
        confirm,
        fleet::{Fleet, Member},
        journal::{
            Journal,
            event::{Begin, Event},
        },
        list::List,
        offboarding::{self, Terms},
        plans::{Folder, write_private},
        progress::Progress,
        report::Report,
        scope::Scope,
        standing,
        state::{Inner, State},
        stop::Stop,
        summary,
        task::Task,
    },
    tenants::Tenants,
    terminal::{self, line, note, visible},
};

use super::{calls::quoted, global::Global};

/// So many tasks are shown whole; more of them stand in a file.
const SHOWN_WHOLE: usize = 12;
/// So many remarks are shown; more of them stand in a file.
const SHOWN_REMARKS: usize = 40;

/// Who leaves, and how the run proceeds.
#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role offboard leavers.csv --accounts accounts.toml --reference HR-42
  unassign-role offboard leavers.csv --accounts accounts.toml --out january --plan-only
  unassign-role approve --batch january --key alice.jwk --reference CHG-1042
  unassign-role offboard --plans january --accounts accounts.toml
  unassign-role offboard --resume january/journal.jsonl --accounts accounts.toml

The list is CSV (person, email, accounts, id:ACCOUNT) or JSON Lines ({\"person\", \"email\", \"accounts\", \"ids\"}). Everything that a person \
holds directly is planned at every account, shown in one summary, and confirmed once. What is sent is bound to that plan: a plan that \
changed is listed and not run. A journal is written before each removal. Ctrl-C, SIGTERM and SIGHUP let what is under way come to its end; \
after that or a crash, --resume goes on, and asks the providers what became of what was under way. In the end everything that is called removed is verified once more.

Exit codes: 0 all gone, 1 something is not gone, 2 usage or the list, 3 configuration, 4 a provider refused or could not be reached, \
5 not verified; 130 ended at once, by Ctrl-C after another signal.")]
pub struct Offboard {
    /// The list of leavers (- for standard input)
    #[arg(required_unless_present_any = ["plans", "resume"])]
    leavers: Option<PathBuf>,
    /// The folder for the plans, the journal and the report; by default, a new one that is named after the current time
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["plans", "resume"])]
    out: Option<PathBuf>,
    /// Makes the plans and the summary, and removes nothing
    #[arg(long, conflicts_with_all = ["plans", "resume", "yes"])]
    plan_only: bool,
    /// Carries out the plans in a folder from --plan-only; approved plans need no other confirmation
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["leavers", "resume"])]
    plans: Option<PathBuf>,
    /// Continues a run that did not finish
    #[arg(long, value_name = "JOURNAL", conflicts_with = "leavers")]
    resume: Option<PathBuf>,
    /// Does not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// A side effect to allow for everybody (repeatable)
    #[arg(long, value_parser = PossibleValuesParser::new(side_effect_names()), conflicts_with_all = ["plans", "resume"])]
    allow: Vec<String>,
    /// The reason for the run, such as a ticket; it appears in the records and the receipts
    #[arg(long, conflicts_with_all = ["plans", "resume"])]
    reference: Option<String>,
    /// Accepts that an account does not know a person if another account does
    #[arg(long, conflicts_with_all = ["plans", "resume"])]
    accept_no_such_user: bool,
}

impl Offboard {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let mut tenants = Tenants::open(global)?;
        let receipt_key = tenants.receipt_key()?;
        let stop = Stop::default();
        stop.on_signals().context("signals cannot be heard")?;
        let progress = Progress::on_stderr();
        let (folder, fleet, inner) = if let Some(journal) = &self.resume {
            let (fleet, inner) = self.resumed(&tenants, global, journal, &stop).await?;
            let folder = Folder::new(journal.parent().map(Path::to_path_buf).unwrap_or_default());
            (folder, fleet, inner)
        } else {
            match self.planned(&tenants, global, &stop, &progress).await? {
                Prepared::Ready(folder, fleet, inner) => (folder, fleet, *inner),
                Prepared::Ended(exit) => return Ok(exit),
            }
        };
        let mut inner = inner;
        offboarding::approve(&mut inner, &folder, &fleet.timestamp())?;
        if !inner.receipt_keys.contains(&receipt_key) {
            inner.journal.append(
                &Event::ReceiptKey {
                    key: receipt_key.clone(),
                },
                &fleet.timestamp(),
                true,
            )?;
            inner.receipt_keys.push(receipt_key);
        }
        let state = State::new(inner);
        let stopped = offboarding::carry_out(&fleet, &state, &stop, &progress).await;
        report(&folder, &fleet, &state.into_inner(), stopped.as_deref(), global)
    }

    /// Plans that were confirmed, and a journal that says so.
    async fn planned(&self, tenants: &Tenants, global: &Global, stop: &Stop, progress: &Progress) -> Result<Prepared> {
        let (folder, fleet, begin, tasks, scope) = if let Some(path) = &self.plans {
            let folder = Folder::new(path.clone());
            if folder.journal().exists() {
                let why = format!(
                    "these plans were carried out: go on with --resume {}",
                    quoted(&folder.journal().to_string_lossy())
                );
                return Err(Exit::Usage.because(why));
            }
            let (begin, plans) = folder.read()?;
            let mut tasks = offboarding::planned(&begin, plans);
            let scope = named(global, &begin)?;
            scope.narrow(&mut tasks);
            let fleet = fleet_of(tenants, &begin, &mut tasks, &scope)?;
            let tasks = with_approvals(&folder, &begin, tasks)?;
            (folder, fleet, begin, tasks, scope)
        } else {
            let mut begin = self.begin(tenants, global)?;
            let fleet = fleet(tenants, &begin, &Scope::default())?;
            fleet
                .identify(&mut begin)
                .map_err(|why| Exit::Configuration.because(why))?;
            let mut folder = Folder::new(
                self.out
                    .clone()
                    .unwrap_or_else(|| PathBuf::from(named_by(&fleet.timestamp()))),
            );
            folder.make()?;
            let tasks = offboarding::plan(&fleet, &begin, stop, progress).await;
            if stop.is_asked() {
                note("stopped while plans were made: nothing was sent");
                return Ok(Prepared::Ended(Exit::NotGone));
            }
            folder.write(&begin, &tasks)?;
            (folder, fleet, begin, tasks, Scope::default())
        };
        let details = summary::details(&begin, &tasks);
        write_private(&folder.file("summary.txt"), &details)?;
        show(&folder, &begin, &tasks, &details);
        if self.plan_only {
            let exit = Self::only_planned(&folder, &begin, &tasks);
            if !global.json {
                return Ok(Prepared::Ended(exit));
            }
            let at = fleet.timestamp();
            let lines = Report::new(&begin, &tasks, None, &at, &[]).json_lines();
            return exit.after(line(lines.trim_end())).map(Prepared::Ended);
        }
        if !tasks.iter().any(Task::has_work) {
            note("nothing can be removed by this run");
        }
        let Some(how) = self.confirmed(&tasks, &scope, stop).await? else {
            note(format_args!(
                "not confirmed: nothing was sent. The plans stay in {}",
                folder.path().display()
            ));
            return Ok(Prepared::Ended(Exit::NotGone));
        };
        let path = folder.journal();
        // Nothing was sent: without a journal the plans can be carried out once there is room for it.
        let inner = offboarding::confirm(Journal::create(&path)?, begin, tasks, how, scope, &fleet.timestamp())
            .inspect_err(|_| drop(std::fs::remove_file(&path)))?;
        Ok(Prepared::Ready(folder, fleet, Box::new(inner)))
    }

    /// Who is to go from where, as the list says.
    fn begin(&self, tenants: &Tenants, global: &Global) -> Result<Begin> {
        let path = self.leavers.clone().unwrap_or_default();
        let bytes = if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)?;
            bytes
        } else {
            std::fs::read(&path)
                .map_err(|error| Exit::Usage.because(format!("{} cannot be read: {error}", path.display())))?
        };
        let at = |faults: crate::offboard::list::Faults| {
            let faults: Vec<String> = faults.0.iter().map(|fault| visible(&fault.to_string())).collect();
            Exit::Usage.because(format!(
                "{}: nothing was sent\n  {}",
                path.display(),
                faults.join("\n  ")
            ))
        };
        let list = List::parse(&bytes).map_err(at)?;
        for said in &list.notes {
            note(visible(said));
        }
        let accounts = tenants.described();
        let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
        global.check_accounts(&ids)?;
        let accounts: Vec<&Account> = accounts.iter().collect();
        let terms = Terms {
            allow: self.allow.clone(),
            reference: self.reference.clone(),
            accept_no_such_user: self.accept_no_such_user,
        };
        // The list may name others, too.
        let begin = offboarding::begin(&list, &accounts, &|id| global.means(id), &terms).map_err(at)?;
        if begin.tasks.is_empty() && !list.leavers.is_empty() {
            return Err(Exit::Usage.because("the list names nobody at the accounts of --account"));
        }
        Ok(begin)
    }

    /// How the summary was confirmed; `None` if it was not.
    async fn confirmed(&self, tasks: &[Task], scope: &Scope, stop: &Stop) -> Result<Option<&'static str>> {
        let is_approved = |task: &Task| task.planned.as_ref().is_some_and(|planned| planned.approval.is_some());
        let mut running = tasks
            .iter()
            .filter(|task| task.has_work() && !task.lacks_approval() && task.skipped.is_none());
        if self.yes {
            return Ok(Some("yes"));
        }
        if self.plans.is_some() && running.clone().next().is_some() && running.all(is_approved) {
            return Ok(Some("approvals"));
        }
        if !terminal::can_ask() {
            return Err(Exit::Usage.because("nobody can be asked here: read the summary, and add --yes; or have the plans approved, and use --plans"));
        }
        let question = if scope.is_all() {
            String::from("remove all of this?")
        } else {
            format!(
                "remove what is planned at {}, and nothing at other accounts?",
                scope.accounts().join(", ")
            )
        };
        Ok(confirm::ask(&visible(&question), stop).await?.then_some("terminal"))
    }

    /// Goes on at the accounts that were confirmed, or at those of them that are named. For another one, somebody has to confirm it.
    async fn resumed(&self, tenants: &Tenants, global: &Global, path: &Path, stop: &Stop) -> Result<(Fleet, Inner)> {
        let resumed = Journal::resume(path)?;
        if resumed.torn_bytes > 0 {
            note(
                "the last line of the journal has no end: the run before was cut off there. What it said is asked again",
            );
        }
        let now = unassign_role::contract::timestamp::format((tenants.now())());
        let mut inner = offboarding::resume(resumed, &now)?;
        let mut scope = named(global, &inner.begin)?;
        let missing = inner.scope.missing(&scope);
        if scope.is_all() {
            scope = inner.scope.clone();
        }
        scope.narrow(&mut inner.tasks);
        let fleet = fleet_of(tenants, &inner.begin, &mut inner.tasks, &scope)?;
        if !missing.is_empty() {
            note(summary::table(&inner.begin, &inner.tasks, terminal::width()));
            let Some(how) = self.confirmed(&inner.tasks, &scope, stop).await? else {
                return Err(Exit::NotGone.because("not confirmed: nothing was sent"));
            };
            let widened = Event::Widened {
                how: how.to_owned(),
                accounts: missing.clone(),
            };
            inner.journal.append(&widened, &now, true)?;
            inner.scope.widen(&missing);
        }
        Ok((fleet, inner))
    }

    fn only_planned(folder: &Folder, begin: &Begin, tasks: &[Task]) -> Exit {
        let path = folder.path().display().to_string();
        let lacking = tasks.iter().any(Task::lacks_approval);
        if lacking {
            note(format_args!(
                "Next: have the plans approved: unassign-role approve --batch {} --key FILE --reference TEXT",
                quoted(&path)
            ));
        }
        note(format_args!("Next: unassign-role offboard --plans {}", quoted(&path)));
        standing::exit_of_plans(begin, tasks)
    }
}

/// What planning came to.
enum Prepared {
    Ready(Folder, Fleet, Box<Inner>),
    Ended(Exit),
}

/// The accounts that an offboarding uses, each with a component that reaches its provider only.
fn fleet(tenants: &Tenants, begin: &Begin, scope: &Scope) -> Result<Fleet> {
    let ids = begin.accounts().into_iter().filter(|id| scope.covers(id));
    let members = ids.map(|id| {
        let account = tenants.account(Some(id))?;
        let session = tenants.session(&[&account])?;
        Ok(Member::new(account, session))
    });
    Ok(Fleet {
        members: members.collect::<Result<_>>()?,
        now: tenants.now(),
    })
}

/// The accounts that these tasks were planned at, and no other ones. The tasks learn which of them require approvals now.
fn fleet_of(tenants: &Tenants, begin: &Begin, tasks: &mut [Task], scope: &Scope) -> Result<Fleet> {
    let fleet = fleet(tenants, begin, scope)?;
    fleet.check(tasks).map_err(|why| Exit::Configuration.because(why))?;
    fleet.require_approvals(tasks);
    Ok(fleet)
}

/// The accounts that the command line names, of those that were planned at.
fn named(global: &Global, begin: &Begin) -> Result<Scope> {
    global.check_accounts(&begin.accounts())?;
    Ok(Scope::of(&global.account))
}

fn with_approvals(folder: &Folder, begin: &Begin, mut tasks: Vec<Task>) -> Result<Vec<Task>> {
    for index in 0..tasks.len() {
        let Some(task) = tasks.get_mut(index) else { break };
        if let Some(approval) = folder
            .approval(begin, task, index)?
            .filter(|_| task.described.approval_required)
        {
            task.apply(&Event::Approved { task: index, approval });
        }
    }
    Ok(tasks)
}

/// What is to be confirmed: the table, and all that is special. The rest stands in a file.
fn show(folder: &Folder, begin: &Begin, tasks: &[Task], details: &str) {
    note(summary::table(begin, tasks, terminal::width()));
    if tasks.len() <= SHOWN_WHOLE {
        note(details);
    } else {
        let remarks = summary::remarks(begin, tasks);
        for remark in remarks.iter().take(SHOWN_REMARKS) {
            note(remark);
        }
        if let Some(more) = remarks.len().checked_sub(SHOWN_REMARKS).filter(|more| *more > 0) {
            note(format_args!("… and {more} more"));
        }
        note(format_args!("every grant: {}", folder.file("summary.txt").display()));
    }
    note(summary::counts(begin, tasks));
}

/// Writes the report, and says what is still to do.
fn report(folder: &Folder, fleet: &Fleet, inner: &Inner, stopped: Option<&str>, global: &Global) -> Result<Exit> {
    let at = fleet.timestamp();
    let report = Report::new(&inner.begin, &inner.tasks, stopped, &at, &inner.receipt_keys);
    let written = report.write(folder);
    for todo in report.standings.todos.iter().take(SHOWN_REMARKS) {
        let Some(task) = inner.tasks.get(todo.task) else {
            continue;
        };
        let target = &task.described.target;
        let person = inner
            .begin
            .people
            .get(target.person)
            .map_or("", |leaver| leaver.person.as_str());
        let what = todo.what.as_ref().map_or(String::new(), |what| format!(", {what}"));
        note(visible(&format!(
            "still to do: {person} at {}{what}: {} ({})",
            target.account, todo.why, todo.next
        )));
    }
    if let Some(more) = report
        .standings
        .todos
        .len()
        .checked_sub(SHOWN_REMARKS)
        .filter(|more| *more > 0)
    {
        note(format_args!("… and {more} more in the report"));
    }
    note(report.headline());
    if let Some(why) = stopped {
        note(format_args!(
            "stopped: {}. Go on with: unassign-role offboard --resume {}",
            visible(why),
            quoted(&folder.journal().to_string_lossy())
        ));
    }
    note(
        "Removing roles does not end sessions, revoke keys or tokens, or disable the user account. The report lists what is left to do.",
    );
    let mut printed = Ok(());
    if global.json || written.is_err() {
        // A disk that is full must not keep the report from whoever waits for it.
        printed = line(report.json_lines().trim_end());
    }
    if written.is_ok() {
        note(format_args!("report: {}", folder.file("report.html").display()));
    }
    written.context("the report could not be written to the folder; it was printed")?;
    report.standings.exit.after(printed)
}

/// `offboarding-20260131T093000Z`.
fn named_by(timestamp: &str) -> String {
    let plain: String = timestamp.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("offboarding-{plain}")
}
