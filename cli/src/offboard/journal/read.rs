//! Reading a journal back.

use std::path::Path;

use serde::Deserialize;

use super::{Error, FIRST, Line, VERSION, digest, event::Event};

/// The lines of a journal that fit.
pub struct Lines {
    pub events: Vec<Event>,
    /// The digest of the last one.
    pub last: String,
    pub torn_bytes: u64,
}

/// What a line of every version has.
#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

/// Reads every line, and holds it against the one before.
///
/// # Errors
/// The first line that is of another version, or not as it was written.
pub fn lines(path: &Path, bytes: &[u8]) -> Result<Lines, Error> {
    // What follows the last line end was not finished: what it said is asked again.
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut lines = Lines {
        events: Vec::new(),
        last: FIRST.to_owned(),
        torn_bytes: (bytes.len() - whole) as u64,
    };
    let text = bytes.get(..whole).unwrap_or_default();
    for (line, number) in text.split_inclusive(|&byte| byte == b'\n').zip(1_u64..) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let changed = |why: String| Error::Changed {
            path: path.to_owned(),
            line: number,
            why,
        };
        let unread = |error: serde_json::Error| changed(error.to_string());
        // Before the rest: another version may have other events.
        let Versioned { v } = serde_json::from_slice(line).map_err(unread)?;
        if v != VERSION {
            return Err(Error::Version {
                path: path.to_owned(),
                version: v,
            });
        }
        let read: Line<Event> = serde_json::from_slice(line).map_err(unread)?;
        if read.line != number {
            return Err(changed(format!("it says that it is line {}", read.line)));
        }
        if read.prev != lines.last {
            return Err(changed(String::from("it does not follow from the line before")));
        }
        lines.last = digest(line);
        lines.events.push(read.event);
    }
    Ok(lines)
}
