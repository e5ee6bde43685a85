//! The longest body of an answer: what describes the user is left out before an outcome ever is.

use serde_json::{Map, Value};

use crate::contract::bounded::LIMIT;

use super::normalized;

/// Where the user's fields stand in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserAt {
    /// In the body itself: a success.
    Top,
    /// In `user`: a failure.
    Field,
}

/// The body as bytes. If it is too long, `remote_data` is left out, then the user's lists, then what a dry run would send. The
/// user's `truncated` names what was.
pub fn to_bytes(body: Map<String, Value>, user: UserAt) -> Vec<u8> {
    within(LIMIT, body, user)
}

fn within(limit: usize, mut body: Map<String, Value>, user: UserAt) -> Vec<u8> {
    let lists: Vec<&str> = normalized::LISTS.iter().map(|(name, _)| *name).collect();
    let mut truncated: Option<Vec<Value>> = None;
    for names in [&["remote_data"] as &[&str], &lists, &["planned_requests"]] {
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        if bytes.len() <= limit {
            return bytes;
        }
        let fields = match user {
            UserAt::Field => body.get_mut("user").and_then(Value::as_object_mut),
            UserAt::Top => Some(&mut body),
        };
        let Some(fields) = fields else { continue };
        // The provider may have left out a list already.
        let known = || fields.get("truncated").and_then(Value::as_array).cloned();
        let mut all = truncated.take().or_else(known).unwrap_or_default();
        let gone = names.iter().filter(|name| fields.shift_remove(**name).is_some());
        all.extend(gone.map(|name| Value::from(*name)));
        fields.insert(String::from("truncated"), Value::Array(all.clone()));
        truncated = Some(all);
    }
    serde_json::to_vec(&body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(remote: usize, list: usize, plan: usize) -> Map<String, Value> {
        let body = json!({
            "id": "u", "roles": ["r".repeat(list)], "groups": [], "remote_data": "d".repeat(remote),
            "role_outcomes": [{"outcome": "planned"}], "planned_requests": ["p".repeat(plan)],
        });
        body.as_object().unwrap().clone()
    }

    #[test]
    fn documents_go_before_lists_and_lists_before_the_plan_and_outcomes_never() {
        for (sizes, truncated) in [
            ((10, 10, 10), json!(null)),
            ((1_000, 10, 10), json!(["remote_data"])),
            ((10, 1_000, 10), json!(["remote_data", "roles", "groups"])),
            (
                (10, 10, 1_000),
                json!(["remote_data", "roles", "groups", "planned_requests"]),
            ),
        ] {
            let bytes = within(400, body(sizes.0, sizes.1, sizes.2), UserAt::Top);
            let written: Value = serde_json::from_slice(&bytes).unwrap();
            assert!(bytes.len() <= 400, "{written}");
            assert_eq!(written["truncated"], truncated, "{sizes:?}");
            assert_eq!(written["role_outcomes"], json!([{"outcome": "planned"}]));
            for name in truncated.as_array().into_iter().flatten() {
                assert!(written.get(name.as_str().unwrap()).is_none(), "{name}");
            }
        }
    }

    #[test]
    fn outcomes_stay_however_long_they_are_and_a_failures_user_is_cut_in_its_place() {
        let outcomes = json!([{"outcome": "failed", "message": "m".repeat(1_000)}]);
        let failure = json!({"user": body(10, 10, 0), "role_outcomes": outcomes});
        let bytes = within(100, failure.as_object().unwrap().clone(), UserAt::Field);
        let written: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(written["role_outcomes"], outcomes);
        assert_eq!(
            written["user"]["truncated"],
            json!(["remote_data", "roles", "groups", "planned_requests"])
        );
        assert_eq!(written["user"]["id"], "u");
        assert!(written["user"].get("roles").is_none());
    }
}
