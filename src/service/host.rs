//! What the service needs from the component that it runs in.

use std::{io::Write, rc::Rc};

use crate::{
    account::Secrets,
    client::Caches,
    transport::{Task, Transport},
};

use super::{AccountText, Parsed, Setting};

/// The source of configuration, accounts and secrets, and the destination of the record.
pub trait Host: Secrets {
    /// Outbound HTTP and clocks.
    fn transport(&self) -> &dyn Transport;

    /// Caches that outlive a request. They are keyed by account and safe to lose.
    fn caches(&self) -> &Caches;

    /// What was parsed of the settings, for as long as their texts stay the same.
    fn parsed(&self) -> &Parsed;

    /// A setting as it is configured; `None` if it is not set.
    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<Rc<str>>, String>>;

    /// What people call the setting here, e.g. "the Spin variable api_tokens".
    fn setting_name(&self, setting: Setting) -> &'static str;

    /// The JSON text of one integrated account; `None` if there is no such account.
    ///
    /// # Errors
    /// It cannot be read, or stands in two places.
    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<AccountText>, String>>;

    /// Writes one line of the record to the host's log, which is standard error.
    fn record(&self, line: &str) {
        // A log that cannot be written must not cost the caller the answer.
        let _ = write_line(std::io::stderr(), line);
    }
}

/// In one write: several instances share a log, and their lines must not run into each other.
fn write_line(mut log: impl Write, line: &str) -> std::io::Result<()> {
    log.write_all(format!("{line}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_record_leaves_in_one_write() {
        struct Log(Vec<Vec<u8>>);

        impl Write for Log {
            fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
                self.0.push(piece.to_vec());
                Ok(piece.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        let mut log = Log(Vec::new());
        write_line(&mut log, r#"{"event":"intent"}"#).unwrap();
        assert_eq!(log.0, [b"{\"event\":\"intent\"}\n"]);
    }
}
