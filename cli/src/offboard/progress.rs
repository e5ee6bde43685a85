//! How far a run is: a bar for each account on a terminal, a line for each person elsewhere.

use std::{collections::BTreeMap, io::IsTerminal, sync::Mutex};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::terminal::{note, visible};

use super::journal::event::Begin;

/// Where progress goes.
pub enum Progress {
    /// Nowhere.
    #[cfg(test)]
    Silent,
    /// A line for each step.
    Lines(Box<dyn Fn(&str) + Send + Sync>),
    /// A bar for each account.
    Bars {
        all: MultiProgress,
        bars: Mutex<BTreeMap<String, ProgressBar>>,
    },
}

impl Progress {
    /// Bars on a terminal, lines elsewhere.
    pub fn on_stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::Bars {
                all: MultiProgress::new(),
                bars: Mutex::default(),
            }
        } else {
            Self::Lines(Box::new(|line| note(line)))
        }
    }

    /// A phase begins, with so many steps at each account.
    pub fn begin(&self, phase: &str, steps: &BTreeMap<String, usize>) {
        if let Self::Bars { all, bars } = self {
            let mut bars = bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            bars.clear();
            let style = ProgressStyle::with_template("{prefix:24!} {wide_bar} {pos}/{len} {msg:20!}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            for (account, &steps) in steps.iter().filter(|(_, steps)| **steps > 0) {
                let bar = all.add(ProgressBar::new(steps as u64).with_style(style.clone()));
                bar.set_prefix(account.clone());
                bars.insert(account.clone(), bar);
            }
        } else {
            let steps: usize = steps.values().sum();
            self.say(&format!("{phase}: {steps}"));
        }
    }

    /// A phase is over.
    pub fn end(&self) {
        if let Self::Bars { all, bars } = self {
            bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
            let _ = all.clear();
        }
    }

    /// A task came one step further.
    pub fn done(&self, account: &str, begin: &Begin, task: usize, what: &str) {
        let target = begin.tasks.get(task).map(|task| &task.target);
        let person = target.map_or("", |target| begin.person(target));
        match self {
            #[cfg(test)]
            Self::Silent => {}
            Self::Lines(_) => self.say(&format!("{account}: {person}: {what}")),
            Self::Bars { bars, .. } => {
                let bars = bars.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if let Some(bar) = bars.get(account) {
                    bar.set_message(visible(person));
                    bar.inc(1);
                }
            }
        }
    }

    /// A sentence in between. It may quote a provider or a list: what moves the cursor or turns text around is escaped.
    pub fn say(&self, text: &str) {
        match self {
            #[cfg(test)]
            Self::Silent => {}
            Self::Lines(write) => write(&visible(text)),
            Self::Bars { all, .. } => {
                let _ = all.println(visible(text));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::offboard::task::examples;

    #[test]
    fn what_a_provider_or_a_list_says_cannot_move_the_cursor() {
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let progress = Progress::Lines(Box::new({
            let said = Arc::clone(&said);
            move |line| said.lock().unwrap().push(line.to_owned())
        }));
        let mut begin = examples::begin();
        begin.people[0].person = String::from("Ann\u{202e}");
        progress.done("acme", &begin, 0, "planned");
        progress.say("acme: the account was given up: no\u{1b}[2Jbody\r\nacme: removed");
        let said = said.lock().unwrap();
        assert_eq!(
            *said,
            [
                "acme: Ann\\u{202e}: planned",
                "acme: the account was given up: no\\u{1b}[2Jbody\\u{d}\\u{a}acme: removed"
            ]
        );
    }
}
