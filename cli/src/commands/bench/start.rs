//! What a start costs: compiling, or loading what was compiled, an instance, and the first answer.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bytes::Bytes;
use host::{
    compiled,
    engine::{self, Prepared},
    guests::Artifact,
    network::Network,
    output::Output,
    service::{Lifetime, Service},
    state::Setup,
};

use super::{
    report::Report,
    subjects::floor,
    text::{known, micros, ratio},
};

/// Instances that are made one after another for one row.
const INSTANCES: u32 = 200;

pub async fn report(report: &mut Report) -> Result<()> {
    report.line("\n### Start\n")?;
    report.line("| component | bytes | compile | load compiled | first answer of an instance | ratio |")?;
    report.line("|---|---|---|---|---|---|")?;
    let folder = std::env::temp_dir().join(format!("unassign-role-start-{}", std::process::id()));
    let mut hello = None;
    for (name, path, bytes) in [
        ("hello", "/", floor().and_then(|path| Ok(std::fs::read(path)?))),
        ("wasi", "/healthz", Artifact::Wasi.bytes()),
        ("spin", "/healthz", Artifact::Spin.bytes()),
    ] {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(why) => {
                report.line(&format!("| {name} | left out: {why:#} | | | | |"))?;
                continue;
            }
        };
        let user = rustix::process::geteuid().as_raw();
        let mut times = Vec::new();
        // The first one compiles and keeps it, the second one loads it.
        for _ in 0..2 {
            let started = Instant::now();
            compiled::prepare(&bytes, name, &folder, user)?;
            times.push(started.elapsed());
        }
        let prepared = engine::prepare(&bytes)?;
        // Spin's component serves WASI 0.3, which this way of serving is not for.
        let first = if name == "spin" {
            None
        } else {
            Some(first_answer(&prepared, path).await?)
        };
        let seconds = first.map(|first| first.as_secs_f64());
        if name == "hello" {
            hello = seconds;
        }
        let [compile, load] = times.as_slice() else { continue };
        report.line(&format!(
            "| {name} | {} | {} | {} | {} | {} |",
            bytes.len(),
            micros(*compile),
            micros(*load),
            known(first, micros),
            ratio(seconds, hello),
        ))?;
    }
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}

/// A fresh instance and its first answer, on average.
async fn first_answer(component: &Prepared, path: &str) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for _ in 0..INSTANCES {
        let setup = Setup::new(Network::default(), Output::nowhere());
        let service = Service::of_component(component, setup, Lifetime::default())?;
        let request = http::Request::get(format!("http://127.0.0.1:3000{path}"))
            .header("host", "127.0.0.1:3000")
            .body(Bytes::new())?;
        let started = Instant::now();
        let answer = service.send(request).await?;
        total += started.elapsed();
        ensure!(answer.status() == 200, "{path} is answered {}", answer.status());
    }
    Ok(total / INSTANCES)
}
