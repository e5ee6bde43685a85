//! The methods that take something away.

use serde_json::{Map, Value, json};

use super::{
    http::{Handled, error, text},
    state::{Kind, State},
};

pub fn remove(state: &mut State, fields: &Map<String, Value>) -> Handled {
    let strings = |name: &str| -> Vec<String> {
        fields
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect()
    };
    if fields.len() != 3 {
        return Err(error("invalid_arguments"));
    }
    let (role, entities, ids) = (
        text(fields, "role_id").to_owned(),
        strings("entity_ids"),
        strings("user_ids"),
    );
    if !state.knows(&role) {
        return Err(error("invalid_role_id"));
    }
    if entities.is_empty() {
        return Err(error("no_valid_entities"));
    }
    if entities.len() > 10 {
        return Err(error("too_many_entities"));
    }
    // An assignment is known by the id that its row has.
    let users: Vec<String> = state
        .users
        .iter()
        .filter(|user| ids.contains(&state.id_in_rows(&user.id)))
        .map(|user| user.id.clone())
        .collect();
    if users.is_empty() || users.len() != ids.len() {
        return Err(error("no_valid_users"));
    }
    state.writes += 1;
    let mut rejected = Vec::new();
    for entity in entities {
        match state.rejected.iter().find(|(known, _)| *known == entity) {
            Some((_, why)) => rejected.push(json!({"id": entity, "error": why})),
            None if state.rejects_users.as_ref().is_some_and(|(_, processes)| !processes) => {}
            None => {
                for user in &users {
                    state.take(&(role.clone(), entity.clone(), user.clone()));
                }
            }
        }
    }
    let mut answer = json!({"ok": false});
    answer["error"] = match (&state.rejects_users, rejected.is_empty()) {
        (None, true) => return Ok(json!({"ok": true})),
        (None, false) => json!("failed_for_some_entities"),
        (Some(_), true) => json!("failed_for_some_users"),
        (Some(_), false) => json!("failed_for_some_users_and_entities"),
    };
    if let Some((why, _)) = &state.rejects_users {
        answer["rejected_users"] = json!([{"id": ids[0], "error": why}]);
    }
    if !rejected.is_empty() {
        answer["rejected_entities"] = json!(rejected);
    }
    Err(answer)
}

pub fn set_regular(state: &mut State, fields: &Map<String, Value>) -> Handled {
    let (team, user) = (text(fields, "team_id").to_owned(), text(fields, "user_id").to_owned());
    if fields.len() != 2 {
        return Err(error("invalid_arguments"));
    }
    let Some(known) = state.users.iter().find(|known| known.id == user).cloned() else {
        return Err(error("user_not_found"));
    };
    let is_everywhere = team == state.enterprise;
    if !is_everywhere && !state.has_team(&team) {
        return Err(error("team_not_found"));
    }
    if state.kind(&user, &team) == Kind::PrimaryOwner {
        return Err(error("cannot_modify_primary_owner"));
    }
    if !is_everywhere && matches!(state.kind(&user, &state.enterprise), Kind::Owner | Kind::Admin) {
        return Err(error("cannot_set_org_admin_to_regular_at_workspace_level"));
    }
    state.writes += 1;
    let key = if state.kind(&user, &team) == Kind::Owner {
        "owner"
    } else {
        "admin"
    };
    if state.keeps.iter().any(|kept| kept == key) {
        return Ok(json!({"ok": true}));
    }
    // A guest would become a full member.
    state.kinds.insert((user.clone(), team.clone()), Kind::Member);
    if is_everywhere {
        if state.workspace_failures > 0 {
            state.workspace_failures -= 1;
            return Err(error("failed_to_set_regular_on_workspaces"));
        }
        for workspace in known.teams {
            if state.kind(&user, &workspace) == Kind::Owner {
                state.kinds.insert((user.clone(), workspace), Kind::Member);
            }
        }
    }
    Ok(json!({"ok": true}))
}
