//! Which ids the held roles have: JumpCloud writes names, and callers ask by id.

use crate::{
    contract::types::Scope,
    error::ProviderFault,
    naming::same,
    provider::{Grant, GrantKind, Held, KnownAs},
};

use super::documents::{Administrator, Role};

/// The organization's roles.
pub enum Directory {
    Known(Vec<Role>),
    /// JumpCloud does not show them: why.
    NotShown(String),
    /// The next call may be shown them.
    Failed(ProviderFault),
}

impl Directory {
    /// As far as it is known.
    pub fn roles(&self) -> &[Role] {
        match self {
            Self::Known(roles) => roles,
            Self::NotShown(_) | Self::Failed(_) => &[],
        }
    }
}

/// A role that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// What the record calls it, and what a write would call it.
    pub name: String,
    /// `None`: several roles could be meant, or none is known.
    pub id: Option<String>,
    /// Every id that it could have.
    pub candidates: Vec<String>,
}

impl HeldRole {
    /// What stands for the role: its id, or the name where that cannot be told.
    pub fn key(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }

    /// Whether the role with this id may be meant, and it cannot be told.
    pub fn may_be(&self, id: &str) -> bool {
        self.id.as_deref() != Some(id) && self.candidates.iter().any(|candidate| candidate == id)
    }

    pub fn grant(&self, organization: Option<&str>) -> Grant {
        Grant {
            known_as: KnownAs::default(),
            kind: GrantKind::Role,
            role_id: self.key().to_owned(),
            role_name: Some(self.name.clone()),
            scope: Scope {
                group: None,
                organization: organization.map(str::to_owned),
                workspace: None,
            },
            held: Held::Direct,
            effects: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// The roles of these names. The record's own ids decide, as far as the directory knows them under that name; then the exact name;
/// then the only one that differs in case alone, since JumpCloud's own pages do not spell them alike.
pub fn held(administrator: &Administrator, names: &[String], directory: &[Role]) -> Vec<HeldRole> {
    let on_record: Vec<&str> = administrator
        .role_ids()
        .into_iter()
        .flatten()
        .chain(administrator.role.as_ref())
        .map(String::as_str)
        .collect();
    // Only where there is one role is it certain which name an id belongs to.
    let single = administrator
        .role
        .as_ref()
        .or_else(|| administrator.role_ids()?.first())
        .filter(|id| names.len() == 1 && !id.is_empty());
    names
        .iter()
        .map(|name| {
            let called: Vec<&Role> = directory.iter().filter(|role| same(&role.name, name)).collect();
            let exact: Vec<&Role> = called.iter().copied().filter(|role| role.name == *name).collect();
            let recorded: Vec<&Role> = called
                .iter()
                .copied()
                .filter(|role| on_record.contains(&role.id.as_str()))
                .collect();
            let mut candidates: Vec<String> = called.iter().map(|role| role.id.clone()).collect();
            let id = match (recorded.as_slice(), exact.as_slice(), called.as_slice()) {
                ([only], ..) => {
                    candidates = vec![only.id.clone()];
                    Some(only.id.clone())
                }
                (_, [only], _) | (_, [], [only]) => Some(only.id.clone()),
                (_, _, []) => single.cloned(),
                _ => None,
            };
            if let Some(single) = single
                && recorded.is_empty()
                && !candidates.contains(single)
            {
                candidates.push(single.clone());
            }
            HeldRole {
                name: name.clone(),
                id,
                candidates,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn directory(roles: &[(&str, &str)]) -> Vec<Role> {
        let role = |&(id, name): &(&str, &str)| Role {
            id: id.to_owned(),
            name: name.to_owned(),
        };
        roles.iter().map(role).collect()
    }

    fn ids(record: &Value, roles: &[(&str, &str)]) -> Vec<Option<String>> {
        let mut record = record.clone();
        record["_id"] = json!("a");
        let administrator = Administrator::of(&record).unwrap();
        let names = administrator.names().unwrap();
        held(&administrator, &names, &directory(roles))
            .into_iter()
            .map(|role| role.id)
            .collect()
    }

    const TWINS: [(&str, &str); 3] = [("1", "Twins"), ("2", "twins"), ("3", "Other")];

    #[test]
    fn the_record_decides_then_the_exact_name_then_the_only_one() {
        let some = |id: &str| vec![Some(id.to_owned())];
        assert_eq!(ids(&json!({"roleNames": ["Twins"], "role": "2"}), &TWINS), some("2"));
        assert_eq!(ids(&json!({"roleNames": ["twins"]}), &TWINS), some("2"));
        assert_eq!(ids(&json!({"roleNames": ["OTHER"]}), &TWINS), some("3"));
        assert_eq!(ids(&json!({"roleName": "Gone", "role": "9"}), &TWINS), some("9"));
        let both = json!({"roleNames": ["twins", "Other"], "roles": ["3", "1"]});
        assert_eq!(ids(&both, &TWINS), [Some(String::from("1")), Some(String::from("3"))]);
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        assert_eq!(ids(&json!({"roleNames": ["TWINS"]}), &TWINS), [None]);
        assert_eq!(
            ids(&json!({"roleNames": ["Same"]}), &[("1", "Same"), ("2", "Same")]),
            [None]
        );
        // The id belongs to one of two names, and nothing says which.
        let two = json!({"roleNames": ["Gone", "Away"], "roles": ["8", "9"]});
        assert_eq!(ids(&two, &TWINS), [None, None]);
        let administrator = Administrator::of(&json!({"_id": "a", "roleNames": ["Twins"]})).unwrap();
        let roles = held(&administrator, &[String::from("Twins")], &directory(&TWINS));
        assert!(roles[0].may_be("2") && !roles[0].may_be("1") && !roles[0].may_be("3"));
    }
}
