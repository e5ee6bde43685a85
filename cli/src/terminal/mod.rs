//! What a person sees, and is asked: texts, tables, questions, and the wait for a provider.

mod output;
#[cfg(feature = "wasmtime")]
mod progress;
mod question;
mod table;
mod text;

use std::{
    io::{IsTerminal, stdout},
    sync::OnceLock,
};

#[cfg(feature = "wasmtime")]
pub use self::progress::Progress;
pub use self::{
    output::{ClosedOutput, line, note, write},
    question::{can_ask, confirm},
    table::table,
    text::{cut, named, visible, wrapped},
};

/// How output looks, decided once: `--no-color`.
static NO_COLOR: OnceLock<bool> = OnceLock::new();

/// Takes the user's wish from the command line.
pub fn set_no_color(is_unwanted: bool) {
    let _ = NO_COLOR.set(is_unwanted);
}

/// Whether standard output is colored: on a terminal that can, unless the user does not want it (<https://no-color.org>).
pub fn has_color() -> bool {
    let is_unwanted = NO_COLOR.get().copied().unwrap_or_default()
        || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stdout().is_terminal() && !is_unwanted
}

/// The columns of the terminal; `None` if there is none, and lines can be as long as they are.
pub fn width() -> Option<u16> {
    let of_terminal = || {
        stdout()
            .is_terminal()
            .then(|| rustix::termios::tcgetwinsize(stdout()).ok())
            .flatten()
            .map(|size| size.ws_col)
            .filter(|&columns| columns > 0)
    };
    let of_environment = || {
        std::env::var("COLUMNS")
            .ok()?
            .parse()
            .ok()
            .filter(|&columns: &u16| columns > 0)
    };
    of_terminal().or_else(of_environment)
}

/// The look of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Good,
    Bad,
    Doubtful,
    Dim,
}

/// A text with its look, if there is color.
pub fn styled(text: &str, style: Style) -> String {
    if !has_color() {
        return text.to_owned();
    }
    let code = match style {
        Style::Good => 32,
        Style::Bad => 31,
        Style::Doubtful => 33,
        Style::Dim => 2,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
