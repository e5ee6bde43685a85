//! The lines that the component writes to its standard error: passed on, and counted.

use std::{io, sync::Arc};

use serde::Deserialize;
use serde_json::json;

use super::{log::Log, metrics::Metrics};
use crate::output::LineSink;

/// What is counted of a `result` line.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    event: String,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    status: u16,
    #[serde(default)]
    outcomes: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    outcome: String,
}

/// The sink of the component's lines. A JSON object passes as it is. Anything else, such as the message of a panic, is wrapped in
/// one.
pub fn sink(log: Log, metrics: Arc<Metrics>) -> LineSink {
    LineSink::new(move |line| take(&log, &metrics, line))
}

fn take(log: &Log, metrics: &Metrics, line: &[u8]) -> io::Result<()> {
    let Ok(record) = serde_json::from_slice::<Line>(line) else {
        log.event("component_output", json!({"text": String::from_utf8_lossy(line)}));
        return Ok(());
    };
    // It has to be written before it counts: the component may hear that it cannot be.
    log.pass(line)?;
    if record.event == "result" {
        let outcomes = record.outcomes.iter().map(|entry| entry.outcome.as_str());
        metrics.operation(&record.provider, record.status, outcomes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_record_passes_byte_by_byte_and_is_counted_without_names() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let log = Log::new({
            let written = Arc::clone(&written);
            move |line| {
                written.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            }
        });
        let metrics = Metrics::new(&log);
        let result = r#"{"event":"result",  "account":"acme","user":"u-1","provider":"slack_enterprise","status":500,
            "outcomes":[{"outcome":"removed","role":"Rl01"},{"outcome":"unverified"},{"outcome":"made up"}]}"#
            .replace('\n', " ");
        take(&log, &metrics, result.as_bytes()).unwrap();
        take(&log, &metrics, br#"{"event":"intent","provider":"slack_enterprise"}"#).unwrap();
        take(&log, &metrics, b"thread panicked").unwrap();
        let written = written.lock().unwrap();
        assert_eq!(written[0], result);
        let wrapped: serde_json::Value = serde_json::from_str(&written[2]).unwrap();
        assert_eq!(wrapped["event"], "component_output");
        assert_eq!(wrapped["text"], "thread panicked");
        let text = metrics.text();
        for line in [
            r#"unassign_role_operations_total{provider="slack_enterprise",status="500"} 1"#,
            r#"unassign_role_outcomes_total{provider="slack_enterprise",outcome="removed"} 1"#,
            r#"unassign_role_outcomes_total{provider="slack_enterprise",outcome="other"} 1"#,
            r#"unassign_role_unverified_total{provider="slack_enterprise"} 1"#,
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(
            !text.contains("acme") && !text.contains("u-1") && !text.contains("Rl01"),
            "{text}"
        );
    }

    #[test]
    fn a_record_that_cannot_be_written_is_not_counted() {
        let log = Log::new(|_| Err(io::Error::from(io::ErrorKind::BrokenPipe)));
        let metrics = Metrics::new(&log);
        let line = br#"{"event":"result","provider":"crowdstrike","status":200,"outcomes":[]}"#;
        assert!(take(&log, &metrics, line).is_err());
        let text = metrics.text();
        assert!(!text.contains("crowdstrike"), "{text}");
        assert!(text.contains("unassign_role_unwritten_lines_total 1"), "{text}");
    }
}
