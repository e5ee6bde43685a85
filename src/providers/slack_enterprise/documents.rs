//! Slack's documents. Nearly every answer is 200, and `ok` tells whether the method did what it was asked for.
//!
//! Source: docs.slack.dev (as kept in `slack-ruby/slack-api-ref`) and the recorded shapes of `slackapi/java-slack-sdk`.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::client::lenient::{Flag, Id, Number, Row, Rows, Text};

/// A document as it came.
pub type Raw = Box<RawValue>;

/// What every answer has besides its document.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Envelope {
    pub ok: Flag,
    pub error: Text,
    /// Of `missing_scope`: a comma list.
    pub needed: Text,
}

/// `users.info` and `users.lookupByEmail`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Info {
    pub user: Row<Raw>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
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

/// The user in the organization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnterpriseUser {
    pub id: Id,
    pub enterprise_id: Id,
    pub enterprise_name: Text,
    pub teams: Rows<Id>,
    pub is_primary_owner: Flag,
    pub is_owner: Flag,
    pub is_admin: Flag,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
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

/// A page of a list. The examples have the cursor in `response_metadata`, the schema of `admin.roles.listAssignments` at the top.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Page {
    pub role_assignments: Rows<Raw>,
    pub owner_ids: Rows<Raw>,
    pub admin_ids: Rows<Raw>,
    pub response_metadata: Option<Row<Metadata>>,
    pub next_cursor: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub next_cursor: Option<Value>,
}

/// A row of `admin.roles.listAssignments`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Assignment {
    pub role_id: Id,
    pub entity_id: Id,
    pub user_id: Id,
}

/// `admin.roles.removeAssignments`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Removal {
    pub rejected_entities: Rows<Rejected>,
    pub rejected_users: Rows<Rejected>,
}

/// An entity or a user that a removal left out, and why.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rejected {
    pub id: Id,
    pub error: Text,
}

/// `auth.test`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Identity {
    pub user_id: Id,
    pub enterprise_id: Id,
}

/// `migration.exchange`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Exchange {
    pub user_id_map: Option<Value>,
}

/// The user as SCIM has it. Source: Slack's SCIM reference.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ScimName {
    pub given_name: Text,
    pub family_name: Text,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScimMeta {
    pub created: Text,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScimValue {
    pub value: Text,
    #[serde(rename = "type")]
    pub kind: Text,
    pub display: Text,
    pub primary: Flag,
}

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
            let page: Page = serde_json::from_str(document).unwrap();
            assert_eq!(page.next_cursor(), cursor, "{document}");
        }
    }
}
