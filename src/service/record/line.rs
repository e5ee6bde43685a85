//! The lines: what each begins with, and fields that are written as they become known.

use crate::{
    contract::{
        json::text::{Fields, object},
        timestamp,
    },
    service::Host,
};

/// The version of the lines. `docs/record.schema.json` describes it.
pub const VERSION: u32 = 1;

/// Writes a line.
pub fn write(host: &dyn Host, event: &str, fields: impl FnOnce(&mut Fields<'_>)) {
    let line = object(|line| {
        line.number("v", VERSION);
        line.text("event", Some(event));
        line.text("time", Some(&timestamp::format(host.transport().wall_clock())));
        line.text("version", Some(env!("CARGO_PKG_VERSION")));
        fields(line);
    });
    host.record(&line);
}

/// Fields with their JSON, in the order in which they became known.
#[derive(Default)]
pub struct Known(Vec<(&'static str, String)>);

impl Known {
    /// A field that is known already keeps its place.
    pub fn set(&mut self, name: &'static str, json: String) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = json,
            None => self.0.push((name, json)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| *known != name);
    }

    pub fn write(&self, line: &mut Fields<'_>) {
        for (name, json) in &self.0 {
            line.written(name, json);
        }
    }
}
