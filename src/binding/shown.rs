//! A plan as an approver reads it. What is shown is what is approved: the digest is computed from it.

use std::{collections::BTreeMap, fmt};

use serde_json::{Map, Value};

use crate::{contract::json::unique, naming::visible};

use super::plan::{self, PlanDocument, PlannedEffect, PlannedEntry, PlannedGrant};

/// A plan, and names for its ids.
#[derive(Debug)]
pub struct Shown {
    plan: PlanDocument,
    digest: String,
    /// Of roles, by their ids, as the answer that carried the plan gives them. Nothing vouches for them.
    role_names: BTreeMap<String, String>,
    user_name: Option<String>,
}

impl Shown {
    /// Reads a plan, or an answer that carries one (`plan`), which has names besides. White space around it does not count.
    ///
    /// # Errors
    /// If it is none, or not exactly as it was written, or the answer gives another digest than the plan's.
    pub fn of(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let mut answer: Map<String, Value> =
            unique::parse_configuration(text).map_err(|why| format!("the plan is malformed: {why}"))?;
        if answer.contains_key("v") {
            return Self::of_plan(text, &Map::new());
        }
        // With the response envelope `result`.
        if let Some(Value::Object(inner)) = answer.shift_remove("result") {
            answer = inner;
        }
        let Some(Value::String(plan)) = answer.get("plan") else {
            return Err(String::from(
                "this is no plan, and no answer that carries one as `plan`",
            ));
        };
        let shown = Self::of_plan(plan, &answer)?;
        match answer.get("plan_digest") {
            None => Ok(shown),
            Some(Value::String(digest)) if *digest == shown.digest => Ok(shown),
            Some(_) => Err(String::from(
                "`plan_digest` of the answer is not the plan's: make a new plan",
            )),
        }
    }

    fn of_plan(text: &str, answer: &Map<String, Value>) -> Result<Self, String> {
        let plan = PlanDocument::read(text).map_err(|why| format!("the plan {why}"))?;
        let name = |member: &str| answer.get(member).and_then(Value::as_str).map(str::to_owned);
        let is_the_user = name("id").is_some_and(|id| id == plan.user);
        Ok(Self {
            digest: plan::digest(text),
            role_names: role_names(answer),
            user_name: name("name").or_else(|| name("username")).filter(|_| is_the_user),
            plan,
        })
    }

    /// The SHA-256 of the plan: 64 hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The id of the account; empty if the plan was made with credentials.
    pub fn account(&self) -> &str {
        &self.plan.account
    }

    /// The plan as a call sends it back.
    pub fn text(&self) -> String {
        self.plan.to_text()
    }

    fn entry(&self, entry: &PlannedEntry) -> String {
        let roles: Vec<String> = entry.roles.iter().map(|role| self.role(role)).collect();
        let what = match (entry.link, roles.is_empty()) {
            (true, _) => String::from("access to an organization"),
            (false, true) => String::from("no role that the provider knows"),
            (false, false) => roles.join(" or "),
        };
        let organizations: Vec<String> = entry.organizations.iter().map(|id| quoted(id)).collect();
        let organizations =
            (!organizations.is_empty()).then(|| format!(" in organization {}", organizations.join(", ")));
        format!(
            "{what}{}{}{}",
            place("group", entry.group.as_ref()),
            organizations.unwrap_or_default(),
            place("workspace", entry.workspace.as_ref())
        )
    }

    fn grant(&self, grant: &PlannedGrant) -> String {
        format!(
            "{} {}{}{}{}",
            visible(&grant.kind).replace('_', " "),
            self.role(&grant.role_id),
            place("group", grant.group.as_ref()),
            place("organization", grant.organization.as_ref()),
            place("workspace", grant.workspace.as_ref())
        )
    }

    fn effect(&self, effect: &PlannedEffect) -> String {
        let mut takes: Vec<String> = effect.takes.iter().map(|grant| self.grant(grant)).collect();
        if effect.takes_unknown {
            takes.push(String::from("perhaps more, which the provider does not list"));
        }
        if effect.people_unknown {
            takes.push(String::from(
                "something from other people, and it cannot be told from whom",
            ));
        } else if !effect.people.is_empty() {
            takes.push(format!("something from {} other people", effect.people.len()));
        }
        let takes = if takes.is_empty() {
            String::new()
        } else {
            format!(", which takes {}", takes.join("; "))
        };
        format!("{} with {}{takes}", visible(&effect.effect), self.grant(&effect.of))
    }

    /// An id, and its name beside it.
    fn role(&self, id: &str) -> String {
        named(id, self.role_names.get(id))
    }
}

/// For people, in lines of plain text.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &self.plan;
        writeln!(f, "provider: {}", visible(&plan.provider))?;
        if plan.account.is_empty() {
            writeln!(f, "account: none, the call brings its credentials")?;
        } else {
            writeln!(f, "account: {}", quoted(&plan.account))?;
        }
        writeln!(
            f,
            "account's address, tenant and client (SHA-256): {}",
            visible(&plan.account_sha256)
        )?;
        writeln!(f, "user: {}", named(&plan.user, self.user_name.as_ref()))?;
        if plan.everything {
            writeln!(f, "asked for: everything that the user holds directly")?;
        } else {
            list(f, "asked for", plan.entries.iter().map(|entry| self.entry(entry)))?;
        }
        list(f, "will be removed", plan.targets.iter().map(|grant| self.grant(grant)))?;
        list(
            f,
            "will be revoked to prove that it is not held",
            plan.probes.iter().map(|grant| self.grant(grant)),
        )?;
        list(
            f,
            "will be taken besides",
            plan.side_effects.iter().map(|effect| self.effect(effect)),
        )?;
        list(
            f,
            "side effects that are allowed",
            plan.allow.iter().map(|name| visible(name)),
        )?;
        writeln!(
            f,
            "a role at several scopes: {}",
            if plan.strict_scope {
                "refused"
            } else {
                "removed at each"
            }
        )?;
        writeln!(
            f,
            "a role that the provider does not know: {}",
            visible(&plan.unknown_role)
        )?;
        passed(f, "remote_query", &plan.remote_query_sha256, "[]")?;
        passed(f, "remote_data", &plan.remote_data_sha256, "{}")?;
        if !self.role_names.is_empty() || self.user_name.is_some() {
            writeln!(
                f,
                "Names stand in the answer and not in the plan: only the ids are approved."
            )?;
        }
        writeln!(f, "digest (SHA-256): {}", self.digest)
    }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, items: impl Iterator<Item = String>) -> fmt::Result {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return writeln!(f, "{title}: nothing");
    }
    writeln!(f, "{title} ({}):", items.len())?;
    items.iter().try_for_each(|item| writeln!(f, "  {item}"))
}

/// What passes through to the provider; `nothing` is how it is written if there is nothing.
fn passed(f: &mut fmt::Formatter<'_>, name: &str, sha256: &str, nothing: &str) -> fmt::Result {
    if sha256 == plan::digest(nothing) {
        writeln!(f, "{name}: nothing")
    } else {
        writeln!(f, "{name} is passed to the provider (SHA-256): {}", visible(sha256))
    }
}

fn place(kind: &str, id: Option<&String>) -> String {
    id.map_or_else(String::new, |id| format!(" in {kind} {}", quoted(id)))
}

fn named(id: &str, name: Option<&String>) -> String {
    match name {
        Some(name) if name != id => format!("{} (named {})", quoted(id), quoted(name)),
        _ => quoted(id),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text))
}

/// The names that an answer gives beside the ids of roles.
fn role_names(answer: &Map<String, Value>) -> BTreeMap<String, String> {
    let list = |holder: &Value, member: &str| {
        holder
            .get(member)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let outcomes = answer.get("role_outcomes").and_then(Value::as_array);
    outcomes
        .into_iter()
        .flatten()
        .flat_map(|entry| list(entry, "grants"))
        .filter_map(|grant| {
            let text = |member: &str| grant.get(member).and_then(Value::as_str).map(str::to_owned);
            Some((text("role_id")?, text("role_name")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::sorted::Set;

    use serde_json::json;

    use super::*;
    use crate::binding::plan::examples;

    fn answer(plan: &str) -> Value {
        json!({
            "id": "user-1",
            "name": "Jane \u{202e}eoD",
            "role_outcomes": [{"grants": [{"role_id": "viewer", "role_name": "Event Viewer\n"}]}],
            "plan": plan,
            "plan_digest": plan::digest(plan),
        })
    }

    #[test]
    fn everything_that_would_be_done_is_shown_with_its_ids() {
        let plan = examples::plan();
        let shown = Shown::of(&plan.to_text()).unwrap();
        let text = shown.to_string();
        for line in [
            "account: \"acme\"",
            "user: \"user-1\"",
            "will be removed (2):",
            "  role \"viewer\" in organization \"north\"",
            "  membership \"membership\" in group \"helpers\"",
            "will be revoked to prove that it is not held (1):",
            "  role \"writer\" in organization \"north\"",
            "will be taken besides (1):",
            "  leave-group with membership \"membership\" in group \"helpers\", which takes group role \"helper\"; \
             something from 2 other people",
            "  leave-group",
            "remote_query: nothing",
            "remote_data: nothing",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
        assert!(text.ends_with(&format!("digest (SHA-256): {}\n", plan::digest(&plan.to_text()))));
        assert!(!text.contains("Names stand") && !text.contains("perhaps more"));
        let effects = plan.side_effects.clone().into_iter();
        let unknown = PlanDocument {
            side_effects: effects
                .map(|effect| PlannedEffect {
                    takes_unknown: true,
                    ..effect
                })
                .collect(),
            ..plan
        };
        let text = Shown::of(&unknown.to_text()).unwrap().to_string();
        let line = "which takes group role \"helper\"; perhaps more, which the provider does not list; something";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn names_of_the_answer_stand_beside_the_ids_and_are_escaped() {
        let plan = examples::plan().to_text();
        for answer in [answer(&plan), json!({"result": answer(&plan)})] {
            let text = Shown::of(&format!("{answer:#}\n")).unwrap().to_string();
            assert!(text.contains(r#"role "viewer" (named "Event Viewer\u{a}")"#), "{text}");
            assert!(text.contains(r#"user: "user-1" (named "Jane \u{202e}eoD")"#), "{text}");
            assert!(text.contains("only the ids are approved"));
        }
        let mut other = answer(&plan);
        other["id"] = json!("user-2");
        assert!(!Shown::of(&other.to_string()).unwrap().to_string().contains("Jane"));
    }

    #[test]
    fn ids_are_escaped_too() {
        let mut plan = examples::plan();
        plan.user = String::from("user\u{202e}\n  role \"harmless\"");
        plan.targets = Set::from([examples::role("\u{1b}[2Kroot", "north\u{2066}")]);
        plan.allow = Set::from([String::from("x\u{7f}")]);
        let text = Shown::of(&plan.to_text()).unwrap().to_string();
        assert!(
            text.chars().all(|letter| letter == '\n' || !letter.is_control()),
            "{text:?}"
        );
        assert!(!text.contains(['\u{202e}', '\u{2066}']), "{text:?}");
        assert!(
            text.contains(r#"user: "user\u{202e}\u{a}  role \"harmless\"""#),
            "{text}"
        );
    }

    #[test]
    fn a_pretty_plan_another_ones_digest_and_what_is_no_plan_are_refused() {
        let plan = examples::plan();
        let pretty = serde_json::to_string_pretty(&plan).unwrap();
        assert!(Shown::of(&pretty).unwrap_err().contains("was changed"));
        let mut grown = plan.clone();
        grown.targets.insert(examples::role("owner", "north"));
        let mut forged = answer(&plan.to_text());
        forged["plan_digest"] = json!(plan::digest(&grown.to_text()));
        assert!(Shown::of(&forged.to_string()).unwrap_err().contains("`plan_digest`"));
        for (text, why) in [
            ("{}", "no plan"),
            ("5", "malformed"),
            (&plan::digest(&plan.to_text()), "malformed"),
            (r#"{"plan": {}}"#, "no plan"),
            (r#"{"plan": "{}", "plan": "{}"}"#, "a key twice"),
        ] {
            let message = Shown::of(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
