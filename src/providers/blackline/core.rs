//! BlackLine's requests and what their answers say.

use serde_json::Value;

use crate::{
    client::{Answer, Call},
    error::{Error, FaultKind, ProviderFault},
    naming::same,
    provider::Context,
    reason::Reason,
};

use super::{
    config::Config,
    list::{self, List, Rows},
    paths::Paths,
    session::{Effort, send},
};

/// The one page size that a source shows, and it shows it for the list of users alone.
const USERS_PAGE: usize = 10_000;

/// The roles that BlackLine lists: id and name.
#[derive(Clone)]
pub struct Directory {
    pub roles: Vec<(String, Option<String>)>,
    /// Why there may be more of them.
    pub doubt: Option<String>,
}

/// A role in a product, as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub role_id: String,
    pub role_name: Option<String>,
    pub product_id: String,
    pub product_name: Option<String>,
}

impl Pair {
    /// Whether both are the same role in the same product.
    pub fn is_same(&self, other: &Self) -> bool {
        self.role_id == other.role_id && self.product_id == other.product_id
    }
}

/// The pairs of a user, and the spelling of the path that answered.
pub struct Pairs {
    pub rows: Vec<Value>,
    pub pairs: Vec<Pair>,
    pub path: String,
    /// Why there may be more of them.
    pub doubt: Option<String>,
}

/// The user's own document.
pub async fn user(config: &Config, cx: &Context<'_>, id: &str) -> Result<Value, Error> {
    let url = config.base.join(&Paths::of_user(&config.paths.user, id));
    let answer = send(config, cx, &Call::get(url), Effort::Full).await?;
    // Reading one user is ordinary REST, and no source shows it: the search is what is shown. So a 404 may be the path's.
    if matches!(answer.status, 404 | 405) {
        return user_by_search(config, cx, id).await;
    }
    let user = list::document(config, cx, &answer, "the user")?;
    if is_user(&user, id) {
        Ok(user)
    } else {
        Err(answer
            .fault(FaultKind::BadAnswer, "BlackLine answered with another user")
            .into())
    }
}

/// That there is no such user is said by a search without a row, and by nothing else: not by one that failed, and not by one that
/// shows other users, which may have been cut off.
async fn user_by_search(config: &Config, cx: &Context<'_>, id: &str) -> Result<Value, Error> {
    let Rows { rows, .. } = search(config, cx, &format!("id eq {id}")).await?;
    let is_empty = rows.is_empty();
    match rows.into_iter().find(|user| is_user(user, id)) {
        Some(user) => Ok(user),
        None if is_empty => Err(Error::UserNotFound {
            message: format!("BlackLine knows no user with the id `{id}`"),
        }),
        None => Err(unreadable("the search for a user shows other users").into()),
    }
}

fn is_user(user: &Value, id: &str) -> bool {
    text(user.get("id")).as_deref() == Some(id)
}

/// The ids of the users with an e-mail address. Quotes are doubled, as OData escapes them.
pub async fn users_by_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Vec<String>, Error> {
    let Rows { rows: users, doubt } = search(config, cx, &format!("email eq '{}'", email.replace('\'', "''"))).await?;
    let has_email = |user: &Value| text(user.get("email")).is_some_and(|known| same(&known, email));
    // A filter that was not applied says nothing about who is not among the rows.
    if !users.iter().all(has_email) {
        return Err(unreadable("the search for an e-mail address shows other users").into());
    }
    if let Some(message) = doubt {
        let reason = Reason::NotVisible;
        return Err(Error::Refused { reason, message });
    }
    users
        .iter()
        .map(|user| text(user.get("id")).ok_or_else(|| unreadable("a user without id").into()))
        .collect()
}

async fn search(config: &Config, cx: &Context<'_>, filter: &str) -> Result<Rows, ProviderFault> {
    let users = List {
        filter: Some(filter),
        page_size: Some(config.page_size.unwrap_or(USERS_PAGE)),
        ..List::new(config, "users", &config.paths.user_search)
    };
    list::rows(config, cx, users).await
}

/// The directory of roles.
pub async fn roles(config: &Config, cx: &Context<'_>) -> Result<Directory, ProviderFault> {
    let Rows { rows, doubt } = list::rows(config, cx, List::new(config, "roles", &config.paths.roles)).await?;
    let role = |row: &Value| {
        let id = text(row.get("id")).ok_or_else(|| unreadable("a role without id"))?;
        Ok((id, text(row.get("name"))))
    };
    let roles = rows.iter().map(role).collect::<Result<_, ProviderFault>>()?;
    Ok(Directory { roles, doubt })
}

/// Id and name of what the user belongs to; `None` where the path is switched off, or cannot be read at once: it decides nothing.
pub async fn memberships(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    id: &str,
) -> Option<Vec<(String, Option<String>)>> {
    if path.is_empty() {
        return None;
    }
    let path = Paths::of_user(path, id);
    let memberships = List {
        effort: Effort::Single,
        ..List::new(config, "what the user belongs to", &path)
    };
    let Rows { rows, .. } = list::rows(config, cx, memberships).await.ok()?;
    rows.iter()
        .map(|row| Some((text(row.get("id"))?, text(row.get("name")))))
        .collect()
}

/// The user's pairs, by the first spelling of the path that exists. A wrong spelling answers 404 or 405; the user is known to exist.
/// `longest`: of these lists so far.
pub async fn pairs(config: &Config, cx: &Context<'_>, id: &str, longest: usize) -> Result<Pairs, ProviderFault> {
    let mut last = None;
    for spelling in &config.paths.user_roles {
        let path = Paths::of_user(spelling, id);
        let pairs = List {
            longest,
            ..List::new(config, "the user's roles", &path)
        };
        match list::rows(config, cx, pairs).await {
            Ok(Rows { rows, doubt }) => {
                let pairs = rows.iter().map(|row| pair(config, row)).collect::<Result<_, _>>()?;
                return Ok(Pairs {
                    rows,
                    pairs,
                    path,
                    doubt,
                });
            }
            Err(fault)
                if fault
                    .answer
                    .as_ref()
                    .is_some_and(|answer| matches!(answer.status, 404 | 405)) =>
            {
                last = Some(fault);
            }
            Err(fault) => return Err(fault),
        }
    }
    Err(last.map_or_else(
        || unreadable("no path"),
        |fault| ProviderFault {
            kind: FaultKind::BadAnswer,
            message: String::from("none of settings.paths.user_roles exists at this BlackLine"),
            ..fault
        },
    ))
}

/// A fault with what BlackLine says.
pub fn fault(config: &Config, cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    cx.client.fault(
        answer,
        kind,
        format!("{what} ({}): {}", answer.status, said(config, answer)),
    )
}

/// Whether an answer of 2xx carries the code of an error.
pub fn says_error(config: &Config, answer: &Answer) -> bool {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.is_object()
        && config
            .fields
            .error_code
            .iter()
            .any(|pointer| text(body.pointer(pointer)).is_some_and(|code| code != "0"))
}

/// The shape of errors is not confirmed: the common keys, else the text.
pub fn said(config: &Config, answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    config
        .fields
        .error_message
        .iter()
        .chain(&config.fields.error_code)
        .find_map(|pointer| text(body.pointer(pointer)))
        .unwrap_or_else(|| answer.excerpt())
}

/// Gives pairs without a role's name the one that another pair of that role has, or the directory.
pub fn fill_names(pairs: &mut [Pair], directory: Option<&Directory>) {
    let mut names: Vec<(String, String)> = Vec::new();
    let of_rows = pairs.iter().map(|pair| (&pair.role_id, &pair.role_name));
    let listed = directory.into_iter().flat_map(|directory| &directory.roles);
    for (id, name) in of_rows.chain(listed.map(|(id, name)| (id, name))) {
        names.extend(name.clone().map(|name| (id.clone(), name)));
    }
    for pair in pairs.iter_mut().filter(|pair| pair.role_name.is_none()) {
        let known = names.iter().find(|(id, _)| *id == pair.role_id);
        pair.role_name = known.map(|(_, name)| name.clone());
    }
}

fn pair(config: &Config, row: &Value) -> Result<Pair, ProviderFault> {
    let first = |pointers: &[String]| pointers.iter().find_map(|pointer| text(row.pointer(pointer)));
    // A row that cannot be read is no row that is absent.
    Ok(Pair {
        role_id: first(&config.fields.role_id)
            .ok_or_else(|| unreadable("a row without role id (settings.fields.role_id)"))?,
        role_name: first(&config.fields.role_name),
        product_id: first(&config.fields.product_id)
            .ok_or_else(|| unreadable("a row without product id (settings.fields.product_id)"))?,
        product_name: first(&config.fields.product_name),
    })
}

/// A text, or a number as text.
pub fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn unreadable(what: &str) -> ProviderFault {
    ProviderFault::new(
        FaultKind::BadAnswer,
        format!("BlackLine's answer is not as expected: {what}"),
    )
}
