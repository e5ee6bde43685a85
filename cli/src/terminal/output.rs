//! Lines of output. A closed pipe is an error and no panic.

use std::{
    fmt::{self, Display},
    io::{self, Write, stderr, stdout},
};

use anyhow::Result;

/// Nobody reads standard output any more. A pipe or a file that is closed elsewhere is another matter.
#[derive(Debug)]
pub struct ClosedOutput;

impl fmt::Display for ClosedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads standard output any more")
    }
}

impl std::error::Error for ClosedOutput {}

/// A line of the answer, on standard output.
pub fn line(text: impl Display) -> Result<()> {
    write(format_args!("{text}\n"))
}

/// A text on standard output.
pub fn write(text: impl Display) -> Result<()> {
    let mut output = stdout().lock();
    // It is read while the next one is still to come.
    let written = write!(output, "{text}").and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(ClosedOutput.into()),
        written => Ok(written?),
    }
}

/// A line beside the answer, on standard error. If nobody reads it, nothing is lost.
pub fn note(text: impl Display) {
    let _ = writeln!(stderr().lock(), "{text}");
}
