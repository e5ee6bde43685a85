//! The documents of JumpCloud's console API, read so that no single value ends the call. Source: `TheJumpCloud/jcapi-powershell`
//! (`SwaggerSpecs`).

use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use crate::{
    client::lenient::{Flag, FromJson, Row, Rows, document},
    hashed::HashSet,
    naming::{canonical, is_broken, same},
};

/// A row of a list.
pub trait Listed: Sized + PartialEq {
    /// `None` if the row cannot be read.
    fn of(row: &RawValue) -> Option<Self>;

    /// What tells it from the other rows of its list.
    fn key(&self) -> String;
}

/// An administrator: `GET /api/users/{id}`, and the rows of `GET /api/users`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// `_id` or `id`.
    pub id: String,
    pub email: Option<String>,
    /// Certainly not suspended.
    pub is_active: bool,
    pub roles: RecordedRoles,
}

/// What a record says about the roles that are held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedRoles {
    /// Every name that stands anywhere in the record, exactly as JumpCloud spells it.
    pub names: Vec<String>,
    /// Every id that stands anywhere in the record.
    pub ids: Vec<String>,
    /// The ids are those of the names, all of them. Whether they are in the same order is not documented.
    pub has_every_id: bool,
    /// Something stands there that cannot be read: it may be a name or an id.
    has_unread: bool,
    /// Why the record does not tell the roles.
    pub fault: Option<&'static str>,
}

/// The link of a system user: the `admin` of `GET /api/systemusers/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdministratorLink {
    None,
    To(LinkedAdministrator),
    /// There is one, and it does not say to whom.
    Unreadable(RecordedRoles),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedAdministrator {
    pub id: String,
    pub roles: RecordedRoles,
}

/// A row of `GET /api/systemusers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemUser {
    pub id: String,
    pub email: Option<String>,
}

/// A role of the directory: `GET /api/v2/roles`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub id: String,
    pub name: Option<String>,
}

/// `GET /api/v2/administrators/{id}/organizationlinks` and `GET /api/v2/organizations/{id}/administratorlinks`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationLink {
    pub administrator: String,
    pub organization: String,
}

/// `GET /api/organizations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    pub id: String,
    pub name: Option<String>,
}

/// `GET /api/v2/usergroups`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    pub id: String,
    pub name: Option<String>,
    /// Its own rule adds members.
    pub is_dynamic: bool,
}

/// `GET /api/v2/users/{id}/memberof`: a group; `GET /api/v2/usergroups/{id}/membership`: a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphObject {
    pub id: String,
}

/// `PUT /api/users/{id}`: the whole list of names.
#[derive(Serialize)]
pub struct RoleNames<'a> {
    #[serde(rename = "roleNames")]
    pub names: Vec<&'a str>,
    /// What the caller passes through.
    #[serde(flatten)]
    pub rest: &'a Map<String, Value>,
}

/// The fields that are read, of all documents. An id or a name is a text: a number in its place is none.
struct Fields {
    own_id: Row<String>,
    id: Row<String>,
    email: Row<String>,
    suspended: Flag,
    name: Row<String>,
    display_name: Row<String>,
    method: Row<String>,
    administrator: Row<String>,
    organization: Row<String>,
}

document! {
    Fields:
        own_id = "_id", id, email, suspended, name, display_name = "displayName", method = "membershipMethod", administrator,
        organization,
}

/// The four places of a record that say which roles are held.
#[derive(Default)]
struct RoleFields {
    role: Row<String>,
    roles: Rows<String>,
    name: Row<String>,
    names: Rows<String>,
}

document! { RoleFields: role, roles, name = "roleName", names = "roleNames" }

/// A text as it came, `None` if there is none.
fn text(row: &Row<String>) -> Option<&str> {
    row.read().map(String::as_str).filter(|text| is_whole(text))
}

/// A replacement character stands for bytes that were not UTF-8: another text than was meant.
fn is_whole(text: &str) -> bool {
    !text.trim_start().is_empty() && !is_broken(text)
}

fn owned(row: &Row<String>) -> Option<String> {
    text(row).map(str::to_owned)
}

/// Whether something stands there that is no text.
fn is_odd(row: &Row<String>) -> bool {
    match row {
        Row::Read(read) => !read.trim().is_empty() && text(row).is_none(),
        Row::Unread(raw) => !raw.is_empty() && raw != "null",
    }
}

impl RoleFields {
    fn has_unread(&self) -> bool {
        let is_odd_list = |list: &Rows<String>| match list {
            Rows::Unread(_) => true,
            list => list.rows().iter().any(|row| text(row).is_none()),
        };
        is_odd_list(&self.names) || is_odd_list(&self.roles) || is_odd(&self.name) || is_odd(&self.role)
    }
}

impl RecordedRoles {
    pub fn of(document: &RawValue) -> Self {
        let fields = RoleFields::from_json(document).unwrap_or_default();
        let mut roles = Self::default();
        let mut note = |why: &'static str| {
            roles.fault.get_or_insert(why);
        };
        let mut names: Vec<String> = Vec::new();
        for row in fields.names.rows() {
            match text(row) {
                Some(name) => names.push(name.to_owned()),
                None => note("the name of a role in the administrator's record cannot be read"),
            }
        }
        if matches!(fields.names, Rows::Unread(_)) || is_odd(&fields.name) {
            note("the names of the roles in the administrator's record cannot be read");
        }
        // An empty list says that there is none, and contradicts what stands beside it.
        if let Some(name) = text(&fields.name)
            && !names.iter().any(|listed| same(listed, name))
        {
            if fields.names.is_list() {
                note("roleName and roleNames of the administrator's record contradict each other");
            }
            names.push(name.to_owned());
        }
        let mut ids: Vec<String> = Vec::new();
        for row in fields.roles.rows() {
            match text(row) {
                Some(id) => ids.push(id.to_ascii_lowercase()),
                None => note("the id of a role in the administrator's record cannot be read"),
            }
        }
        if matches!(fields.roles, Rows::Unread(_)) || is_odd(&fields.role) {
            note("the ids of the roles in the administrator's record cannot be read");
        }
        let has_ids = fields.roles.is_list();
        if let Some(id) = text(&fields.role).map(str::to_ascii_lowercase)
            && !ids.contains(&id)
        {
            if has_ids {
                note("role and roles of the administrator's record contradict each other");
            }
            ids.push(id);
        }
        if names.is_empty() {
            note("the administrator's record names no role");
        }
        if has_ids && ids.len() != names.len() {
            note("the administrator's record does not have as many ids of roles as names");
        }
        if has_repeated(&names) || has_repeated(&ids) {
            note("the administrator's record names one role twice");
        }
        Self {
            has_every_id: ids.len() == names.len(),
            has_unread: fields.has_unread(),
            names,
            ids,
            fault: roles.fault,
        }
    }

    /// The names of the roles that are held.
    ///
    /// # Errors
    /// Why the record does not tell them: what it lacks could be taken for a role that is not held, or the rest for the last one.
    pub fn reliable_names(&self) -> Result<&[String], &'static str> {
        self.fault.map_or(Ok(self.names.as_slice()), Err)
    }

    /// Returns true if the other record has every name and every id of this one, and all of this one could be read.
    pub fn are_among(&self, other: &Self) -> bool {
        let names: HashSet<String> = other.names.iter().map(|name| canonical(name)).collect();
        !self.has_unread
            && self.names.iter().all(|name| names.contains(&canonical(name)))
            && self.ids.iter().all(|id| other.ids.contains(id))
    }
}

impl AdministratorLink {
    pub fn of(user: &Value) -> Self {
        match user.get("admin") {
            None | Some(Value::Null) => Self::None,
            Some(link) => {
                let roles = RecordedRoles::of(&raw(link));
                match id_of(link) {
                    Some(id) => Self::To(LinkedAdministrator { id, roles }),
                    None => Self::Unreadable(roles),
                }
            }
        }
    }
}

impl Listed for Administrator {
    fn of(document: &RawValue) -> Option<Self> {
        let fields = Fields::of(document)?;
        Some(Self {
            id: fields.some_id()?,
            is_active: fields.suspended.is_absent() || fields.suspended.as_bool() == Some(false),
            email: owned(&fields.email),
            roles: RecordedRoles::of(document),
        })
    }

    fn key(&self) -> String {
        self.id.to_ascii_lowercase()
    }
}

impl Listed for SystemUser {
    fn of(row: &RawValue) -> Option<Self> {
        let fields = Fields::of(row)?;
        Some(Self {
            id: fields.some_id()?,
            email: owned(&fields.email),
        })
    }

    fn key(&self) -> String {
        self.id.to_ascii_lowercase()
    }
}

impl Listed for Role {
    fn of(row: &RawValue) -> Option<Self> {
        let fields = Fields::of(row)?;
        Some(Self {
            id: fields.some_id()?.to_ascii_lowercase(),
            name: owned(&fields.name),
        })
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Listed for OrganizationLink {
    fn of(row: &RawValue) -> Option<Self> {
        let fields = Fields::of(row)?;
        Some(Self {
            administrator: text(&fields.administrator)?.to_ascii_lowercase(),
            organization: text(&fields.organization)?.to_ascii_lowercase(),
        })
    }

    fn key(&self) -> String {
        format!("{} {}", self.administrator, self.organization)
    }
}

impl Listed for Organization {
    fn of(row: &RawValue) -> Option<Self> {
        let fields = Fields::of(row)?;
        Some(Self {
            id: fields.some_id()?.to_ascii_lowercase(),
            name: owned(&fields.display_name),
        })
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Listed for UserGroup {
    fn of(row: &RawValue) -> Option<Self> {
        let fields = Fields::of(row)?;
        Some(Self {
            id: fields.some_id()?.to_ascii_lowercase(),
            is_dynamic: text(&fields.method) == Some("DYNAMIC_AUTOMATED"),
            name: owned(&fields.name),
        })
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Listed for GraphObject {
    fn of(row: &RawValue) -> Option<Self> {
        let fields = Fields::of(row)?;
        Some(Self {
            id: fields.some_id()?.to_ascii_lowercase(),
        })
    }

    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Fields {
    /// `None` if the document is no object.
    fn of(document: &RawValue) -> Option<Self> {
        Self::from_json(document).ok()
    }

    /// `_id` or `id`.
    fn some_id(&self) -> Option<String> {
        owned(&self.own_id).or_else(|| owned(&self.id))
    }
}

/// The text of a document that is kept as a tree.
pub fn raw(document: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(document).unwrap_or_default()
}

/// `_id` or `id`.
pub fn id_of(document: &Value) -> Option<String> {
    let id = |key: &str| document.get(key)?.as_str().filter(|id| is_whole(id));
    id("_id").or_else(|| id("id")).map(str::to_owned)
}

/// The e-mail address that a document shows.
pub fn address_of(document: &Value) -> Option<&str> {
    let email = document.get("email").and_then(Value::as_str);
    email.filter(|email| is_whole(email))
}

/// A record's addresses for other purposes than to be found by, lower-case; `None` is one that cannot be read.
pub fn further_addresses_of(document: &Value) -> impl Iterator<Item = Option<String>> {
    // An object without an address has none.
    let recovery = document.get("recoveryEmail").and_then(|recovery| {
        if recovery.is_object() {
            recovery.get("address")
        } else {
            Some(recovery)
        }
    });
    let found = [document.get("alternateEmail"), recovery].into_iter().flatten();
    let given = found.filter(|address| !address.is_null() && address.as_str() != Some(""));
    given.map(|address| address.as_str().map(|address| address.trim().to_lowercase()))
}

fn has_repeated(texts: &[String]) -> bool {
    let mut known = HashSet::new();
    !texts.iter().all(|text| known.insert(text))
}
