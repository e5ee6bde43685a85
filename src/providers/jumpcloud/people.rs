//! Who is meant: the system user, and the administrator behind it, in whichever way the request names them.

use serde_json::Value;

use crate::{
    client::QueryBuilder,
    error::{Error, FaultKind, ProviderFault},
    naming::same,
    provider::Context,
    reason::Reason,
};

use super::{
    config::Config,
    core::{self, Whole},
    documents::{Administrator, id_of},
};

/// One person: the system user and the administrator.
pub struct Person {
    /// `None` for an administrator whose system user cannot be told; there may be none.
    pub system_user: Option<Value>,
    pub administrator: Behind,
    /// Nothing but an equal e-mail address joins the two.
    pub by_email: bool,
}

/// The administrator behind a person.
pub enum Behind {
    /// The list of administrators, read to its end, has nobody who could be it.
    Nobody,
    One(Box<Known>),
    /// What JumpCloud shows does not say who it is, or what is held.
    Unclear {
        reason: Reason,
        message: String,
        document: Option<Value>,
        /// The roles that JumpCloud shows all the same: enough to be seen, not to be judged by.
        shown: Vec<String>,
    },
}

/// An administrator whose record tells its roles.
pub struct Known {
    pub document: Value,
    pub record: Administrator,
    pub names: Vec<String>,
}

/// Whom an earlier read of the same operation found: nobody else may take the place.
#[derive(Clone, Copy)]
pub struct Earlier<'a> {
    pub system_user: Option<&'a str>,
    pub administrator: Option<&'a str>,
}

impl Person {
    pub fn known(&self) -> Option<&Known> {
        match &self.administrator {
            Behind::One(known) => Some(known),
            Behind::Nobody | Behind::Unclear { .. } => None,
        }
    }

    /// The administrator's document, whatever can be made of it.
    pub fn administrator_document(&self) -> Option<&Value> {
        match &self.administrator {
            Behind::One(known) => Some(&known.document),
            Behind::Unclear { document, .. } => document.as_ref(),
            Behind::Nobody => None,
        }
    }

    pub fn administrator_id(&self) -> Option<String> {
        let linked = || match link(self.system_user.as_ref()?) {
            Link::To(id) => Some(id),
            Link::None | Link::Unreadable => None,
        };
        self.administrator_document().and_then(id_of).or_else(linked)
    }
}

/// The id to write to: a system user's, or that of an administrator whose system user cannot be told.
pub async fn find_user(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.ask.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    match with_email(config, cx, wanted).await?.as_slice() {
        [user] => Ok(id_of(user).ok_or_else(|| unreadable("a user without id"))?),
        [] => {
            let all = administrators(config, cx).await?;
            let mut same = all.into_iter().filter(|known| has_email(known, wanted));
            match (same.next(), same.next()) {
                (Some(administrator), None) => Ok(administrator.id),
                (None, _) => Err(not_found(wanted)),
                _ => Err(several(wanted)),
            }
        }
        _ => Err(several(wanted)),
    }
}

/// The person with this id, of a system user or of an administrator.
pub async fn person(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
    earlier: Option<Earlier<'_>>,
) -> Result<Person, Error> {
    let Some(earlier) = earlier else {
        return match system_user(config, cx, id).await? {
            Some(user) => Ok(of_system_user(config, cx, user, None).await?),
            None => match administrator_by_id(config, cx, id).await? {
                Some(document) => Ok(of_administrator(config, cx, document).await?),
                None => Err(not_found(id)),
            },
        };
    };
    if let Some(id) = earlier.system_user {
        let user = system_user(config, cx, id)
            .await?
            .ok_or_else(|| unreadable("the user that was there is not"))?;
        return Ok(of_system_user(config, cx, user, earlier.administrator).await?);
    }
    let administrator = match administrator_by_id(config, cx, id).await? {
        Some(document) => read_record(document)?,
        // Deleted, if the others are listed and this one is not.
        None => from_list(config, cx, None, Some(id)).await?,
    };
    Ok(Person {
        system_user: None,
        administrator,
        by_email: false,
    })
}

/// The administrator's document of an id, as it is now.
pub async fn administrator_by_id(config: &Config, cx: &Context<'_>, id: &str) -> Result<Option<Value>, ProviderFault> {
    core::find(config, cx, "/api/users", id, "the administrator").await
}

/// What an administrator's document says.
pub fn record(document: &Value) -> Result<Administrator, ProviderFault> {
    Administrator::of(document).ok_or_else(|| unreadable("an administrator that is not as documented"))
}

/// The administrators of the organization, all of them.
pub async fn administrators(config: &Config, cx: &Context<'_>) -> Result<Vec<Administrator>, ProviderFault> {
    let path = "/api/users?sort=_id";
    let rows: Vec<Value> = core::list(config, cx, path, Whole::Counted, "the administrators").await?;
    let all = rows.iter().map(record).collect::<Result<Vec<_>, _>>()?;
    let is_repeated = |(at, known): (usize, &Administrator)| all.iter().skip(at + 1).any(|other| other.id == known.id);
    if all.iter().enumerate().any(is_repeated) {
        // A list that moved while it was paged through misses one for every one that it shows twice.
        return Err(unreadable("a list of administrators with one of them twice"));
    }
    Ok(all)
}

async fn system_user(config: &Config, cx: &Context<'_>, id: &str) -> Result<Option<Value>, ProviderFault> {
    core::find(config, cx, "/api/systemusers", id, "the user").await
}

/// The administrator behind a system user: the one that is linked, else the one with the same e-mail address.
async fn of_system_user(
    config: &Config,
    cx: &Context<'_>,
    user: Value,
    earlier: Option<&str>,
) -> Result<Person, ProviderFault> {
    let (administrator, is_linked) = match link(&user) {
        // The one that was found before may still hold what this one does not.
        Link::To(id) if earlier.is_some_and(|earlier| !earlier.eq_ignore_ascii_case(&id)) => {
            let message = "the user is linked to another administrator than before";
            (unclear(message, None, None), true)
        }
        Link::To(id) => {
            let shown = user.get("admin").and_then(Administrator::of);
            (by_id(config, cx, &id, shown.as_ref()).await?, true)
        }
        Link::Unreadable => {
            let message = "JumpCloud links the user to an administrator that it does not name";
            (unclear(message, None, None), true)
        }
        // No link is no proof: the list of administrators, read to its end, is.
        Link::None => {
            let email = user.get("email").and_then(Value::as_str);
            (from_list(config, cx, email, earlier).await?, false)
        }
    };
    Ok(Person {
        by_email: !is_linked && matches!(administrator, Behind::One(_)),
        system_user: Some(user),
        administrator,
    })
}

/// The administrator, and the system user that it belongs to: linked to it, or linked to nobody and with the same e-mail address.
async fn of_administrator(config: &Config, cx: &Context<'_>, document: Value) -> Result<Person, ProviderFault> {
    let record = record(&document)?;
    let alone = Person {
        system_user: None,
        administrator: read_record(document)?,
        by_email: false,
    };
    let Some(email) = record.email.as_deref().filter(|email| !email.is_empty()) else {
        return Ok(alone);
    };
    let users = with_email(config, cx, email).await?;
    let [user] = users.as_slice() else {
        return Ok(alone);
    };
    // A row of the list may lack the link.
    let user = match id_of(user) {
        Some(id) => system_user(config, cx, &id).await?,
        None => None,
    };
    let is_linked = match user.as_ref().map(link) {
        Some(Link::To(id)) if id == record.id => true,
        Some(Link::None) => false,
        _ => return Ok(alone),
    };
    Ok(Person {
        system_user: user,
        by_email: !is_linked,
        ..alone
    })
}

/// The administrator that was found before, else the one with this e-mail address, in the list of all of them.
async fn from_list(
    config: &Config,
    cx: &Context<'_>,
    email: Option<&str>,
    earlier: Option<&str>,
) -> Result<Behind, ProviderFault> {
    let all = administrators(config, cx).await?;
    if all.is_empty() {
        let message = "JumpCloud shows no administrator at all, not even the account's own: it may not show everything (settings.org_id)";
        return Ok(unclear(message, None, None));
    }
    let found_before = earlier.and_then(|id| all.iter().find(|known| known.id.eq_ignore_ascii_case(id)));
    let same: Vec<&Administrator> = match (found_before, email) {
        (Some(known), _) => vec![known],
        (None, Some(email)) => all.iter().filter(|known| has_email(known, email)).collect(),
        (None, None) if earlier.is_some() => Vec::new(),
        (None, None) => {
            let message = "the user has neither a link to an administrator nor an e-mail address";
            return Ok(unclear(message, None, None));
        }
    };
    match same.as_slice() {
        [] => Ok(Behind::Nobody),
        [one] => by_id(config, cx, &one.id, Some(one)).await,
        several => Ok(Behind::Unclear {
            reason: Reason::Ambiguous,
            message: format!("{} administrators have the user's e-mail address", several.len()),
            document: None,
            shown: Vec::new(),
        }),
    }
}

/// An administrator that JumpCloud names: that it is not shown is no proof that it is not there.
async fn by_id(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
    shown: Option<&Administrator>,
) -> Result<Behind, ProviderFault> {
    let Some(document) = administrator_by_id(config, cx, id).await? else {
        let message = format!("JumpCloud names the administrator {id} and does not show it");
        return Ok(unclear(&message, None, shown));
    };
    read_record(document)
}

fn read_record(document: Value) -> Result<Behind, ProviderFault> {
    let record = record(&document)?;
    Ok(match record.names() {
        Ok(names) => Behind::One(Box::new(Known {
            document,
            record,
            names,
        })),
        Err(why) => unclear(why, Some(document), Some(&record)),
    })
}

fn unclear(message: &str, document: Option<Value>, shown: Option<&Administrator>) -> Behind {
    Behind::Unclear {
        reason: Reason::NotVisible,
        message: message.to_owned(),
        document,
        shown: shown.map(Administrator::shown_names).unwrap_or_default(),
    }
}

/// What a system user's document says of the administrator.
enum Link {
    None,
    To(String),
    Unreadable,
}

fn link(user: &Value) -> Link {
    match user.get("admin") {
        None | Some(Value::Null) => Link::None,
        Some(link) => id_of(link).map_or(Link::Unreadable, Link::To),
    }
}

/// The system users with this e-mail address. The filter may regard case: what it lets through is compared here, and a lower-case
/// spelling is asked for besides.
async fn with_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Vec<Value>, ProviderFault> {
    let lower = email.to_lowercase();
    let mut found: Vec<Value> = Vec::new();
    for spelling in [email, &lower].into_iter().take(if lower == email { 1 } else { 2 }) {
        let path = QueryBuilder::new()
            .pair("filter", &format!("email:$eq:{spelling}"))
            .on("/api/systemusers");
        let rows: Vec<Value> = core::list(config, cx, &path, Whole::Counted, "the user by e-mail").await?;
        for row in rows {
            let known = row.get("email").and_then(Value::as_str);
            let is_same = known.is_some_and(|known| same(known, email));
            if is_same && !found.iter().any(|other| id_of(other) == id_of(&row)) {
                found.push(row);
            }
        }
    }
    Ok(found)
}

fn has_email(administrator: &Administrator, email: &str) -> bool {
    administrator.email.as_deref().is_some_and(|known| same(known, email))
}

fn not_found(text: &str) -> Error {
    Error::UserNotFound {
        message: format!("JumpCloud knows no user and no administrator `{text}`"),
    }
}

fn several(text: &str) -> Error {
    Error::Refused {
        reason: Reason::Ambiguous,
        message: format!("JumpCloud knows several of `{text}`; use the id"),
    }
}

fn unreadable(what: &str) -> ProviderFault {
    ProviderFault::new(
        FaultKind::BadAnswer,
        format!("JumpCloud's answer is not as expected: {what}"),
    )
}
