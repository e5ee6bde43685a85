//! A service in a process of its own, so that what it costs can be told from what the load and the provider cost.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use bytes::Bytes;
use http::Request;
use rustix::param::clock_ticks_per_second;

use super::connection::Connection;

/// Compiling a component takes a while on a busy machine.
const START: Duration = Duration::from_mins(3);

pub struct Process {
    pub address: SocketAddr,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a service that listens on this address, and waits until it answers.
    ///
    /// # Errors
    /// It cannot be run, ends, or does not answer: with the last line that it printed.
    pub async fn start(mut command: Command, address: SocketAddr, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{}.log", address.port()));
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("{program} cannot be run"))?;
        let mut process = Self { address, child, log };
        let started = Instant::now();
        while !process.is_up().await {
            if let Some(status) = process.child.try_wait()? {
                bail!("it ended ({status}): {}", process.last_line());
            }
            if started.elapsed() > START {
                bail!("it does not answer: {}", process.last_line());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(process)
    }

    async fn is_up(&self) -> bool {
        let Ok(request) = Request::get("/healthz")
            .header("host", self.address.to_string())
            .body(Bytes::new())
        else {
            return false;
        };
        let answer = Connection::new(self.address).send(request).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    fn last_line(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().last().unwrap_or("it printed nothing").to_owned()
    }

    /// The processor time that it took so far, where the system tells.
    #[allow(clippy::cast_precision_loss)]
    pub fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        let ticks = cpu_ticks(&stat)?;
        Some(Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64))
    }

    /// The most memory that it held, in KiB, where the system tells.
    pub fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        peak.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on now.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| anyhow!("no port is free: {error}"))?;
    Ok(listener.local_addr()?)
}

/// User and system time of a line of `/proc/<pid>/stat`, whose second field may have spaces and parentheses in it.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_a_name_with_parentheses() {
        let stat = "4242 (a (b) c) S 1 4242 4242 0 -1 4194304 500 0 0 0 120 34 0 0 20 0 9 0 100 200 300";
        assert_eq!(cpu_ticks(stat), Some(154));
        assert_eq!(cpu_ticks("4242 (a) S 1"), None);
    }

    #[tokio::test]
    async fn a_service_that_ends_is_reported_with_its_last_line() {
        let folder = std::env::temp_dir().join(format!("unassign-role-process-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo first >&2; echo no such component >&2; exit 3"]);
        let error = Process::start(command, free_address().unwrap(), &folder)
            .await
            .err()
            .unwrap();
        let error = error.to_string();
        assert!(
            error.contains("exit status: 3") && error.contains("no such component"),
            "{error}"
        );
        fs::remove_dir_all(folder).unwrap();
    }
}
