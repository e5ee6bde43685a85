//! Lines of output. A closed pipe is an error and no panic.

use std::{
    fmt::Display,
    io::{Write, stderr, stdout},
};

use anyhow::Result;

/// A line of the answer, on standard output.
pub fn line(text: impl Display) -> Result<()> {
    let mut output = stdout().lock();
    writeln!(output, "{text}")?;
    // It is read while the next one is still to come.
    output.flush()?;
    Ok(())
}

/// A line beside the answer, on standard error. If nobody reads it, nothing is lost.
pub fn note(text: impl Display) {
    let _ = writeln!(stderr().lock(), "{text}");
}
