//! The result of an offboarding as files: for spreadsheets, for programs, and to print.

mod cells;
mod html;
mod lines;

use anyhow::Result;
use serde_json::{Value, json};

use super::{
    journal::event::Begin,
    plans::{Folder, write_private},
    standing::{Standing, Standings},
    task::Task,
};

/// What no removal of roles covers, for everybody.
pub const NOT_COVERED: [&str; 3] = [
    "Open sessions: most providers let a session live on that began before. End it at the provider, or wait for its end.",
    "Keys and tokens that the person made: API keys, personal access tokens, service accounts. They outlive the roles of whoever made them.",
    "The user account itself: it still exists, and may get roles again by an identity provider. Disable or delete it where it is managed.",
];

/// An offboarding, and where it stands.
pub struct Report<'a> {
    pub begin: &'a Begin,
    pub tasks: &'a [Task],
    pub standings: Standings,
    /// Why it did not come to its end.
    pub stopped: Option<&'a str>,
    /// UTC.
    pub at: &'a str,
    pub receipt_keys: &'a [Value],
}

impl<'a> Report<'a> {
    pub fn new(
        begin: &'a Begin,
        tasks: &'a [Task],
        stopped: Option<&'a str>,
        at: &'a str,
        receipt_keys: &'a [Value],
    ) -> Self {
        Self {
            standings: Standings::of(begin, tasks),
            begin,
            tasks,
            stopped,
            at,
            receipt_keys,
        }
    }

    /// `results.csv`: a row for each grant.
    ///
    /// # Errors
    /// Never; cells are text.
    pub fn csv(&self) -> Result<String> {
        cells::of(self)
    }

    /// `results.jsonl`: a line for each person and account.
    pub fn json_lines(&self) -> String {
        lines::of(self)
    }

    /// `report.html`: a page to print.
    pub fn html(&self) -> String {
        html::of(self)
    }

    /// Writes all files. They are for their owner only: they name people and what they could do.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, folder: &Folder) -> Result<()> {
        write_private(&folder.file("results.csv"), &self.csv()?)?;
        write_private(&folder.file("results.jsonl"), &self.json_lines())?;
        write_private(&folder.file("report.html"), &self.html())?;
        if !self.receipt_keys.is_empty() {
            let keys = json!({"keys": self.receipt_keys});
            write_private(&folder.file("receipt-keys.json"), &format!("{keys:#}\n"))?;
        }
        Ok(())
    }

    /// One line over all of it.
    pub fn headline(&self) -> String {
        let all = self.tasks.len();
        let closed = self.standings.closed();
        let counts = [
            Standing::NotGone,
            Standing::NotRun,
            Standing::Provider,
            Standing::Unverified,
            Standing::NoSuchUser,
        ];
        let counts = counts.iter().filter_map(|standing| {
            let count = self
                .standings
                .standings
                .iter()
                .filter(|other| *other == standing)
                .count();
            (count > 0).then(|| format!("{count} {}", standing.words()))
        });
        let counts: Vec<String> = counts.collect();
        let rest = if counts.is_empty() {
            String::new()
        } else {
            format!("; {}", counts.join(", "))
        };
        format!("{closed} of {all} are gone or had nothing{rest}")
    }

    fn person(&self, task: &Task) -> &str {
        self.begin.person(&task.described.target)
    }

    fn standing(&self, index: usize) -> Standing {
        self.standings.standings.get(index).copied().unwrap_or(Standing::NotRun)
    }
}

#[cfg(test)]
mod tests;
