//! The longest body of an answer: what describes the user is left out before an outcome ever is.

use crate::contract::bounded::LIMIT;

/// What of an answer that is too long is left out, from nothing to all that may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    Nothing,
    /// `remote_data`.
    Documents,
    /// The user's lists, too.
    Lists,
    /// What a dry run would send, too.
    Plan,
}

/// The field of what a dry run would send.
pub const PLAN: &str = "planned_requests";

/// The body with as little cut from it as its limit allows. An answer has a plan if it says what would be sent.
pub fn body(has_plan: bool, write: impl Fn(Cut) -> String) -> Vec<u8> {
    within(LIMIT, has_plan, &write)
}

fn within(limit: usize, has_plan: bool, write: &dyn Fn(Cut) -> String) -> Vec<u8> {
    for cut in [Cut::Nothing, Cut::Documents, Cut::Lists] {
        let body = write(cut);
        if body.len() <= limit || cut == Cut::Lists && !has_plan {
            return body.into_bytes();
        }
    }
    write(Cut::Plan).into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        contract::{bounded::tests::user, json::text::object, types::User},
        http_api::LeftOut,
    };

    fn written(limit: usize, user: &User, left_out: &LeftOut, plan: Option<usize>) -> Value {
        let bytes = within(limit, plan.is_some(), &|cut| {
            object(|fields| {
                left_out.user(user, cut, fields);
                fields.written("role_outcomes", r#"[{"outcome":"planned"}]"#);
                if let Some(plan) = plan.filter(|_| cut < Cut::Plan) {
                    fields.text(PLAN, Some(&"p".repeat(plan)));
                }
            })
        });
        assert!(bytes.len() <= limit);
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn documents_go_before_lists_and_lists_before_the_plan_and_outcomes_never() {
        for (sizes, truncated) in [
            ((10, 10, Some(10)), json!(null)),
            ((1_000, 10, Some(10)), json!(["remote_data"])),
            ((10, 1_000, Some(10)), json!(["remote_data", "roles"])),
            (
                (10, 10, Some(1_000)),
                json!(["remote_data", "roles", "planned_requests"]),
            ),
            ((10, 1_000, None), json!(["remote_data", "roles"])),
        ] {
            let written = written(400, &user(sizes.0, sizes.1), &LeftOut::nothing(), sizes.2);
            assert_eq!(written["truncated"], truncated, "{sizes:?}");
            assert_eq!(written["role_outcomes"], json!([{"outcome": "planned"}]));
            for name in truncated.as_array().into_iter().flatten() {
                assert!(written.get(name.as_str().unwrap()).is_none(), "{name}");
            }
        }
    }

    #[test]
    fn what_is_left_out_is_named_even_if_the_caller_does_not_ask_what_was() {
        let left_out = LeftOut {
            fields: vec![String::from("truncated"), String::from("remote_data")],
            ..LeftOut::nothing()
        };
        let shown = |list: usize| written(400, &user(10, list), &left_out, None);
        assert!(shown(10).get("truncated").is_none());
        assert_eq!(shown(1_000)["truncated"], json!(["roles"]));
        let already = User {
            truncated: vec![String::from("emails")],
            ..user(10, 1_000)
        };
        let shown = written(400, &already, &LeftOut::nothing(), None);
        assert_eq!(shown["truncated"], json!(["emails", "remote_data", "roles"]));
    }

    #[test]
    fn outcomes_stay_however_long_they_are() {
        let outcomes = format!(r#"[{{"message":"{}"}}]"#, "m".repeat(1_000));
        let write = |cut: Cut| {
            object(|fields| {
                fields.object("user", |fields| LeftOut::nothing().user(&user(10, 10), cut, fields));
                fields.written("role_outcomes", &outcomes);
            })
        };
        let written: Value = serde_json::from_slice(&within(100, false, &write)).unwrap();
        assert_eq!(written["role_outcomes"].to_string(), outcomes);
        assert_eq!(written["user"]["truncated"], json!(["remote_data", "roles"]));
        assert_eq!(written["user"]["id"], "u");
        assert!(written["user"].get("roles").is_none());
    }
}
