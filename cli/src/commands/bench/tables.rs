//! The tables of the loads.

use std::time::Duration;

use anyhow::Result;

use super::{
    load::{Load, Measured},
    report::Report,
    services::{Level, Services},
    subjects::{Server, Subject},
    text::{known, micros, one_line, ratio},
};

/// Latencies of the provider, in milliseconds, and the callers that meet them.
const LATENCIES: [u64; 3] = [0, 20, 100];
pub const CALLERS: usize = 16;

/// Throughput, latency and CPU of every subject, to the crate without a component.
pub fn level(report: &mut Report, level: &Level) -> Result<()> {
    report.line(&format!("\n### {} at once\n", level.at_once))?;
    report.line("| | calls out | per second | to the crate | median | 99 % | CPU a call | to the crate |")?;
    report.line("|---|---|---|---|---|---|---|---|")?;
    let crate_itself = level.load(Subject::Native);
    for (subject, load) in level.rows() {
        let name = subject.name();
        let row = match load {
            Err(why) => format!("| {name} | left out: {why} | | | | | | |"),
            Ok(load) => format!(
                "| {name} | {:.1} | {:.0} | {} | {} | {} | {} | {} |",
                load.calls_each(),
                load.per_second(),
                ratio(Some(load.per_second()), crate_itself.map(Load::per_second)),
                micros(load.quantile(0.5)),
                micros(load.quantile(0.99)),
                known(load.cpu_each(), micros),
                ratio(cpu(Some(load)), cpu(crate_itself)),
            ),
        };
        report.line(&row)?;
    }
    Ok(())
}

/// What the goals are about, as ratios of one level.
pub fn relations(report: &mut Report, level: &Level) -> Result<()> {
    report.line(&format!("\n### Relations, {} at once\n", level.at_once))?;
    report.line("| of | to | what | ratio | goal |\n|---|---|---|---|---|")?;
    let own = Subject::Wasi(Server::Own);
    let on_wasmtime = Subject::Wasi(Server::Wasmtime);
    let rate = |subject: Subject| level.load(subject).map(Load::per_second);
    let cost = |subject: Subject| cpu(level.load(subject));
    for (of, to, what, value, goal) in [
        (
            on_wasmtime,
            Subject::Floor(Server::Wasmtime),
            "per second",
            ratio(rate(on_wasmtime), rate(Subject::Floor(Server::Wasmtime))),
            "0.7 or more",
        ),
        (
            own,
            Subject::Native,
            "per second",
            ratio(rate(own), rate(Subject::Native)),
            "0.6 or more",
        ),
        (
            own,
            Subject::NodeUsual,
            "CPU a call",
            ratio(cost(own), cost(Subject::NodeUsual)),
            "1 or less",
        ),
        (
            own,
            Subject::NodeVerified,
            "per second",
            ratio(rate(own), rate(Subject::NodeVerified)),
            "2 or more",
        ),
    ] {
        report.line(&format!(
            "| {} | {} | {what} | {value} | {goal} |",
            of.name(),
            to.name()
        ))?;
    }
    Ok(())
}

/// The hosts with a provider that takes its time, without TLS and behind it.
pub async fn latencies(report: &mut Report, services: &Services, span: Duration) -> Result<()> {
    let milliseconds = LATENCIES.map(|latency| format!("{latency} ms")).join(" | ");
    report.line(&format!(
        "\n### The provider's latency, {CALLERS} at once: per second, and the median\n"
    ))?;
    report.line(&format!("| | {milliseconds} |\n|---|---|---|---|"))?;
    for subject in [
        Subject::Native,
        Subject::Wasi(Server::Own),
        Subject::Spin,
        Subject::Wasi(Server::Wasmtime),
        Subject::NodeVerified,
    ] {
        let row = match services.find(subject) {
            Some(Ok(measured)) => latency_row(services, measured, span).await,
            _ => String::from("left out, as above | | "),
        };
        report.line(&format!("| {} | {row} |", subject.name()))?;
    }
    for subject in [Subject::Native, Subject::Wasi(Server::Own), Subject::Spin] {
        let row = match services.encrypted(subject).await {
            Ok(measured) => latency_row(services, &measured, span).await,
            Err(why) => format!("left out: {} | | ", one_line(&why)),
        };
        report.line(&format!("| {}, with TLS | {row} |", subject.name()))?;
    }
    let why = "left out: it trusts no certificate authority of one's own, and the sandbox has no other | | ";
    report.line(&format!(
        "| {}, with TLS | {why} |",
        Subject::Wasi(Server::Wasmtime).name()
    ))
}

async fn latency_row(services: &Services, measured: &Measured, span: Duration) -> String {
    let mut cells = Vec::new();
    for latency in LATENCIES {
        services.latency(latency);
        let load = measured.load(CALLERS, span).await;
        services.latency(0);
        cells.push(match load {
            Ok(load) => format!("{:.0}, {}", load.per_second(), micros(load.quantile(0.5))),
            Err(why) => format!("left out: {}", one_line(&why)),
        });
    }
    cells.join(" | ")
}

/// The most memory that each process held.
pub fn memory(report: &mut Report, services: &Services) -> Result<()> {
    report.line("\n### Memory\n\n| | peak of the process |\n|---|---|")?;
    for (subject, measured) in services.all() {
        if let Ok(measured) = measured {
            let peak = known(measured.process.peak_memory(), |kib| format!("{} MiB", kib / 1024));
            report.line(&format!("| {} | {peak} |", subject.name()))?;
        }
    }
    Ok(())
}

fn cpu(load: Option<&Load>) -> Option<f64> {
    Some(load?.cpu_each()?.as_secs_f64())
}
