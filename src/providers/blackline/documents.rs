//! BlackLine's documents. No official document is public: where the fields of a row stand is a setting, so rows are read by JSON
//! pointers. What cannot be read is kept as unread; it is never taken for absence.

use serde_json::{Error, value::RawValue};

use crate::{
    client::lenient::{self as json, Flag, FromJson, Id, Number, Text, Word, document, elements},
    naming::{same, same_address},
    provider::UnreadRow,
};

use super::{config::Fields, ids};

/// A JSON value as it came: numbers keep all their digits.
pub type Raw = Box<RawValue>;

/// `GET /v1/users/{id}`, and a row of the search. The names of the fields: Saviynt's connector guide.
pub struct User {
    pub id: Id,
    pub email: Word,
    pub login_id: Word,
    pub first_name: Word,
    pub last_name: Word,
    pub full_name: Word,
    pub job_title: Text,
    pub phone_number: Text,
    pub is_active: Flag,
    pub last_updated: Text,
}

document! {
    User:
        id, email, login_id = "loginId", first_name = "firstName", last_name = "lastName", full_name = "fullName",
        job_title = "jobTitle", phone_number = "phoneNumber", is_active = "isActive", last_updated = "lastUpdated",
}

/// A row of `GET /v1/roles`, and of the teams and entities of a user.
pub struct NamedRow {
    pub id: Id,
    pub name: Word,
}

document! { NamedRow: id, name }

/// A role in a product, as a row of the user's roles shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub role_id: String,
    /// Every name that the row has for the role.
    pub role_names: Vec<String>,
    /// The product's code, without blanks around it.
    pub product_id: String,
    pub product_names: Vec<String>,
}

impl User {
    /// The user of an object; `None` for any other value.
    pub fn of_row(row: &RawValue) -> Option<Self> {
        Self::from_json(row).ok()
    }

    /// Whether a document is that of the user with an id.
    pub fn is_of(document: &RawValue, id: &str) -> bool {
        Self::of_row(document).is_some_and(|user| user.id().as_deref() == Some(id))
    }

    /// The id in the one spelling that requests have.
    pub fn id(&self) -> Option<String> {
        self.id.as_str().map(ids::normalized)
    }

    /// Whether another document says the same of who the user is.
    pub fn is_same(&self, other: &Self) -> bool {
        are_same(self.email(), other.email(), same_address)
            && are_same(self.login_id.as_str(), other.login_id.as_str(), same)
    }

    /// The address, if there is one that can be read.
    pub fn email(&self) -> Option<&str> {
        self.email.as_str().map(str::trim).filter(|email| email.contains('@'))
    }
}

impl NamedRow {
    /// `None` without an id that can be read.
    pub fn of_row(row: &RawValue) -> Option<(String, Option<String>)> {
        let Self { id, name } = Self::from_json(row).ok()?;
        Some((ids::normalized(id.as_str()?), name.into_string()))
    }
}

impl Pair {
    /// The pair of a row.
    ///
    /// # Errors
    /// The row with whatever can be told of it, if an id is missing or contradicts another one, or a key is there twice.
    pub fn of_row(fields: &Fields, row: &RawValue) -> Result<Self, UnreadRow> {
        let parsed = &Parsed::of(row);
        let role_ids = parsed.all(&fields.role_id, |value| ids::number(id(value)?.trim()));
        let product_ids = parsed.all(&fields.product_id, |value| Some(word(value)?.trim().to_owned()));
        let role_names = parsed.all(&fields.role_name, word);
        let product_names = parsed.all(&fields.product_name, word);
        let all = [&role_ids, &product_ids, &role_names, &product_names];
        let is_doubled = all.iter().any(|found| found.is_doubled);
        // Beside an id that cannot be read, another one says nothing for certain.
        let is_clear = !is_doubled && !role_ids.has_odd && !product_ids.has_odd;
        match (role_ids.values.as_slice(), product_ids.values.as_slice()) {
            ([role_id], [product_id]) if is_clear => Ok(Self {
                role_id: role_id.clone(),
                role_names: role_names.values,
                product_id: product_id.clone(),
                product_names: product_names.values,
            }),
            // Role ids are numbers: another text is none.
            (_, products) => {
                let mut unread = UnreadRow::new(row.get());
                if let ([product], false) = (products, is_doubled || product_ids.has_odd) {
                    unread.scope.workspace = Some(product.clone());
                }
                // Of a key that is there twice, the other value may be the one that counts.
                if !is_doubled && (!role_ids.has_odd || role_ids.values.is_empty()) {
                    unread.ids = role_ids.values;
                    unread.names = role_names.values;
                }
                Err(unread)
            }
        }
    }

    /// The name by which the role is shown.
    pub fn role_name(&self) -> Option<&String> {
        self.role_names.first()
    }

    /// The role and the product, which tell a pair from others.
    pub fn key(&self) -> (&str, &str) {
        (&self.role_id, &self.product_id)
    }
}

/// The value that a JSON pointer (RFC 6901) leads to.
///
/// # Errors
/// A key along the way is there twice.
pub fn at<'a>(document: &'a RawValue, pointer: &str) -> Result<Option<&'a RawValue>, Error> {
    Parsed::of(document).at(pointer)
}

/// A value whose own fields are read once, however many pointers lead into it.
struct Parsed<'a> {
    value: &'a RawValue,
    fields: Option<json::Fields<'a>>,
}

/// What several pointers lead to.
#[derive(Default)]
struct Found {
    /// The different values, in their order.
    values: Vec<String>,
    /// A key on the way to one is there twice.
    is_doubled: bool,
    /// One cannot be read.
    has_odd: bool,
}

impl<'a> Parsed<'a> {
    fn of(value: &'a RawValue) -> Self {
        Self {
            value,
            fields: json::Fields::of(value.get()).ok(),
        }
    }

    fn at(&self, pointer: &str) -> Result<Option<&'a RawValue>, Error> {
        let Some(path) = pointer.strip_prefix('/') else {
            return Ok(pointer.is_empty().then_some(self.value));
        };
        let end = path.find('/').unwrap_or(path.len());
        let (token, rest) = path.split_at_checked(end).unwrap_or((path, ""));
        let token = token.replace("~1", "/").replace("~0", "~");
        let value = match &self.fields {
            Some(fields) => fields.get(&[&token])?,
            None => self.element(&token),
        };
        value.map_or(Ok(None), |value| at(value, rest))
    }

    fn element(&self, position: &str) -> Option<&'a RawValue> {
        let elements = elements(self.value.get()).ok()?;
        elements.into_iter().nth(position.parse().ok()?)
    }

    fn all(&self, pointers: &[String], read: fn(&RawValue) -> Option<String>) -> Found {
        let mut found = Found::default();
        for pointer in pointers {
            let shown = self.at(pointer);
            found.is_doubled |= shown.is_err();
            let Ok(Some(shown)) = shown else { continue };
            let value = read(shown);
            found.has_odd |= value.is_none() && !matches!(shown.get(), "null" | "\"\"");
            let value = value.filter(|value| !found.values.contains(value));
            found.values.extend(value);
        }
        found
    }
}

/// The rows of a list; `None` if the value is no list.
pub fn rows(list: &RawValue) -> Option<Vec<Raw>> {
    Some(elements(list.get()).ok()?.into_iter().map(ToOwned::to_owned).collect())
}

/// A string or number as text.
pub fn text(value: &RawValue) -> Option<String> {
    match value.get().bytes().next() {
        Some(b'"' | b'-' | b'0'..=b'9') => Text::from_json(value).ok()?.into_string(),
        _ => None,
    }
}

/// A whole number.
pub fn number(value: &RawValue) -> Option<u64> {
    Number::from_json(value).ok()?.as_u64()
}

/// Whether two documents show the same text, or both none.
fn are_same(one: Option<&str>, other: Option<&str>, is_same: fn(&str, &str) -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_same(one, other),
        (one, other) => one == other,
    }
}

fn word(value: &RawValue) -> Option<String> {
    Word::from_json(value).ok()?.into_string()
}

fn id(value: &RawValue) -> Option<String> {
    Id::from_json(value).ok()?.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Raw {
        serde_json::from_str(text).unwrap()
    }

    fn pair(text: &str) -> Result<Pair, UnreadRow> {
        Pair::of_row(&Fields::default(), &raw(text))
    }

    #[test]
    fn a_pair_is_read_in_every_documented_shape_and_spelling() {
        for row in [
            r#"{"role": {"id": 5, "name": "Reviewer"}, "product": {"id": "A"}}"#,
            r#"{"productId": "A", "roleName": "Reviewer", "roleId": "005", "extra": [null]}"#,
            r#"{"role": {"id": 5.0, "name": "Reviewer"}, "roleId": " 5 ", "product": {"id": "A"}}"#,
        ] {
            let pair = pair(row).unwrap();
            assert_eq!(
                (pair.key(), pair.role_names.as_slice()),
                (("5", "A"), [String::from("Reviewer")].as_slice()),
                "{row}"
            );
        }
        let long = pair(r#"{"roleId": 123456789012345678901234567890, "productId": "A"}"#).unwrap();
        assert_eq!(long.role_id, "123456789012345678901234567890");
    }

    #[test]
    fn a_row_without_one_role_and_one_product_is_unread_and_keeps_what_it_says() {
        let unread = |text: &str| pair(text).unwrap_err();
        for row in [
            "null",
            "[5, \"A\"]",
            "7",
            "{}",
            r#"{"role": {"id": "other"}}"#,
            r#"{"role": {"id": true}, "product": {"id": ["A"]}}"#,
        ] {
            let unread = unread(row);
            assert_eq!((unread.ids.len(), unread.scope.workspace), (0, None), "{row}");
        }
        let no_product = unread(r#"{"role": {"id": 5, "name": "Reviewer"}, "product": {"id": true}}"#);
        assert_eq!(
            (no_product.ids, no_product.names),
            (vec!["5".into()], vec!["Reviewer".into()])
        );
        let no_role = unread(r#"{"role": null, "product": {"id": "A"}}"#);
        assert_eq!(no_role.scope.workspace.as_deref(), Some("A"));
        let contradicting = unread(r#"{"role": {"id": 5}, "roleId": 6, "productId": "A"}"#);
        assert_eq!(contradicting.ids, ["5", "6"]);
        for row in [
            r#"{"roleId": 5, "roleId": 7, "productId": "A"}"#,
            r#"{"role": {"id": 5, "id": 5}, "roleId": 5, "productId": "A"}"#,
            r#"{"roleId": 5, "productId": "A", "productId": "B"}"#,
        ] {
            let twice = unread(row);
            assert_eq!((twice.ids.len(), twice.scope.workspace), (0, None), "{row}");
        }
    }

    #[test]
    fn a_pointer_leads_through_objects_and_lists() {
        let document = raw(r#"{"a/b": [{"c~": 1}]}"#);
        let at = |pointer: &str| at(&document, pointer).unwrap().map(RawValue::get);
        assert_eq!(at("/a~1b/0/c~0"), Some("1"));
        assert_eq!((at("/a~1b/1"), at("/a~1b/0/c~0/d"), at("a")), (None, None, None));
        assert!(at("").is_some());
    }

    #[test]
    fn an_address_is_a_text_with_an_at_sign() {
        for (email, shown) in [
            ("\" ann@example.com\"", Some("ann@example.com")),
            ("true", None),
            ("\"n/a\"", None),
            ("7", None),
        ] {
            let user = User::of_row(&raw(&format!(r#"{{"id": 7, "email": {email}}}"#))).unwrap();
            assert_eq!(user.email(), shown, "{email}");
        }
    }
}
