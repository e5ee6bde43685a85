//! What an account's credentials can do at the provider, read-only.

use std::{
    fs::File,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::Args;
use host::egress::Watch;
use serde_json::{Value, json};
use unassign_role::{contract::types::Profile, providers};

use crate::{
    commands::{
        answer::{self, exit_of},
        calls::{Calls, next, quoted},
        global::Global,
    },
    exit::Exit,
    private_file,
    session::{Answer, texts},
    tenants::Tenants,
    terminal::{Style, line, note, styled, visible},
    transcript::Transcript,
};

#[derive(Args)]
#[command(after_help = "Examples:
  unassign-role accounts probe --accounts accounts.toml --account acme
  unassign-role accounts probe --user ann@acme.example --accounts accounts.toml --account acme

Nothing is written: it lists the roles, and reads the user if you name one. One line a fact. The exit code is 0 if all is well, 1 if \
something is missing, 3 if the account is at fault, and 4 if the provider refuses or cannot be reached.")]
pub struct Probe {
    /// Also reads this user, to show how much the credentials can see
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Writes the shape of every exchange with the provider to this file; send it in if the provider does not behave as its page says.
    /// It works by allow-list: names that this program reads stay, every other name is numbered, and every value is replaced with its
    /// type and length
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
}

/// One thing that was found out.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    state: State,
    about: &'static str,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Good,
    Missing,
    /// No read can tell.
    Untold,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Missing => "missing",
            Self::Untold => "not told",
        }
    }
}

/// What the provider's answers say beside their bodies.
#[derive(Default)]
struct Seen {
    exchanges: usize,
    /// How far the provider's clock is ahead of this one, in seconds.
    ahead: Option<i64>,
    /// What is left of the rate limit, and the limit.
    quota: Option<(String, Option<String>)>,
    waits: usize,
}

/// A difference of clocks at which approvals are refused.
const CLOCK_WRONG: i64 = 300;
/// A difference worth fixing.
const CLOCK_OFF: i64 = 30;

impl Probe {
    pub async fn run(self, global: &Global) -> Result<Exit> {
        let watcher = Arc::new(Watcher::default());
        let mut tenants = Tenants::open(global)?;
        let transcript = self.transcript(&tenants, global)?;
        tenants = tenants.watched_by(Arc::new(Both(watcher.clone(), transcript.clone())));
        let calls = Calls::of(&tenants, global, global.one_account()?)?;
        let profile = providers()
            .into_iter()
            .find(|profile| unassign_role::contract::json::provider_name(profile.provider) == calls.account.provider);
        let roles = calls.roles().await?;
        let mut facts = of_roles(&roles, profile.as_ref());
        let mut exit = exit_of(&roles);
        if exit == Exit::Done
            && let Some(user) = &self.user
        {
            let read = calls.user(user).await?;
            exit = exit_of(&read);
            facts.extend(of_user(&read));
        }
        facts.extend(watcher.facts());
        if let (Some(transcript), Some(path)) = (transcript, &self.transcript) {
            let count = transcript
                .end()
                .with_context(|| format!("{} cannot be written", path.display()))?;
            note(format_args!(
                "{count} exchanges in {}: read it before you send it in",
                path.display()
            ));
        }
        if exit == Exit::Done && facts.iter().any(|fact| fact.state == State::Missing) {
            exit = Exit::NotGone;
        }
        if global.json {
            let facts: Vec<Value> = facts
                .iter()
                .map(|fact| json!({"about": fact.about, "state": fact.state.name(), "text": fact.text}))
                .collect();
            let document = json!({"account": calls.account.id, "provider": calls.account.provider, "facts": facts});
            return exit.after(line(serde_json::to_string_pretty(&document)?));
        }
        exit.after(self.print(&calls, &facts, &roles, exit))
    }

    /// The transcript, in a file that only this user can read.
    fn transcript(&self, tenants: &Tenants, global: &Global) -> Result<Option<Arc<Transcript<File>>>> {
        let Some(path) = &self.transcript else {
            return Ok(None);
        };
        let account = tenants.account(global.one_account()?)?;
        let file = private_file::create(path).with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Some(Arc::new(Transcript::new(file, &account.provider))))
    }

    fn print(&self, calls: &Calls, facts: &[Fact], roles: &Answer, exit: Exit) -> Result<()> {
        for fact in facts {
            let style = match fact.state {
                State::Good => Style::Good,
                State::Missing => Style::Bad,
                State::Untold => Style::Dim,
            };
            let state = styled(&format!("{:<8}", fact.state.name()), style);
            line(format_args!("{state} {:<12} {}", fact.about, fact.text))?;
        }
        match (exit, &self.user) {
            (Exit::Done, None) => next(format!(
                "read somebody, too: {}",
                calls.command("accounts probe", " --user USER")
            )),
            (Exit::Done, Some(user)) => next(format!(
                "plan: {}",
                calls.command("plan", &format!(" {} --everything", quoted(user)))
            )),
            (Exit::NotGone, _) => next("add what is missing, as the provider's page says, and probe again"),
            _ => next(answer::advice(roles, &|verb| calls.command(verb, ""))),
        }
    }
}

fn fact(state: State, about: &'static str, text: impl Into<String>) -> Fact {
    Fact {
        state,
        about,
        text: text.into(),
    }
}

/// What the list of roles tells, and what its failure does.
fn of_roles(answer: &Answer, profile: Option<&Profile>) -> Vec<Fact> {
    let name = profile.map_or("the provider", |profile| profile.name.as_str());
    let needed = profile
        .map(|profile| profile.permissions.join("; "))
        .unwrap_or_default();
    let code = answer.body["error_code"].as_str().unwrap_or_default();
    if answer.status != 200 {
        let message = answer::message(answer);
        return match code {
            "forbidden" => vec![
                fact(State::Good, "credentials", format!("{name} accepts them")),
                fact(State::Missing, "permissions", message),
                fact(
                    State::Untold,
                    "permissions",
                    format!("needed in all: {}", visible(&needed)),
                ),
            ],
            "unauthenticated" => vec![fact(
                State::Missing,
                "credentials",
                format!("{name} refuses them: {message}"),
            )],
            "provider_error" | "timed_out" => vec![fact(State::Missing, "connection", message)],
            "rate_limited" => vec![fact(State::Missing, "rate limit", message)],
            _ => vec![fact(State::Missing, "account", message)],
        };
    }
    let roles = answer.body["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut facts = vec![
        fact(State::Good, "credentials", format!("{name} accepts them")),
        fact(State::Good, "permissions", "the list of roles can be read"),
        fact(
            State::Untold,
            "permissions",
            format!(
                "no read tells whether all that a removal needs are there: {}",
                visible(&needed)
            ),
        ),
    ];
    facts.push(if answer.body["whole"] == Value::Bool(true) {
        fact(
            State::Good,
            "roles",
            format!("{} are seen, and that is all of them", roles.len()),
        )
    } else {
        fact(
            State::Missing,
            "roles",
            format!("{} are seen, and there may be more", roles.len()),
        )
    });
    for kind in ["organization", "workspace", "group"] {
        let mut places: Vec<&str> = roles.iter().filter_map(|role| role["scope"][kind].as_str()).collect();
        places.sort_unstable();
        places.dedup();
        if !places.is_empty() {
            let places: Vec<String> = places.iter().map(|place| visible(place)).collect();
            facts.push(fact(State::Good, "sees", format!("{kind} {}", places.join(", "))));
        }
    }
    facts.extend(unread(answer));
    facts
}

/// What the reading of a user tells.
fn of_user(answer: &Answer) -> Vec<Fact> {
    if answer.status != 200 {
        return vec![fact(State::Missing, "user", answer::message(answer))];
    }
    let body = &answer.body;
    let count = |name: &str| body[name].as_array().map_or(0, Vec::len);
    let mut facts = vec![fact(State::Good, "user", answer::user(body))];
    facts.push(if body["whole"] == Value::Bool(true) {
        fact(
            State::Good,
            "grants",
            format!("{} are seen, and that is everything", count("role_grants")),
        )
    } else {
        fact(
            State::Missing,
            "grants",
            format!("{} are seen, and there may be more", count("role_grants")),
        )
    });
    for (name, singular) in [
        ("organizations", "organization"),
        ("workspaces", "workspace"),
        ("groups", "group"),
    ] {
        let named: Vec<String> = body[name]
            .as_array()
            .into_iter()
            .flatten()
            .map(|place| crate::terminal::named(place["id"].as_str(), place["name"].as_str()))
            .collect();
        if !named.is_empty() {
            facts.push(fact(State::Good, "sees", format!("{singular} {}", named.join(", "))));
        }
    }
    facts.extend(unread(answer));
    for warning in texts(&body["warnings"]) {
        facts.push(fact(State::Untold, "warning", visible(warning).replace('_', " ")));
    }
    facts
}

fn unread(answer: &Answer) -> Vec<Fact> {
    let unread = texts(&answer.body["unread"]);
    unread
        .map(|what| fact(State::Missing, "not read", visible(what)))
        .collect()
}

/// Two that watch.
struct Both(Arc<Watcher>, Option<Arc<Transcript<File>>>);

impl Watch for Both {
    fn exchanged(&self, request: &http::Request<Bytes>, answer: Result<&http::Response<Bytes>, &host::egress::Error>) {
        self.0.exchanged(request, answer);
        if let Some(transcript) = &self.1 {
            transcript.exchanged(request, answer);
        }
    }
}

/// Looks at the heads of the provider's answers.
#[derive(Default)]
struct Watcher(Mutex<Seen>);

impl Watch for Watcher {
    fn exchanged(&self, _: &http::Request<Bytes>, answer: Result<&http::Response<Bytes>, &host::egress::Error>) {
        let Ok(answer) = answer else { return };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.exchanges += 1;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        if let Some(date) = header("date").and_then(|date| httpdate::parse_http_date(date).ok()) {
            seen.ahead = Some(seconds(date) - seconds(SystemTime::now()));
        }
        let pair = |name: &str| {
            let left = header(&format!("{name}-remaining"))?.to_owned();
            Some((left, header(&format!("{name}-limit")).map(str::to_owned)))
        };
        if let Some(quota) = pair("x-ratelimit").or_else(|| pair("ratelimit")) {
            seen.quota = Some(quota);
        }
        seen.waits += usize::from(header("retry-after").is_some());
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Watcher {
    fn facts(&self) -> Vec<Fact> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.exchanges == 0 {
            return Vec::new();
        }
        let clock = match seen.ahead {
            None => fact(State::Untold, "clock", "the provider does not say what time it is"),
            Some(ahead) if ahead.abs() <= CLOCK_OFF => fact(
                State::Good,
                "clock",
                format!("{} s apart from the provider's", ahead.abs()),
            ),
            Some(ahead) => {
                let direction = if ahead > 0 { "behind" } else { "ahead of" };
                let effect = if ahead.abs() > CLOCK_WRONG {
                    "; approvals are refused"
                } else {
                    ""
                };
                fact(
                    State::Missing,
                    "clock",
                    format!(
                        "this machine is {} s {direction} the provider{effect}: set its clock",
                        ahead.abs()
                    ),
                )
            }
        };
        let limit = match &seen.quota {
            Some((left, Some(limit))) => fact(
                State::Good,
                "rate limit",
                format!("{} of {} left", visible(left), visible(limit)),
            ),
            Some((left, None)) => fact(State::Good, "rate limit", format!("{} left", visible(left))),
            None if seen.waits > 0 => fact(
                State::Untold,
                "rate limit",
                format!("it asked to wait {} times", seen.waits),
            ),
            None => fact(State::Untold, "rate limit", "the provider does not say how far it is"),
        };
        vec![clock, limit]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(headers: &[(&str, &str)]) -> Vec<Fact> {
        let watcher = Watcher::default();
        let mut answer = http::Response::builder();
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        let request = http::Request::get("https://h/").body(Bytes::new()).unwrap();
        watcher.exchanged(&request, Ok(&answer.body(Bytes::new()).unwrap()));
        watcher.facts()
    }

    #[test]
    fn the_clock_and_the_rate_limit_are_read_from_the_answers() {
        let now = httpdate::fmt_http_date(SystemTime::now());
        let facts = watched(&[
            ("date", &now),
            ("x-ratelimit-remaining", "5990"),
            ("x-ratelimit-limit", "6000"),
        ]);
        assert_eq!(
            (facts[0].state, facts[1].text.as_str()),
            (State::Good, "5990 of 6000 left")
        );
        let late = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(1_000));
        let facts = watched(&[("date", &late)]);
        assert_eq!(facts[0].state, State::Missing);
        assert!(
            facts[0].text.contains("behind the provider; approvals are refused"),
            "{facts:?}"
        );
        assert_eq!(watched(&[])[0].state, State::Untold);
        assert!(Watcher::default().facts().is_empty(), "nothing was reached");
    }

    #[test]
    fn missing_permissions_are_named_in_the_providers_words() {
        let body = json!({"error_code": "forbidden", "message": "Slack refuses it",
                          "truto_error_insight": {"forbidden_error": {"value": {"missing_scopes": ["admin.roles:read"]}}}});
        let answer = Answer {
            status: 403,
            body,
            retry_after: None,
        };
        let facts = of_roles(&answer, None);
        assert!(
            facts
                .iter()
                .any(|fact| fact.state == State::Missing && fact.text.contains("missing: admin.roles:read")),
            "{facts:?}"
        );
    }
}
