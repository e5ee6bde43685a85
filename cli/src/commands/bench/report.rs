//! The report: on the terminal as soon as a line is known, and kept.

use std::fmt::Write;

use anyhow::Result;

use crate::terminal::line;

#[derive(Default)]
pub struct Report(String);

impl Report {
    pub fn line(&mut self, text: &str) -> Result<()> {
        writeln!(self.0, "{text}")?;
        line(text)
    }

    /// All of it, as Markdown.
    pub fn text(&self) -> &str {
        &self.0
    }
}
