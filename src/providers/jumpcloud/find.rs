//! Finds the user: the system user, and the administrator who is the same person. The request may name either of them.

mod addresses;
mod candidate;
mod listed;

use std::{rc::Rc, time::Duration};

use futures_util::future;
use serde_json::Value;

use crate::{
    client::Backoff,
    contract::reason::Reason,
    error::{Error, FaultKind, ProviderFault},
    provider::Context,
};

use super::{
    config::Config,
    core::{self, List},
    documents::{Administrator, AdministratorLink, Listed, RecordedRoles, address_of, id_of, raw},
};

pub use self::{addresses::administrators, candidate::Candidate};

use self::addresses::{gap_of_addresses, has_email, is_one_address, with_email};

/// One person: the system user and the administrator.
pub struct Person {
    /// `None` for an administrator whose system user cannot be told; there may be none.
    pub system_user: Option<Value>,
    pub administrator: Administration,
    /// Nothing but an equal e-mail address joins the two.
    pub by_email: bool,
    /// A role is shown elsewhere that the administrator's record lacks.
    is_contradicted: bool,
    /// There is, or may be, another record of the person, whose id cannot be told.
    pub hides_record: bool,
    /// Those of whom JumpCloud shows too little to tell whether they are this person: for guards only.
    pub may_be: Vec<Candidate>,
    /// The organization's administrators, where they were read to tell who it is.
    pub listed: Option<Rc<List<Administrator>>>,
}

/// What is known of a person as an administrator.
pub enum Administration {
    /// The list of administrators, read to its end, has nobody who could be it.
    None,
    Known(Box<Known>),
    /// What JumpCloud shows does not say who it is, or what is held.
    Unclear(Box<Unclear>),
}

/// An administrator whose record tells its roles.
pub struct Known {
    pub document: Value,
    pub record: Administrator,
}

/// An administrator of whom too little is told.
#[derive(Default)]
pub struct Unclear {
    /// `None`: it is not visible.
    pub reason: Option<Reason>,
    pub message: String,
    pub document: Option<Value>,
    /// The roles that JumpCloud shows all the same: enough to be seen, not to be judged by.
    pub visible_roles: RecordedRoles,
}

/// Whom an earlier read of the same operation found: nobody else may take the place.
#[derive(Clone, Copy, Default)]
pub struct Earlier<'a> {
    pub system_user: Option<&'a str>,
    pub administrator: Option<&'a str>,
    /// The administrator was found in the list of them.
    pub by_email: bool,
}

/// What a later read of a person reads at once, since the first one told the ids.
#[derive(Default)]
struct Ahead {
    record: Option<Result<Option<Value>, ProviderFault>>,
    listed: Option<Result<List<Administrator>, ProviderFault>>,
}

impl From<Administration> for Person {
    /// Without a system user.
    fn from(administrator: Administration) -> Self {
        Self {
            system_user: None,
            administrator,
            by_email: false,
            is_contradicted: false,
            hides_record: false,
            may_be: Vec::new(),
            listed: None,
        }
    }
}

impl Person {
    pub fn known(&self) -> Option<&Known> {
        match &self.administrator {
            Administration::Known(known) => Some(known),
            Administration::None | Administration::Unclear(_) => None,
        }
    }

    /// The administrator's document, also if it does not tell the roles.
    pub fn administrator_document(&self) -> Option<&Value> {
        match &self.administrator {
            Administration::Known(known) => Some(&known.document),
            Administration::Unclear(unclear) => unclear.document.as_ref(),
            Administration::None => None,
        }
    }

    /// Whether the user is linked to an administrator whose record is not shown.
    pub fn hides_administrator(&self) -> bool {
        let link = self.system_user.as_ref().map(AdministratorLink::of);
        self.administrator_document().is_none() && link.is_some_and(|link| link != AdministratorLink::None)
    }

    pub fn administrator_id(&self) -> Option<String> {
        let linked = || match AdministratorLink::of(self.system_user.as_ref()?) {
            AdministratorLink::To(linked) => Some(linked.id),
            AdministratorLink::None | AdministratorLink::Unreadable(_) => None,
        };
        self.administrator_document().and_then(id_of).or_else(linked)
    }

    /// Whether an administrator's record, as it is now, is still this person's: it shows the address that joined the two.
    pub fn is_still(&self, record: &Administrator) -> bool {
        let email = self.system_user.as_ref().and_then(address_of);
        !self.by_email || is_one_address(email, record.email.as_deref())
    }

    /// Whether the administrator's record lacks a role that is shown elsewhere.
    fn lacks_a_role_of(&self, elsewhere: &RecordedRoles) -> bool {
        self.known()
            .is_some_and(|known| !elsewhere.are_among(&known.record.roles))
    }

    /// The same person, who may have another record.
    fn with_hidden_record(self) -> Self {
        Self {
            hides_record: true,
            ..self
        }
    }

    /// The same person, whose administrator's record cannot be relied on.
    pub fn distrusted(self, message: String) -> Self {
        let administrator = match self.administrator {
            Administration::Known(known) => Administration::Unclear(Box::new(Unclear {
                reason: None,
                message,
                visible_roles: known.record.roles,
                document: Some(known.document),
            })),
            other => other,
        };
        Self { administrator, ..self }
    }
}

/// The id to write to: a system user's, or that of an administrator whose system user cannot be told.
pub async fn find_user(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.request.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let users = with_email(config, cx, wanted).await?;
    match (users.ids.as_slice(), users.gap) {
        ([user], None) => Ok(user.clone()),
        ([], None) => only_administrator(config, cx, wanted).await,
        ([], Some(gap)) => Err(unreadable(&gap).into()),
        ([_], Some(gap)) => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!(
                "whether another user has the e-mail address `{wanted}` cannot be told; use the id: {gap}"
            ),
        }),
        _ => Err(several(wanted)),
    }
}

/// Holds the document of an id that a search found against the address that was searched for: the list may show what was true before.
fn check_address(cx: &Context<'_>, id: &str, person: &Person) -> Result<(), Error> {
    let wanted = &cx.request.user;
    let documents = [person.system_user.as_ref(), person.administrator_document()];
    let is_found = |document: &&Value| id_of(document).is_some_and(|own| own.eq_ignore_ascii_case(id));
    let found = documents.into_iter().flatten().find(is_found);
    if !wanted.contains('@') || found.is_none_or(|document| is_one_address(address_of(document), Some(wanted))) {
        return Ok(());
    }
    Err(Error::Refused {
        reason: Reason::NotExpected,
        message: format!("the record that JumpCloud finds by `{wanted}` does not show that e-mail address; use the id"),
    })
}

/// The only administrator with this e-mail address.
async fn only_administrator(config: &Config, cx: &Context<'_>, wanted: &str) -> Result<String, Error> {
    let all = administrators(config, cx).await?;
    let mut same = all.rows.iter().filter(|known| has_email(known, wanted));
    match (same.next(), same.next(), gap_of_addresses(&all)) {
        (Some(administrator), None, None) => Ok(administrator.id.clone()),
        (None, _, None) => Err(not_found(wanted)),
        (None, _, Some(gap)) => Err(unreadable(&gap).into()),
        (Some(_), None, Some(gap)) => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!(
                "whether another administrator has the e-mail address `{wanted}` cannot be told; use the id: {gap}"
            ),
        }),
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
    let person = settled(config, cx, id, earlier).await?;
    // A later read goes by the ids that the first one found: the address may change meanwhile.
    if earlier.is_none() {
        check_address(cx, id, &person)?;
    }
    Ok(person)
}

/// A person whose records do not contradict each other, or are not relied on.
async fn settled(config: &Config, cx: &Context<'_>, id: &str, earlier: Option<Earlier<'_>>) -> Result<Person, Error> {
    let mut person = person_once(config, cx, id, earlier).await?;
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(1));
    // The roles may have changed between two reads.
    for _ in 0..MOST_REREADS {
        if !person.is_contradicted {
            return Ok(person);
        }
        let transport = cx.client.transport();
        transport.sleep(backoff.wait(transport.random())).await;
        person = person_once(config, cx, id, earlier).await?;
    }
    if person.is_contradicted {
        let message = "JumpCloud shows a role of the administrator elsewhere that the administrator's record lacks";
        return Ok(person.distrusted(message.to_owned()));
    }
    Ok(person)
}

/// How often records that contradict each other are read again.
const MOST_REREADS: u32 = 3;

async fn person_once(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
    earlier: Option<Earlier<'_>>,
) -> Result<Person, Error> {
    let Some(earlier) = earlier else {
        return match system_user(config, cx, id).await? {
            Some(user) => Ok(of_system_user(config, cx, user, None, Ahead::default()).await?),
            None => match administrator_by_id(config, cx, id).await? {
                Some(document) => Ok(of_administrator(config, cx, document).await?),
                None => Err(not_found(id)),
            },
        };
    };
    if let Some(id) = earlier.system_user {
        let (user, ahead) = future::join(system_user(config, cx, id), Ahead::read(config, cx, earlier)).await;
        let user = user?.ok_or_else(|| unreadable("the user that was there is not"))?;
        return Ok(of_system_user(config, cx, user, earlier.administrator, ahead).await?);
    }
    match administrator_by_id(config, cx, id).await? {
        Some(document) => Ok(read_record(document)?.into()),
        // Deleted, if the others are listed and this one is not.
        None => {
            let ahead = Ahead {
                record: Some(Ok(None)),
                listed: None,
            };
            Ok(listed::find(config, cx, None, Some(id), ahead).await?)
        }
    }
}

impl Ahead {
    /// The record of the administrator that was found before, and the list where it was found. What contradicts the system user is
    /// read again.
    async fn read(config: &Config, cx: &Context<'_>, earlier: Earlier<'_>) -> Self {
        let record = async {
            match earlier.administrator {
                Some(id) => Some(administrator_by_id(config, cx, id).await),
                None => None,
            }
        };
        let listed = async {
            if earlier.by_email || earlier.administrator.is_none() {
                Some(administrators(config, cx).await)
            } else {
                None
            }
        };
        let (record, listed) = future::join(record, listed).await;
        Self { record, listed }
    }
}

/// The administrator's document of an id, as it is now.
pub async fn administrator_by_id(config: &Config, cx: &Context<'_>, id: &str) -> Result<Option<Value>, ProviderFault> {
    core::find(config, cx, "/api/users", id, "the administrator").await
}

/// What an administrator's document says.
pub fn record(document: &Value) -> Result<Administrator, ProviderFault> {
    Administrator::of(&raw(document)).ok_or_else(|| unreadable("an administrator that is not as documented"))
}

async fn system_user(config: &Config, cx: &Context<'_>, id: &str) -> Result<Option<Value>, ProviderFault> {
    core::find(config, cx, "/api/systemusers", id, "the user").await
}

/// The system user and its administrator: the one that is linked, else the one with the same e-mail address.
async fn of_system_user(
    config: &Config,
    cx: &Context<'_>,
    user: Value,
    earlier: Option<&str>,
    ahead: Ahead,
) -> Result<Person, ProviderFault> {
    let person = match AdministratorLink::of(&user) {
        // The one that was found before may still hold what this one does not.
        AdministratorLink::To(linked) if earlier.is_some_and(|earlier| !earlier.eq_ignore_ascii_case(&linked.id)) => {
            let message = "the user is linked to another administrator than before";
            unclear(message, None, Some(&linked.roles)).into()
        }
        AdministratorLink::To(linked) => by_id(config, cx, &linked.id, &linked.roles, ahead.record).await?,
        AdministratorLink::Unreadable(roles) => {
            let message = "JumpCloud links the user to an administrator that it does not name";
            let person = unclear(message, None, Some(&roles)).into();
            listed::with_listed(config, cx, person, address_of(&user), ahead).await
        }
        // No link is no proof: the list of administrators, read to its end, is.
        AdministratorLink::None => {
            let person = listed::find(config, cx, address_of(&user), earlier, ahead).await?;
            listed::joined(person, address_of(&user))
        }
    };
    Ok(Person {
        system_user: Some(user),
        ..person
    })
}

/// The administrator, and the system user that it belongs to: linked to it, or linked to nobody and with the same e-mail address.
async fn of_administrator(config: &Config, cx: &Context<'_>, document: Value) -> Result<Person, ProviderFault> {
    let record = record(&document)?;
    let without_user: Person = read_record(document)?.into();
    let Some(email) = &record.email else {
        return Ok(without_user.with_hidden_record());
    };
    let users = with_email(config, cx, email).await?;
    let id = match (users.ids.as_slice(), users.gap) {
        ([id], None) => id,
        ([], None) => return Ok(without_user),
        _ => return Ok(without_user.with_hidden_record()),
    };
    // A row of the list may lack the link.
    let user = system_user(config, cx, id).await?;
    let linked = match user.as_ref().map(AdministratorLink::of) {
        Some(AdministratorLink::To(linked)) if linked.id.eq_ignore_ascii_case(&record.id) => Some(linked),
        // The list may show an address that was the user's before.
        Some(AdministratorLink::None) if is_one_address(user.as_ref().and_then(address_of), Some(email)) => None,
        _ => {
            return Ok(Person {
                may_be: user.iter().filter_map(Candidate::joined).collect(),
                ..without_user.with_hidden_record()
            });
        }
    };
    let shown = linked.as_ref().map(|linked| &linked.roles);
    Ok(Person {
        system_user: user,
        by_email: linked.is_none(),
        is_contradicted: shown.is_some_and(|shown| without_user.lacks_a_role_of(shown)),
        ..without_user
    })
}

/// An administrator that JumpCloud names, and its roles as they are shown there: that it is not shown is no proof that it is not
/// there.
async fn by_id(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
    elsewhere: &RecordedRoles,
    record: Option<Result<Option<Value>, ProviderFault>>,
) -> Result<Person, ProviderFault> {
    let record = match record {
        Some(record) => record?,
        None => administrator_by_id(config, cx, id).await?,
    };
    let Some(document) = record else {
        let message = format!("JumpCloud names the administrator {id} and does not show it");
        return Ok(unclear(&message, None, Some(elsewhere)).into());
    };
    let person: Person = read_record(document)?.into();
    Ok(Person {
        is_contradicted: person.lacks_a_role_of(elsewhere),
        ..person
    })
}

fn read_record(document: Value) -> Result<Administration, ProviderFault> {
    let record = record(&document)?;
    if let Some(why) = record.roles.fault {
        return Ok(unclear(why, Some(document), Some(&record.roles)));
    }
    Ok(Administration::Known(Box::new(Known { document, record })))
}

fn unclear(message: &str, document: Option<Value>, visible_roles: Option<&RecordedRoles>) -> Administration {
    Administration::Unclear(Box::new(Unclear {
        message: message.to_owned(),
        document,
        visible_roles: visible_roles.cloned().unwrap_or_default(),
        ..Unclear::default()
    }))
}

fn not_found(text: &str) -> Error {
    Error::UserNotFound {
        answer: None,
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
