//! So many calls at once, for so long.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use super::{connection::Connection, process::Process, provider::Provider, subjects::Subject};

/// What was measured.
#[derive(Clone, Debug)]
pub struct Load {
    /// How long each call took, sorted.
    times: Vec<Duration>,
    elapsed: Duration,
    /// Of the service's process, where the system tells.
    cpu: Option<Duration>,
    /// Requests that the provider got.
    calls_out: u64,
}

impl Load {
    /// Takes in what was measured later.
    pub fn add(&mut self, later: Self) {
        self.times.extend(later.times);
        self.times.sort_unstable();
        self.elapsed += later.elapsed;
        self.cpu = self.cpu.zip(later.cpu).map(|(cpu, later)| cpu + later);
        self.calls_out += later.calls_out;
    }

    pub fn per_second(&self) -> f64 {
        self.count() / self.elapsed.as_secs_f64()
    }

    pub fn cpu_each(&self) -> Option<Duration> {
        Some(self.cpu?.div_f64(self.count().max(1.0)))
    }

    #[allow(clippy::cast_precision_loss)]
    pub fn calls_each(&self) -> f64 {
        self.calls_out as f64 / self.count().max(1.0)
    }

    /// How long a call took at most, of this part of them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn quantile(&self, part: f64) -> Duration {
        let position = (self.count() * part) as usize;
        self.times
            .get(position)
            .or(self.times.last())
            .copied()
            .unwrap_or_default()
    }

    #[allow(clippy::cast_precision_loss)]
    fn count(&self) -> f64 {
        self.times.len() as f64
    }
}

/// A service, its provider, and how many calls the floor makes.
#[derive(Clone)]
pub struct Measured {
    pub subject: Subject,
    pub process: Arc<Process>,
    pub provider: Arc<Provider>,
    pub floor_calls: u64,
}

impl Measured {
    /// Calls the service for so long, from so many callers, each with a connection and a user of its own.
    ///
    /// # Errors
    /// A call did not do what it should.
    pub async fn load(&self, at_once: usize, span: Duration) -> Result<Load> {
        // Once each: instances are made, and get their tokens.
        let warm = self.callers(at_once, Duration::ZERO).await?;
        ensure!(
            warm.len() == at_once,
            "{} of {at_once} callers were answered",
            warm.len()
        );
        let (started, cpu, calls) = (Instant::now(), self.process.cpu(), self.provider.calls());
        let mut times = self.callers(at_once, span).await?;
        let (elapsed, calls_out) = (started.elapsed(), self.provider.calls() - calls);
        let cpu = self
            .process
            .cpu()
            .zip(cpu)
            .map(|(now, before)| now.saturating_sub(before));
        times.sort_unstable();
        Ok(Load {
            times,
            elapsed,
            cpu,
            calls_out,
        })
    }

    /// How many requests a call makes when everything that can be kept is kept.
    pub async fn count_calls(&self) -> Result<u64> {
        self.callers(1, Duration::ZERO).await?;
        let before = self.provider.calls();
        self.callers(1, Duration::ZERO).await?;
        Ok(self.provider.calls() - before)
    }

    /// Each caller calls at least once.
    async fn callers(&self, at_once: usize, span: Duration) -> Result<Vec<Duration>> {
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for number in 0..at_once {
            let measured = self.clone();
            callers.spawn(async move { measured.caller(number, started, span).await });
        }
        let mut times = Vec::new();
        while let Some(caller) = callers.join_next().await {
            times.extend(caller??);
        }
        Ok(times)
    }

    async fn caller(&self, number: usize, started: Instant, span: Duration) -> Result<Vec<Duration>> {
        let mut connection = Connection::new(self.process.address);
        let mut times = Vec::new();
        loop {
            if self.subject.removes() {
                self.provider.grant(number);
            }
            let request = self.subject.request(number, self.floor_calls, self.provider.address)?;
            let call = Instant::now();
            let answer = connection.send(request).await?;
            times.push(call.elapsed());
            ensure!(
                answer.status() == 200,
                "{}: a call ended with {}: {}",
                self.subject.name(),
                answer.status(),
                String::from_utf8_lossy(answer.body())
                    .chars()
                    .take(300)
                    .collect::<String>()
            );
            ensure!(
                !self.subject.removes() || !self.provider.holds(number),
                "{}: the role is still there",
                self.subject.name()
            );
            if started.elapsed() >= span {
                return Ok(times);
            }
        }
    }
}
