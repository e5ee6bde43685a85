//! What is said of one grant of a person at an account.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::session::texts;

/// The contract's words for what became of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Planned,
    Removed,
    AlreadyAbsent,
    Inherited,
    NotFound,
    Refused,
    Failed,
    Unverified,
    NotAttempted,
    Held,
    /// Also a word that this command does not know: it never counts as gone.
    #[serde(other)]
    Unknown,
}

/// What the last verification says of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A whole reading that would have shown it does not.
    Gone,
    /// A whole reading shows nothing, and the provider's readings do not prove absence.
    NotShown,
    Held,
    /// It could not be told.
    Unclear,
}

/// What identifies a grant of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    pub role_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Assigned to the user itself, and not held through something.
    pub direct: bool,
}

/// A grant, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    #[serde(flatten)]
    pub key: Key,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    pub outcome: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Through what it is held, with names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side_effects: Vec<String>,
    /// Side effects that have to be allowed before it can go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs_allow: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<String>,
    /// When reads have settled after the write that was acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_after: Option<String>,
    /// What the last verification says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// The entry of a request that selects it and nothing else, if it is a role's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Value>,
    /// It was not there when the plan was made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_late: bool,
}

impl Outcome {
    /// Of the contract's JSON.
    pub fn parse(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or(Self::Unknown)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Removed => "removed",
            Self::AlreadyAbsent => "already_absent",
            Self::Inherited => "inherited",
            Self::NotFound => "not_found",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unverified => "unverified",
            Self::NotAttempted => "not_attempted",
            Self::Held => "held",
            Self::Unknown => "unknown",
        }
    }
}

impl Check {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::NotShown => "not_shown",
            Self::Held => "held",
            Self::Unclear => "unclear",
        }
    }
}

impl Grant {
    /// Of an element of `role_outcomes[].grants`, in an entry for `role`. A grant without an id is none that could be told from others.
    pub fn parse(value: &Value, role: Option<&Value>) -> Option<Self> {
        let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        let scope = |member: &str| {
            value
                .pointer(&format!("/scope/{member}"))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let texts = |member: &str| texts(&value[member]).map(str::to_owned).collect();
        Some(Self {
            key: Key {
                role_id: text("role_id")?,
                group: scope("group"),
                organization: scope("organization"),
                workspace: scope("workspace"),
                // What does not say so is not the user's own.
                direct: value.get("direct").and_then(Value::as_bool).unwrap_or(false),
            },
            role_name: text("role_name"),
            outcome: Outcome::parse(value.get("outcome").unwrap_or(&Value::Null)),
            reason: text("reason"),
            message: text("message"),
            via: value
                .get("via")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(via)
                .collect(),
            warnings: texts("warnings"),
            side_effects: texts("side_effects"),
            needs_allow: texts("needs_allow"),
            acknowledged_at: text("acknowledged_at"),
            verified_at: text("verified_at"),
            verify_after: text("verify_after"),
            check: None,
            selector: role.map(by_id),
            is_late: false,
        })
    }

    /// Its name, or its id, and where it is held.
    pub fn label(&self) -> String {
        let key = &self.key;
        let role = self.role_name.as_ref().unwrap_or(&key.role_id);
        let places = [
            ("group", &key.group),
            ("organization", &key.organization),
            ("workspace", &key.workspace),
        ];
        let places = places
            .iter()
            .filter_map(|(kind, id)| id.as_ref().map(|id| format!("{kind} {id}")));
        let places: Vec<String> = places.collect();
        if places.is_empty() {
            role.clone()
        } else {
            format!("{role} ({})", places.join(", "))
        }
    }

    /// Why it does not go, for people.
    pub fn obstacle(&self) -> String {
        if !self.via.is_empty() {
            return format!("held through {}", self.via.join(", "));
        }
        if !self.needs_allow.is_empty() {
            let options: Vec<String> = self
                .needs_allow
                .iter()
                .map(|effect| format!("--allow {effect}"))
                .collect();
            return format!(
                "removing it takes more than the role: allow that with {}",
                options.join(" ")
            );
        }
        let said = self.message.as_ref().or(self.reason.as_ref());
        said.cloned().unwrap_or_else(|| self.outcome.name().replace('_', " "))
    }

    /// What ends a grant that is held through something.
    pub fn way_out(&self) -> &'static str {
        if !self.via.is_empty() && self.via.iter().all(|via| via.starts_with(HIGHER_ROLE)) {
            "remove that role first"
        } else {
            "take the user out of that, where it is managed"
        }
    }

    /// It is gone, by a removal that was read back or by a reading, and the last verification agrees.
    pub fn is_gone(&self) -> bool {
        // Where the last reading proves no absence, a removal that was acknowledged and read back does.
        matches!(
            (self.outcome, self.check),
            (Outcome::Removed | Outcome::AlreadyAbsent, Some(Check::Gone)) | (Outcome::Removed, Some(Check::NotShown))
        )
    }

    /// Whether it was called gone, whatever a verification says of that.
    pub const fn is_called_gone(&self) -> bool {
        matches!(self.outcome, Outcome::Removed | Outcome::AlreadyAbsent)
    }
}

/// A role may have got another name; its id is the same.
fn by_id(role: &Value) -> Value {
    let mut role = role.clone();
    if let Some(members) = role.as_object_mut().filter(|members| members.contains_key("id")) {
        members.remove("name");
    }
    role
}

/// How a role begins that a grant is held through.
const HIGHER_ROLE: &str = "a higher role,";

fn via(value: &Value) -> String {
    let text = |member: &str| value.get(member).and_then(Value::as_str);
    let kind = match text("kind") {
        Some("higher_role") => String::from(HIGHER_ROLE),
        other => other.unwrap_or("something").replace('_', " "),
    };
    match (text("name"), text("id")) {
        (Some(name), Some(id)) if name != id => format!("{kind} {name} ({id})"),
        (Some(one), _) | (None, Some(one)) => format!("{kind} {one}"),
        (None, None) => kind,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inherited(via: &Value) -> Grant {
        Grant::parse(&json!({"role_id": "Ra", "outcome": "inherited", "via": via}), None).unwrap()
    }

    #[test]
    fn what_is_held_through_a_higher_role_ends_with_that_role() {
        let grant = inherited(&json!([{"kind": "higher_role", "name": "workspace owner"}]));
        assert_eq!(grant.obstacle(), "held through a higher role, workspace owner");
        assert_eq!(grant.way_out(), "remove that role first");
    }

    #[test]
    fn what_is_held_through_a_group_too_ends_where_that_is_managed() {
        for via in [
            json!([{"kind": "group", "name": "Blue Team", "id": "9a"}]),
            json!([{"kind": "higher_role", "name": "workspace owner"}, {"kind": "group", "id": "9a"}]),
            json!([]),
        ] {
            assert_eq!(
                inherited(&via).way_out(),
                "take the user out of that, where it is managed",
                "{via}"
            );
        }
    }
}
