//! Counts the cases of a matrix and those that broke a promise, and reports both once all have run.

use std::{
    fs::OpenOptions,
    future::Future,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use futures_util::FutureExt;

/// The cases of one matrix at one provider.
pub struct Tally {
    provider: String,
    kind: String,
    cases: usize,
    successes: usize,
    violations: Vec<String>,
}

impl Tally {
    /// `kind` names the cases in the report, e.g. `"fault"`.
    pub fn new(provider: &str, kind: impl Into<String>) -> Self {
        Self {
            provider: provider.to_owned(),
            kind: kind.into(),
            cases: 0,
            successes: 0,
            violations: Vec::new(),
        }
    }

    /// Runs one case, which returns true if the call succeeded. A panic in it is a violation, and the others go on.
    pub async fn case(&mut self, what: &str, run: impl Future<Output = bool>) {
        let result = AssertUnwindSafe(run).catch_unwind().await;
        self.count(what, result);
    }

    /// Judges one case that has already run.
    pub fn judge(&mut self, what: &str, judge: impl FnOnce() -> bool) {
        self.count(what, catch_unwind(AssertUnwindSafe(judge)));
    }

    fn count(&mut self, what: &str, result: thread::Result<bool>) {
        self.cases += 1;
        match result {
            Ok(is_success) => self.successes += usize::from(is_success),
            Err(_) => self.violations.push(what.to_owned()),
        }
    }

    /// Reports the counts: on standard output, and as one line of the file that `MATRIX_REPORT` names.
    ///
    /// # Panics
    /// If there was no case, or a violation.
    pub fn finish(self) {
        let Self {
            provider,
            kind,
            cases,
            successes,
            violations,
        } = self;
        let line = format!(
            "{provider}: {kind} cases: {cases}, succeeded: {successes}, violations: {}\n",
            violations.len()
        );
        print!("{line}");
        if let Some(path) = std::env::var_os("MATRIX_REPORT") {
            let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            // One write a line: tests run side by side.
            file.write_all(line.as_bytes()).unwrap();
        }
        assert!(cases > 0, "{provider}: no {kind} case ran");
        assert!(
            violations.is_empty(),
            "{} violations:\n{}",
            violations.len(),
            violations.join("\n")
        );
    }
}
