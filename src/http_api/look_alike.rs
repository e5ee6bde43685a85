//! Names that look like one of ours and are not. Unknown names are ignored, as the original does; but ignoring a misspelt guard
//! would take away more than was asked for.

use serde_json::{Map, Value};

use super::{Checked, envelope::Rejection};

/// Where a name stands at the top level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Query,
    Body,
}

/// Names that change who or what is acted on, and the places that they belong into.
const OURS: [(&str, &[Place]); 8] = [
    ("id", &[Place::Query, Place::Body]),
    ("roles", &[Place::Query, Place::Body]),
    ("organizations", &[Place::Query, Place::Body]),
    ("workspace_id", &[Place::Query, Place::Body]),
    ("dry_run", &[Place::Query]),
    ("remote_query", &[Place::Query]),
    ("options", &[Place::Body]),
    ("remote_data", &[Place::Body]),
];

/// What narrows a request in each of its roles, and would narrow nothing beside them.
const NARROWING: [(&str, &str); 8] = [
    ("workspace", "roles[].workspace or workspace_id"),
    ("organization", "roles[].organization or organizations"),
    ("organizationid", "roles[].organization or organizations"),
    ("organisation", "roles[].organization or organizations"),
    ("organisationid", "roles[].organization or organizations"),
    ("organisations", "roles[].organization or organizations"),
    ("group", "roles[].group"),
    ("groupid", "roles[].group"),
];

/// Refuses a name of the top level that is one of ours in another spelling, or in the wrong place.
pub fn top_level(name: &str, place: Place) -> Checked<()> {
    let plain = fold(name);
    if let Some((_, belongs)) = NARROWING.iter().find(|(narrowing, _)| *narrowing == plain) {
        return Err(Rejection::field(
            name,
            format!("`{name}` narrows nothing here; {belongs} does"),
        ));
    }
    match OURS.iter().find(|(ours, _)| fold(ours) == plain) {
        Some((ours, _)) if *ours != name => Err(Rejection::field(
            name,
            format!("`{name}` is not a parameter; {ours} is"),
        )),
        Some((ours, places)) if !places.contains(&place) => Err(Rejection::field(
            name,
            match (*ours, place) {
                ("dry_run", _) => String::from("dry_run belongs into the query (dry_run=true) or into options"),
                ("options", _) => String::from(
                    "options belongs into the body; dry_run=true alone may stand in the query, by that name",
                ),
                (_, Place::Query) => format!("{ours} belongs into the body"),
                (_, Place::Body) => format!("{ours} belongs into the query"),
            },
        )),
        _ => Ok(()),
    }
}

/// Refuses what looks like `dry_run` anywhere in a name of the query: a misspelt one would execute.
pub fn dry_run_in_query(key: &str) -> Checked<()> {
    if key != "dry_run" && key.split(['[', ']']).any(resembles_dry_run) {
        return Err(no_dry_run(key.to_owned()));
    }
    Ok(())
}

/// Refuses what looks like one of ours in a body: at the top level, in a path, and `dry_run` at every depth.
pub fn in_body(body: &Map<String, Value>) -> Checked<()> {
    for (key, value) in body {
        top_level(key, Place::Body)?;
        no_path(key)?;
        if resembles_dry_run(key) {
            return Err(no_dry_run(key.clone()));
        }
        let allowed = (key == "options").then_some("dry_run");
        if let Some(below) = dry_run_below(value, allowed) {
            return Err(no_dry_run(format!("{key}{below}")));
        }
    }
    Ok(())
}

/// A body is nested: the guard in `options.strict_scope` would be a name that nobody knows, and be ignored.
fn no_path(key: &str) -> Checked<()> {
    let stem = key.split(['.', '[']).next().unwrap_or_default();
    let is_ours = || OURS.iter().any(|(ours, _)| *ours == stem) || top_level(stem, Place::Body).is_err();
    if stem != key && is_ours() {
        return Err(Rejection::field(
            key,
            format!("`{key}` is not a parameter: a body is nested JSON, and its names are no paths"),
        ));
    }
    Ok(())
}

/// The way to a key below `value` that looks like `dry_run`, e.g. `.a[0].dryRun`. `allowed` may stand directly in it.
fn dry_run_below(value: &Value, allowed: Option<&str>) -> Option<String> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            if resembles_dry_run(name) && allowed != Some(name.as_str()) {
                return Some(format!(".{name}"));
            }
            dry_run_below(value, None).map(|below| format!(".{name}{below}"))
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| dry_run_below(item, None).map(|below| format!("[{index}]{below}"))),
        _ => None,
    }
}

fn resembles_dry_run(name: &str) -> bool {
    fold(name).contains("dryrun")
}

fn no_dry_run(at: String) -> Rejection {
    let message = format!("`{at}` is not a parameter; dry_run is, in the query or in options");
    Rejection::field(at, message)
}

/// Letters and digits alone, in lower case.
fn fold(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_spelling_or_the_wrong_place_of_one_of_ours_is_refused() {
        const BOTH: &[Place] = &[Place::Query, Place::Body];
        for (name, places) in [
            ("roles", BOTH),
            ("organizations", BOTH),
            ("utm_id", BOTH),
            ("groups", BOTH),
            ("", BOTH),
            ("dry_run", &[Place::Query]),
            ("remote_query", &[Place::Query]),
            ("options", &[Place::Body]),
            ("remote_data", &[Place::Body]),
            ("Roles", &[]),
            ("ID", &[]),
            ("workspaceId", &[]),
            ("workspace-id", &[]),
            ("Organizations", &[]),
            ("OPTIONS", &[]),
            ("workspace", &[]),
            ("organization", &[]),
            ("group", &[]),
        ] {
            for place in BOTH {
                assert_eq!(
                    top_level(name, *place).is_ok(),
                    places.contains(place),
                    "{name} {place:?}"
                );
            }
        }
    }

    fn field_at_fault(body: &Value) -> Option<String> {
        let answer = in_body(body.as_object().unwrap()).err()?.into_answer();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["statusCode"], 400, "{body}");
        answer["field"].as_str().map(str::to_owned)
    }

    #[test]
    fn a_path_to_one_of_ours_is_refused_in_a_body() {
        for key in [
            "options.strict_scope",
            "options[expect][email]",
            "Options.expect",
            "organizations[0][id]",
            "organization.id",
            "roles.0.id",
            "roles[]",
            "workspace_id[]",
            "remote_query[page]",
            "remote_data.note",
            "id.",
        ] {
            assert_eq!(field_at_fault(&json!({"id": "u", key: "x"})).as_deref(), Some(key));
        }
        for key in ["utm.id", "page[roles]", ".", "[", "ideas.x"] {
            assert_eq!(field_at_fault(&json!({key: "x"})), None, "{key}");
        }
    }

    #[test]
    fn what_looks_like_dry_run_is_refused_at_any_depth() {
        for key in [
            "dryrun",
            "dry-run",
            "DryRun",
            "dry_Run",
            "options.dry_run",
            "is_dry_run",
            "dry\u{ff3f}run",
            "body[options][dry_run]",
            "remote_query[dryRun]",
            "x[dry-run",
        ] {
            assert!(dry_run_in_query(key).is_err(), "{key}");
        }
        assert!(dry_run_in_query("dry_run").is_ok() && dry_run_in_query("laundry[run]").is_ok());
        for (body, field) in [
            (json!({"DryRun": true}), "DryRun"),
            (json!({"is_dry_run": true}), "is_dry_run"),
            // Written as a path, it names the place where it would be read.
            (json!({"options.dry_run": true}), "options.dry_run"),
            (json!({"options[dry_run]": true}), "options[dry_run]"),
            (json!({"a": {"options": {"dry_run": true}}}), "a.options.dry_run"),
            (json!({"a": {"options.dry_run": true}}), "a.options.dry_run"),
            (json!({"options": {"dry-run": true}}), "options.dry-run"),
            (json!({"options": {"options.dry_run": true}}), "options.options.dry_run"),
            (
                json!({"options": {"expect": {"dry_run": true}}}),
                "options.expect.dry_run",
            ),
            (
                json!({"options": {"dry_run": {"dry_run": true}}}),
                "options.dry_run.dry_run",
            ),
            (json!({"options": [{"dry_run": true}]}), "options[0].dry_run"),
            (
                json!({"remote_data": {"a": [{"dryRun": 1}]}}),
                "remote_data.a[0].dryRun",
            ),
        ] {
            assert_eq!(field_at_fault(&body).as_deref(), Some(field), "{body}");
        }
        let good = json!({"options": {"dry_run": true}, "id": "dry_run"});
        assert_eq!(field_at_fault(&good), None);
    }
}
