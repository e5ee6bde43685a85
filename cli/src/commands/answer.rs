//! Answers of the service, for a person and for a script.

use serde_json::Value;

use crate::{
    exit::Exit,
    session::{Answer, texts},
    terminal::{Style, named, styled, table, visible},
};

/// How an answer ends the command.
pub fn exit_of(answer: &Answer) -> Exit {
    let outcomes = outcomes(answer);
    let left = outcomes.iter().filter_map(|entry| entry["outcome"].as_str());
    let mut left = left.filter(|outcome| !matches!(*outcome, "removed" | "already_absent" | "planned"));
    if answer.status == 200 {
        // A request may accept what is not verified: that is a success, and no proof.
        let is_proven = left.next().is_none();
        return if is_proven { Exit::Done } else { Exit::Unverified };
    }
    let code = answer.body["error_code"].as_str().unwrap_or_default();
    if !outcomes.is_empty() {
        // The service's own refusals, whatever status the outcomes have.
        match code {
            "plan_changed" | "approval_required" | "approval_refused" => return Exit::NotGone,
            "host_not_allowed" => return Exit::Configuration,
            _ => {}
        }
        let is_retryable = answer.body["retryable"] == Value::Bool(true);
        if left.all(|outcome| matches!(outcome, "unverified" | "unknown")) && is_retryable {
            return Exit::Unverified;
        }
        return match answer.status {
            401 | 403 | 429 | 502 | 504 => Exit::Provider,
            _ => Exit::NotGone,
        };
    }
    let is_remote = answer.body["truto_is_remote_error"] == Value::Bool(true);
    match code {
        "invalid_request" => Exit::Usage,
        "not_removed" | "unauthenticated" if is_remote => Exit::Provider,
        "plan_changed" | "approval_required" | "approval_refused" | "not_removed" => Exit::NotGone,
        "incomplete" => Exit::Unverified,
        "not_found" | "forbidden" | "rate_limited" | "provider_error" | "timed_out" => Exit::Provider,
        _ => Exit::Configuration,
    }
}

/// The outcomes of the entries.
pub fn outcomes(answer: &Answer) -> &[Value] {
    answer.body["role_outcomes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

/// The user of an answer, in one line.
pub fn user(body: &Value) -> String {
    let id = body["id"].as_str();
    let name = body["name"].as_str().or(body["username"].as_str());
    let address = body["emails"][0]["email"].as_str().or(body["username"].as_str());
    let mut line = named(id, name);
    if let Some(address) = address.filter(|address| Some(*address) != name) {
        line = format!("{line}, {}", visible(address));
    }
    line
}

/// A table of what became of each grant.
pub fn outcome_table(answer: &Answer) -> String {
    let mut rows = table(["role", "where", "outcome", "why"]);
    for entry in outcomes(answer) {
        let grants = entry["grants"].as_array().map(Vec::as_slice).unwrap_or_default();
        if grants.is_empty() {
            let same = entry["same_as"]
                .as_u64()
                .map(|index| format!("same as number {}", index + 1));
            rows.push([
                asked(entry),
                String::new(),
                word(entry),
                same.unwrap_or_else(|| why(entry)),
            ]);
        }
        for grant in grants {
            rows.push([
                named(grant["role_id"].as_str(), grant["role_name"].as_str()),
                place(&grant["scope"]),
                word(grant),
                why(grant),
            ]);
        }
    }
    rows.to_string()
}

/// Where a grant is held.
pub fn place(scope: &Value) -> String {
    let parts: Vec<String> = ["organization", "workspace", "group"]
        .into_iter()
        .filter_map(|kind| Some(format!("{kind} {}", visible(scope[kind].as_str()?))))
        .collect();
    parts.join(", ")
}

/// Through what it is held.
pub fn via(grant: &Value) -> String {
    let through = grant["via"].as_array().map(Vec::as_slice).unwrap_or_default();
    let parts: Vec<String> = through
        .iter()
        .map(|via| {
            let kind = via["kind"].as_str().unwrap_or_default().replace('_', " ");
            format!("{kind} {}", named(via["id"].as_str(), via["name"].as_str()))
        })
        .collect();
    parts.join(", ")
}

/// What an entry of the request asked for.
fn asked(entry: &Value) -> String {
    for (kind, prefix) in [("role", ""), ("organization", "organization ")] {
        if let Some(asked) = entry.get(kind) {
            let group = asked["group"].as_str().map(|group| format!("group {}", visible(group)));
            return match (asked["id"].as_str(), asked["name"].as_str(), group) {
                (None, None, Some(group)) => group,
                (id, name, _) => format!("{prefix}{}", named(id, name)),
            };
        }
    }
    String::from("-")
}

fn word(entry: &Value) -> String {
    visible(entry["outcome"].as_str().unwrap_or("?"))
}

/// Why it is not simply gone, and what goes with it.
fn why(entry: &Value) -> String {
    let mut parts = Vec::new();
    let text = |name: &str| entry[name].as_str().map(visible);
    match (text("message"), text("reason")) {
        (Some(message), _) => parts.push(message),
        (None, Some(reason)) => parts.push(reason.replace('_', " ")),
        (None, None) => {}
    }
    // A message names it already.
    let through = via(entry);
    if parts.is_empty() && !through.is_empty() {
        parts.push(format!("through {through}"));
    }
    if entry["changed"] == Value::Bool(true) {
        parts.push(String::from("a direct grant of it was removed"));
    }
    for effect in texts(&entry["side_effects"]) {
        parts.push(format!("takes {}", visible(effect)));
    }
    for warning in texts(&entry["warnings"]) {
        parts.push(format!("warning: {}", visible(warning).replace('_', " ")));
    }
    if let Some(time) = text("verify_after") {
        parts.push(format!("ask again after {time}"));
    }
    parts.join("; ")
}

/// How many of each outcome: `2 removed, 1 refused`.
pub fn counts(answer: &Answer) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for outcome in outcomes(answer).iter().filter_map(|entry| entry["outcome"].as_str()) {
        match counts.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => counts.push((outcome, 1)),
        }
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(outcome, count)| {
            let style = match *outcome {
                "removed" | "already_absent" | "planned" => Style::Good,
                "unverified" | "unknown" => Style::Doubtful,
                _ => Style::Bad,
            };
            styled(&format!("{count} {}", visible(outcome).replace('_', " ")), style)
        })
        .collect();
    parts.join(", ")
}

/// The error of an answer, in the service's words.
pub fn message(answer: &Answer) -> String {
    let mut message = match answer.body["message"].as_str() {
        Some(message) => visible(message),
        None => format!("the component answered {} without a message", answer.status),
    };
    let missing = &answer.body["truto_error_insight"]["forbidden_error"]["value"]["missing_scopes"];
    let missing: Vec<String> = missing
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|scope| scope.as_str().map(visible))
        .collect();
    if !missing.is_empty() {
        message = format!("{message} (missing: {})", missing.join(", "));
    }
    message
}

/// What the message says besides the table of outcomes, which has why none of them went.
pub fn remark(answer: &Answer) -> Option<String> {
    let code = answer.body["error_code"].as_str().unwrap_or_default();
    let is_in_table = matches!(code, "not_removed" | "not_found" | "incomplete") && !outcomes(answer).is_empty();
    (!is_in_table).then(|| message(answer))
}

/// The options that allow what is refused for its side effects.
fn allowing(answer: &Answer) -> Option<String> {
    let grants = outcomes(answer)
        .iter()
        .filter_map(|entry| entry["grants"].as_array())
        .flatten();
    let mut effects: Vec<&str> = grants.flat_map(|grant| texts(&grant["needs_allow"])).collect();
    effects.sort_unstable();
    effects.dedup();
    let options: Vec<String> = effects
        .iter()
        .map(|effect| format!("--allow {}", visible(effect)))
        .collect();
    (!options.is_empty()).then(|| options.join(" "))
}

/// What to do about an answer that is no success. `command` writes the call of another verb for the same account.
pub fn advice(answer: &Answer, command: &dyn Fn(&str) -> String) -> String {
    let code = answer.body["error_code"].as_str().unwrap_or_default();
    let is_remote = answer.body["truto_is_remote_error"] == Value::Bool(true);
    if let Some(options) = allowing(answer) {
        return format!("if what else it takes may go, too: the same command with {options}");
    }
    let text = match (code, is_remote) {
        ("invalid_request", _) => "fix the option that the message names; --help lists all of them",
        ("unauthenticated", true) => "the provider refuses the credentials: rotate them, and check region and address",
        ("forbidden", _) => "grant the credentials what the provider's page lists under permissions",
        ("not_found", _) if !outcomes(answer).is_empty() => {
            return format!("see which roles there are: {}", command("roles"));
        }
        ("not_found", _) => "look the user up at the provider, and ask by the id or the address that it shows",
        ("rate_limited", _) => "wait a little, and run the same command again",
        ("provider_error" | "timed_out", _) => {
            "run the same command again; if it stays so, look at the provider's status page"
        }
        ("host_not_allowed", _) => {
            "the account's address is not the one that the provider uses: check region and base_url"
        }
        ("plan_changed", _) => "what is held has changed: make a new plan",
        ("approval_required", _) => {
            "have a plan approved: `plan --out plan.json`, `approve plan.json`, `revoke --plan plan.json --approval FILE`"
        }
        ("approval_refused", _) => "have the plan approved again",
        ("clock_wrong", _) => "set the clock of this machine",
        ("account_not_active", _) => "the account's `status`, `is_blocked` or `is_sandbox` says why",
        ("invalid_account" | "invalid_configuration", _) => {
            return format!("check it: {}", command("accounts check"));
        }
        ("incomplete", _) if answer.body["retryable"] == Value::Bool(true) => {
            "run the same command again: what is gone stays gone"
        }
        ("not_removed", true) if outcomes(answer).is_empty() => {
            "the provider refuses the call itself: check region and base_url"
        }
        ("not_removed" | "incomplete", _) => "the column `why` says what stands in the way",
        _ => "the message says what happened",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: Value) -> Answer {
        Answer {
            status,
            body,
            retry_after: None,
        }
    }

    #[test]
    fn exit_codes_are_those_of_the_manual() {
        let entries = |outcomes: &[&str], retryable: bool| {
            let entries: Vec<Value> = outcomes.iter().map(|outcome| json!({"outcome": outcome})).collect();
            json!({"role_outcomes": entries, "retryable": retryable})
        };
        let refused = |code: &str| json!({"error_code": code, "role_outcomes": [{"outcome": "not_attempted"}]});
        for (status, body, exit) in [
            (200, json!({}), Exit::Done),
            (200, entries(&["removed", "already_absent"], false), Exit::Done),
            (200, entries(&["removed", "unverified"], false), Exit::Unverified),
            (422, entries(&["removed", "inherited"], false), Exit::NotGone),
            (422, entries(&["held"], false), Exit::NotGone),
            (500, entries(&["removed", "unverified"], true), Exit::Unverified),
            (500, entries(&["unknown", "unverified"], true), Exit::Unverified),
            (500, entries(&["unverified", "failed"], true), Exit::NotGone),
            (500, entries(&["removed", "not_attempted"], true), Exit::NotGone),
            (403, entries(&["unknown"], false), Exit::Provider),
            (403, refused("approval_refused"), Exit::NotGone),
            (500, refused("host_not_allowed"), Exit::Configuration),
            (404, entries(&["not_found"], false), Exit::NotGone),
            (429, entries(&["not_attempted"], true), Exit::Provider),
            (400, json!({"error_code": "invalid_request"}), Exit::Usage),
            (
                401,
                json!({"error_code": "unauthenticated", "truto_is_remote_error": true}),
                Exit::Provider,
            ),
            (403, json!({"error_code": "approval_refused"}), Exit::NotGone),
            (404, json!({"error_code": "not_found"}), Exit::Provider),
            (500, json!({"error_code": "invalid_account"}), Exit::Configuration),
            (500, json!({"error_code": "host_not_allowed"}), Exit::Configuration),
            (502, json!({"error_code": "provider_error"}), Exit::Provider),
        ] {
            assert_eq!(exit_of(&answer(status, body.clone())), exit, "{status} {body}");
        }
    }

    #[test]
    fn advice_fits_the_answer_and_can_be_pasted() {
        let command = |verb: &str| format!("unassign-role {verb} --accounts a.toml --account acme");
        let entry = json!([{"outcome": "unknown"}]);
        for (body, expected) in [
            (
                json!({"error_code": "incomplete", "retryable": true, "role_outcomes": entry}),
                "the same command again",
            ),
            (
                json!({"error_code": "incomplete", "retryable": false, "role_outcomes": entry}),
                "the column `why`",
            ),
            (
                json!({"error_code": "not_found", "role_outcomes": entry}),
                "roles --accounts a.toml --account acme",
            ),
            (
                json!({"error_code": "invalid_account"}),
                "accounts check --accounts a.toml --account acme",
            ),
        ] {
            let text = advice(&answer(500, body.clone()), &command);
            assert!(text.contains(expected), "{body}: {text}");
        }
    }

    #[test]
    fn what_a_provider_writes_cannot_move_the_cursor() {
        let grant = json!({"role_id": "r\u{1b}[2J", "scope": {"group": "g\u{202e}"}, "outcome": "refused", "message": "no\r\nway",
                           "via": [{"kind": "group", "name": "\u{7}"}]});
        let shown = outcome_table(&answer(
            422,
            json!({"role_outcomes": [{"outcome": "refused", "grants": [grant]}]}),
        ));
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r', '\u{7}']), "{shown}");
    }
}
