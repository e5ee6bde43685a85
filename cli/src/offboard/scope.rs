//! Which accounts a run is for: all that were planned at, or those that somebody named.

use super::task::Task;

/// The ids of the accounts; all of them if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(Vec<String>);

impl Scope {
    pub fn of(accounts: &[String]) -> Self {
        Self(accounts.to_vec())
    }

    pub const fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    pub fn covers(&self, account: &str) -> bool {
        self.is_all() || self.0.iter().any(|id| id == account)
    }

    pub fn accounts(&self) -> &[String] {
        &self.0
    }

    /// The accounts of another scope that are not in this one.
    pub fn missing(&self, other: &Self) -> Vec<String> {
        other.0.iter().filter(|id| !self.covers(id)).cloned().collect()
    }

    /// Takes in more accounts.
    pub fn widen(&mut self, accounts: &[String]) {
        if !self.is_all() {
            self.0.extend_from_slice(accounts);
        }
    }

    /// Tells the tasks at other accounts why this run does not begin them.
    pub fn narrow(&self, tasks: &mut [Task]) {
        for task in tasks
            .iter_mut()
            .filter(|task| !self.covers(&task.described.target.account))
        {
            task.skipped = Some(format!(
                "not begun: this run is for {} only; --account names others",
                self.0.join(", ")
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offboard::{
        standing::{Standing, Standings},
        task::examples,
    };

    fn scope(accounts: &[&str]) -> Scope {
        Scope(accounts.iter().map(|&id| id.to_owned()).collect())
    }

    #[test]
    fn what_is_planned_at_other_accounts_is_not_run() {
        let standing = |scope: &Scope| {
            let mut tasks = [examples::planned()];
            scope.narrow(&mut tasks);
            let standings = Standings::of(&examples::begin(), &tasks);
            (standings.standings[0], standings.todos[0].why.clone())
        };
        let (other, why) = standing(&scope(&["globex"]));
        assert_eq!(other, Standing::NotRun);
        assert!(why.contains("this run is for globex only"), "{why}");
        for own in [scope(&["acme"]), Scope::default()] {
            assert!(standing(&own).1.contains("not begun") && !standing(&own).1.contains("only"));
        }
    }

    #[test]
    fn only_what_was_confirmed_is_in_a_scope_until_it_is_widened() {
        let mut confirmed = scope(&["a"]);
        assert_eq!(confirmed.missing(&scope(&["a", "b"])), ["b"]);
        confirmed.widen(&[String::from("b")]);
        assert!(confirmed.covers("b") && !confirmed.covers("c"));
        assert_eq!(Scope::default().missing(&scope(&["b"])), [""; 0]);
    }
}
