//! The log: one JSON object a line, without a prefix.

use std::io::{self, Write};

use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::output::LineSink;

/// Where the lines go: those of the component as they are, and those of the service.
#[derive(Clone, Debug)]
pub struct Log(LineSink);

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
        Self(LineSink::new(write))
    }

    /// A line of the component.
    pub(super) fn pass(&self, line: &[u8]) -> io::Result<()> {
        self.0.write(line)
    }

    /// An event of the service. `fields` is an object. A log that cannot be written stops nothing here.
    pub(super) fn event(&self, event: &str, fields: Value) {
        let mut line = Map::new();
        line.insert(String::from("event"), Value::from(event));
        line.insert(String::from("time"), Value::from(now()));
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        let _ = self.0.write(Value::Object(line).to_string().as_bytes());
    }
}

fn now() -> String {
    // Whole milliseconds are enough, and formatting a date of this millennium does not fail.
    let now = OffsetDateTime::now_utc();
    let now = now.replace_millisecond(now.millisecond()).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}
