//! The list of administrators: who in it is the user, or may be.

use std::rc::Rc;

use serde_json::Value;

use crate::{contract::reason::Reason, error::ProviderFault, provider::Context};

use super::{
    super::{
        config::Config,
        core::List,
        documents::{Administrator, address_of},
    },
    Administration, Ahead, Candidate, Person, Unclear,
    addresses::{administrators, gap_of_addresses, has_email, is_one_address},
    administrator_by_id, by_id, unclear,
};

/// The administrator that was found before, else the only one with this e-mail address, in the list of all of them.
pub async fn find(
    config: &Config,
    cx: &Context<'_>,
    email: Option<&str>,
    earlier: Option<&str>,
    ahead: Ahead,
) -> Result<Person, ProviderFault> {
    let all = listed(config, cx, ahead.listed).await?;
    let person = listed_as(config, cx, &all, email, earlier, ahead.record).await?;
    Ok(Person {
        listed: Some(Rc::new(all)),
        ..person
    })
}

/// The organization's administrators: what was read at once, or a read.
async fn listed(
    config: &Config,
    cx: &Context<'_>,
    ahead: Option<Result<List<Administrator>, ProviderFault>>,
) -> Result<List<Administrator>, ProviderFault> {
    match ahead {
        Some(listed) => listed,
        None => administrators(config, cx).await,
    }
}

async fn listed_as(
    config: &Config,
    cx: &Context<'_>,
    all: &List<Administrator>,
    email: Option<&str>,
    earlier: Option<&str>,
    record: Option<Result<Option<Value>, ProviderFault>>,
) -> Result<Person, ProviderFault> {
    if all.rows.is_empty() {
        let message = "JumpCloud shows no administrator at all, not even the account's own: it may not show everything (settings.org_id)";
        let person = unclear(message, None, None).into();
        return Ok(with_candidates(with_hidden_rows(person, all), all, email));
    }
    if let Some(earlier) = earlier
        && let Some(known) = all.rows.iter().find(|known| known.id.eq_ignore_ascii_case(earlier))
    {
        // That it was not shown is asked again: the list shows it.
        let record = record.filter(|record| matches!(record, Ok(Some(_))));
        return by_id(config, cx, &known.id, &known.roles, record).await;
    }
    let same: Vec<&Administrator> = match email {
        Some(email) => all.rows.iter().filter(|known| has_email(known, email)).collect(),
        None if earlier.is_some() => Vec::new(),
        None => {
            let message = "the user has neither a link to an administrator nor an e-mail address";
            let person = unclear(message, None, None).into();
            return Ok(with_candidates(with_hidden_rows(person, all), all, email));
        }
    };
    let gap = if email.is_some() {
        gap_of_addresses(all)
    } else {
        all.gap("administrators")
    };
    let person: Person = match (same.as_slice(), gap) {
        ([], None) => match gone(config, cx, earlier, record).await? {
            None => Administration::None.into(),
            Some(document) => {
                let message =
                    "the list of administrators lacks the one that was found before, and the record is still there";
                unclear(message, Some(document), None).into()
            }
        },
        ([], Some(gap)) => unclear(&gap, None, None).into(),
        ([one], _) if earlier.is_some() => {
            let message = "another administrator than before has the user's e-mail address";
            unclear(message, None, Some(&one.roles)).into()
        }
        ([one], None) => by_id(config, cx, &one.id, &one.roles, None).await?,
        ([one], Some(gap)) => {
            let message = format!("whether another administrator has the user's e-mail address cannot be told: {gap}");
            unclear(&message, None, Some(&one.roles)).into()
        }
        (several, _) => {
            let unclear = Unclear {
                reason: Some(Reason::Ambiguous),
                message: format!("{} administrators have the user's e-mail address", several.len()),
                ..Unclear::default()
            };
            Administration::Unclear(Box::new(unclear)).into()
        }
    };
    let person = if earlier.is_none() {
        with_hidden_rows(person, all)
    } else {
        person
    };
    Ok(with_candidates(person, all, email))
}

/// A person whose administrator nothing but an e-mail address tells: the list may show one that was true before, so that the two
/// documents themselves have to show the same. Of a list that does not say what they say, any row may be the user's.
pub fn joined(person: Person, email: Option<&str>) -> Person {
    let Some(document) = person.administrator_document() else {
        return person;
    };
    if is_one_address(email, address_of(document)) {
        return Person {
            by_email: person.known().is_some(),
            ..person
        };
    }
    let rows = person
        .listed
        .iter()
        .flat_map(|all| all.rows.iter().chain(&all.contradicted));
    let may_be = rows.map(Candidate::listed).chain(Candidate::joined(document)).collect();
    let unclear = Unclear {
        message: String::from(
            "the user and the administrator that the list joins by e-mail do not both show the same address",
        ),
        ..Unclear::default()
    };
    Person {
        administrator: Administration::Unclear(Box::new(unclear)),
        is_contradicted: false,
        may_be,
        ..person
    }
}

/// A person of whom the list of administrators does not say who it is, and who may be in a row that it does not show.
fn with_hidden_rows(person: Person, all: &List<Administrator>) -> Person {
    let is_unclear = matches!(person.administrator, Administration::Unclear(_));
    if is_unclear && all.gap("administrators").is_some() {
        person.with_hidden_record()
    } else {
        person
    }
}

/// The record of an administrator who was found before and whom the list shows no more; `None` if it is gone, too.
async fn gone(
    config: &Config,
    cx: &Context<'_>,
    earlier: Option<&str>,
    record: Option<Result<Option<Value>, ProviderFault>>,
) -> Result<Option<Value>, ProviderFault> {
    match (earlier, record) {
        (None, _) => Ok(None),
        (Some(_), Some(record)) => record,
        (Some(id), None) => administrator_by_id(config, cx, id).await,
    }
}

/// A person of whom the list of administrators does not say who it is, with all who may be it.
fn with_candidates(mut person: Person, all: &List<Administrator>, email: Option<&str>) -> Person {
    if matches!(person.administrator, Administration::Unclear(_)) {
        let may_be =
            |known: &&Administrator| known.email.is_none() || email.is_none_or(|email| has_email(known, email));
        let rows = all.rows.iter().chain(&all.contradicted);
        person.may_be = rows.filter(may_be).map(Candidate::listed).collect();
    }
    person
}

/// A person with an administrator's record that cannot be told: the list of administrators says who it may be. It only guards, so a
/// list that cannot be read ends nothing.
pub async fn with_listed(
    config: &Config,
    cx: &Context<'_>,
    person: Person,
    email: Option<&str>,
    ahead: Ahead,
) -> Person {
    let person = person.with_hidden_record();
    match listed(config, cx, ahead.listed).await {
        Ok(all) => {
            let person = with_candidates(person, &all, email);
            Person {
                listed: Some(Rc::new(all)),
                ..person
            }
        }
        Err(_) => person,
    }
}
