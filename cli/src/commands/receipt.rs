//! Receipts, offline: no key is fetched from whoever sent one.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::Value;
use unassign_role::receipt::{Claims, restore_list, verify};

use crate::{
    exit::Exit,
    terminal::{line, visible},
};

use super::{global::Global, input, keys};

#[derive(Subcommand)]
pub enum Receipt {
    /// Verifies a receipt and prints what it says
    #[command(after_help = "Example:\n  unassign-role receipt verify answer.json --key receipt-keys.json")]
    Verify(Given),
    /// Prints everything that, according to a receipt, was held and is gone, for whoever grants it again
    #[command(after_help = "Example:\n  unassign-role receipt restore-list answer.json --key receipt-keys.json")]
    RestoreList(Given),
}

#[derive(Args)]
pub struct Given {
    /// The receipt, or the whole answer that carries it (- for standard input)
    receipt: PathBuf,
    /// The service's public keys: a JWK, or a set as in /.well-known/jwks.json. Get them from the service, not from whoever sent the
    /// receipt
    #[arg(long)]
    key: PathBuf,
}

impl Receipt {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let printed = match self {
            Self::Verify(given) => {
                let claims = given.claims()?;
                if global.json {
                    line(serde_json::to_string(&claims)?)
                } else {
                    let shown = shown(&serde_json::to_string_pretty(&claims)?);
                    line(format_args!("unchanged since it was signed\n{shown}"))
                }
            }
            Self::RestoreList(given) => {
                let list = restore_list(&given.claims()?);
                if global.json {
                    line(serde_json::to_string(&list)?)
                } else {
                    line(&list)
                }
            }
        };
        Exit::Done.after(printed)
    }
}

impl Given {
    fn claims(&self) -> Result<Claims> {
        let text = input(&self.receipt)?;
        let token = token(&text);
        verify(token.trim(), &keys::public(&self.key)?)
            .map_err(|why| Exit::NotGone.because(format!("{}: {why}", self.receipt.display())))
    }
}

/// A document as a person reads it: its line breaks are its own, and what turns text around is escaped.
fn shown(document: &str) -> String {
    document.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// The receipt of an answer, or the text itself.
fn token(text: &str) -> String {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let inside = answer.get("result").unwrap_or(&answer);
    inside
        .get("receipt")
        .and_then(Value::as_str)
        .map_or_else(|| text.to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_text_around_is_escaped_in_claims() {
        assert_eq!(shown("{\n  \"a\": \"x\u{202e}y\"\n}"), "{\n  \"a\": \"x\\u{202e}y\"\n}");
    }

    #[test]
    fn a_receipt_is_taken_alone_and_out_of_an_answer() {
        assert_eq!(token("a.b.c"), "a.b.c");
        assert_eq!(token(r#"{"id": "u", "receipt": "a.b.c"}"#), "a.b.c");
        assert_eq!(token(r#"{"result": {"receipt": "a.b.c"}}"#), "a.b.c");
    }
}
