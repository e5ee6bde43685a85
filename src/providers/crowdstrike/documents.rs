//! The documents of CrowdStrike's user management API. Source: `CrowdStrike/gofalcon` (`falcon/models`), `CrowdStrike/falconpy`
//! 1.6.6 (endpoints).

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use crate::client::{
    lenient::{Id, Number, Row, Rows, Text, document},
    paging::count,
};

use super::cid::Cid;

/// The envelope of every answer.
pub struct Envelope {
    pub meta: Row<Meta>,
    /// Each resource as it came. `null` is an empty list.
    pub resources: Rows<Box<RawValue>>,
    /// A 200 can carry errors, too.
    pub errors: Rows<ApiError>,
}

document! { Envelope: meta, resources, errors }

/// Only the errors of an answer.
pub struct Errors {
    pub errors: Rows<ApiError>,
}

document! { Errors: errors }

pub struct Meta {
    pub pagination: Row<Pagination>,
}

document! { Meta: pagination }

pub struct Pagination {
    /// The rows of all pages together.
    pub total: Number,
}

document! { Pagination: total }

pub struct ApiError {
    /// It has the meaning of an HTTP status.
    pub code: Number,
    pub message: Text,
}

document! { ApiError: code, message }

/// `domain.User`. A key is absent if it is empty.
#[derive(Clone, Debug)]
pub struct User {
    pub uuid: Id,
    /// The login, normally the e-mail address.
    pub uid: Text,
    /// The home CID.
    pub cid: Text,
    pub first_name: Text,
    pub last_name: Text,
    pub status: Text,
    pub factors: Rows<Box<RawValue>>,
    pub created_at: Text,
    pub updated_at: Text,
    pub last_login_at: Text,
    /// `external` for a user who is homed in a partner CID.
    pub user_type: Text,
}

document! { User: uuid, uid, cid, first_name, last_name, status, factors, created_at, updated_at, last_login_at, user_type }

/// A row of `GET /user-management/combined/user-roles/v2` and `v3`. Only `role_id` is required. Empty texts stand for no value.
pub struct GrantRow {
    pub role_id: Id,
    pub role_name: Text,
    pub uuid: Text,
    pub cid: Text,
    pub grant_type: Text,
    /// The end of a temporary grant, RFC 3339.
    pub expires_at: Text,
    pub cid_group_id: Text,
    pub cid_group_name: Text,
    pub user_group_id: Text,
    pub user_group_name: Text,
    pub user_type: Text,
}

document! {
    GrantRow:
        role_id, role_name, uuid, cid, grant_type, expires_at, cid_group_id, cid_group_name, user_group_id, user_group_name,
        user_type,
}

/// A row of a list of grants: as it came, which the answer repeats, and what it says.
pub struct ListedGrant {
    pub raw: Row<Box<RawValue>>,
    /// `None` if it cannot be read.
    pub row: Option<GrantRow>,
    /// The CID that it names; `None` also if that is none.
    pub cid: Option<Cid>,
}

impl ListedGrant {
    pub fn of(raw: Row<Box<RawValue>>) -> Self {
        let row = raw.parse::<GrantRow>();
        let named = row.as_ref().and_then(|row| row.cid.as_str());
        Self {
            cid: named.and_then(|cid| Cid::parse(cid.trim()).ok()),
            row,
            raw,
        }
    }

    /// The row's JSON text, if it was kept whole.
    pub fn text(&self) -> Option<&str> {
        self.raw.read().map(|raw| raw.get())
    }
}

/// A row of `POST /user-management/entities/roles/GET/v2`.
pub struct Role {
    pub id: Id,
    pub display_name: Text,
    /// `default` or `custom`.
    pub kind: Text,
    pub cid: Text,
}

document! { Role: id, display_name, kind = "type", cid }

/// The body of `POST /user-management/entities/user-role-actions/v1` and `v2`.
#[derive(Serialize)]
pub struct RoleAction<'a> {
    pub action: &'static str,
    pub cid: &'a str,
    pub uuid: &'a str,
    pub role_ids: &'a [&'a str],
    /// What the caller passes through.
    #[serde(flatten)]
    pub rest: &'a Map<String, Value>,
}

/// The body of the reads that are POSTs.
#[derive(Serialize)]
pub struct Ids<'a> {
    pub ids: &'a [&'a str],
}

impl Envelope {
    /// Returns true unless `errors` is absent, null or empty.
    pub fn has_errors(&self) -> bool {
        match &self.errors {
            Rows::Absent | Rows::Null => false,
            Rows::List(errors) => !errors.is_empty(),
            Rows::Unread(_) => true,
        }
    }

    /// Whether it is the documented envelope: an object that has none of its parts says nothing.
    pub const fn is_documented(&self) -> bool {
        self.meta.read().is_some()
            || matches!(self.resources, Rows::List(_) | Rows::Null)
            || matches!(self.errors, Rows::List(_) | Rows::Null)
    }

    /// The messages of the errors, or a word for none.
    pub fn error_message(&self) -> String {
        let messages: Vec<&str> = self.errors.read().filter_map(|error| error.message.as_str()).collect();
        if messages.is_empty() {
            String::from("no message")
        } else {
            messages.join("; ")
        }
    }

    pub fn counted(&self) -> Counted {
        let meta = match &self.meta {
            Row::Read(meta) => meta,
            Row::Unread(raw) => return Counted::without(raw),
        };
        match &meta.pagination {
            Row::Read(pagination) if pagination.total.is_absent() => Counted::Nothing,
            Row::Read(pagination) => pagination.total.as_u64().map_or(Counted::Unreadable, Counted::Rows),
            Row::Unread(raw) => Counted::without(raw),
        }
    }
}

/// What an answer says about the length of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Rows(u64),
    Nothing,
    /// It says so in no number, or may do so in what cannot be read.
    Unreadable,
}

impl Counted {
    /// The count in an object that could not be read: there is none if the object is missing or `null`.
    fn without(raw: &str) -> Self {
        if matches!(raw, "" | "null") {
            Self::Nothing
        } else {
            Self::Unreadable
        }
    }

    /// The count, if there is one that can be read.
    pub const fn known(self) -> Option<u64> {
        match self {
            Self::Rows(total) => Some(total),
            Self::Nothing | Self::Unreadable => None,
        }
    }

    /// Whether a list without pages that has these rows is whole: a count that cannot be read may be any.
    pub fn is_of<T>(self, rows: &[T]) -> bool {
        match self {
            Self::Rows(total) => total == count(rows),
            Self::Nothing => true,
            Self::Unreadable => false,
        }
    }
}

/// The code of errors, the highest of several: 5xx, then 429, then another no. `None` if none is readable.
pub fn error_code(errors: &Rows<ApiError>) -> Option<u16> {
    let codes = errors.read().filter_map(|error| error.code.as_u64());
    codes
        .filter_map(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .max()
}
