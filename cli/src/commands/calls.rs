//! One account and the component with it: the calls that verbs make.

use anyhow::{Context, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::{
    accounts::Account,
    exit::Exit,
    record::Unannounced,
    session::{Answer, Session},
    signals::Signals,
    tenants::Tenants,
    terminal::{Progress, Style, line, note, styled, visible},
};

use super::global::Global;

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One account, ready to be asked about.
pub struct Calls {
    pub account: Account,
    /// The options that lead to this account, for the next command.
    options: String,
    session: Session,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Plan,
    Revoke,
    Verify,
}

impl Calls {
    /// Opens the account that the command line names.
    pub fn open(global: &Global) -> Result<Self> {
        Self::of(&Tenants::open(global)?, global, global.one_account()?)
    }

    /// Opens an account of these tenants.
    pub fn of(tenants: &Tenants, global: &Global, account: Option<&str>) -> Result<Self> {
        let account = tenants.account(account)?;
        let session = tenants.session(&[&account])?;
        let source = match (&global.accounts, global.sandbox) {
            (_, true) => String::from(" --sandbox"),
            (Some(path), false) => format!(" --accounts {}", quoted(&path.to_string_lossy())),
            (None, false) => String::new(),
        };
        let which = if tenants.ids().len() > 1 {
            format!(" --account {}", quoted(&account.id))
        } else {
            String::new()
        };
        Ok(Self {
            account,
            options: source + &which,
            session,
        })
    }

    /// The user, and what it holds.
    pub async fn user(&self, id: &str) -> Result<Answer> {
        self.read(&format!("users/{}", encoded(id)), "&truto_ignore_remote_data=true")
            .await
    }

    /// The roles of the tenant.
    pub async fn roles(&self) -> Result<Answer> {
        self.read("roles", "").await
    }

    async fn read(&self, what: &str, query: &str) -> Result<Answer> {
        let account = encoded(&self.account.id);
        let target = format!("/unified/user-directory/{what}?integrated_account_id={account}{query}");
        let _progress = Progress::show(format!("reading at {}", visible(&self.account.provider)));
        self.session
            .get(&target)
            .await
            .context("the component failed; nothing was written")
    }

    /// A plan, a removal or a check of one.
    pub async fn operate(&self, mode: Mode, body: &Value) -> Result<Answer> {
        let account = encoded(&self.account.id);
        let name = match mode {
            Mode::Plan => "plan",
            Mode::Revoke => "revoke",
            Mode::Verify => "verify",
        };
        let target = format!(
            "/unified/user-directory/users/unassign-role?integrated_account_id={account}&mode={name}&truto_ignore_remote_data=true"
        );
        let provider = visible(&self.account.provider);
        let call = self.session.post(&target, body);
        match mode {
            Mode::Plan => {
                let _progress = Progress::show(format!("planning at {provider}"));
                call.await.context("the component failed; nothing was written")
            }
            Mode::Verify => {
                let _progress = Progress::show(format!("verifying at {provider}"));
                call.await.context("the component failed; nothing was written")
            }
            Mode::Revoke => {
                let _progress = Progress::show(format!("removing at {provider}, and reading back"));
                to_its_end(call).await
            }
        }
    }

    /// A command about the same account.
    pub fn command(&self, verb: &str, rest: &str) -> String {
        format!("unassign-role {verb}{}{rest}", self.options)
    }
}

/// A removal goes on when a signal asks to end: cut off, it would lose its report.
async fn to_its_end(call: impl Future<Output = Result<Answer>>) -> Result<Answer> {
    tokio::pin!(call);
    let mut signals = Signals::listen().context("signals cannot be heard; nothing was sent")?;
    let unknown = "the call ended without a report, and roles may have been removed: run the same command again to learn what is left";
    let mut is_asked = false;
    loop {
        tokio::select! {
            answer = &mut call => {
                return answer.map_err(|error| match error.downcast_ref::<Unannounced>() {
                    Some(why) => Exit::Configuration.because(format!("{why}: make room for the record, and run the command again")),
                    None => Exit::Unverified.because(format!("{unknown} ({error:#})")),
                });
            }
            heard = signals.next() => {
                if is_asked && heard.is_impatient() {
                    return Err(Exit::Unverified.because(unknown));
                }
                is_asked = true;
                note("the removal that is under way is finished first, so that its report is not lost; Ctrl-C ends it now");
            }
        }
    }
}

/// The last line of an answer: what to do next.
pub fn next(text: impl AsRef<str>) -> Result<()> {
    line(format_args!("\n{} {}", styled("Next:", Style::Dim), text.as_ref()))
}

/// A text as a shell takes it.
pub fn quoted(text: &str) -> String {
    let text = visible(text);
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.,:/@+=%".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn encoded(text: &str) -> String {
    // Dot segments are removed by URL parsers, encoded or not.
    match text {
        "." | ".." => text.replace('.', "%2E"),
        _ => utf8_percent_encode(text, SEGMENT).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("ann.lee@example.com"), "ann.lee@example.com");
        assert_eq!(quoted("Night Shift"), "'Night Shift'");
        assert_eq!(quoted("a'; rm -rf ~"), "'a'\\''; rm -rf ~'");
        assert_eq!(quoted(""), "''");
    }
}
