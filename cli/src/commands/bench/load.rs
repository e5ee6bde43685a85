//! So many calls at once, for so long.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};
use tokio::task::LocalSet;

use super::subjects::{Caller, Subject};

/// What was measured.
#[derive(Clone)]
pub struct Load {
    /// How long each call took, sorted.
    times: Vec<Duration>,
    elapsed: Duration,
    /// Of the whole process, sandboxes and all.
    cpu: Duration,
}

impl Load {
    pub fn per_second(&self) -> f64 {
        self.count() / self.elapsed.as_secs_f64()
    }

    pub fn cpu_each(&self) -> Duration {
        self.cpu.div_f64(self.count().max(1.0))
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

/// Calls the subject for so long, from so many callers, each with a user of its own.
///
/// # Errors
/// A call did not do what it should.
pub async fn measure(subject: Subject, at_once: usize, span: Duration) -> Result<Load> {
    let caller = Rc::new(Caller::new(subject, at_once)?);
    // Compiles, and gets the token.
    caller.call(0).await?;
    let times = Rc::new(RefCell::new(Vec::new()));
    let (started, cpu) = (Instant::now(), cpu_time());
    // The crate itself is made for one thread, as a component is.
    let local = LocalSet::new();
    let callers: Vec<_> = (0..at_once)
        .map(|user| {
            let (caller, times) = (Rc::clone(&caller), Rc::clone(&times));
            local.spawn_local(async move {
                while started.elapsed() < span {
                    let time = caller.call(user).await?;
                    times.borrow_mut().push(time);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    local.await;
    let (elapsed, cpu) = (started.elapsed(), cpu_time().saturating_sub(cpu));
    for caller in callers {
        caller.await??;
    }
    let mut times = times.take();
    times.sort_unstable();
    Ok(Load { times, elapsed, cpu })
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}
