//! Whom and what a request is about: the options of `plan`, `revoke` and `verify`.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::exit::Exit;

/// What the request asks for.
#[derive(Args, Clone, Debug, Default)]
pub struct Selectors {
    /// A role by its id (repeatable)
    #[arg(long = "role", value_name = "ID", help_heading = "What")]
    pub roles: Vec<String>,
    /// A role by its name (repeatable)
    #[arg(long = "role-name", value_name = "NAME", help_heading = "What")]
    pub role_names: Vec<String>,
    /// The group of the roles; without a role, a group that the user leaves (repeatable)
    #[arg(long = "group", value_name = "ID", help_heading = "What")]
    pub groups: Vec<String>,
    /// The organization (CrowdStrike: the CID) of the roles; without a role, an organization that the user loses access to (repeatable)
    #[arg(long = "organization", value_name = "ID", help_heading = "What")]
    pub organizations: Vec<String>,
    /// The workspace of the roles (Slack: a team; Elastic Cloud: a deployment or project; BlackLine: a product)
    #[arg(long, value_name = "ID", help_heading = "What")]
    pub workspace: Option<String>,
    /// Everything that the user holds directly
    #[arg(long, help_heading = "What", conflicts_with_all = ["roles", "role_names", "groups", "organizations", "workspace"])]
    pub everything: bool,

    /// A side effect to allow, such as leave-group (repeatable)
    #[arg(long, value_name = "NAME", help_heading = "How")]
    pub allow: Vec<String>,
    /// The reason for the call, such as a ticket; it appears in the record and in the receipt
    #[arg(long, value_name = "TEXT", help_heading = "How")]
    pub reference: Option<String>,
    /// How long the call may take, such as 30s, 2m or 1500ms [default: 25s]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "How")]
    pub deadline: Option<Duration>,
    /// How to treat a role that the provider does not know
    #[arg(long, value_enum, help_heading = "How")]
    pub unknown_role: Option<UnknownRole>,
    /// Refuses a role that is held at several scopes unless the request names one
    #[arg(long, help_heading = "How")]
    pub strict_scope: bool,
    /// Refuses unless the user has this e-mail address
    #[arg(long, value_name = "ADDRESS", help_heading = "How")]
    pub expect_email: Option<String>,
    /// Refuses unless the user has this username
    #[arg(long, value_name = "NAME", help_heading = "How")]
    pub expect_username: Option<String>,
    /// The time at which an earlier call was acknowledged, from its answer; a role that is still shown long after that counts as held
    #[arg(long, value_name = "TIME", help_heading = "How")]
    pub acknowledged_at: Option<String>,
}

/// How to treat a role that the provider does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnknownRole {
    /// An error
    #[value(name = "not_found", alias = "not-found")]
    NotFound,
    /// Gone
    Absent,
}

impl Selectors {
    /// Whether something says what is asked for. The options of how do not.
    pub const fn is_given(&self) -> bool {
        let Self {
            roles,
            role_names,
            groups,
            organizations,
            workspace,
            everything,
            allow: _,
            reference: _,
            deadline: _,
            unknown_role: _,
            strict_scope: _,
            expect_email: _,
            expect_username: _,
            acknowledged_at: _,
        } = self;
        *everything
            || workspace.is_some()
            || !(roles.is_empty() && role_names.is_empty() && groups.is_empty() && organizations.is_empty())
    }

    /// Adds the options to those of a plan's request. What the plan expects of the user stays expected.
    ///
    /// # Errors
    /// The request is none, or expects something else.
    pub fn add_options(&self, body: &mut Value) -> Result<(), String> {
        let unusable = || String::from("the plan's request is none: make the plan again");
        let body = body.as_object_mut().ok_or_else(unusable)?;
        let options = body.entry("options").or_insert_with(|| json!({}));
        let options = options.as_object_mut().ok_or_else(unusable)?;
        for (name, value) in self.options() {
            match (options.get_mut(&name), value) {
                (Some(Value::Object(planned)), Value::Object(given)) if name == "expect" => {
                    for (member, value) in given {
                        let is_other = planned.get(&member).is_some_and(|planned| *planned != value);
                        if is_other {
                            return Err(format!(
                                "the plan expects another {member} of the user: make a new plan"
                            ));
                        }
                        planned.insert(member, value);
                    }
                }
                (_, value) => {
                    options.insert(name, value);
                }
            }
        }
        Ok(())
    }

    /// The body of the request.
    ///
    /// # Errors
    /// Nothing is asked for, or it is not clear what.
    pub fn body(&self, user: &str) -> Result<Value> {
        let mut body = Map::new();
        body.insert(String::from("id"), json!(user));
        if self.everything {
            body.insert(String::from("everything"), json!(true));
        } else {
            self.select(&mut body)?;
        }
        let options = self.options();
        if !options.is_empty() {
            body.insert(String::from("options"), Value::Object(options));
        }
        Ok(Value::Object(body))
    }

    fn select(&self, body: &mut Map<String, Value>) -> Result<()> {
        let ids = self.roles.iter().map(|id| json!({"id": id}));
        let names = self.role_names.iter().map(|name| json!({"name": name}));
        let mut roles: Vec<Value> = ids.chain(names).collect();
        if roles.is_empty() {
            if self.workspace.is_some() && self.groups.is_empty() {
                return Err(Exit::Usage.because("--workspace narrows a role: name one with --role or --role-name"));
            }
            roles.extend(self.groups.iter().map(|group| json!({"group": group})));
            if !self.organizations.is_empty() && roles.is_empty() {
                let links: Vec<Value> = self.organizations.iter().map(|id| json!({"id": id})).collect();
                body.insert(String::from("organizations"), Value::Array(links));
                return Ok(());
            }
        } else {
            if self.groups.len() > 1 {
                return Err(Exit::Usage.because("beside roles, --group narrows them: give it once"));
            }
            if let Some(group) = self.groups.first() {
                set(&mut roles, "group", group);
            }
        }
        if roles.is_empty() {
            return Err(Exit::Usage.because(
                "what? Name roles with --role or --role-name, or take --everything that the user holds directly",
            ));
        }
        match self.organizations.as_slice() {
            [] => {}
            [one] => set(&mut roles, "organization", one),
            _ => return Err(Exit::Usage.because("beside roles, --organization narrows them: give it once")),
        }
        if let Some(workspace) = &self.workspace {
            set(&mut roles, "workspace", workspace);
        }
        body.insert(String::from("roles"), Value::Array(roles));
        Ok(())
    }

    /// The options of the request.
    pub fn options(&self) -> Map<String, Value> {
        let mut options = Map::new();
        let mut set = |name: &str, value: Value| {
            options.insert(name.to_owned(), value);
        };
        if !self.allow.is_empty() {
            set("allow", json!(self.allow));
        }
        if let Some(reference) = &self.reference {
            set("reference", json!(reference));
        }
        if let Some(deadline) = self.deadline {
            set(
                "deadline_ms",
                json!(u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX)),
            );
        }
        match self.unknown_role {
            None => {}
            Some(UnknownRole::NotFound) => set("unknown_role", json!("not_found")),
            Some(UnknownRole::Absent) => set("unknown_role", json!("absent")),
        }
        if self.strict_scope {
            set("strict_scope", json!(true));
        }
        let expected = [("email", &self.expect_email), ("username", &self.expect_username)];
        let expected: Map<String, Value> = expected
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
            .collect();
        if !expected.is_empty() {
            set("expect", Value::Object(expected));
        }
        if let Some(time) = &self.acknowledged_at {
            set("acknowledged_at", json!(time));
        }
        options
    }
}

fn set(roles: &mut [Value], scope: &str, id: &str) {
    for role in roles {
        role[scope] = json!(id);
    }
}

/// `30`, `30s`, `2m`, `1500ms`.
pub fn duration(text: &str) -> Result<Duration> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        _ => bail!("write it as 30s, 2m or 1500ms"),
    };
    match number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(milliseconds))
    {
        Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
        None => bail!("write it as 30s, 2m or 1500ms"),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn every_selector_is_the_one_of_the_service() {
        let given = Selectors {
            roles: texts(&["a", "b"]),
            role_names: texts(&["C"]),
            organizations: texts(&["o"]),
            ..Selectors::default()
        };
        assert_eq!(
            given.body("u").unwrap(),
            json!({"id": "u", "roles": [{"id": "a", "organization": "o"}, {"id": "b", "organization": "o"}, {"name": "C", "organization": "o"}]})
        );
        let groups = Selectors {
            groups: texts(&["g", "h"]),
            ..Selectors::default()
        };
        assert_eq!(
            groups.body("u").unwrap()["roles"],
            json!([{"group": "g"}, {"group": "h"}])
        );
        let links = Selectors {
            organizations: texts(&["o"]),
            ..Selectors::default()
        };
        assert_eq!(
            links.body("u").unwrap(),
            json!({"id": "u", "organizations": [{"id": "o"}]})
        );
        let everything = Selectors {
            everything: true,
            allow: texts(&["leave-group"]),
            reference: Some(String::from("HR-1")),
            deadline: Some(Duration::from_secs(30)),
            unknown_role: Some(UnknownRole::Absent),
            strict_scope: true,
            expect_email: Some(String::from("a@example.com")),
            ..Selectors::default()
        };
        assert_eq!(
            everything.body("u").unwrap(),
            json!({"id": "u", "everything": true, "options": {"allow": ["leave-group"], "reference": "HR-1", "deadline_ms": 30_000,
                   "unknown_role": "absent", "strict_scope": true, "expect": {"email": "a@example.com"}}})
        );
    }

    #[test]
    fn what_is_not_clear_is_a_usage_error_and_never_less_narrow() {
        for (given, why) in [
            (Selectors::default(), "what?"),
            (
                Selectors {
                    workspace: Some(String::from("w")),
                    ..Selectors::default()
                },
                "--workspace narrows a role",
            ),
            (
                Selectors {
                    roles: texts(&["a"]),
                    organizations: texts(&["o", "p"]),
                    ..Selectors::default()
                },
                "give it once",
            ),
            (
                Selectors {
                    role_names: texts(&["a"]),
                    groups: texts(&["o", "p"]),
                    ..Selectors::default()
                },
                "give it once",
            ),
        ] {
            let error = given.body("u").unwrap_err();
            assert_eq!(Exit::of(&error), Exit::Usage);
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn every_selector_beside_a_plan_is_seen() {
        let parse = |arguments: &[&str]| {
            let command = Selectors::augment_args(clap::Command::new("x").no_binary_name(true));
            Selectors::from_arg_matches(&command.get_matches_from(arguments)).unwrap()
        };
        for option in ["--role", "--role-name", "--group", "--organization", "--workspace"] {
            assert!(parse(&[option, "x"]).is_given(), "{option}");
        }
        assert!(parse(&["--everything"]).is_given());
        assert!(!parse(&["--reference", "x", "--expect-email", "a@example.com"]).is_given());
    }

    #[test]
    fn what_a_plan_expects_of_the_user_stays_expected() {
        let given = Selectors {
            expect_email: Some(String::from("a@example.com")),
            ..Selectors::default()
        };
        let mut planned = json!({"id": "u", "options": {"expect": {"username": "ann"}, "reference": "HR-1"}});
        given.add_options(&mut planned).unwrap();
        assert_eq!(
            planned["options"],
            json!({"expect": {"username": "ann", "email": "a@example.com"}, "reference": "HR-1"})
        );
        let mut other = json!({"id": "u", "options": {"expect": {"email": "b@example.com"}}});
        assert!(given.add_options(&mut other).unwrap_err().contains("another email"));
        for no_request in [json!("u"), json!({"options": []})] {
            assert!(given.add_options(&mut no_request.clone()).is_err());
        }
    }

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        for (text, milliseconds) in [("30", 30_000), ("30s", 30_000), ("2m", 120_000), ("1500ms", 1_500)] {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
        for text in ["", "s", "-1", "1h", "99999999999999999999"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
