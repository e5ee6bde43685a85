//! Size, speed and start, as ratios side by side in one run.

mod load;
mod native;
mod start;
mod subjects;

use std::{fmt::Write, fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use host::guests::Artifact;

use crate::{exit::Exit, terminal::line};

use self::{
    load::{Load, measure},
    subjects::Subject,
};

#[derive(Args)]
#[command(
    after_help = "Every row is a removal at the CrowdStrike sandbox, verified, but for the first two, which show what the host itself costs. \
Times are of this machine: only the ratios of one run say something."
)]
pub struct Bench {
    /// Seconds for each row
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Calls at once, one after another
    #[arg(long, value_delimiter = ',', default_value = "1,16,64", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    at_once: Vec<u64>,
    /// Keeps the tables as Markdown, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Bench {
    pub async fn run(self) -> Result<Exit> {
        let mut report = String::new();
        self.load(&mut report).await?;
        start::report(&mut report).await?;
        sizes(&mut report)?;
        if let Some(path) = &self.out {
            fs::write(path, &report).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Exit::Done.after(Ok(()))
    }

    async fn load(&self, report: &mut String) -> Result<()> {
        let span = Duration::from_secs(self.seconds);
        for &at_once in &self.at_once {
            let at_once = usize::try_from(at_once)?;
            say(report, &format!("\n### {at_once} at once\n"))?;
            say(
                report,
                "| | calls out | per second | ratio | median | 99 % | CPU a call | ratio |",
            )?;
            say(report, "|---|---|---|---|---|---|---|---|")?;
            let mut native: Option<Load> = None;
            for subject in Subject::ALL {
                let row = match subject.calls_out() {
                    Err(why) => {
                        say(
                            report,
                            &format!("| {} | left out: {why:#} | | | | | | |", subject.name()),
                        )?;
                        continue;
                    }
                    Ok(calls) => (calls, measure(subject, at_once, span).await?),
                };
                let (calls, load) = row;
                // The crate without a host around it is what all others are compared with.
                let base = native.get_or_insert_with(|| load.clone());
                say(
                    report,
                    &format!(
                        "| {} | {calls} | {:.0} | {:.2} | {} | {} | {} | {:.2} |",
                        subject.name(),
                        load.per_second(),
                        load.per_second() / base.per_second(),
                        micros(load.quantile(0.5)),
                        micros(load.quantile(0.99)),
                        micros(load.cpu_each()),
                        load.cpu_each().as_secs_f64() / base.cpu_each().as_secs_f64(),
                    ),
                )?;
            }
        }
        Ok(())
    }
}

fn sizes(report: &mut String) -> Result<()> {
    say(report, "\n### Size\n\n| component | bytes |\n|---|---|")?;
    for (name, artifact) in [("wasi", Artifact::Wasi), ("spin", Artifact::Spin)] {
        say(report, &format!("| {name} | {} |", artifact.bytes()?.len()))?;
    }
    Ok(())
}

/// A line of the report, on the terminal as soon as it is known.
fn say(report: &mut String, text: &str) -> Result<()> {
    writeln!(report, "{text}")?;
    line(text)
}

fn micros(time: Duration) -> String {
    match time.as_micros() {
        short @ 0..10_000 => format!("{short} µs"),
        long => format!("{} ms", long / 1_000),
    }
}
