//! Slack's documents. Nearly every answer is 200, and `ok` tells whether the method did what it was asked for.
//!
//! Source: docs.slack.dev (as kept in `slack-ruby/slack-api-ref`) and the recorded shapes of `slackapi/java-slack-sdk`.

use serde_json::{Value, value::RawValue};

use crate::client::lenient::{Fields, Flag, Id, Number, Row, Rows, Text, Word, document};

/// A document as it came.
pub type Raw = Box<RawValue>;

/// What every answer has besides its document.
#[derive(Default)]
pub struct Envelope {
    pub ok: Flag,
    pub error: Text,
    /// Of `missing_scope`: a comma list.
    pub needed: Text,
}

document! { Envelope: ok, error, needed }

/// `users.info` and `users.lookupByEmail`.
pub struct Info {
    pub user: Row<Raw>,
}

document! { Info: user }

#[derive(Clone, Debug, Default)]
pub struct User {
    pub id: Id,
    pub team_id: Id,
    pub enterprise_id: Id,
    pub name: Text,
    pub real_name: Text,
    pub deleted: Flag,
    pub is_invited_user: Flag,
    pub is_email_confirmed: Flag,
    pub has_2fa: Flag,
    pub is_primary_owner: Flag,
    pub is_owner: Flag,
    pub is_admin: Flag,
    pub is_restricted: Flag,
    pub is_ultra_restricted: Flag,
    pub is_bot: Flag,
    pub is_workflow_bot: Flag,
    pub tz: Text,
    pub locale: Text,
    /// Unix time in seconds.
    pub updated: Number,
    pub teams: Rows<Id>,
    pub profile: Row<Profile>,
    pub enterprise_user: Row<EnterpriseUser>,
}

document! {
    User:
        id, team_id, enterprise_id, name, real_name, deleted, is_invited_user, is_email_confirmed, has_2fa, is_primary_owner,
        is_owner, is_admin, is_restricted, is_ultra_restricted, is_bot, is_workflow_bot, tz, locale, updated, teams, profile,
        enterprise_user,
}

/// The user in the organization.
#[derive(Clone, Debug)]
pub struct EnterpriseUser {
    pub id: Id,
    pub enterprise_id: Id,
    pub enterprise_name: Text,
    pub teams: Rows<Id>,
    pub is_primary_owner: Flag,
    pub is_owner: Flag,
    pub is_admin: Flag,
}

document! { EnterpriseUser: id, enterprise_id, enterprise_name, teams, is_primary_owner, is_owner, is_admin }

#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub first_name: Text,
    pub last_name: Text,
    pub real_name: Text,
    /// Missing without the scope `users:read.email`.
    pub email: Text,
    pub phone: Text,
    pub title: Text,
    pub image_original: Text,
    pub image_512: Text,
    pub image_192: Text,
    pub image_72: Text,
    pub image_48: Text,
    pub image_32: Text,
    pub image_24: Text,
}

document! {
    Profile:
        first_name, last_name, real_name, email, phone, title, image_original, image_512, image_192, image_72, image_48, image_32,
        image_24,
}

/// A page of a list. The examples have the cursor in `response_metadata`, the schema of `admin.roles.listAssignments` at the top.
pub struct Page {
    pub role_assignments: Rows<Raw>,
    pub owner_ids: Rows<Raw>,
    pub admin_ids: Rows<Raw>,
    pub response_metadata: Option<Row<Metadata>>,
    pub next_cursor: Option<Value>,
}

document! { Page: role_assignments, owner_ids, admin_ids, response_metadata, next_cursor }

pub struct Metadata {
    pub next_cursor: Option<Value>,
}

document! { Metadata: next_cursor }

/// A row of `admin.roles.listAssignments`.
#[derive(Clone, Debug, Default)]
pub struct Assignment {
    pub role_id: Id,
    pub entity_id: Id,
    pub user_id: Id,
}

document! { Assignment: role_id, entity_id, user_id }

/// `admin.roles.removeAssignments`.
#[derive(Default)]
pub struct Removal {
    pub rejected_entities: Rows<Rejected>,
    pub rejected_users: Rows<Rejected>,
}

document! { Removal: rejected_entities, rejected_users }

/// An entity or a user that a removal left out, and why.
#[derive(Clone, Debug)]
pub struct Rejected {
    pub id: Id,
    pub error: Text,
}

document! { Rejected: id, error }

/// `auth.test`.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub user_id: Id,
    pub enterprise_id: Id,
}

document! { Identity: user_id, enterprise_id }

/// `migration.exchange`.
pub struct Exchange {
    pub user_id_map: Option<Raw>,
}

document! { Exchange: user_id_map }

impl Exchange {
    /// Whether it says that two ids are one person's.
    pub fn joins(&self, id: &str, other: &str) -> bool {
        let map = self.user_id_map.as_ref().and_then(|map| Fields::of(map.get()).ok());
        let known: Option<Word> = map.and_then(|map| map.read(&[id]).ok());
        known.is_some_and(|known| known.as_str() == Some(other))
    }
}

/// The user as SCIM has it. Source: Slack's SCIM reference.
#[derive(Clone, Debug, Default)]
pub struct ScimUser {
    pub id: Id,
    pub external_id: Text,
    pub user_name: Text,
    pub name: Row<ScimName>,
    pub emails: Rows<ScimValue>,
    pub phone_numbers: Rows<ScimValue>,
    pub groups: Rows<ScimValue>,
    pub profile_url: Text,
    pub meta: Row<ScimMeta>,
}

document! {
    ScimUser:
        id, external_id = "externalId", user_name = "userName", name, emails, phone_numbers = "phoneNumbers", groups,
        profile_url = "profileUrl", meta,
}

#[derive(Clone, Debug, Default)]
pub struct ScimName {
    pub given_name: Text,
    pub family_name: Text,
}

document! { ScimName: given_name = "givenName", family_name = "familyName" }

#[derive(Clone, Debug)]
pub struct ScimMeta {
    pub created: Text,
}

document! { ScimMeta: created }

#[derive(Clone, Debug)]
pub struct ScimValue {
    pub value: Text,
    pub kind: Text,
    pub display: Text,
    pub primary: Flag,
}

document! { ScimValue: value, kind = "type", display, primary }

impl Page {
    /// The cursor of the next page. `None` and the empty text end a list.
    ///
    /// # Errors
    /// A cursor that is no text: whether the list ends cannot be told.
    pub fn next_cursor(&self) -> Result<Option<&str>, ()> {
        let nested = match &self.response_metadata {
            None => None,
            Some(Row::Read(metadata)) => metadata.next_cursor.as_ref(),
            Some(Row::Unread(_)) => return Err(()),
        };
        let mut found = None;
        for value in [nested, self.next_cursor.as_ref()].into_iter().flatten() {
            match value {
                Value::String(next) if found.is_none_or(str::is_empty) => found = Some(next.as_str()),
                Value::Null | Value::String(_) => {}
                _ => return Err(()),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::lenient::FromJson;

    #[test]
    fn two_ids_are_joined_only_by_one_entry() {
        for (map, joins) in [
            (r#"{"W05": "U01"}"#, true),
            (r#"{"W05": "U02"}"#, false),
            (r#"{"W05": "U02", "W05": "U01"}"#, false),
            (r#"{"W06": "U01"}"#, false),
            ("null", false),
        ] {
            let exchange = Exchange::from_text(&format!(r#"{{"user_id_map": {map}}}"#)).unwrap();
            assert_eq!(exchange.joins("W05", "U01"), joins, "{map}");
        }
    }

    #[test]
    fn a_cursor_stands_in_either_place() {
        for (document, cursor) in [
            (r#"{"response_metadata": {"next_cursor": "a"}}"#, Ok(Some("a"))),
            (r#"{"next_cursor": "b"}"#, Ok(Some("b"))),
            (
                r#"{"response_metadata": {"next_cursor": ""}, "next_cursor": "c"}"#,
                Ok(Some("c")),
            ),
            (r#"{"response_metadata": {"next_cursor": ""}}"#, Ok(Some(""))),
            (r#"{"next_cursor": null, "response_metadata": null}"#, Ok(None)),
            ("{}", Ok(None)),
            (r#"{"next_cursor": 5}"#, Err(())),
            (r#"{"response_metadata": {"next_cursor": {}}}"#, Err(())),
            (r#"{"response_metadata": "more"}"#, Err(())),
        ] {
            let page = Page::from_text(document).unwrap();
            assert_eq!(page.next_cursor(), cursor, "{document}");
        }
    }
}
