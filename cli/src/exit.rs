//! How the command ends: the exit codes, and the errors that choose one.

use std::{fmt, process::ExitCode};

use crate::terminal::ClosedOutput;

/// The exit codes, which scripts rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is gone; or planned, shown, verified absent.
    Done = 0,
    /// Something is not gone, or not as it should be.
    NotGone = 1,
    /// The command line, or a request that the service calls malformed. Clap uses it, too.
    Usage = 2,
    /// Accounts, secrets, keys, files, or the component.
    Configuration = 3,
    /// The provider refused, or could not be reached.
    Provider = 4,
    /// A removal that no read has shown yet: ask again.
    Unverified = 5,
}

impl Exit {
    /// An error that ends the command so.
    pub fn because(self, message: impl Into<String>) -> anyhow::Error {
        anyhow::Error::new(Failure {
            exit: self,
            message: message.into(),
        })
    }

    /// How an error ends the command. What chooses nothing is at fault with the environment: a file, a key, the component.
    pub fn of(error: &anyhow::Error) -> Self {
        let chosen = error.chain().find_map(|cause| cause.downcast_ref::<Failure>());
        chosen.map_or(Self::Configuration, |failure| failure.exit)
    }

    /// This exit, if nobody reads the rest of the output: what was done is done.
    pub fn after(self, printed: anyhow::Result<()>) -> anyhow::Result<Self> {
        match printed {
            Err(error) if is_closed_output(&error) => Ok(self),
            // A bad end is the more important one.
            Err(error) if self != Self::Done => {
                crate::terminal::note(format_args!("error: the answer cannot be written: {error:#}"));
                Ok(self)
            }
            printed => printed.map(|()| self),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Whether nobody reads the output any more, which is no failure: `unassign-role roles | head -1`.
fn is_closed_output(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<ClosedOutput>().is_some())
}

#[derive(Debug)]
struct Failure {
    exit: Exit,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context;

    use super::*;

    #[test]
    fn an_error_keeps_its_exit_code_under_every_context() {
        let error = Err::<(), _>(Exit::Provider.because("no answer"))
            .context("acme")
            .unwrap_err();
        assert_eq!(Exit::of(&error), Exit::Provider);
        assert_eq!(Exit::of(&anyhow::anyhow!("a file")), Exit::Configuration);
    }

    #[test]
    fn a_closed_output_changes_nothing_of_what_was_done() {
        assert_eq!(Exit::NotGone.after(Err(ClosedOutput.into())).unwrap(), Exit::NotGone);
        // A pipe that is not standard output: a file was not written.
        let elsewhere = io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(Exit::Done.after(Err(elsewhere.into())).is_err());
        let full = || Err(io::Error::from(io::ErrorKind::StorageFull).into());
        assert!(Exit::Done.after(full()).is_err());
        assert_eq!(Exit::Unverified.after(full()).unwrap(), Exit::Unverified);
    }
}
