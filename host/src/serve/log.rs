//! The log: one JSON object a line, without a prefix.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prometheus_client::metrics::counter::Counter;
use serde_json::{Map, Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::output::LineSink;

/// Where the lines go: those of the component as they are, and those of the service.
#[derive(Clone, Debug)]
pub struct Log {
    sink: LineSink,
    unwritten: Counter,
    /// Why the last line could not be written.
    problem: Arc<Mutex<Option<String>>>,
}

impl Log {
    /// This process's standard error. A line is written at once, so that it stands there before what it announces is done.
    pub fn standard_error() -> Self {
        Self::new(|line| {
            let mut output = io::stderr().lock();
            output.write_all(line)?;
            output.write_all(b"\n")
        })
    }

    /// Something that takes one line, without its end.
    pub fn new(write: impl Fn(&[u8]) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self {
            sink: LineSink::new(write),
            unwritten: Counter::default(),
            problem: Arc::default(),
        }
    }

    /// A line of the component.
    pub(super) fn pass(&self, line: &[u8]) -> io::Result<()> {
        let written = self.write(line);
        if written.is_err() {
            self.unwritten.inc();
        }
        written
    }

    /// An event of the service. `fields` is an object. A log that cannot be written stops nothing here.
    pub(super) fn event(&self, event: &str, fields: Value) {
        let _ = self.pass(line(event, fields).as_bytes());
    }

    /// The lines that could not be written, of the component and of the service.
    pub(super) const fn unwritten(&self) -> &Counter {
        &self.unwritten
    }

    /// Why the last line could not be written; `None` if it was.
    pub(super) fn problem(&self) -> Option<String> {
        self.last_problem().clone()
    }

    /// Writes a line of its own if the last one could not be written. Without it, a service that gets no calls any more would never
    /// show that its log is mended. Blocks.
    pub(super) fn retry(&self) {
        if self.problem().is_some() {
            let fields = json!({"unwritten_lines": self.unwritten.get()});
            // This line announces nothing, so it is not missed.
            let _ = self.write(line("log_resumed", fields).as_bytes());
        }
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        let written = self.sink.write(line);
        *self.last_problem() = written.as_ref().err().map(ToString::to_string);
        written
    }

    fn last_problem(&self) -> MutexGuard<'_, Option<String>> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn line(event: &str, fields: Value) -> String {
    let mut line = Map::new();
    line.insert(String::from("event"), Value::from(event));
    line.insert(String::from("time"), Value::from(now()));
    if let Value::Object(fields) = fields {
        line.extend(fields);
    }
    Value::Object(line).to_string()
}

fn now() -> String {
    // Whole milliseconds are enough, and formatting a date of this millennium does not fail.
    let now = OffsetDateTime::now_utc();
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_line_that_cannot_be_written_is_counted_and_a_problem_until_one_can_be() {
        let (is_full, written) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
        let log = Log::new({
            let (is_full, written) = (Arc::clone(&is_full), Arc::clone(&written));
            move |line| {
                if is_full.load(Ordering::SeqCst) {
                    return Err(io::Error::from(io::ErrorKind::StorageFull));
                }
                written.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
                Ok(())
            }
        });
        assert_eq!(log.problem(), None);
        assert!(log.pass(br#"{"event":"intent"}"#).is_err());
        log.clone().event("request", json!({}));
        log.retry();
        assert!(log.problem().is_some());
        assert_eq!(log.unwritten().get(), 2, "the line of a retry is not missed");
        is_full.store(false, Ordering::SeqCst);
        log.retry();
        assert_eq!(log.problem(), None);
        log.retry();
        let written = written.lock().unwrap();
        assert_eq!(written.len(), 1, "{written:?}");
        assert!(
            written[0].contains(r#""event":"log_resumed""#) && written[0].contains(r#""unwritten_lines":2"#),
            "{written:?}"
        );
    }
}
