//! Role assignments: as the list shows them, as grants, and as the requests that take them away.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    contract::types::Scope,
    error::{FaultKind, ProviderFault},
    provider::{Grant, GrantKind, Held, KnownAs, Verdict},
    reason::Reason,
};

use super::{core, member::Member, roles};

/// The list of assignments, as far as it is about one user.
#[derive(Default)]
pub struct Assignments {
    pub grants: Vec<Grant>,
    /// The user's own rows, as they came.
    pub rows: Vec<Value>,
    /// The ids that the user has in the rows of a role at an entity: a removal names the same.
    holders: BTreeMap<(String, String), Vec<String>>,
    /// Custom roles that anybody has.
    custom: Vec<String>,
}

impl Assignments {
    /// From the rows of everybody.
    pub fn of(member: &Member, rows: &[Value]) -> Result<Self, ProviderFault> {
        let mut own = Self::default();
        for row in rows {
            let text = |key: &str| row.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            // A row that does not say whose it is may be the user's.
            let (Some(role), Some(entity), Some(user)) = (text("role_id"), text("entity_id"), text("user_id")) else {
                return Err(ProviderFault::new(
                    FaultKind::BadAnswer,
                    "a row in Slack's list of assignments is not as documented",
                ));
            };
            if roles::is_custom(role) && !own.custom.iter().any(|known| known == role) {
                own.custom.push(role.to_owned());
            }
            if !member.is(user) {
                continue;
            }
            own.rows.push(row.clone());
            let holders = own.holders.entry((role.to_owned(), entity.to_owned())).or_default();
            if holders.is_empty() {
                own.grants.push(grant(member, role, entity));
            }
            if !holders.iter().any(|known| known == user) {
                holders.push(user.to_owned());
            }
        }
        Ok(own)
    }

    /// Whether somebody has this custom role, so that it exists.
    pub fn exists(&self, role: &str) -> bool {
        self.custom.iter().any(|known| known == role)
    }

    /// The ids that a removal of this role at this entity names.
    pub fn holders(&self, role: &str, entity: &str, user: &str) -> Vec<String> {
        let key = (role.to_owned(), entity.to_owned());
        self.holders.get(&key).cloned().unwrap_or_else(|| vec![user.to_owned()])
    }
}

/// The entity of an assignment: the innermost part of its scope.
pub fn entity(scope: &Scope) -> Option<&str> {
    let Scope {
        group,
        organization,
        workspace,
    } = scope;
    group.as_deref().or(workspace.as_deref()).or(organization.as_deref())
}

/// The body of a removal.
pub fn removal(role: &str, entities: &[&str], users: &[String]) -> Value {
    json!({"role_id": role, "entity_ids": entities, "user_ids": users})
}

/// The verdicts of a removal of which only some was done. An entity that is rejected with its own error was not; what is not
/// mentioned was, if only entities were rejected. All else the read-back decides.
pub fn partial(grants: &[&Grant], document: &Value, error: &str) -> Vec<Verdict> {
    let list = |key: &str| {
        document
            .get(key)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let rejected = list("rejected_entities");
    let rejected_users = list("rejected_users");
    let is_only_of_entities = error == "failed_for_some_entities" && !rejected.is_empty() && rejected_users.is_empty();
    let why = |row: &Value| {
        row.get("error")
            .and_then(Value::as_str)
            .unwrap_or("rejected")
            .to_owned()
    };
    grants
        .iter()
        .map(|grant| {
            let entity = entity(&grant.scope).unwrap_or_default();
            let row = rejected
                .iter()
                .find(|row| row.get("id").and_then(Value::as_str) == Some(entity));
            match (row.map(why), rejected_users.first().map(why)) {
                (Some(error), _) => Verdict::Refused {
                    reason: ProviderFault::new(core::kind_of(&error), "").reason(),
                    message: format!("Slack rejects {entity}: {error}"),
                },
                (None, _) if is_only_of_entities => Verdict::Acknowledged,
                (None, Some(error)) => Verdict::Unanswered {
                    reason: Reason::ProviderRefused,
                    message: format!("Slack rejects the user: {error}"),
                },
                // Without a list of what was rejected nothing was acknowledged.
                (None, None) => Verdict::Unanswered {
                    reason: Reason::BadAnswer,
                    message: format!("Slack answers with {error}, and does not say what it rejected"),
                },
            }
        })
        .collect()
}

/// The entity's first letter says what it is.
fn grant(member: &Member, role: &str, entity: &str) -> Grant {
    let is = |letter: char| entity.starts_with(letter).then(|| entity.to_owned());
    let (organization, workspace) = (is('E'), is('T'));
    let is_inside = organization.is_none();
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_name: roles::name_of(role).map(str::to_owned),
        role_id: role.to_owned(),
        scope: Scope {
            group: (is_inside && workspace.is_none()).then(|| entity.to_owned()),
            organization: organization.or_else(|| Some(member.enterprise.clone())),
            workspace,
        },
        held: Held::Direct,
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants() -> [Grant; 2] {
        let member = Member::new(&json!({}), "U1", String::from("E1"));
        ["T1", "T2"].map(|entity| grant(&member, "Rl01", entity))
    }

    #[test]
    fn only_what_is_rejected_by_name_is_certainly_without_effect() {
        let is_refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused { .. });
        let is_open = |verdict: &Verdict| matches!(verdict, Verdict::Unanswered { .. });
        let row = |id: &str| json!([{"id": id, "error": "invalid_auth"}]);
        let [one, two] = &grants();
        let entities = partial(
            &[one, two],
            &json!({ "rejected_entities": row("T1") }),
            "failed_for_some_entities",
        );
        assert!(is_refused(&entities[0]) && entities[1] == Verdict::Acknowledged);
        let users = partial(
            &[one, two],
            &json!({ "rejected_users": row("U1") }),
            "failed_for_some_users",
        );
        assert!(users.iter().all(is_open), "{users:?}");
        let both = partial(
            &[one, two],
            &json!({"rejected_users": row("U1"), "rejected_entities": row("T2")}),
            "failed_for_some_users_and_entities",
        );
        assert!(is_open(&both[0]) && is_refused(&both[1]));
        for error in [
            "failed_for_some_entities",
            "failed_for_some_users",
            "failed_for_some_users_and_entities",
        ] {
            let silent = partial(&[one], &json!({}), error);
            assert!(is_open(&silent[0]), "{error}");
        }
    }

    #[test]
    fn a_row_of_nobody_proves_nothing_and_either_id_is_the_users() {
        let user = json!({"enterprise_user": {"id": "W9"}});
        let member = Member::new(&user, "U1", String::from("E1"));
        let row = |user: &str, entity: &str| json!({"role_id": "Rl01", "entity_id": entity, "user_id": user});
        let own = Assignments::of(
            &member,
            &[row("U1", "T1"), row("W9", "T1"), row("W9", "E1"), row("U2", "T2")],
        )
        .unwrap();
        assert_eq!(own.grants.len(), 2);
        assert_eq!(own.holders("Rl01", "T1", "U1"), ["U1", "W9"]);
        assert_eq!(own.holders("Rl01", "E1", "U1"), ["W9"]);
        assert_eq!(own.holders("Rl01", "T5", "U1"), ["U1"]);
        for key in ["role_id", "entity_id", "user_id"] {
            let mut bad = row("U2", "T1");
            bad[key] = json!(null);
            assert!(Assignments::of(&member, &[bad]).is_err(), "{key}");
        }
    }
}
