//! Every name that a request may have, in its place. What is not here is refused: a guard, a scope or a dry run that is
//! ignored takes away more than was asked for.

use serde_json::{Map, Value};

use super::{Checked, envelope::Rejection};

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Of `POST …/unassign-role`.
    Query,
    /// The query of `GET …/users/{id}`.
    ReadUser,
    /// The query of `GET …/roles`.
    ListRoles,
    Body,
    Role,
    Organization,
    Options,
    Expect,
    Binding,
}

/// Query parameters of the original that change nothing here.
pub const IGNORED: [&str; 4] = [
    "truto_key_by",
    "truto_ignore_limit",
    "truto_body_passthrough",
    "truto_super_query",
];

/// In the original it means that nothing is sent. To ignore it would write.
const SKIP_CALL: &str = "truto_skip_api_call";

/// The longest name that a message repeats, in characters.
const LONGEST_SHOWN: usize = 128;

impl Place {
    const ALL: [Self; 9] = [
        Self::Query,
        Self::ReadUser,
        Self::ListRoles,
        Self::Body,
        Self::Role,
        Self::Organization,
        Self::Options,
        Self::Expect,
        Self::Binding,
    ];

    /// The names that are read here.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Query => &[
                "integrated_account_id",
                "truto_response_format",
                "truto_ignore_remote_data",
                "truto_exclude_fields",
                "remote_query",
                "id",
                "roles",
                "organizations",
                "workspace_id",
                "dry_run",
                "mode",
            ],
            Self::ReadUser => &[
                "integrated_account_id",
                "truto_response_format",
                "truto_ignore_remote_data",
                "truto_exclude_fields",
                "deadline_ms",
            ],
            Self::ListRoles => &["integrated_account_id", "deadline_ms"],
            Self::Body => &[
                "id",
                "everything",
                "roles",
                "organizations",
                "workspace_id",
                "remote_data",
                "options",
            ],
            Self::Role => &["id", "name", "group", "organization", "workspace"],
            Self::Organization => &["id", "name"],
            Self::Options => &[
                "dry_run",
                "allow",
                "deadline_ms",
                "strict_scope",
                "unknown_role",
                "acknowledged_at",
                "expect",
                "accept",
                "binding",
                "reference",
            ],
            Self::Expect => &["email", "username"],
            Self::Binding => &["plan", "approval"],
        }
    }

    /// For messages.
    const fn title(self) -> &'static str {
        match self {
            Self::Query => "the query",
            Self::ReadUser => "the query of GET …/users/{id}",
            Self::ListRoles => "the query of GET …/roles",
            Self::Body => "the body",
            Self::Role => "roles[]",
            Self::Organization => "organizations[]",
            Self::Options => "options",
            Self::Expect => "options.expect",
            Self::Binding => "options.binding",
        }
    }

    /// Whether both places are of one call: what belongs to another one helps nobody.
    const fn is_of_the_call(self, other: Self) -> bool {
        !matches!(self, Self::ReadUser | Self::ListRoles) && !matches!(other, Self::ReadUser | Self::ListRoles)
    }

    fn has(self, name: &str) -> bool {
        self.names().contains(&name)
    }

    /// The path that the error names, e.g. `roles[0].organisation`.
    fn field(at: &str, name: &str) -> String {
        let name: String = name.chars().take(LONGEST_SHOWN).collect();
        if at.is_empty() { name } else { format!("{at}.{name}") }
    }

    fn refuse(self, at: &str, name: &str) -> Rejection {
        let field = Self::field(at, name);
        let message = format!("{} has no `{field}`; {}", self.title(), self.advice(name));
        Rejection::field(field, message)
    }

    /// What the caller may have meant.
    fn advice(self, name: &str) -> String {
        if name == SKIP_CALL {
            return String::from("dry_run=true sends nothing that writes");
        }
        let elsewhere: Vec<&str> = Self::ALL
            .into_iter()
            .filter(|place| *place != self && place.is_of_the_call(self) && place.has(name))
            .map(Self::title)
            .collect();
        if !elsewhere.is_empty() {
            return format!("{name} belongs into {}", elsewhere.join(" or "));
        }
        match nearest(name, self.names()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("it takes {}", self.names().join(", ")),
        }
    }
}

/// Whether a query parameter of this name is read. One that is ignored by name is not; every other one is refused.
pub fn is_read_in_query(name: &str, query: Place) -> Checked<bool> {
    if query.has(name) {
        return Ok(true);
    }
    if IGNORED.contains(&name) {
        return Ok(false);
    }
    match name.split_once('.') {
        Some((stem, _)) if query.has(stem) => Err(Rejection::field(
            stem,
            format!("the query parameter `{stem}` is written with brackets, not with dots"),
        )),
        Some((stem, _)) if Place::Body.has(stem) => Err(query.refuse("", stem)),
        _ => Err(query.refuse("", name)),
    }
}

/// Refuses the first unknown name of an object; `at` is the way to it, empty for the body itself.
pub fn check(fields: &Map<String, Value>, place: Place, at: &str) -> Checked<()> {
    match fields.keys().find(|name| !place.has(name)) {
        Some(name) => Err(place.refuse(at, name)),
        None => Ok(()),
    }
}

/// The known name that a name is a slip of: equal but for case and punctuation, one part of it (`amp;id`), or few letters away.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    // A message is not worth more work than this.
    let folded: String = fold(name).chars().take(LONGEST_SHOWN).collect();
    let is_part = |candidate: &str| {
        name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .any(|part| part == candidate)
    };
    known
        .iter()
        .filter_map(|candidate| {
            let distance = edit_distance(&folded, &fold(candidate));
            let is_near = distance <= candidate.len().min(folded.len()) / 3;
            (is_near || is_part(candidate)).then_some((distance, *candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters and digits only, in lower case.
fn fold(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The insertions, deletions and replacements between two ASCII texts.
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.bytes().enumerate() {
        let mut diagonal = index;
        let mut left = index.saturating_add(1);
        for (cell, other_letter) in row.iter_mut().zip(std::iter::once(None).chain(other.bytes().map(Some))) {
            let Some(other_letter) = other_letter else {
                diagonal = std::mem::replace(cell, left);
                continue;
            };
            let replaced = diagonal.saturating_add(usize::from(letter != other_letter));
            let best = replaced.min(left.saturating_add(1)).min(cell.saturating_add(1));
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn answered(rejection: Rejection) -> (String, String) {
        let answer: Value = serde_json::from_slice(&rejection.into_answer().body).unwrap();
        assert_eq!(answer["statusCode"], 400);
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("field"), text("message"))
    }

    #[test]
    fn an_unknown_parameter_is_named_with_what_was_probably_meant() {
        for (name, hint) in [
            ("amp;workspace_id", "`workspace_id`"),
            (";workspace_id", "`workspace_id`"),
            ("workspaceId", "`workspace_id`"),
            ("workspace-id", "`workspace_id`"),
            ("Roles", "`roles`"),
            ("role", "`roles`"),
            ("organisations", "`organizations`"),
            ("dry_rnu", "`dry_run`"),
            ("dryRun", "`dry_run`"),
            ("ID", "`id`"),
            ("workspace", "belongs into roles[]"),
            ("organization", "belongs into roles[]"),
            ("expect", "belongs into options"),
            ("options", "belongs into the body"),
            ("remote_data", "belongs into the body"),
            ("params", "it takes integrated_account_id"),
            ("scope", "it takes"),
            ("cid", "it takes"),
            ("simulate", "it takes"),
            ("", "it takes"),
            ("truto_skip_api_call", "dry_run=true"),
        ] {
            let (field, message) = answered(is_read_in_query(name, Place::Query).unwrap_err());
            assert_eq!(field, name);
            assert!(message.contains(hint), "{name}: {message}");
        }
    }

    #[test]
    fn a_dot_is_no_bracket() {
        for (name, field) in [("roles.0.id", "roles"), ("options.dry_run", "options"), ("a.b", "a.b")] {
            assert_eq!(answered(is_read_in_query(name, Place::Query).unwrap_err()).0, field);
        }
    }

    #[test]
    fn every_known_name_passes_in_its_place_and_the_ignored_ones_in_the_query_only() {
        for place in Place::ALL {
            for name in place.names() {
                assert!(
                    check(json!({*name: 1}).as_object().unwrap(), place, "x").is_ok(),
                    "{name}"
                );
            }
        }
        for name in IGNORED {
            assert!(!is_read_in_query(name, Place::Query).unwrap());
            assert!(
                check(json!({name: 1}).as_object().unwrap(), Place::Body, "").is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn an_unknown_field_is_named_with_the_way_to_it() {
        for (place, at, name, field, hint) in [
            (Place::Body, "", "dry_run", "dry_run", "the query or options"),
            (Place::Body, "", "strict_scope", "strict_scope", "belongs into options"),
            (Place::Body, "", "option", "option", "`options`"),
            (Place::Body, "", "options.dry_run", "options.dry_run", "`options`"),
            (Place::Body, "", "remote_query", "remote_query", "the query"),
            (
                Place::Role,
                "roles[3]",
                "organisation",
                "roles[3].organisation",
                "`organization`",
            ),
            (
                Place::Role,
                "roles[0]",
                "role_id",
                "roles[0].role_id",
                "it takes id, name",
            ),
            (
                Place::Options,
                "options",
                "strictScope",
                "options.strictScope",
                "`strict_scope`",
            ),
            (
                Place::Expect,
                "options.expect",
                "mail",
                "options.expect.mail",
                "`email`",
            ),
        ] {
            let rejection = check(json!({name: 1}).as_object().unwrap(), place, at).unwrap_err();
            let (named, message) = answered(rejection);
            assert_eq!(named, field);
            assert!(message.contains(hint), "{name}: {message}");
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        let (field, message) = answered(is_read_in_query(&"ä".repeat(100_000), Place::Query).unwrap_err());
        assert!(
            field.chars().count() == LONGEST_SHOWN && message.len() < 1_024,
            "{message}"
        );
    }

    proptest! {
        #[test]
        fn the_edit_distance_is_one(one in "[a-c]{0,6}", other in "[a-c]{0,6}", at in 0_usize..6) {
            prop_assert_eq!(edit_distance(&one, &other), edit_distance(&other, &one));
            prop_assert_eq!(edit_distance(&one, &other) == 0, one == other);
            let mut longer = one.clone();
            longer.insert(at.min(one.len()), 'd');
            prop_assert_eq!(edit_distance(&one, &longer), 1);
        }
    }
}
