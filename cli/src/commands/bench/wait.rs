//! How long a verified removal takes where each exchange with the provider takes its time, beside the same calls one after another.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use host::{
    tenants::{Make, tenants},
    typed::{self, types::Options},
};

use super::{report::Report, text::millis};

/// How long the provider takes for an exchange.
const LATENCY: Duration = Duration::from_millis(100);
/// Roles of a removal.
const ROLES: [usize; 2] = [1, 50];

pub async fn report(report: &mut Report) -> Result<()> {
    report.line(&format!(
        "\n### A verified removal where the provider takes {} an exchange\n",
        millis(LATENCY)
    ))?;
    report.line("| provider | roles | calls out | time | the same calls one after another | ratio |")?;
    report.line("|---|---|---|---|---|---|")?;
    // The first call of all compiles the component.
    if let Some((_, make)) = tenants().first() {
        removal(*make, 1, Duration::ZERO, false).await?;
    }
    for (provider, make) in tenants() {
        for count in ROLES {
            let (ours, calls) = removal(make, count, LATENCY, false).await?;
            let (naive, _) = removal(make, count, LATENCY, true).await?;
            report.line(&format!(
                "| {provider} | {count} | {calls} | {} | {} | {:.2} |",
                millis(ours),
                millis(naive),
                ours.as_secs_f64() / naive.as_secs_f64(),
            ))?;
        }
    }
    Ok(())
}

/// The time of one removal in a fresh instance, its token included, and its calls.
async fn removal(make: Make, count: usize, latency: Duration, is_in_turn: bool) -> Result<(Duration, usize)> {
    let tenant = make(count, 0);
    tenant.network.latency(latency);
    if is_in_turn {
        tenant.network.one_after_another();
    }
    let request = typed::request(&tenant.user, &tenant.roles);
    let options = Options {
        deadline: Some(120_000),
        ..typed::options()
    };
    let started = Instant::now();
    let answer = typed::call(&tenant.network, tenant.clock, &tenant.account, &request, &options).await?;
    let time = started.elapsed();
    answer.map_err(|failure| anyhow!("a removal of {count} roles failed: {}", failure.message))?;
    Ok((time, tenant.network.calls().len()))
}
