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

/// The same for every key of the body, whatever its depth.
pub fn dry_run_in_body(body: &Map<String, Value>) -> Checked<()> {
    body.iter()
        .try_for_each(|(name, value)| dry_run_in_field(name, value, name))
}

fn dry_run_in_field(name: &str, value: &Value, at: &str) -> Checked<()> {
    if resembles_dry_run(name) && at != "options.dry_run" {
        return Err(no_dry_run(at.to_owned()));
    }
    dry_run_in_value(value, at)
}

fn dry_run_in_value(value: &Value, at: &str) -> Checked<()> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(name, value)| dry_run_in_field(name, value, &format!("{at}.{name}"))),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| dry_run_in_value(item, &format!("{at}[{index}]"))),
        _ => Ok(()),
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
        for (name, place) in [
            ("Roles", Place::Query),
            ("ID", Place::Body),
            ("workspaceId", Place::Body),
            ("workspace-id", Place::Query),
            ("Organizations", Place::Body),
            ("OPTIONS", Place::Body),
            ("options", Place::Query),
            ("remote_data", Place::Query),
            ("remote_query", Place::Body),
            ("dry_run", Place::Body),
            ("workspace", Place::Body),
            ("organization", Place::Query),
            ("group", Place::Body),
        ] {
            assert_eq!(top_level(name, place).unwrap_err().status(), 400, "{name} {place:?}");
        }
        for (name, place) in [
            ("roles", Place::Body),
            ("organizations", Place::Query),
            ("options", Place::Body),
            ("dry_run", Place::Query),
            ("utm_id", Place::Query),
            ("groups", Place::Body),
            ("", Place::Query),
        ] {
            assert!(top_level(name, place).is_ok(), "{name} {place:?}");
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
        for (body, field) in [
            (json!({"DryRun": true}), "DryRun"),
            (json!({"options": {"dry-run": true}}), "options.dry-run"),
            (
                json!({"options": {"expect": {"dry_run": true}}}),
                "options.expect.dry_run",
            ),
            (
                json!({"remote_data": {"a": [{"dryRun": 1}]}}),
                "remote_data.a[0].dryRun",
            ),
        ] {
            let rejection = dry_run_in_body(body.as_object().unwrap()).unwrap_err();
            assert!(format!("{rejection:?}").contains(&format!("{field:?}")), "{body}");
        }
        assert!(dry_run_in_query("dry_run").is_ok() && dry_run_in_query("laundry[run]").is_ok());
        let good = json!({"options": {"dry_run": true}, "id": "dry_run"});
        assert!(dry_run_in_body(good.as_object().unwrap()).is_ok());
    }
}
