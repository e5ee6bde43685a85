//! Questions, on a terminal only.

use std::io::{BufRead, IsTerminal, Write, stderr, stdin};

use anyhow::Result;

/// Whether somebody can be asked: what is shown and what is answered are both on a terminal.
pub fn can_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Asks, and takes nothing but a yes for one.
pub fn confirm(question: &str) -> Result<bool> {
    let mut shown = stderr().lock();
    write!(shown, "{question} [y/N] ")?;
    shown.flush()?;
    let mut answer = String::new();
    stdin().lock().read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        assert!(["y\n", "yes\n", "Y"].into_iter().all(is_yes));
        assert!(
            !["", "\n", "n\n", "yy\n", "ja\n", "yes please\n"]
                .into_iter()
                .any(is_yes)
        );
    }
}
