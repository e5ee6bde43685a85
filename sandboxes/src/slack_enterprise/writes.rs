//! The methods that give or take something.

use serde_json::{Value, json};

use super::{
    arguments::Arguments,
    http::{Handled, error},
    state::{Assignment, Kind, State},
};

/// What a call about assignments names.
struct Named {
    role: String,
    entities: Vec<String>,
    /// As the request has them.
    ids: Vec<String>,
    users: Vec<String>,
}

impl Named {
    fn read(state: &State, arguments: &Arguments) -> Result<Self, Value> {
        let (entities, ids) = (arguments.list("entity_ids"), arguments.list("user_ids"));
        let role = arguments.text("role_id").to_owned();
        if !["role_id", "entity_ids", "user_ids"]
            .iter()
            .all(|name| arguments.has(name))
        {
            return Err(error("invalid_arguments"));
        }
        if !state.knows(&role) {
            return Err(error("invalid_role_id"));
        }
        if entities.is_empty() {
            return Err(error("no_valid_entities"));
        }
        if entities.len() > 10 {
            return Err(error("too_many_entities"));
        }
        if ids.len() > 10 {
            return Err(error("too_many_users"));
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
        Ok(Self {
            role,
            entities,
            ids,
            users,
        })
    }
}

pub fn add(state: &mut State, arguments: &Arguments) -> Handled {
    each(state, arguments, |state, assignment| {
        let now = state.clock.unix();
        state.assignments.add(assignment, now);
    })
}

pub fn remove(state: &mut State, arguments: &Arguments) -> Handled {
    each(state, arguments, |state, assignment| state.take(&assignment))
}

/// Does it for each user at each entity that is not rejected.
fn each(state: &mut State, arguments: &Arguments, act: fn(&mut State, Assignment)) -> Handled {
    let named = Named::read(state, arguments)?;
    state.writes += 1;
    let mut rejected = Vec::new();
    for entity in named.entities {
        match state.rejected.iter().find(|(known, _)| *known == entity) {
            Some((_, why)) => rejected.push(json!({"id": entity, "error": why})),
            None if state.rejects_users.as_ref().is_some_and(|(_, processes)| !processes) => {}
            None => {
                for user in &named.users {
                    act(state, (named.role.clone(), entity.clone(), user.clone()));
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
        answer["rejected_users"] = json!([{"id": named.ids[0], "error": why}]);
    }
    if !rejected.is_empty() {
        answer["rejected_entities"] = json!(rejected);
    }
    Err(answer)
}

/// The workspace and the user of a call that sets an account type.
fn subject(state: &State, arguments: &Arguments) -> Result<(String, String), Value> {
    if !["team_id", "user_id"].iter().all(|name| arguments.has(name)) {
        return Err(error("invalid_arguments"));
    }
    let team = arguments.text("team_id").to_owned();
    let Some(known) = state.user(arguments.text("user_id")) else {
        return Err(error("user_not_found"));
    };
    if team != state.enterprise && !state.has_team(&team) {
        return Err(error("team_not_found"));
    }
    if state.kind(&known.id, &team) == Kind::PrimaryOwner {
        return Err(error("cannot_modify_primary_owner"));
    }
    Ok((team, known.id.clone()))
}

pub fn set_regular(state: &mut State, arguments: &Arguments) -> Handled {
    let (team, user) = subject(state, arguments)?;
    let is_everywhere = team == state.enterprise;
    if !is_everywhere && matches!(state.kind(&user, &state.enterprise), Kind::Owner | Kind::Admin) {
        return Err(error("cannot_set_org_admin_to_regular_at_workspace_level"));
    }
    state.writes += 1;
    let key = if state.kind(&user, &team) == Kind::Owner {
        "owner"
    } else {
        "admin"
    };
    if state.behaviour.keeps(key) {
        return Ok(json!({"ok": true}));
    }
    // A guest would become a full member.
    state.kinds.insert((user.clone(), team), Kind::Member);
    if is_everywhere {
        if state.workspace_failures > 0 {
            state.workspace_failures -= 1;
            return Err(error("failed_to_set_regular_on_workspaces"));
        }
        set_workspaces(state, &user, Kind::Owner, Kind::Member);
    }
    Ok(json!({"ok": true}))
}

/// `setAdmin` and `setOwner`. In the organization, they make the user owner of each workspace that the user belongs to.
pub fn promote(state: &mut State, arguments: &Arguments, kind: Kind) -> Handled {
    let (team, user) = subject(state, arguments)?;
    let belongs = state.user(&user).is_some_and(|known| known.teams.contains(&team));
    let is_everywhere = team == state.enterprise;
    if !is_everywhere && !belongs {
        return Err(error("user_must_be_in_workspace"));
    }
    state.writes += 1;
    state.kinds.insert((user.clone(), team), kind);
    if is_everywhere {
        for old in [Kind::Member, Kind::Admin] {
            set_workspaces(state, &user, old, Kind::Owner);
        }
    }
    Ok(json!({"ok": true}))
}

/// Sets what the user is in the workspaces where the user is `old`.
fn set_workspaces(state: &mut State, user: &str, old: Kind, new: Kind) {
    let teams = state.user(user).map(|known| known.teams.clone()).unwrap_or_default();
    for workspace in teams {
        if state.kind(user, &workspace) == old {
            state.kinds.insert((user.to_owned(), workspace), new);
        }
    }
}
