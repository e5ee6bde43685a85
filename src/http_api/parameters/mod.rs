//! The request's parameters, from query and body together.

mod options;

use serde_json::{Map, Value};

use crate::{
    contract::types::{Options, Organization, OrganizationSelector, Request, RequestedRole, Role},
    request::requested,
};

use self::options::{mode, options};

use super::{
    Checked, Format,
    envelope::Rejection,
    names::{self, Place},
};

/// All parameters of a request.
pub struct Parameters {
    pub account: String,
    pub format: Format,
    /// Top-level fields to leave out of the success body.
    pub exclude: Vec<String>,
    pub ignore_remote_data: bool,
    pub request: Request,
    pub options: Options,
}

type Object = Map<String, Value>;

impl Parameters {
    /// Parses query and body. A parameter that is in both must have the same value.
    pub fn take(mut query: Object, mut body: Object) -> Checked<Self> {
        names::check(&body, Place::Body, "")?;
        let account = account(&mut query)?;
        let format = format(&mut query)?;
        let ignore_remote_data = query_flag(&mut query, "truto_ignore_remote_data")?.unwrap_or(false);
        let exclude = name_list(&mut query, "truto_exclude_fields")?;
        let dry_run = query_flag(&mut query, "dry_run")?;
        let mode = mode(scalar(&mut query, "mode", "mode")?)?;
        let remote_query = match present(query.shift_remove("remote_query")) {
            None => None,
            Some(value @ Value::Object(_)) => Some(value.to_string()),
            Some(_) => {
                return Err(Rejection::field(
                    "remote_query",
                    "remote_query must be written remote_query[name]=value",
                ));
            }
        };
        let id = either("id", scalar(&mut query, "id", "id")?, scalar(&mut body, "id", "id")?)?
            .ok_or_else(|| Rejection::missing_body("id"))?;
        let workspace_id = either(
            "workspace_id",
            scalar(&mut query, "workspace_id", "workspace_id")?,
            scalar(&mut body, "workspace_id", "workspace_id")?,
        )?;
        // An empty list is not left out: whoever sends one may have meant some roles.
        let is_given = |fields: &Object, name: &str| fields.get(name).is_some_and(|value| !value.is_null());
        let names_some = ["roles", "organizations"].map(|name| is_given(&query, name) || is_given(&body, name));
        let roles = either("roles", roles(&mut query)?, roles(&mut body)?)?;
        let organizations = either("organizations", organizations(&mut query)?, organizations(&mut body)?)?;
        let everything = flag(&mut body, "everything", "everything")?.unwrap_or(false);
        if everything && names_some.contains(&true) {
            return Err(Rejection::field(
                "everything",
                "everything stands alone: leave roles and organizations out",
            ));
        }
        let (roles, organizations) = (roles.unwrap_or_default(), organizations.unwrap_or_default());
        let [names_roles, _] = names_some;
        if names_roles && roles.is_empty() && !organizations.is_empty() {
            return Err(Rejection::field(
                "roles",
                "roles is an empty list, and organizations without roles names links that are removed: leave roles out if that is meant",
            ));
        }
        if roles.is_empty() && organizations.is_empty() && !everything {
            return Err(Rejection::missing_body("roles"));
        }
        let remote_data = match present(body.shift_remove("remote_data")) {
            None => None,
            Some(value @ Value::Object(_)) => Some(value.to_string()),
            Some(_) => return Err(Rejection::field("remote_data", "remote_data must be an object")),
        };
        Ok(Self {
            account,
            format,
            exclude,
            ignore_remote_data,
            request: Request {
                id,
                everything,
                roles,
                organizations,
                workspace_id: workspace_id.into(),
                remote_query,
                remote_data,
            },
            options: options(&mut body, dry_run, mode)?,
        })
    }
}

/// The account's id.
pub fn account(query: &mut Object) -> Checked<String> {
    let account = scalar(query, "integrated_account_id", "integrated_account_id")?
        .filter(|id| !id.trim().is_empty())
        .ok_or_else(|| Rejection::missing_query("integrated_account_id"))?;
    if crate::request::is_placeholder(&account) {
        return Err(Rejection::field(
            "integrated_account_id",
            format!("integrated_account_id is the text `{account}`, which is a missing value of the caller's language"),
        ));
    }
    Ok(account)
}

/// The form of the success body.
pub fn format(query: &mut Object) -> Checked<Format> {
    Ok(
        match scalar(query, "truto_response_format", "truto_response_format")?.as_deref() {
            None | Some("unified") => Format::Unified,
            Some("normalized") => Format::Normalized,
            Some("raw") => Format::Raw,
            Some("stream") => Format::Stream,
            Some(_) => {
                return Err(Rejection::field(
                    "truto_response_format",
                    "truto_response_format must be unified, raw, normalized or stream",
                ));
            }
        },
    )
}

/// JSON null is absent.
fn present(value: Option<Value>) -> Option<Value> {
    value.filter(|value| !value.is_null())
}

fn either<T: PartialEq>(name: &str, query: Option<T>, body: Option<T>) -> Checked<Option<T>> {
    match (query, body) {
        (Some(query), Some(body)) if query != body => Err(Rejection::field(
            name,
            format!("{name} is given in the query and in the body, and they differ"),
        )),
        (query, body) => Ok(body.or(query)),
    }
}

pub fn scalar(fields: &mut Object, name: &str, at: &str) -> Checked<Option<String>> {
    match present(fields.shift_remove(name)) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Array(_)) => Err(Rejection::field(at, format!("{at} must be given once, as a string"))),
        Some(_) => Err(Rejection::field(at, format!("{at} must be a string"))),
    }
}

pub fn query_flag(query: &mut Object, name: &str) -> Checked<Option<bool>> {
    match scalar(query, name, name)?.as_deref() {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(Rejection::field(name, format!("{name} must be exactly true or false"))),
    }
}

fn flag(fields: &mut Object, name: &str, at: &str) -> Checked<Option<bool>> {
    match present(fields.shift_remove(name)) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(_) => Err(Rejection::field(at, format!("{at} must be exactly true or false"))),
    }
}

/// A list of names: `a[]=x`, `a[0]=x`, `a=x,y`.
pub fn name_list(fields: &mut Object, name: &str) -> Checked<Vec<String>> {
    let split = |text: &str| {
        text.split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect::<Vec<_>>()
    };
    match present(fields.shift_remove(name)) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(split(&text)),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(split(&text)),
                _ => Err(Rejection::field(name, format!("{name} must be a list of names"))),
            })
            .collect::<Checked<Vec<_>>>()
            .map(|lists| lists.concat()),
        Some(_) => Err(Rejection::field(name, format!("{name} must be a list of names"))),
    }
}

/// An empty list counts as absent: it never means "all".
fn objects(fields: &mut Object, name: &str) -> Checked<Option<Vec<Object>>> {
    match present(fields.shift_remove(name)) {
        None => Ok(None),
        Some(Value::Array(items)) if items.is_empty() => Ok(None),
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| match item {
                Value::Object(fields) => Ok(fields),
                _ => Err(Rejection::field(
                    format!("{name}[{index}]"),
                    format!("{name}[{index}] must be an object"),
                )),
            })
            .collect::<Checked<_>>()
            .map(Some),
        Some(_) => Err(Rejection::field(name, format!("{name} must be an array of objects"))),
    }
}

fn roles(fields: &mut Object) -> Checked<Option<Vec<RequestedRole>>> {
    let Some(items) = objects(fields, "roles")? else {
        return Ok(None);
    };
    items
        .into_iter()
        .enumerate()
        .map(|(index, mut item)| {
            let at = format!("roles[{index}]");
            names::check(&item, Place::Role, &at)?;
            let mut text = |name: &str| scalar(&mut item, name, &format!("{at}.{name}"));
            let role = Role {
                id: text("id")?,
                name: text("name")?,
                group: text("group")?,
                organization: text("organization")?,
                workspace: text("workspace")?,
            };
            Ok(role.into())
        })
        .collect::<Checked<_>>()
        .map(Some)
}

fn organizations(fields: &mut Object) -> Checked<Option<Vec<OrganizationSelector>>> {
    let Some(items) = objects(fields, "organizations")? else {
        return Ok(None);
    };
    items
        .into_iter()
        .enumerate()
        .map(|(index, mut item)| {
            let at = format!("organizations[{index}]");
            names::check(&item, Place::Organization, &at)?;
            let organization = Organization {
                id: scalar(&mut item, "id", &format!("{at}.id"))?,
                name: scalar(&mut item, "name", &format!("{at}.name"))?,
            };
            requested::organization_selector(organization)
                .ok_or_else(|| Rejection::field(&at, format!("{at} needs an id or a name")))
        })
        .collect::<Checked<_>>()
        .map(Some)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{contract::types::RoleSelector, http_api::query};

    fn take(query: &str, body: Value) -> Checked<Parameters> {
        let Value::Object(body) = body else { panic!("{body}") };
        Parameters::take(
            query::parse(&format!("integrated_account_id=a{query}"), Place::Query)?,
            body,
        )
    }

    #[test]
    fn organizations_narrow_from_the_query_as_from_the_body() {
        for (query, body) in [
            ("&organizations[0][id]=A&roles[0][id]=r", json!({"id": "u"})),
            ("&organizations[][id]=A", json!({"id": "u", "roles": [{"id": "r"}]})),
            (
                "&organizations[0][id]=A",
                json!({"id": "u", "roles": [{"id": "r"}], "organizations": [{"id": "A"}]}),
            ),
        ] {
            let taken = take(query, body).unwrap().request;
            assert_eq!(
                taken.organizations,
                [OrganizationSelector::Id(String::from("A"))],
                "{query}"
            );
            assert_eq!(taken.roles[0].role, RoleSelector::Id(String::from("r")), "{query}");
        }
        let other = json!({"id": "u", "roles": [{"id": "r"}], "organizations": [{"id": "B"}]});
        assert_eq!(
            take("&organizations[0][id]=A", other).err().map(|error| error.status()),
            Some(400)
        );
    }

    #[test]
    fn an_empty_list_is_absent_also_beside_a_full_one() {
        let taken = take("&roles[0][id]=r", json!({"id": "u", "roles": []})).unwrap();
        assert_eq!(taken.request.roles[0].role, RoleSelector::Id(String::from("r")));
        assert!(take("", json!({"id": "u", "roles": [], "organizations": []})).is_err());
    }

    #[test]
    fn what_would_be_dropped_in_the_query_is_refused_there() {
        for query in [
            "&options[dry_run]=true",
            "&options[expect][email]=a@example.com",
            "&options[strict_scope]=true",
            "&options=x",
            "&Options[dry_run]=true",
            "&remote_data[x]=y",
            "&workspace=w",
        ] {
            let body = json!({"id": "u", "roles": [{"id": "r"}]});
            assert_eq!(
                take(query, body).err().map(|error| error.status()),
                Some(400),
                "{query}"
            );
        }
    }

    #[test]
    fn the_side_effects_that_exist_are_listed_to_who_asks_for_another() {
        let body = json!({"id": "u", "roles": [{"id": "r"}], "options": {"allow": ["leave_group"]}});
        let message = format!("{:?}", take("", body).err());
        assert!(
            message.contains("leave-group") && message.contains("last-administrator"),
            "{message}"
        );
    }

    /// A body with every field that there is.
    fn whole() -> Value {
        json!({
            "id": "u", "workspace_id": "w", "remote_data": {"note": {"x": 1}},
            "roles": [
                {"id": "r"},
                {"id": "r", "name": "R", "group": "g", "organization": "A", "workspace": "w"},
            ],
            "organizations": [{"id": "A", "name": "Org"}],
            "options": {
                "dry_run": true, "allow": ["leave-group"], "deadline_ms": 5_000, "strict_scope": true,
                "unknown_role": "absent", "acknowledged_at": "2026-01-31T09:30:00Z", "accept": ["unverified"],
                "expect": {"email": "a@example.com", "username": "a"},
            },
        })
    }

    /// The JSON pointers of all objects in which every name counts.
    fn objects_of(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                found.push(at.to_owned());
                for (name, inner) in fields.iter().filter(|(name, _)| *name != "remote_data") {
                    objects_of(inner, &format!("{at}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    objects_of(item, &format!("{at}/{index}"), found);
                }
            }
            _ => {}
        }
    }

    proptest! {
        /// Whatever the unknown name is and wherever it stands; known names of other places are among them.
        #[test]
        fn one_unknown_name_anywhere_refuses_the_whole_request(
            invented in "[a-z_]{0,6}|[dD]ry.?[rR]u?n|[ -~]{1,4}", elsewhere in 0_usize..40, is_invented: bool, at in 0_usize..20,
        ) {
            prop_assert!(take("", whole()).is_ok());
            let mut objects = Vec::new();
            objects_of(&whole(), "", &mut objects);
            prop_assert_eq!(objects.len(), 6);
            let pointer = &objects[at % objects.len()];
            let place = match pointer.split('/').collect::<Vec<_>>().as_slice() {
                [_] => Place::Body,
                [_, "options"] => Place::Options,
                [_, "options", _] => Place::Expect,
                [_, "roles", ..] => Place::Role,
                _ => Place::Organization,
            };
            let everywhere: Vec<&str> = [Place::Query, Place::Body, Place::Role, Place::Options, Place::Expect]
                .iter()
                .flat_map(|place| place.names().iter().copied())
                .collect();
            let mut name = if is_invented { invented } else { everywhere[elsewhere % everywhere.len()].to_owned() };
            if place.names().contains(&name.as_str()) {
                name.push('_');
            }
            let mut body = whole();
            body.pointer_mut(pointer).unwrap()[&name] = json!("x");
            let rejection = take("", body).err().map(|rejection| rejection.into_answer().body);
            let answer: Value = serde_json::from_slice(&rejection.unwrap()).unwrap();
            prop_assert_eq!(&answer["statusCode"], 400);
            prop_assert!(answer["field"].as_str().unwrap().ends_with(&name), "{}", answer);
        }
    }
}
