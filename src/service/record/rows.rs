//! Grants and outcomes as the record shows them.

use serde_json::{Map, Value, json};

use crate::{
    contract::{
        json,
        types::{RoleOutcome, Scope, Via},
    },
    provider::{Grant, Held},
};

use super::{MOST_GRANTS, Record, names_of};

impl Record<'_> {
    pub(super) fn grants(&self, name: &str, grants: &[Grant]) {
        let shown: Value = grants.iter().take(MOST_GRANTS).map(|grant| self.grant(grant)).collect();
        self.set(name, shown);
        let left_out = grants.len().saturating_sub(MOST_GRANTS);
        if left_out > 0 {
            self.set(&format!("{name}_left_out"), Value::from(left_out));
        }
    }

    pub(super) fn grant(&self, grant: &Grant) -> Value {
        let mut fields = self.place(&grant.role_id, &grant.scope);
        fields.insert(String::from("kind"), Value::from(grant.kind.as_str()));
        if let Some(is_direct) = grant.directness() {
            fields.insert(String::from("direct"), Value::from(is_direct));
        }
        if let Held::Through(via) = &grant.held {
            fields.insert(String::from("via"), self.via(via));
        }
        Value::Object(fields)
    }

    pub(super) fn place(&self, role_id: &str, scope: &Scope) -> Map<String, Value> {
        let texts = [
            ("role", Some(role_id)),
            ("group", scope.group.as_deref()),
            ("organization", scope.organization.as_deref()),
            ("workspace", scope.workspace.as_deref()),
        ];
        texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), Value::from(self.pseudonyms.shown(text?)?))))
            .collect()
    }

    pub(super) fn via(&self, via: &[Via]) -> Value {
        via.iter()
            .map(|via| {
                let id = via.id.as_deref().and_then(|id| self.pseudonyms.shown(id));
                json!({"kind": json::via_kind_name(via.kind), "id": id})
            })
            .collect()
    }

    /// Without `message`, which may quote the provider.
    pub(super) fn outcome(&self, entry: &RoleOutcome) -> Value {
        let role = entry
            .role
            .as_ref()
            .and_then(|role| role.id.as_ref().or(role.name.as_ref()));
        let organization = entry.organization.as_ref();
        let organization = organization.and_then(|asked| asked.id.as_ref().or(asked.name.as_ref()));
        let grants: Vec<Value> = entry
            .grants
            .iter()
            .map(|grant| {
                let mut fields = self.place(&grant.role_id, &grant.scope);
                for (name, value) in [
                    ("outcome", Value::from(json::outcome_name(grant.outcome))),
                    ("reason", Value::from(grant.reason.clone())),
                    ("acknowledged", Value::from(grant.acknowledged)),
                    ("acknowledged_at", Value::from(grant.acknowledged_at.clone())),
                    ("verified_at", Value::from(grant.verified_at.clone())),
                    ("warnings", Value::from(names_of(&grant.warnings))),
                    ("via", self.via(&grant.via)),
                ] {
                    fields.insert(name.to_owned(), value);
                }
                Value::Object(fields)
            })
            .collect();
        json!({
            "role": role.and_then(|text| self.pseudonyms.shown(text)),
            "organization": organization.and_then(|text| self.pseudonyms.shown(text)),
            "outcome": json::outcome_name(entry.outcome),
            "reason": entry.reason,
            "warnings": names_of(&entry.warnings),
            "same_as": entry.same_as,
            "grants": grants,
        })
    }
}
