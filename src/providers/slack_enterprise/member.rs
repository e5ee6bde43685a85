//! The user as `users.info` describes it: ids, workspaces, account types.

use serde_json::Value;

/// Who the user is, and where.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    /// The id in the organization, where it is another one.
    pub enterprise_user: Option<String>,
    /// The token's organization.
    pub enterprise: String,
    /// The workspace that the document's own account type is about.
    pub home: Option<String>,
    /// The workspaces that the document names.
    pub teams: Vec<String>,
    /// The document has a list of workspaces; without one there may be more of them.
    pub has_teams: bool,
    /// In the organization; `None`: the document does not say.
    pub above: Option<AccountType>,
    /// At home.
    pub is_primary_owner: bool,
    pub is_owner: bool,
    pub is_admin: bool,
}

/// An account type in the organization.
#[derive(Clone, Copy, Debug)]
pub struct AccountType {
    pub is_primary_owner: bool,
    pub is_owner: bool,
    pub is_admin: bool,
}

impl Member {
    /// From the document of the user with this id.
    pub fn new(user: &Value, id: &str, enterprise: String) -> Self {
        let flag = |key: &str| user.get(key).and_then(Value::as_bool) == Some(true);
        let lists = ["/enterprise_user/teams", "/teams"];
        let lists: Vec<&Vec<Value>> = lists
            .iter()
            .filter_map(|pointer| user.pointer(pointer)?.as_array())
            .collect();
        let is_workspace = |team: &&str| team.starts_with('T');
        // For somebody in no workspace this is the organization.
        let home = user.get("team_id").and_then(Value::as_str).filter(is_workspace);
        let mut teams: Vec<String> = lists
            .iter()
            .flat_map(|list| list.iter())
            .filter_map(Value::as_str)
            .filter(is_workspace)
            .chain(home)
            .map(str::to_owned)
            .collect();
        teams.sort();
        teams.dedup();
        Self {
            id: id.to_owned(),
            enterprise_user: text(user, "/enterprise_user/id").filter(|other| other != id),
            above: above(user, &enterprise),
            enterprise,
            home: home.map(str::to_owned),
            teams,
            has_teams: !lists.is_empty(),
            is_primary_owner: flag("is_primary_owner"),
            is_owner: flag("is_owner"),
            is_admin: flag("is_admin"),
        }
    }

    /// Whether this id is the user's, in a workspace or in the organization.
    pub fn is(&self, id: &str) -> bool {
        id == self.id || self.enterprise_user.as_deref() == Some(id)
    }

    pub fn is_home(&self, workspace: &str) -> bool {
        self.home.as_deref() == Some(workspace)
    }

    /// Whether the document gives a higher account type at home than the workspace's lists do: one of them is not the truth.
    /// An owner or admin of the organization may have it from there.
    pub fn is_more_at_home(&self, workspace: &str, is_owner: bool, is_admin: bool) -> bool {
        let is_above = self
            .above
            .is_some_and(|above| above.is_primary_owner || above.is_owner || above.is_admin);
        // The primary owner is one by the document alone.
        self.is_home(workspace)
            && !is_above
            && !self.is_primary_owner
            && ((self.is_owner && !is_owner) || (self.is_admin && !is_admin && !is_owner))
    }
}

/// The enterprise's id by the user's document.
pub fn enterprise(user: &Value) -> Option<String> {
    text(user, "/enterprise_user/enterprise_id").or_else(|| text(user, "/enterprise_id"))
}

/// Only if the document says all of it, and of this organization.
fn above(user: &Value, enterprise: &str) -> Option<AccountType> {
    let is_other = text(user, "/enterprise_user/enterprise_id").is_some_and(|shown| shown != enterprise);
    let flag = |key: &str| user.pointer(&format!("/enterprise_user/{key}"))?.as_bool();
    (!is_other).then_some(AccountType {
        is_primary_owner: flag("is_primary_owner")?,
        is_owner: flag("is_owner")?,
        is_admin: flag("is_admin")?,
    })
}

fn text(user: &Value, pointer: &str) -> Option<String> {
    let text = user.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(user: &Value) -> Member {
        Member::new(user, "U1", String::from("E1"))
    }

    #[test]
    fn workspaces_are_the_union_and_a_missing_list_is_no_proof() {
        let both = member(&json!({"team_id": "T3", "teams": ["T2"], "enterprise_user": {"teams": ["T1", "T2"]}}));
        assert_eq!((both.teams.join(" "), both.has_teams), (String::from("T1 T2 T3"), true));
        let neither = member(&json!({"team_id": "T3"}));
        assert_eq!(
            (neither.teams.join(" "), neither.has_teams),
            (String::from("T3"), false)
        );
        let of_nothing = member(&json!({"team_id": "E1", "teams": []}));
        assert!(of_nothing.teams.is_empty() && of_nothing.has_teams && of_nothing.home.is_none());
    }

    #[test]
    fn the_type_in_the_organization_is_known_only_if_all_of_it_is_said_and_of_this_one() {
        let flags = json!({"is_primary_owner": false, "is_owner": false, "is_admin": true, "enterprise_id": "E1"});
        assert!(member(&json!({ "enterprise_user": flags })).above.unwrap().is_admin);
        let mut other = flags.clone();
        other["enterprise_id"] = json!("E2");
        let mut part = flags;
        part.as_object_mut().unwrap().remove("is_owner");
        for user in [other, part] {
            assert!(member(&json!({ "enterprise_user": user })).above.is_none());
        }
        assert!(member(&json!({})).above.is_none());
    }

    #[test]
    fn both_ids_are_the_users() {
        let two = member(&json!({"enterprise_user": {"id": "W9"}}));
        assert!(two.is("U1") && two.is("W9") && !two.is("U2"));
    }
}
