//! Size, speed and start, as ratios side by side in one run.

mod configuration;
mod connection;
mod encrypted;
mod load;
mod native;
mod process;
mod provider;
mod report;
mod services;
mod stand;
mod start;
mod subjects;
mod tables;
mod text;
mod wait;

use std::{ffi::OsString, fs, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use host::guests::Artifact;

use crate::exit::Exit;

use self::{
    report::Report,
    services::{Level, Services},
    stand::Stand,
    subjects::found,
};

#[derive(Args)]
#[command(
    after_help = "Every row of a load is a removal at the CrowdStrike sandbox, and the sandbox is looked at after each one; but for hello and \
floor, which show what the host itself costs. Each service is a process of its own: its CPU is without that of the load and the sandbox. \
Times are of this machine: only the ratios of one run say something, and only if nothing else ran beside it."
)]
pub struct Bench {
    /// How many seconds each row takes
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// The numbers of concurrent calls, one after another
    #[arg(long, value_delimiter = ',', default_value = "1,16,64", value_parser = clap::value_parser!(u64).range(1..=1_000))]
    at_once: Vec<u64>,
    /// The wasmtime to compare with, in place of the one in PATH
    #[arg(long, value_name = "FILE", env = "WASMTIME")]
    wasmtime: Option<OsString>,
    /// Also writes the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// What this process serves as a part of another one's bench
    #[arg(long, hide = true, requires_all = ["listen", "provider"])]
    stand: Option<Stand>,
    #[arg(long, hide = true)]
    listen: Option<SocketAddr>,
    #[arg(long, hide = true)]
    provider: Option<String>,
}

impl Bench {
    pub async fn run(self) -> Result<Exit> {
        if let (Some(stand), Some(listen), Some(provider)) = (self.stand, self.listen, &self.provider) {
            stand::serve(stand, listen, provider.clone()).await?;
            return Ok(Exit::Done);
        }
        let mut report = Report::default();
        self.loads(&mut report).await?;
        wait::report(&mut report).await?;
        start::report(&mut report).await?;
        sizes(&mut report)?;
        if let Some(path) = &self.out {
            fs::write(path, report.text()).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Exit::Done.after(Ok(()))
    }

    async fn loads(&self, report: &mut Report) -> Result<()> {
        let span = Duration::from_secs(self.seconds);
        let at_once: Vec<usize> = self
            .at_once
            .iter()
            .map(|&number| usize::try_from(number))
            .collect::<Result<_, _>>()?;
        let most = at_once.iter().copied().max().unwrap_or(1).max(tables::CALLERS);
        let services = Services::start(self.wasmtime(), most).await?;
        let mut levels = Vec::new();
        for &at_once in &at_once {
            let level = Level::measure(&services, at_once, span).await;
            tables::level(report, &level)?;
            levels.push(level);
        }
        // The goals are about sixteen at once.
        let level = levels.iter().find(|level| level.at_once == tables::CALLERS);
        if let Some(level) = level.or(levels.last()) {
            tables::relations(report, level)?;
        }
        tables::latencies(report, &services, span).await?;
        tables::memory(report, &services)
    }

    fn wasmtime(&self) -> Option<PathBuf> {
        let named = self.wasmtime.clone().filter(|path| !path.is_empty());
        named.map(PathBuf::from).or_else(|| found("wasmtime"))
    }
}

fn sizes(report: &mut Report) -> Result<()> {
    report.line("\n### Size\n\n| component | bytes |\n|---|---|")?;
    for (name, artifact) in [("wasi", Artifact::Wasi), ("spin", Artifact::Spin)] {
        report.line(&format!("| {name} | {} |", artifact.bytes()?.len()))?;
    }
    Ok(())
}
